//! Clients that write in the background. Afterwards the test counts the accepted writes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use harness::Visitor;
use sea_orm::{ConnectionTrait as _, DatabaseConnection, Statement};
use tokio::task::JoinSet;

use crate::feature::{FEATURE, FIELDS, FORM, TABLE};

/// Clients that repeat each form until it is accepted.
pub(super) struct Writers {
    stop: Arc<AtomicBool>,
    accepted: JoinSet<usize>,
}

impl Writers {
    pub(super) fn start(visitors: impl Iterator<Item = Visitor>) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let numbered = visitors.enumerate();
        let accepted = numbered
            .map(|(number, visitor)| write_until(visitor, number * 1_000_000, stop.clone()))
            .collect();
        Self { stop, accepted }
    }

    /// Stops after the last write of each client, and fails unless every accepted write exists exactly once.
    pub(super) async fn assert_all_written_once(self, db: &DatabaseConnection) {
        self.stop.store(true, Ordering::Relaxed);
        let accepted: usize = self.accepted.join_all().await.into_iter().sum();
        let accepted = i64::try_from(accepted).expect("a number");
        assert_eq!(count_rows(db).await, (accepted, accepted));
    }
}

/// The form with a unique text and submission key.
pub(super) fn numbered_form(number: usize) -> Vec<(&'static str, String)> {
    let fields = FIELDS.iter().enumerate();
    let mut form: Vec<_> = fields
        .map(|(index, (name, value))| match index {
            0 => (*name, format!("{number:08}")),
            _ => (*name, (*value).to_owned()),
        })
        .collect();
    form.push(("submission_key", format!("{number:032x}")));
    form
}

/// Sends this form once and returns the status.
pub(super) async fn send(visitor: &Visitor, number: usize) -> u16 {
    let form = numbered_form(number);
    let form: Vec<_> = form
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    visitor.post(FORM, &form).await.status.as_u16()
}

/// Repeats each form until it is accepted. Returns the number of accepted forms.
async fn write_until(visitor: Visitor, first: usize, stop: Arc<AtomicBool>) -> usize {
    let mut accepted = 0;
    while !stop.load(Ordering::Relaxed) {
        while send(&visitor, first + accepted).await != 303 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        accepted += 1;
    }
    accepted
}

/// The number of rows, and of rows with different texts.
pub(super) async fn count_rows(db: &DatabaseConnection) -> (i64, i64) {
    let column = FEATURE.form().fields[0].column;
    let sql = format!("SELECT count(*), count(DISTINCT {column}) FROM {TABLE}");
    let statement = Statement::from_string(db.get_database_backend(), sql);
    let row = db
        .query_one_raw(statement)
        .await
        .expect("a query")
        .expect("a row");
    let count = |index| row.try_get_by_index(index).expect("a number");
    (count(0), count(1))
}
