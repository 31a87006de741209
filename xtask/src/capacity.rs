//! `cargo xtask capacity`: capacity planning for a load, from measured constants. docs/scale.md explains the steps.

// CPU time in microseconds: PostgreSQL 15, November 2026, two cores that were busy otherwise. docs/performance.md has those of a
// quiet machine, which are lower.

/// A page that is rendered and compressed, as browsers ask for it: the list with another cursor each time.
const PAGE_APP: f64 = 374.0;
const PAGE_DATABASE: f64 = 315.0;
/// A page from the cache.
const CACHED_PAGE_APP: f64 = 52.0;
/// A review, on 1,000 restaurants.
const WRITE_APP: f64 = 371.0;
const WRITE_DATABASE: f64 = 485.0;

/// Bytes of the write-ahead log for a review of 300 characters, and of a row of the sample data with its indexes.
const WRITE_LOG: f64 = 1570.0;
const WRITE_ROW: f64 = 290.0;

/// Cores are planned to be busy for this part of the time: beyond it waiting grows faster than the load.
const TARGET_UTILIZATION: f64 = 0.6;

/// A size that the Bicep offers. Prices are list prices of 2026 in US dollars a month, for East US and Linux, rounded.
#[derive(Debug, PartialEq)]
struct Size {
    name: &'static str,
    cores: f64,
    /// The most instances of a plan that the Bicep accepts; the most servers, primary included.
    limit: u32,
    price: f64,
}

#[rustfmt::skip]
const PLANS: [Size; 5] = [
    Size { name: "B1", cores: 1.0, limit: 3, price: 13.0 },
    Size { name: "P0v3", cores: 1.0, limit: 10, price: 57.0 },
    Size { name: "P1v3", cores: 2.0, limit: 10, price: 113.0 },
    Size { name: "P2v3", cores: 4.0, limit: 10, price: 226.0 },
    Size { name: "P3v3", cores: 8.0, limit: 10, price: 453.0 },
];
/// For long, a Burstable server has a fifth of its core. Prices with 32 GB of storage.
#[rustfmt::skip]
const DATABASES: [Size; 4] = [
    Size { name: "Standard_B1ms", cores: 0.2, limit: 1, price: 16.0 },
    Size { name: "Standard_D2ds_v5", cores: 2.0, limit: 3, price: 134.0 },
    Size { name: "Standard_D4ds_v5", cores: 4.0, limit: 3, price: 264.0 },
    Size { name: "Standard_D8ds_v5", cores: 8.0, limit: 3, price: 524.0 },
];

/// Key vault, private DNS and alerts.
const OTHER_PRICE: f64 = 1.0;

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

/// The name of a size, how many of it are needed, and their price a month.
type Choice = (&'static str, u32, f64);

pub(crate) fn run(arguments: &Arguments) -> bool {
    let need = Need::new(arguments);
    println!("App: {:.1} cores. {}", need.app, need.instances());
    let Need { reads, writes, .. } = need;
    let servers = need.database();
    println!("Database: {reads:.1} cores for reads, {writes:.1} for writes. {servers}");
    let daily = |bytes: f64| bytes * arguments.writes * 86_400.0 / 1e9;
    let (data, log) = (daily(WRITE_ROW), daily(WRITE_LOG));
    println!("Each day: {data:.1} GB of data, {log:.1} GB of write-ahead log.");
    if let Some(price) = need.price() {
        let price = (price / 10.0).round() * 10.0;
        println!(
            "About {price} US dollars a month (list prices, East US, 2026) without traffic and more storage; \
             high availability adds a second primary."
        );
    }
    true
}

impl Need {
    fn new(load: &Arguments) -> Self {
        let cores = |microseconds: f64| microseconds / 1e6 / TARGET_UTILIZATION;
        let cached = load.requests * load.cached;
        let rendered = load.requests - cached;
        let app = rendered * PAGE_APP + cached * CACHED_PAGE_APP + load.writes * WRITE_APP;
        Self {
            app: cores(app),
            reads: cores(rendered * PAGE_DATABASE),
            writes: cores(load.writes * WRITE_DATABASE),
        }
    }

    /// The cheapest number of instances of a plan.
    fn plan(&self) -> Option<Choice> {
        cheapest(&PLANS, |cores, count| self.app <= cores * count)
    }

    /// The cheapest primary with its replicas.
    fn servers(&self) -> Option<Choice> {
        let needed = |count| self.writes + self.reads / count;
        cheapest(&DATABASES, |cores, count| needed(count) <= cores)
    }

    fn price(&self) -> Option<f64> {
        let ((.., plan), (.., servers)) = (self.plan()?, self.servers()?);
        Some(plan + servers + OTHER_PRICE)
    }

    fn instances(&self) -> String {
        match self.plan() {
            Some((name, count, _)) => format!("{count} x {name}."),
            None => "More than one plan: a CDN before anonymous pages.".to_owned(),
        }
    }

    fn database(&self) -> String {
        match self.servers() {
            Some((name, count, _)) => format!("{name} with {} replicas.", count - 1),
            None => "More than one primary: shard by restaurant, or cache more.".to_owned(),
        }
    }
}

/// The cheapest choice for which `is_enough` holds; of equal prices the first.
fn cheapest(sizes: &[Size], is_enough: impl Fn(f64, f64) -> bool) -> Option<Choice> {
    let choice = |size: &Size| {
        let mut counts = 1..=size.limit;
        let count = counts.find(|count| is_enough(size.cores, f64::from(*count)))?;
        Some((size.name, count, f64::from(count) * size.price))
    };
    let choices = sizes.iter().filter_map(choice);
    choices.min_by(|(.., one), (.., other)| one.total_cmp(other))
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
        assert_eq!(small.price(), Some(30.0));
        let read = need(35_000.0, 100.0, 0.0);
        assert_eq!(read.database(), "Standard_D8ds_v5 with 2 replicas.");
        // A Basic plan has three instances.
        assert_eq!(need(8_000.0, 1.0, 0.0).instances(), "5 x P0v3.");
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
