//! Soak test: three instances under load while servers, poolers, networks, disks and instances fail.
//!
//! `cargo xtask soak --minutes N` runs it, as root on Linux. It fails if an accepted write is missing or exists twice, if a
//! response has another status than the fault explains, if an instance does not become ready again within a minute, or if
//! the memory or the descriptors of the instance that is never restarted grow.

#![cfg(target_os = "linux")]

mod cluster;
#[path = "../web/restaurants/feature.rs"] // domain: the feature that is written to
mod feature;
mod load;

use std::fs;
use std::time::{Duration, Instant};

use sea_orm::{ConnectionTrait as _, DatabaseConnection, Statement};

use cluster::{Cluster, Fault};
use feature::FEATURE;
use load::{Addresses, Load, Tally};

/// Between two faults, after every instance is ready again.
const PAUSE_BETWEEN_FAULTS: Duration = Duration::from_secs(5);

/// Memory in KiB and open descriptors of a process.
type Usage = (usize, usize);

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes; run cargo xtask soak"]
async fn no_accepted_write_is_lost_or_duplicated_whatever_fails() {
    let end = Instant::now() + Duration::from_secs(60 * minutes());
    let addresses = Addresses::default();
    let mut cluster = Cluster::start(addresses.clone()).await;
    cluster.wait_until_ready().await.expect("ready");
    let load = Load::start(&addresses);
    tokio::time::sleep(PAUSE_BETWEEN_FAULTS).await;
    let before = usage(cluster.instances[0].pid());
    let mut recovery_times = Vec::new();
    for fault in Fault::ALL.into_iter().cycle() {
        if Instant::now() > end {
            break;
        }
        cluster.inject(fault).await;
        let time = cluster
            .wait_until_ready()
            .await
            .expect("ready within a minute");
        let (memory, descriptors) = usage(cluster.instances[0].pid());
        report(&format!(
            "{fault:?}: ready after {} ms, {memory} KiB, {descriptors} descriptors",
            time.as_millis()
        ));
        recovery_times.push(time);
        tokio::time::sleep(PAUSE_BETWEEN_FAULTS).await;
    }
    let tally = load.stop().await;
    let after = usage(cluster.instances[0].pid());
    let rows = count_rows(&cluster.database().await).await;
    report_result(&tally, rows, &recovery_times, before, after);
    let accepted = i64::try_from(tally.writes).expect("a number");
    assert_eq!(rows, (accepted, accepted), "accepted writes");
    assert_eq!(tally.wrong, Vec::<String>::new());
    assert!(after.0 < before.0 * 2, "memory grows");
    assert!(after.1 < before.1 + 50, "descriptors grow");
}

fn minutes() -> u64 {
    #[expect(clippy::disallowed_methods, reason = "not a setting of the app")]
    let minutes = std::env::var("SOAK_MINUTES").ok();
    minutes.map_or(1, |minutes| minutes.parse().expect("a number of minutes"))
}

fn usage(process: u32) -> Usage {
    let status = fs::read_to_string(format!("/proc/{process}/status")).expect("a process");
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let kibibytes = line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok());
    let descriptors = fs::read_dir(format!("/proc/{process}/fd")).expect("a process");
    (kibibytes.expect("a size"), descriptors.count())
}

/// The number of rows, and of rows with different texts.
async fn count_rows(db: &DatabaseConnection) -> (i64, i64) {
    let form = FEATURE.form();
    let column = form.fields[0].column;
    let sql = format!(
        "SELECT count(*), count(DISTINCT {column}) FROM {}",
        form.table
    );
    let statement = Statement::from_string(db.get_database_backend(), sql);
    let row = db.query_one_raw(statement).await.expect("a query");
    let row = row.expect("a row");
    let count = |index| row.try_get_by_index(index).expect("a number");
    (count(0), count(1))
}

fn report_result(
    tally: &Tally,
    rows: (i64, i64),
    recovery_times: &[Duration],
    before: Usage,
    after: Usage,
) {
    let slowest = recovery_times.iter().max().map_or(0, Duration::as_millis);
    report(&format!(
        "{} faults, ready again after {slowest} ms at most\n\
         {} reads, {} writes accepted, {} rows, {} different; slowest response {} ms\n\
         {} requests failed and repeated, {} wrong responses; \
         no client without a correct response for longer than {} ms\n\
         memory {} to {} KiB, descriptors {} to {}",
        recovery_times.len(),
        tally.reads,
        tally.writes,
        rows.0,
        rows.1,
        tally.slowest.as_millis(),
        tally.unavailable,
        tally.wrong.len(),
        tally.outage.as_millis(),
        before.0,
        after.0,
        before.1,
        after.1,
    ));
}

#[expect(clippy::print_stdout, reason = "the report")]
fn report(text: &str) {
    println!("{text}");
}
