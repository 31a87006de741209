//! Keyset pagination: cursors, and queries for the rows after a cursor.
//!
//! A cursor is the sort key and the id of a page's last row, in the query parameter `after`. Each page
//! costs the same, and rows that are added meanwhile cause no duplicate and no missing row.

use std::fmt;

use sea_orm::sea_query::{Expr, ExprTrait as _, IntoColumnRef, Order};
use sea_orm::{QueryFilter, QueryOrder};
use time::{OffsetDateTime, PrimitiveDateTime};

/// Between the sort key and the id.
const SEPARATOR: char = '~';

/// The position of a row in a sorted list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// `None` in a list sorted by id.
    pub key: Option<Key>,
    pub id: i32,
}

/// A sort key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Key {
    Integer(i64),
    Text(String),
    /// UTC.
    Time(PrimitiveDateTime),
}

/// The type of a sort key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyType {
    Integer,
    Text,
    Time,
}

impl Cursor {
    /// A position in a list sorted by id.
    pub fn id(id: i32) -> Self {
        Self { key: None, id }
    }

    /// A position in a list sorted by a key.
    pub fn new(key: Key, id: i32) -> Self {
        Self { key: Some(key), id }
    }

    /// Parses a cursor; `None` for text that is no cursor of such a key.
    pub fn parse(key_type: Option<KeyType>, text: &str) -> Option<Self> {
        let Some(key_type) = key_type else {
            return text.parse().ok().map(Self::id);
        };
        let (key, id) = text.rsplit_once(SEPARATOR)?;
        let key = match key_type {
            KeyType::Integer => Key::Integer(key.parse().ok()?),
            KeyType::Text if key.contains('\0') => return None,
            KeyType::Text => Key::Text(key.to_owned()),
            KeyType::Time => Key::Time(parse_microseconds(key)?),
        };
        Some(Self::new(key, id.parse().ok()?))
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = self.id;
        match &self.key {
            None => write!(formatter, "{id}"),
            Some(Key::Integer(key)) => write!(formatter, "{key}{SEPARATOR}{id}"),
            Some(Key::Text(key)) => write!(formatter, "{key}{SEPARATOR}{id}"),
            Some(Key::Time(key)) => {
                let microseconds = key.assume_utc().unix_timestamp_nanos() / 1000;
                write!(formatter, "{microseconds}{SEPARATOR}{id}")
            }
        }
    }
}

fn parse_microseconds(text: &str) -> Option<PrimitiveDateTime> {
    let nanoseconds = i128::from(text.parse::<i64>().ok()?) * 1000;
    let time = OffsetDateTime::from_unix_timestamp_nanos(nanoseconds).ok()?;
    // PostgreSQL's dates begin in 4714 BC.
    (time.year() > 0).then(|| PrimitiveDateTime::new(time.date(), time.time()))
}

/// The order of a list: by a key and then by id, or by id alone, all in one direction, as its index has it.
#[derive(Clone, Debug)]
pub struct Keyset {
    id: Expr,
    key: Option<Expr>,
    cursor_key: fn(Expr) -> Expr,
    order: Order,
}

impl Keyset {
    pub fn by_id(id: impl IntoColumnRef, order: Order) -> Self {
        Self {
            id: Expr::col(id),
            key: None,
            cursor_key: |value| value,
            order,
        }
    }

    pub fn by_key(key: impl Into<Expr>, id: impl IntoColumnRef, order: Order) -> Self {
        Self {
            key: Some(key.into()),
            ..Self::by_id(id, order)
        }
    }

    /// Sets the SQL expression that a cursor's key is compared as, where the sort key is an expression too.
    #[must_use]
    pub fn with_cursor_key(self, cursor_key: fn(Expr) -> Expr) -> Self {
        Self { cursor_key, ..self }
    }

    /// The rows after a cursor.
    fn after(&self, cursor: &Cursor) -> Expr {
        let (row, last) = match (&self.key, &cursor.key) {
            (Some(key), Some(last)) => {
                let last = (self.cursor_key)(match last {
                    Key::Integer(value) => Expr::val(*value),
                    Key::Text(value) => Expr::val(value.as_str()),
                    Key::Time(value) => Expr::val(*value),
                });
                // A comparison of tuples is answered from the index alone.
                let row = Expr::tuple([key.clone(), self.id.clone()]);
                (row, Expr::tuple([last, Expr::val(cursor.id)]))
            }
            _ => (self.id.clone(), Expr::val(cursor.id)),
        };
        match self.order {
            Order::Desc => row.lt(last),
            _ => row.gt(last),
        }
    }
}

/// Sorts the rows and starts after the cursor.
pub fn paginate<S>(rows: S, keyset: &Keyset, after: Option<&Cursor>) -> S
where
    S: QueryFilter + QueryOrder,
{
    let rows = match after {
        Some(cursor) => QueryFilter::filter(rows, keyset.after(cursor)),
        None => rows,
    };
    let rows = match &keyset.key {
        Some(key) => rows.order_by(key.clone(), keyset.order.clone()),
        None => rows,
    };
    rows.order_by(keyset.id.clone(), keyset.order.clone())
}

/// Cuts rows that were read with a limit of one more than a page has. The second value is the last row
/// of the page if another page follows.
pub fn split_page<T: Clone>(mut rows: Vec<T>, page_size: u64) -> (Vec<T>, Option<T>) {
    let size = usize::try_from(page_size).unwrap_or(usize::MAX);
    let has_more = rows.len() > size;
    rows.truncate(size);
    let last = rows.last().filter(|_| has_more).cloned();
    (rows, last)
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_was_written() {
        for (key_type, cursor) in [
            (None, Cursor::id(7)),
            (Some(KeyType::Integer), Cursor::new(Key::Integer(-4), 7)),
            (
                Some(KeyType::Text),
                Cursor::new(Key::Text("a~b".to_owned()), 7),
            ),
            (
                Some(KeyType::Time),
                Cursor::new(Key::Time(datetime!(2024-05-01 10:00:00.000001)), 7),
            ),
        ] {
            let text = cursor.to_string();
            assert_eq!(Cursor::parse(key_type, &text), Some(cursor), "{text}");
        }
    }

    #[test]
    fn other_text_is_no_cursor() {
        for (key_type, text) in [
            (None, ""),
            (None, "x"),
            (None, "99999999999"),
            (Some(KeyType::Integer), "1"),
            (Some(KeyType::Integer), "x~1"),
            (Some(KeyType::Text), "a\0~1"),
            (Some(KeyType::Time), "-99999999999999999~1"),
        ] {
            assert_eq!(Cursor::parse(key_type, text), None, "{text:?}");
        }
    }

    #[test]
    fn the_last_row_of_a_page_is_given_only_when_another_page_follows() {
        assert_eq!(split_page(vec![1, 2, 3], 2), (vec![1, 2], Some(2)));
        assert_eq!(split_page(vec![1, 2], 2), (vec![1, 2], None));
    }
}
