//! The entity `review`.

use sea_orm::entity::prelude::*;

use crate::current_user::CurrentUser;

/// A row. The Python sample let in any rating, none included.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "review")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i32,
    pub restaurant: i32,
    pub user_name: String,
    pub rating: Option<i32>,
    pub review_text: String,
    /// UTC.
    pub review_date: TimeDateTime,
    /// The account that wrote it, where one did.
    pub author_key: Option<String>,
    /// What makes a form sent twice one row; see `submission`.
    pub submission_key: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// Its author may, and an administrator.
    pub fn may_be_deleted_by(&self, user: Option<&CurrentUser>) -> bool {
        user.is_some_and(|user| user.is_admin() || self.author_key == Some(user.key()))
    }
}
