//! Keyset pagination: cursors, and queries for the rows after or before a cursor.
//!
//! A cursor is the sort key and the id of a page's last or first row, in the query parameter `after` or `before`. Each
//! page costs the same, and rows that are added meanwhile cause no duplicate and no missing row.

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

    /// Parses a cursor; `None` for text that is not a cursor of this type of key.
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

/// Which rows of a list a page shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Position {
    #[default]
    First,
    After(Cursor),
    Before(Cursor),
}

impl Position {
    /// Reads the query parameters `after` and `before`: the first page if neither is a cursor of this type of key.
    pub fn parse(key_type: Option<KeyType>, after: &str, before: &str) -> Self {
        if let Some(cursor) = Cursor::parse(key_type, after) {
            return Self::After(cursor);
        }
        Cursor::parse(key_type, before).map_or(Self::First, Self::Before)
    }

    /// The values of the query parameters `after` and `before`; an absent one is empty.
    pub fn parameters(&self) -> (String, String) {
        match self {
            Self::First => (String::new(), String::new()),
            Self::After(cursor) => (cursor.to_string(), String::new()),
            Self::Before(cursor) => (String::new(), cursor.to_string()),
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
    /// For a sort key that is an expression: what a cursor's key is compared as.
    cursor_key: Option<fn(Expr) -> Expr>,
    order: Order,
}

impl Keyset {
    pub fn by_id(id: impl IntoColumnRef, order: Order) -> Self {
        Self {
            id: Expr::col(id),
            key: None,
            cursor_key: None,
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
        Self {
            cursor_key: Some(cursor_key),
            ..self
        }
    }

    /// The rows on this side of a cursor, in the given order.
    fn beyond(&self, cursor: &Cursor, order: &Order) -> Expr {
        let is_descending = matches!(order, Order::Desc);
        let (Some(key), Some(edge)) = (&self.key, &cursor.key) else {
            let (id, edge) = (self.id.clone(), Expr::val(cursor.id));
            return if is_descending {
                id.lt(edge)
            } else {
                id.gt(edge)
            };
        };
        let edge = match edge {
            Key::Integer(value) => Expr::val(*value),
            Key::Text(value) => Expr::val(value.as_str()),
            Key::Time(value) => Expr::val(*value),
        };
        let edge = self
            .cursor_key
            .map_or(edge.clone(), |convert| convert(edge));
        // A comparison of tuples needs the index alone.
        let row = Expr::tuple([key.clone(), self.id.clone()]);
        let edge_row = Expr::tuple([edge.clone(), Expr::val(cursor.id)]);
        let (rows, bound) = if is_descending {
            (row.lt(edge_row), key.clone().lte(edge))
        } else {
            (row.gt(edge_row), key.clone().gte(edge))
        };
        // SQLite finds a tuple in an index only by plain columns: the expression needs a comparison of its own.
        match self.cursor_key {
            Some(_) => bound.and(rows),
            None => rows,
        }
    }
}

fn reversed(order: &Order) -> Order {
    match order {
        Order::Desc => Order::Asc,
        _ => Order::Desc,
    }
}

/// Sorts the rows and starts at the position. The rows before a cursor are in the reversed order: the nearest first.
pub fn paginate<S>(rows: S, keyset: &Keyset, position: &Position) -> S
where
    S: QueryFilter + QueryOrder,
{
    let order = match position {
        Position::Before(_) => reversed(&keyset.order),
        _ => keyset.order.clone(),
    };
    let rows = match position {
        Position::After(cursor) | Position::Before(cursor) => {
            QueryFilter::filter(rows, keyset.beyond(cursor, &order))
        }
        Position::First => rows,
    };
    let rows = match &keyset.key {
        Some(key) => rows.order_by(key.clone(), order.clone()),
        None => rows,
    };
    rows.order_by(keyset.id.clone(), order)
}

/// A page of a list.
#[derive(Clone, Debug)]
pub struct ListPage<T> {
    pub rows: Vec<T>,
    /// The page starts after this row; `None` for the first page.
    pub start: Option<Cursor>,
    /// The page before this one has the rows before this cursor.
    pub previous: Option<Cursor>,
    /// The page after this one has the rows after this cursor.
    pub next: Option<Cursor>,
}

impl<T> ListPage<T> {
    /// Cuts rows as [`paginate`] has sorted them, read with a limit of one more than a page has.
    pub fn new(
        mut rows: Vec<T>,
        page_size: u64,
        position: &Position,
        cursor: impl Fn(&T) -> Cursor,
    ) -> Self {
        let size = usize::try_from(page_size).unwrap_or(usize::MAX);
        let further = rows.get(size).map(&cursor);
        rows.truncate(size);
        if matches!(position, Position::Before(_)) {
            rows.reverse();
        }
        let first = rows.first().map(&cursor);
        let last = rows.last().map(&cursor);
        let next = last.clone().filter(|_| further.is_some());
        let (start, previous, next) = match position {
            Position::First => (None, None, next),
            Position::After(cursor) => (Some(cursor.clone()), first, next),
            Position::Before(_) => {
                let previous = first.filter(|_| further.is_some());
                (further, previous, last)
            }
        };
        Self {
            rows,
            start,
            previous,
            next,
        }
    }

    /// The position that shows this page, however it was reached.
    pub fn position(&self) -> Position {
        self.start.clone().map_or(Position::First, Position::After)
    }

    /// Whether this is the first page of the list.
    pub fn is_first(&self) -> bool {
        self.start.is_none() && self.previous.is_none()
    }

    /// Whether the rows before a cursor are fewer than a page has, so that the first page is to be shown instead.
    pub fn is_cut_short(&self, position: &Position, page_size: u64) -> bool {
        let is_before = matches!(position, Position::Before(_));
        is_before && self.is_first() && (self.rows.len() as u64) < page_size
    }
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

    fn page(rows: &[i32], position: &Position) -> (Vec<i32>, [Option<i32>; 3]) {
        let page = ListPage::new(rows.to_vec(), 2, position, |id| Cursor::id(*id));
        let cursors = [page.start, page.previous, page.next];
        (page.rows, cursors.map(|cursor| Some(cursor?.id)))
    }

    #[test]
    fn a_page_has_the_cursors_of_the_pages_beside_it() {
        let (first, after) = (Position::First, Position::After(Cursor::id(9)));
        assert_eq!(
            page(&[3, 2, 1], &first),
            (vec![3, 2], [None, None, Some(2)])
        );
        assert_eq!(page(&[2, 1], &first), (vec![2, 1], [None; 3]));
        assert_eq!(
            page(&[3, 2, 1], &after),
            (vec![3, 2], [Some(9), Some(3), Some(2)])
        );
        assert_eq!(page(&[1], &after), (vec![1], [Some(9), Some(1), None]));
        assert_eq!(page(&[], &after), (vec![], [Some(9), None, None]));
        // The rows before 3 in a list from 6 down to 1, the nearest first.
        let before = Position::Before(Cursor::id(3));
        assert_eq!(
            page(&[4, 5, 6], &before),
            (vec![5, 4], [Some(6), Some(5), Some(4)])
        );
        assert_eq!(page(&[4, 5], &before), (vec![5, 4], [None, None, Some(4)]));
    }
}
