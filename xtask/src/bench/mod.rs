//! `cargo xtask bench`: measures the packaged program beside what it is compared with.

mod load;
mod report;
mod restaurants; // domain: the scenes of the example.
mod scene;
mod site;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use duct::Expression;

use self::load::{Processes, Round};
use self::report::{FLOOR, Measurement, Report};
use self::restaurants::{DATASETS, REFERENCE, peer_scenes, scenes}; // domain: the scenes of the example.
use self::scene::{Dataset, Encoding, Scene, Target};
use self::site::{Databases, Site, folder};
use crate::entra_emulator::EntraEmulator;
use crate::install;
use crate::postgres::PostgresServer;
use crate::{package, workspace};

/// Clients of pgbench: the connections of the site's pool.
const PGBENCH_CLIENTS: u32 = 8;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Which database the site uses; the floor and pgbench need PostgreSQL.
    #[arg(long, value_enum, default_value = "postgres")]
    database: Database,
    /// Measure this program instead of building the package.
    #[arg(long)]
    program: Option<PathBuf>,
    /// Also measure this server, which has the addresses of the Python sample.
    #[arg(long, value_name = "URL")]
    peer: Option<String>,
    /// Measure only the scenes whose name contains this text, and the floor.
    #[arg(long, value_name = "NAME")]
    scene: Option<String>,
    /// Rounds of each scene.
    #[arg(long, default_value_t = 5)]
    rounds: u32,
    /// Length of a round in seconds.
    #[arg(long, default_value_t = 2)]
    seconds: u32,
    /// Show the ratios to an earlier report, a JSON file.
    #[arg(long, value_name = "FILE")]
    compare: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Database {
    Postgres,
    Sqlite,
}

pub(crate) fn run(arguments: &Arguments) -> Result<bool> {
    ensure!(
        cfg!(target_os = "linux"),
        "the figures of processes are read from Linux's /proc"
    );
    let earlier = arguments.compare.as_deref().map(read_report).transpose()?;
    install::WRK.require()?;
    let (program, version) = match &arguments.program {
        Some(program) => (
            fs::canonicalize(program).context("--program")?,
            program.display().to_string(),
        ),
        None => (
            package::static_program()?,
            package::version(&workspace::root()),
        ),
    };
    fs::remove_dir_all(folder()).ok();
    fs::create_dir_all(folder())?;
    let bench = Bench::start(arguments, &program)?;
    let report = bench.report(version, fs::metadata(&program)?.len())?;
    let json = serde_json::to_string_pretty(&report)?;
    fs::write(folder().join("report.json"), json)?;
    fs::write(folder().join("chart.svg"), report.chart())?;
    println!("{}", report.markdown(earlier.as_ref()));
    println!("\n{}/report.json and chart.svg", folder().display());
    Ok(true)
}

fn read_report(path: &Path) -> Result<Report> {
    let advice = || format!("cannot read {}", path.display());
    let json = fs::read_to_string(path).with_context(advice)?;
    serde_json::from_str(&json).with_context(advice)
}

/// The running servers, and what is to be measured.
struct Bench<'a> {
    arguments: &'a Arguments,
    scenes: Vec<Scene>,
    floor: Option<Site>,
    /// By the names of the datasets.
    sites: BTreeMap<&'static str, Site>,
    databases: Databases,
    idle_mib: f64,
}

impl<'a> Bench<'a> {
    fn start(arguments: &'a Arguments, program: &Path) -> Result<Self> {
        let databases = match arguments.database {
            Database::Sqlite => Databases::Sqlite(folder()),
            Database::Postgres => {
                let programs = install::postgres_server()?;
                Databases::Postgres(PostgresServer::temporary(programs.clone())?, programs)
            }
        };
        let scenes = selected_scenes(arguments);
        let emulator = EntraEmulator::build()?;
        let mut sites = BTreeMap::new();
        let used = |dataset: &&Dataset| is_used(&scenes, dataset.name);
        for dataset in DATASETS.iter().filter(used) {
            println!("Loading the data of the site `{}`.", dataset.name);
            let url = databases.create(dataset.name)?;
            let site = Site::of_dataset(program, &emulator, dataset, &url)?;
            databases.analyze(dataset.name)?;
            sites.insert(dataset.name, site);
        }
        let page_of = sites.get(REFERENCE.page_dataset);
        let floor = page_of.filter(|_| arguments.database == Database::Postgres);
        let url = databases.url(REFERENCE.page_dataset);
        let start_floor = |page_of| site::start_floor(page_of, &url, REFERENCE.page_query);
        let site = sites.values().next();
        let idle_mib = site.map_or(Ok(0.0), |site| load::memory_mib(site.pid))?;
        Ok(Self {
            floor: floor.map(start_floor).transpose()?,
            arguments,
            scenes,
            sites,
            databases,
            idle_mib,
        })
    }

