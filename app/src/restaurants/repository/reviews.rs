//! Reading reviews: a page of them from the index of their dates, or one by its id.

use sea_orm::sea_query::{Expr, ExprTrait as _, SimpleExpr};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DbBackend, DbErr, EntityTrait as _, Iterable as _, Order,
    QueryFilter as _, QueryOrder as _, QuerySelect as _, Select,
};

use crate::restaurants::cursor::ReviewCursor;
use crate::restaurants::{restaurant, review};

/// SQLite keeps a date as text, which has more than one form: with and without a part of a second.
const SQLITE_DATE: &str = "strftime('%Y-%m-%d %H:%M:%f', ?)";

/// PostgreSQL has dates, `infinity` among them, that no calendar here has. As the index has it.
const POSTGRES_DATE: &str = "LEAST(GREATEST(review.review_date, timestamp '0001-01-01'), \
    timestamp '9999-12-31 23:59:59.999999')";

/// At most `limit` reviews behind the cursor, newest first.
pub(in crate::restaurants) async fn reviews_of(
    db: &impl ConnectionTrait,
    restaurant: &restaurant::Model,
    after: Option<ReviewCursor>,
    limit: u64,
) -> Result<Vec<review::Model>, DbErr> {
    use review::Column;
    let backend = db.get_database_backend();
    let rows = reviews(backend).filter(Column::Restaurant.eq(restaurant.id));
    let rows = match after {
        Some(cursor) => rows.filter(behind(&cursor, backend)),
        None => rows,
    };
    rows.order_by(date(backend), Order::Desc)
        .order_by_desc(Column::Id)
        .limit(limit)
        .all(db)
        .await
}

/// # Errors
/// `RecordNotFound` when there is no such review.
pub(in crate::restaurants) async fn get_review(
    db: &impl ConnectionTrait,
    id: i32,
) -> Result<review::Model, DbErr> {
    let rows = reviews(db.get_database_backend()).filter(review::Column::Id.eq(id));
    let found = rows.one(db).await?;
    found.ok_or_else(|| DbErr::RecordNotFound(format!("review {id}")))
}

/// All reviews, each with a date that can be read.
fn reviews(backend: DbBackend) -> Select<review::Entity> {
    let rows = review::Entity::find();
    if backend == DbBackend::Sqlite {
        return rows;
    }
    let others =
        review::Column::iter().filter(|column| !matches!(column, review::Column::ReviewDate));
    rows.select_only()
        .columns(others)
        .expr_as(date(backend), "review_date")
}

/// What reviews are sorted by.
fn date(backend: DbBackend) -> SimpleExpr {
    match backend {
        DbBackend::Sqlite => Expr::cust(SQLITE_DATE.replace('?', "review.review_date")),
        _ => Expr::cust(POSTGRES_DATE),
    }
}

/// The reviews behind a cursor.
fn behind(cursor: &ReviewCursor, backend: DbBackend) -> SimpleExpr {
    let last = match backend {
        DbBackend::Sqlite => Expr::cust_with_values(SQLITE_DATE, [cursor.date]),
        _ => Expr::val(cursor.date),
    };
    Expr::tuple([date(backend), Expr::col(review::Column::Id)])
        .lt(Expr::tuple([last, Expr::val(cursor.id)]))
}
