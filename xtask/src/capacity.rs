//! `cargo xtask capacity`: what a load needs, from measured constants. docs/scale.md explains the steps.

/// CPU time in microseconds, of docs/performance.md: PostgreSQL 15, November 2026, two cores that were busy otherwise.
mod measured {
    /// A page that is rendered and compressed, as browsers ask for it: the list with another cursor each time.
    pub(super) const PAGE_APP: f64 = 374.0;
    pub(super) const PAGE_DATABASE: f64 = 315.0;
    /// A finished page without a database, by `bench-floor`. The site's own from the cache costs more than this.
    pub(super) const CACHED_PAGE_APP: f64 = 52.0;
    /// A review, on 1,000 restaurants.
    pub(super) const WRITE_APP: f64 = 371.0;
    pub(super) const WRITE_DATABASE: f64 = 485.0;
    /// Bytes of the write-ahead log for a review of 300 characters, and of a row of the sample data with its indexes.
    pub(super) const WRITE_LOG: f64 = 1570.0;
    pub(super) const WRITE_ROW: f64 = 290.0;
}

/// Cores are planned to be busy for this part of the time: beyond it waiting grows faster than the load.
const BUSY: f64 = 0.6;

/// Names and cores of plans and database servers that the Bicep offers. For long, a Burstable server has a fifth of its core.
#[rustfmt::skip]
const PLANS: [(&str, f64); 5] = [("B1", 1.0), ("P0v3", 1.0), ("P1v3", 2.0), ("P2v3", 4.0), ("P3v3", 8.0)];
#[rustfmt::skip]
const DATABASES: [(&str, f64); 4] = [
    ("Standard_B1ms", 0.2), ("Standard_D2ds_v5", 2.0), ("Standard_D4ds_v5", 4.0), ("Standard_D8ds_v5", 8.0),
];

/// The most that the Bicep accepts.
const MOST_INSTANCES: f64 = 10.0;
const MOST_REPLICAS: u8 = 2;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Pages a second.
    #[arg(long)]
    requests: f64,
    /// Reviews a second.
    #[arg(long)]
    writes: f64,
    /// The part of the pages that come from the page cache.
    #[arg(long, default_value_t = 0.9)]
    cached: f64,
}

/// Cores that are needed.
#[derive(Debug, PartialEq)]
struct Need {
    app: f64,
    /// Of reads, which replicas share, and of writes, which each server repeats.
    reads: f64,
    writes: f64,
}

pub(crate) fn run(arguments: &Arguments) -> bool {
    let need = Need::new(arguments);
    println!("App: {:.1} cores. {}", need.app, need.instances());
    println!(
        "Database: {:.1} cores for reads, {:.1} for writes. {}",
        need.reads,
        need.writes,
        need.database()
    );
    let gigabytes_a_day = |bytes: f64| bytes * arguments.writes * 86_400.0 / 1e9;
    println!(
        "Each day: {:.1} GB of data, {:.1} GB of write-ahead log.",
        gigabytes_a_day(measured::WRITE_ROW),
        gigabytes_a_day(measured::WRITE_LOG)
    );
    true
}

impl Need {
    fn new(load: &Arguments) -> Self {
        let cores = |microseconds: f64| microseconds / 1e6 / BUSY;
        let cached = load.requests * load.cached;
        let rendered = load.requests - cached;
        let app = rendered * measured::PAGE_APP
            + cached * measured::CACHED_PAGE_APP
            + load.writes * measured::WRITE_APP;
        Self {
            app: cores(app),
            reads: cores(rendered * measured::PAGE_DATABASE),
            writes: cores(load.writes * measured::WRITE_DATABASE),
        }
    }

    fn instances(&self) -> String {
        let fits = |(_, cores): &&(&str, f64)| self.app <= cores * MOST_INSTANCES;
        match PLANS.iter().find(fits) {
            Some((name, cores)) => {
                format!("{} x {name}.", (self.app / cores).ceil().max(1.0))
            }
            None => "More than one plan: a CDN before anonymous pages.".to_owned(),
        }
    }

    fn database(&self) -> String {
        for replicas in 0..=MOST_REPLICAS {
            let cores = self.writes + self.reads / f64::from(replicas + 1);
            let is_large_enough = |(name, size): &&(&str, f64)| {
                cores <= *size && (replicas == 0 || !name.contains("_B"))
            };
            if let Some((name, _)) = DATABASES.iter().find(is_large_enough) {
                return format!("{name} with {replicas} replicas.");
            }
        }
        "More than one primary: shard by restaurant, or cache more.".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::{Arguments, Need};

    fn need(requests: f64, writes: f64, cached: f64) -> Need {
        Need::new(&Arguments {
            requests,
            writes,
            cached,
        })
    }

    #[test]
    fn a_small_site_needs_the_smallest_sizes_and_a_large_one_more_than_a_server() {
        let small = need(50.0, 1.0, 0.0);
        assert_eq!(small.instances(), "1 x B1.");
        assert_eq!(small.database(), "Standard_B1ms with 0 replicas.");
        let read = need(35_000.0, 100.0, 0.0);
        assert_eq!(read.database(), "Standard_D8ds_v5 with 2 replicas.");
        assert!(
            need(100.0, 20_000.0, 0.9)
                .database()
                .starts_with("More than one")
        );
        assert!(
            need(200_000.0, 0.0, 0.0)
                .instances()
                .starts_with("More than one")
        );
    }
}
