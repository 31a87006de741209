//! The ids of the rows to come.

use sea_orm_migration::prelude::*;

use super::execute;

/// Rows that brought their ids with them, from a copy for example, have left PostgreSQL's sequences behind.
/// An id near the last one is passed over: behind it there would be none left.
const ADVANCE: &str = "
    SELECT setval(pg_get_serial_sequence('restaurant', 'id'),
        GREATEST(max(id), nextval(pg_get_serial_sequence('restaurant', 'id'))))
    FROM restaurant WHERE id < 2000000000 HAVING count(*) > 0;
    SELECT setval(pg_get_serial_sequence('review', 'id'),
        GREATEST(max(id), nextval(pg_get_serial_sequence('review', 'id'))))
    FROM review WHERE id < 2000000000 HAVING count(*) > 0;";

pub(super) async fn advance(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    execute(manager, "", ADVANCE).await
}
