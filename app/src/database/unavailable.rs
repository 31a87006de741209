//! Classifies database errors as transient (503) or permanent (500).

use std::borrow::Cow;

use sea_orm::sqlx::error::DatabaseError;
use sea_orm::{DbErr, RuntimeErr, SqlxError};

use super::pooler::is_mix_up;

/// A server that is or becomes a standby (`read_only_sql_transaction`), or that ends its connections to shut down.
const NOT_PRIMARY: [&str; 4] = ["25006", "57P01", "57P02", "57P03"];

/// Whether an error is transient: the database cannot be reached, is overloaded, out of space, restarting, or
/// took longer than the limits allow.
pub fn is_unavailable(error: &DbErr) -> bool {
    match error {
        DbErr::ConnectionAcquire(_) | DbErr::Conn(_) => true,
        DbErr::Exec(RuntimeErr::SqlxError(cause)) | DbErr::Query(RuntimeErr::SqlxError(cause)) => {
            is_unavailable_cause(cause)
        }
        _ => false,
    }
}

/// Whether a statement failed because its connection is lost, so that a query may succeed on another one: the
/// network's errors, and PostgreSQL's `admin_shutdown`, `crash_shutdown` and `idle_session_timeout`.
pub(super) fn is_connection_lost(error: &DbErr) -> bool {
    const CODES: [&str; 3] = ["57P01", "57P02", "57P05"];
    let (DbErr::Exec(RuntimeErr::SqlxError(cause)) | DbErr::Query(RuntimeErr::SqlxError(cause))) =
        error
    else {
        return false;
    };
    match &**cause {
        SqlxError::Io(_) => true,
        SqlxError::Database(refused) => refused.code().is_some_and(|code| CODES.contains(&&*code)),
        _ => false,
    }
}

fn is_unavailable_cause(cause: &SqlxError) -> bool {
    match cause {
        SqlxError::Database(refused) => refused.code().is_some_and(|code| is_transient(&code)),
        SqlxError::Io(_)
        | SqlxError::Tls(_)
        | SqlxError::Protocol(_)
        | SqlxError::PoolTimedOut
        | SqlxError::PoolClosed
        | SqlxError::WorkerCrashed => true,
        _ => false,
    }
}

/// The database's code of an error.
pub(super) fn error_code(error: &DbErr) -> Option<Cow<'_, str>> {
    match error {
        DbErr::Conn(RuntimeErr::SqlxError(cause))
        | DbErr::Exec(RuntimeErr::SqlxError(cause))
        | DbErr::Query(RuntimeErr::SqlxError(cause)) => {
            cause.as_database_error().and_then(DatabaseError::code)
        }
        _ => None,
    }
}

/// Whether the server is no primary any more, so that connections to it are of no use.
pub(super) fn is_not_primary(code: &str) -> bool {
    NOT_PRIMARY.contains(&code)
}

/// PostgreSQL's classes 08, 53, 57, 58, 28, 3D, 40, 25006 and the codes of a pooler
/// that mixes up statements (appendix A of its manual); SQLite's
/// primary results BUSY 5, LOCKED 6, READONLY 8, IOERR 10, CORRUPT 11, FULL 13 and CANTOPEN 14.
fn is_transient(code: &str) -> bool {
    if code.len() == 5 && code.chars().all(|c| c.is_ascii_alphanumeric()) {
        const CLASSES: [&str; 7] = ["08", "28", "3D", "40", "53", "57", "58"];
        return code == "25006"
            || is_mix_up(code)
            || CLASSES.iter().any(|class| code.starts_with(class));
    }
    let primary = code.parse::<u32>().map(|extended| extended & 0xff);
    matches!(primary, Ok(5 | 6 | 8 | 10 | 11 | 13 | 14))
}
