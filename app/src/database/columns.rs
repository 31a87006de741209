//! Reads the columns of a row in their order.

use std::sync::Arc;

use sea_orm::sqlx::{Decode, Postgres, Row as _};
use sea_orm::{DbErr, QueryResult, RuntimeErr, TryGetable};

/// The columns of a row, each read once.
///
/// With PostgreSQL the type of a value is not compared with the expected one, which would take longer than
/// reading it: a value of another size or that is no text is an error all the same.
pub struct Columns<'r> {
    row: &'r QueryResult,
    index: usize,
}

impl<'r> Columns<'r> {
    pub fn new(row: &'r QueryResult) -> Self {
        Self { row, index: 0 }
    }

    /// Reads the next column.
    ///
    /// # Errors
    /// When there is none, or its value is not of this type.
    pub fn read<T: TryGetable + Decode<'r, Postgres>>(&mut self) -> Result<T, DbErr> {
        let index = self.index;
        self.index += 1;
        match self.row.try_as_pg_row() {
            Some(row) => row
                .try_get_unchecked(index)
                .map_err(|error| DbErr::Query(RuntimeErr::SqlxError(Arc::new(error)))),
            None => T::try_get_by_index(self.row, index).map_err(DbErr::from),
        }
    }
}
