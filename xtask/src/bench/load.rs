//! The load generators wrk and pgbench, and what a round costs the measured processes.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use duct::Expression;
use serde::{Deserialize, Serialize};

use super::scene::{Encoding, Scene};
use crate::{process, workspace};

/// Unit of the times in `/proc/PID/stat`, the same on every architecture.
const TICK: Duration = Duration::from_millis(10);

/// The outcome of one round.
#[derive(Clone, Copy, Default, Deserialize, Serialize)]
pub(super) struct Round {
    pub(super) requests_per_second: f64,
    /// Zero if the load generator does not report it.
    pub(super) p50_ms: f64,
    pub(super) p99_ms: f64,
    pub(super) errors: f64,
    /// CPU time per request, zero for a process that is not ours.
    pub(super) app_cpu_us: f64,
    pub(super) database_cpu_us: f64,
    pub(super) memory_mib: f64,
}

/// The processes whose CPU time and memory are measured.
#[derive(Clone, Copy)]
pub(super) struct Processes {
    pub(super) app: Option<u32>,
    /// The postmaster, with all its children.
    pub(super) database: Option<u32>,
}

/// Runs a load generator and measures the processes meanwhile. `parse` reads its output.
///
/// # Errors
/// When the load generator fails or `/proc` cannot be read.
pub(super) fn measure(
    generator: &Expression,
    processes: Processes,
    parse: impl FnOnce(&str) -> Option<Outcome>,
) -> Result<Round> {
    let cpu = || -> Result<[Duration; 2]> {
        let app = processes.app.map_or(Ok(Duration::ZERO), own_cpu)?;
        let database = processes.database.map_or(Ok(Duration::ZERO), family_cpu)?;
        Ok([app, database])
    };
    let before = cpu()?;
    let mut output = String::new();
    let succeeded = process::run_lines(generator, |line| {
        output.push_str(line);
        output.push('\n');
    })?;
    let after = cpu()?;
    ensure!(succeeded, "the load generator failed: {output}");
    let outcome = parse(&output);
    let outcome = outcome.with_context(|| format!("unexpected output: {output}"))?;
    let per_request = |index: usize| {
        let spent: Duration = after[index].saturating_sub(before[index]);
        1e6 * spent.as_secs_f64() / outcome.requests.max(1.0)
    };
    Ok(Round {
        app_cpu_us: per_request(0),
        database_cpu_us: per_request(1),
        memory_mib: processes.app.map_or(Ok(0.0), memory_mib)?,
        ..outcome.round
    })
}

/// What a load generator reports.
pub(super) struct Outcome {
    requests: f64,
    round: Round,
}

/// Sends a scene's requests for a number of seconds.
pub(super) fn wrk(
    script: &Path,
    (url, scene): (&str, &Scene),
    encoding: Encoding,
    cookie: Option<&str>,
    (seconds, seed): (u32, u32),
) -> Expression {
    let (connections, script) = (scene.connections, script.to_string_lossy());
    let wrk = format!("wrk -t2 -c{connections} -d{seconds}s -s {{}}");
    let mut words = workspace::words(&wrk, &[&script]);
    for header in [encoding.header(), cookie].into_iter().flatten() {
        words.extend(workspace::words("-H {}", &[header]));
    }
    let (first, count) = scene.numbers;
    let numbers = format!("{{}} -- {seed} {first} {count}");
    words.extend(workspace::words(&numbers, &[url]));
    words.extend(scene.requests.iter().cloned());
    workspace::program(&workspace::root(), &words)
}

/// Parses the line that our script prints: requests, duration, p50 and p99 in microseconds, errors.
pub(super) fn parse_wrk(output: &str) -> Option<Outcome> {
    let line = output
        .lines()
        .find_map(|line| line.strip_prefix("scene "))?;
    let numbers: Vec<f64> = line
        .split(' ')
        .filter_map(|number| number.parse().ok())
        .collect();
    let [requests, duration, p50, p99, errors] = numbers[..] else {
        return None;
    };
    Some(Outcome {
        requests,
        round: Round {
            requests_per_second: requests / duration * 1e6,
            p50_ms: p50 / 1e3,
            p99_ms: p99 / 1e3,
            errors,
            ..Round::default()
        },
    })
}

/// Parses pgbench's report.
pub(super) fn parse_pgbench(output: &str) -> Option<Outcome> {
    let number = |prefix: &str| {
        let rest = output.lines().find_map(|line| line.strip_prefix(prefix))?;
        rest.split_whitespace().next()?.parse::<f64>().ok()
    };
    Some(Outcome {
        requests: number("number of transactions actually processed: ")?,
        round: Round {
            requests_per_second: number("tps = ")?,
            errors: number("number of failed transactions: ").unwrap_or_default(),
            ..Round::default()
        },
    })
}

/// CPU time of a process.
fn own_cpu(pid: u32) -> Result<Duration> {
    let [_, user, system, ..] = stat(pid)?;
    Ok(TICK * (user + system))
}

/// CPU time of a process and its children, those that have ended included.
fn family_cpu(pid: u32) -> Result<Duration> {
    let [_, user, system, children_user, children_system] = stat(pid)?;
    let mut ticks = user + system + children_user + children_system;
    for entry in fs::read_dir("/proc")?.flatten() {
        let name = entry.file_name();
        let Some(child) = name.to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        // An error means that the process has ended meanwhile.
        if let Ok([parent, user, system, ..]) = stat(child)
            && parent == pid
        {
            ticks += user + system;
        }
    }
    Ok(TICK * ticks)
}

/// Parent, and ticks of CPU: user, system, and the same of waited-for children.
fn stat(pid: u32) -> Result<[u32; 5]> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let advice = "unexpected /proc/PID/stat";
    let (_, fields) = stat.rsplit_once(") ").context(advice)?;
    let fields: Vec<&str> = fields.split(' ').collect();
    let mut numbers = [0; 5];
    for (number, index) in numbers.iter_mut().zip([1, 11, 12, 13, 14]) {
        *number = fields.get(index).context(advice)?.parse()?;
    }
    Ok(numbers)
}

/// Resident memory of a process.
pub(super) fn memory_mib(pid: u32) -> Result<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().next());
    Ok(kib
        .context("no VmRSS in /proc/PID/status")?
        .parse::<f64>()?
        / 1024.0)
}

#[cfg(test)]
mod tests {
    use super::{family_cpu, memory_mib, parse_pgbench, parse_wrk};

    #[test]
    fn the_line_of_the_wrk_script_is_parsed() {
        let output = "Running 2s test\nscene 5000 2000000 1500 9000 3\n";
        let outcome = parse_wrk(output).unwrap();
        assert!((outcome.round.requests_per_second - 2500.0).abs() < 0.01);
        assert!((outcome.round.p99_ms - 9.0).abs() < 0.01);
        assert!((outcome.round.errors - 3.0).abs() < 0.01);
        assert!(parse_wrk("unable to connect").is_none());
    }

    #[test]
    fn the_report_of_pgbench_is_parsed() {
        let output = "number of transactions actually processed: 5740\n\
            number of failed transactions: 0 (0.000%)\n\
            tps = 2870.5 (without initial connection time)\n";
        let outcome = parse_pgbench(output).unwrap();
        assert!((outcome.requests - 5740.0).abs() < 0.01);
        assert!((outcome.round.requests_per_second - 2870.5).abs() < 0.01);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn memory_and_cpu_time_of_a_process_are_read() {
        assert!(memory_mib(std::process::id()).unwrap() > 0.1);
        assert!(family_cpu(std::process::id()).is_ok());
    }
}
