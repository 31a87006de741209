//! Classifies database errors as transient (503) or permanent (500).

use sea_orm::{DbErr, RuntimeErr, SqlxError};

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

/// PostgreSQL's classes 08, 53, 57, 58, 28, 3D, 40 and 25006 (appendix A of its manual); SQLite's
/// primary results BUSY 5, LOCKED 6, READONLY 8, IOERR 10, CORRUPT 11, FULL 13 and CANTOPEN 14.
fn is_transient(code: &str) -> bool {
    if code.len() == 5 && code.chars().all(|c| c.is_ascii_alphanumeric()) {
        const CLASSES: [&str; 7] = ["08", "28", "3D", "40", "53", "57", "58"];
        return code == "25006" || CLASSES.iter().any(|class| code.starts_with(class));
    }
    let primary = code.parse::<u32>().map(|extended| extended & 0xff);
    matches!(primary, Ok(5 | 6 | 8 | 10 | 11 | 13 | 14))
}