    /// Measures, and reports with the program's version and size.
    fn report(&self, version: String, program_bytes: u64) -> Result<Report> {
        let starts = self.sites.values().map(|site| site.start.as_secs_f64());
        Ok(Report {
            version,
            database: format!("{:?}", self.arguments.database).to_lowercase(),
            cores: std::thread::available_parallelism()?.get(),
            rounds: self.arguments.rounds,
            seconds: self.arguments.seconds,
            program_bytes,
            start_ms: 1e3 * starts.fold(f64::MAX, f64::min),
            idle_mib: self.idle_mib,
            results: self.measure()?,
        })
    }

    /// Measures each scene once in every round, so that a slower minute of the machine does not hit one scene alone.
    fn measure(&self) -> Result<Vec<Measurement>> {
        fs::write(folder().join("load.lua"), include_str!("load.lua"))?;
        let variants = self.scenes.iter().flat_map(|scene| {
            let encodings = scene.encodings.iter();
            encodings.map(move |encoding| (scene, *encoding, Vec::new()))
        });
        let mut variants: Vec<(&Scene, Encoding, Vec<Round>)> = variants.collect();
        for round in 1..=self.arguments.rounds {
            println!("Round {round}: {} measurements.", variants.len());
            for (index, (scene, encoding, rounds)) in (0..).zip(&mut variants) {
                let seed = (round * 100 + index) * 100_003;
                let outcome = self.measure_once(scene, *encoding, seed);
                rounds.push(outcome.with_context(|| scene.name.clone())?);
            }
        }
        let result = |(scene, encoding, rounds): (&Scene, Encoding, Vec<Round>)| Measurement {
            scene: scene.name.clone(),
            accept_encoding: encoding.name().to_owned(),
            rounds,
        };
        Ok(variants.into_iter().map(result).collect())
    }

    fn measure_once(&self, scene: &Scene, encoding: Encoding, seed: u32) -> Result<Round> {
        let mut processes = Processes {
            app: None,
            database: self.databases.pid()?,
        };
        let site = match scene.target {
            Target::Pgbench(script) => {
                let pgbench = self.pgbench(script)?;
                return load::measure(&pgbench, processes, load::parse_pgbench);
            }
            Target::Peer => None,
            Target::Floor => self.floor.as_ref(),
            Target::Site(dataset) => self.sites.get(dataset),
        };
        let peer = self.arguments.peer.as_deref().unwrap_or_default();
        let url = site.map_or(peer, |site| &site.url);
        processes.app = site.map(|site| site.pid);
        let cookie = site.and_then(|site| site.cookie.as_deref());
        let script = folder().join("load.lua");
        let rounds = (self.arguments.seconds, seed);
        let wrk = load::wrk(&script, (url, scene), encoding, cookie, rounds);
        load::measure(&wrk, processes, load::parse_wrk)
    }

    /// pgbench with the statements of a write.
    fn pgbench(&self, script: usize) -> Result<Expression> {
        let Databases::Postgres(_, programs) = &self.databases else {
            anyhow::bail!("pgbench needs PostgreSQL");
        };
        let (_, first_line) = REFERENCE.writes[script];
        let path = folder().join(format!("pgbench-{script}.sql"));
        fs::write(&path, format!("{first_line}\n{}", REFERENCE.write_sql))?;
        let url = self.databases.url(REFERENCE.write_dataset);
        let seconds = self.arguments.seconds;
        let options = format!("-n -M prepared -c {PGBENCH_CLIENTS} -j 2 -T {seconds}");
        let (pgbench, path) = (programs.path("pgbench"), path.to_string_lossy());
        let values = [&pgbench.to_string_lossy(), &*path, &url];
        Ok(workspace::command(
            &format!("{{}} {options} -f {{}} {{}}"),
            &values,
        ))
    }
}

fn is_used(scenes: &[Scene], dataset: &str) -> bool {
    let uses = |scene: &Scene| match scene.target {
        Target::Site(name) => name == dataset,
        Target::Floor => dataset == REFERENCE.page_dataset,
        Target::Pgbench(_) => dataset == REFERENCE.write_dataset,
        Target::Peer => false,
    };
    scenes.iter().any(uses)
}

/// The scenes of the site, what they are compared with where the database allows it, and those of the peer.
fn selected_scenes(arguments: &Arguments) -> Vec<Scene> {
    let reference = |name: &str, target| Scene {
        name: name.to_owned(),
        target,
        requests: vec!["GET /".to_owned()],
        numbers: (1, 1),
        encodings: &[Encoding::None],
        connections: 32,
    };
    let part = arguments.scene.as_deref().unwrap_or_default();
    let mut all = scenes();
    if arguments.peer.is_some() {
        all.extend(peer_scenes());
    }
    if arguments.database == Database::Postgres {
        let writes = REFERENCE.writes.iter().enumerate();
        all.extend(writes.map(|(index, (name, _))| reference(name, Target::Pgbench(index))));
    }
    all.retain(|scene| scene.name.contains(part));
    if arguments.database == Database::Postgres {
        all.insert(0, reference(FLOOR, Target::Floor));
    }
    all
}
