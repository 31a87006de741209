//! Compatibility check of tables that another program has created: they are altered where possible, and rejected
//! before any change otherwise.

use sea_orm::{DbBackend, FromQueryResult, Statement};
use sea_orm_migration::prelude::*;

use crate::m0000_adopt_restaurant_tables::ADDED_COLUMN;

/// The kind of values that a column holds, and for a text its shortest limit.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Id,
    Integer,
    Text(i32),
    Date,
}

type Columns = &'static [(&'static str, Kind)];

const TABLES: [(&str, Columns); 2] = [
    (
        "restaurant",
        &[
            ("id", Kind::Id),
            ("name", Kind::Text(50)),
            ("street_address", Kind::Text(50)),
            ("description", Kind::Text(250)),
        ],
    ),
    (
        "review",
        &[
            ("id", Kind::Id),
            ("restaurant", Kind::Integer),
            ("user_name", Kind::Text(50)),
            ("rating", Kind::Integer),
            ("review_text", Kind::Text(500)),
            ("review_date", Kind::Date),
        ],
    ),
];

const POSTGRES_COLUMNS: &str = "
    SELECT attname::text AS name, format_type(atttypid, NULL) AS type,
        CASE WHEN atttypid IN ('varchar'::regtype, 'bpchar'::regtype) AND atttypmod > 4
            THEN atttypmod - 4 END AS length,
        attnotnull AS is_required,
        atthasdef OR attidentity <> '' AS has_default,
        EXISTS (SELECT FROM pg_index WHERE indrelid = attrelid AND indisunique AND indpred IS NULL
            AND indnkeyatts = 1 AND indkey[0] = attnum) AS is_unique
    FROM pg_attribute
    WHERE attrelid = to_regclass('{table}') AND attnum > 0 AND NOT attisdropped ORDER BY attnum";

const SQLITE_COLUMNS: &str = "
    SELECT name, lower(type) AS type, CAST(NULL AS integer) AS length, \"notnull\" = 1 AS is_required,
        dflt_value IS NOT NULL OR (pk = 1 AND lower(type) = 'integer') AS has_default, pk = 1 AS is_unique
    FROM pragma_table_info('{table}')";

#[derive(FromQueryResult)]
struct Column {
    name: String,
    r#type: String,
    length: Option<i32>,
    is_required: bool,
    has_default: bool,
    is_unique: bool,
}

/// Widens texts that are too short. Nullable columns stay: null is shown as an empty text.
///
/// # Errors
/// When a column is missing or cannot be made to fit; the message names each of them.
pub(crate) async fn make_compatible(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let (mut changes, mut problems) = (Vec::new(), Vec::new());
    for (table, expected) in TABLES {
        let columns = columns(manager, table).await?;
        // No table, or one of ours.
        if columns.is_empty() || columns.iter().any(|column| column.name == ADDED_COLUMN) {
            continue;
        }
        problems.extend(unexpected(table, &columns, expected));
        for &(name, kind) in expected {
            match columns.iter().find(|column| column.name == name) {
                None => problems.push(format!("{table}.{name} is missing; add the column")),
                Some(column) => match kind.change(table, column) {
                    Ok(change) => changes.extend(change),
                    Err(problem) => problems.push(problem),
                },
            }
        }
    }
    if !problems.is_empty() {
        return Err(DbErr::Migration(format!(
            "the database has tables that do not fit: {}; change them, or use an empty database or schema",
            problems.join("; ")
        )));
    }
    for change in changes {
        let db = manager.get_connection();
        db.execute_unprepared(&change).await?;
    }
    Ok(())
}

async fn columns(manager: &SchemaManager<'_>, table: &str) -> Result<Vec<Column>, DbErr> {
    let backend = manager.get_database_backend();
    let sql = match backend {
        DbBackend::Sqlite => SQLITE_COLUMNS,
        _ => POSTGRES_COLUMNS,
    };
    let statement = Statement::from_string(backend, sql.replace("{table}", table));
    let rows = manager.get_connection().query_all_raw(statement).await?;
    rows.iter()
        .map(|row| Column::from_query_result(row, ""))
        .collect()
}

/// Columns that a new row needs and this program does not fill in.
fn unexpected<'a>(
    table: &'a str,
    columns: &'a [Column],
    expected: Columns,
) -> impl Iterator<Item = String> + 'a {
    let needed = columns.iter().filter(move |column| {
        let is_known = expected.iter().any(|(name, _)| *name == column.name);
        !is_known && column.is_required && !column.has_default
    });
    needed.map(move |column| {
        let name = &column.name;
        format!("{table}.{name} is not null and has no default; give it a default or drop it")
    })
}

impl Kind {
    /// The statement that makes the column fit, if it needs one.
    fn change(self, table: &str, column: &Column) -> Result<Option<String>, String> {
        let Column { name, r#type, .. } = column;
        let is_right = match self {
            Self::Id | Self::Integer => matches!(r#type.as_str(), "integer" | "int"),
            Self::Text(_) => is_text(r#type),
            Self::Date => {
                ["timestamp", "date", "text"]
                    .iter()
                    .any(|kind| r#type.starts_with(kind))
                    && r#type != "date"
            }
        };
        if !is_right {
            let expected = self.sql();
            return Err(format!(
                "{table}.{name} is {type}, not {expected}; change its type to {expected}"
            ));
        }
        if self == Self::Id && !column.is_unique {
            return Err(format!("{table}.{name} is no primary key; make it one"));
        }
        if self == Self::Id && !column.has_default {
            return Err(format!(
                "{table}.{name} has no default; make it an identity column"
            ));
        }
        let is_short =
            matches!((self, column.length), (Self::Text(limit), Some(length)) if length < limit);
        Ok(is_short.then(|| format!("ALTER TABLE {table} ALTER {name} TYPE {}", self.sql())))
    }

    fn sql(self) -> String {
        match self {
            Self::Id | Self::Integer => "integer".to_owned(),
            Self::Text(limit) => format!("varchar({limit})"),
            Self::Date => "timestamp without time zone".to_owned(),
        }
    }
}

/// The texts of both databases, with the limit in the type on SQLite.
fn is_text(name: &str) -> bool {
    [
        "character",
        "varchar",
        "nvarchar",
        "text",
        "char",
        "citext",
        "clob",
    ]
    .iter()
    .any(|kind| name.starts_with(kind))
}
