//! The entity `review`.

use sea_orm::QueryResult;
use sea_orm::entity::prelude::*;

use super::restaurant;
use crate::current_user::CurrentUser;
use crate::database::Columns;
use crate::pagination::{Cursor, Key, KeyType, Position};
use crate::response::Error;

/// A review. `adopted` reads rows whose rating is null.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "review")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i32,
    pub restaurant: i32,
    pub user_name: String,
    pub rating: i32,
    pub review_text: String,
    /// UTC.
    pub review_date: TimeDateTime,
    /// The account of a signed-in author.
    pub author_key: Option<String>,
    pub submission_key: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// Reads a row with the columns in the order of the fields.
    pub(super) fn read(row: &QueryResult) -> Result<Self, DbErr> {
        let mut columns = Columns::new(row);
        Ok(Self {
            id: columns.read()?,
            restaurant: columns.read()?,
            user_name: columns.read()?,
            rating: columns.read()?,
            review_text: columns.read()?,
            review_date: columns.read()?,
            author_key: columns.read()?,
            submission_key: columns.read()?,
        })
    }

    pub fn is_by(&self, user: Option<&CurrentUser>) -> bool {
        user.is_some_and(|user| self.author_key == Some(user.key()))
    }

    /// Whether the user is the author or an administrator.
    pub fn may_be_deleted_by(&self, user: Option<&CurrentUser>) -> bool {
        self.is_by(user) || user.is_some_and(CurrentUser::is_admin)
    }

    /// The page that shows this review, at the review.
    pub fn path(&self) -> String {
        path(self.restaurant, self.id)
    }

    /// # Errors
    /// `Forbidden` when the user may not delete it.
    pub(super) fn check_deletion_by(&self, user: &CurrentUser) -> Result<(), Error> {
        if self.may_be_deleted_by(Some(user)) {
            return Ok(());
        }
        Err(Error::Forbidden(
            "Only the author of a review and administrators can delete it.",
        ))
    }

    /// The position of this review in a list.
    pub(super) fn cursor(&self) -> Cursor {
        Cursor::new(Key::Time(self.review_date), self.id)
    }
}

/// The key of a list of reviews.
pub(super) const KEY_TYPE: Option<KeyType> = Some(KeyType::Time);

/// The page of a restaurant, at a review.
pub(super) fn path(restaurant: i32, id: i32) -> String {
    format!("{}#review-{id}", restaurant::path(restaurant))
}

/// The page of a restaurant after a review was added, at that review.
///
/// The page does not read the parameter. With another address than the page of the form, this page does not take its place
/// in the browser's cache: the Back button leads to the form with its submission key, so that sending it again adds nothing.
pub(super) fn added_path(restaurant: i32, id: i32) -> String {
    format!("{}?review={id}#review-{id}", restaurant::path(restaurant))
}

pub(super) fn parse_position(after: &str, before: &str) -> Position {
    Position::parse(KEY_TYPE, after, before)
}
