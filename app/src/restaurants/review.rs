//! The entity `review`.

use sea_orm::entity::prelude::*;

use crate::current_user::CurrentUser;
use crate::pagination::{Cursor, Key, KeyType};

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
    /// Whether the user is the author or an administrator.
    pub fn may_be_deleted_by(&self, user: Option<&CurrentUser>) -> bool {
        user.is_some_and(|user| user.is_admin() || self.author_key == Some(user.key()))
    }

    /// The position of this review in a list.
    pub(super) fn cursor(&self) -> Cursor {
        Cursor::new(Key::Time(self.review_date), self.id)
    }
}

/// `None` for text that is no cursor.
pub(super) fn parse_cursor(text: &str) -> Option<Cursor> {
    Cursor::parse(Some(KeyType::Time), text)
}
