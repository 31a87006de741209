//! The report of `cargo xtask bench`: Markdown, JSON, and a chart.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::load::Round;

/// The measurements of a run.
#[derive(Deserialize, Serialize)]
pub(super) struct Report {
    pub(super) version: String,
    pub(super) database: String,
    pub(super) cores: usize,
    pub(super) rounds: u32,
    pub(super) seconds: u32,
    pub(super) program_bytes: u64,
    /// From exec to the first 200 of the readiness check, on a migrated database.
    pub(super) start_ms: f64,
    /// Resident memory before the first request.
    pub(super) idle_mib: f64,
    pub(super) results: Vec<Measurement>,
}

/// The rounds of a scene with one `Accept-Encoding`.
#[derive(Deserialize, Serialize)]
pub(super) struct Measurement {
    pub(super) scene: String,
    pub(super) accept_encoding: String,
    pub(super) rounds: Vec<Round>,
}

impl Measurement {
    fn median(&self, figure: impl Fn(&Round) -> f64) -> f64 {
        let sorted = self.sorted(figure);
        sorted.get(sorted.len() / 2).copied().unwrap_or_default()
    }

    fn sorted(&self, figure: impl Fn(&Round) -> f64) -> Vec<f64> {
        let mut values: Vec<f64> = self.rounds.iter().map(figure).collect();
        values.sort_by(f64::total_cmp);
        values
    }

    fn rate(&self) -> f64 {
        self.median(|round| round.requests_per_second)
    }

    fn key(&self) -> (&str, &str) {
        (&self.scene, &self.accept_encoding)
    }
}

/// The scene of the floor.
pub(super) const FLOOR: &str = "floor";

impl Report {
    fn rates(&self) -> BTreeMap<(&str, &str), f64> {
        self.results
            .iter()
            .map(|result| (result.key(), result.rate()))
            .collect()
    }

    /// A table of the medians; with an earlier report also the ratios of the rates to it.
    pub(super) fn markdown(&self, earlier: Option<&Self>) -> String {
        let Self {
            version,
            database,
            cores,
            rounds,
            seconds,
            ..
        } = self;
        let mut text = format!(
            "{version}, {database}, {cores} cores; median of {rounds} rounds of {seconds} s; \
             start {:.0} ms, idle {:.0} MiB, program {:.1} MiB\n\n\
             | scene | accept | requests/s | spread | of the floor | p50 ms | p99 ms | errors | app µs | database µs | MiB |",
            self.start_ms,
            self.idle_mib,
            mib(self.program_bytes)
        );
        let rule = "|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|";
        match earlier {
            Some(_) => write!(text, " of earlier |\n{rule}--:|"),
            None => write!(text, "\n{rule}"),
        }
        .ok();
        let earlier = earlier.map(Self::rates);
        let floor = self.rates().get(&(FLOOR, "none")).copied();
        for result in &self.results {
            text.push('\n');
            text.push_str(&row(result, floor));
            if let Some(earlier) = &earlier {
                let ratio = earlier.get(&result.key()).map(|rate| result.rate() / rate);
                write!(text, " {} |", optional(ratio)).ok();
            }
        }
        text
    }

    /// A bar for each result, as SVG.
    pub(super) fn chart(&self) -> String {
        const ROW: usize = 22;
        let most = self
            .results
            .iter()
            .map(Measurement::rate)
            .fold(1.0, f64::max);
        let height = ROW * self.results.len() + 10;
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"900\" height=\"{height}\" \
             font-family=\"sans-serif\" font-size=\"12\">\n\
             <rect width=\"900\" height=\"{height}\" fill=\"#fff\"/>\n"
        );
        for (index, result) in self.results.iter().enumerate() {
            let (top, rate) = (5 + ROW * index, result.rate());
            let width = 500.0 * rate / most;
            let fill = match (result.scene.as_str(), result.accept_encoding.as_str()) {
                (FLOOR, _) => "#777",
                (_, "browser") => "#0b6e4f",
                _ => "#5aa9e6",
            };
            writeln!(
                svg,
                "<text x=\"310\" y=\"{}\" text-anchor=\"end\">{} ({})</text>\
                 <rect x=\"320\" y=\"{top}\" width=\"{width:.1}\" height=\"16\" fill=\"{fill}\"/>\
                 <text x=\"{:.1}\" y=\"{}\">{rate:.0}/s</text>",
                top + 13,
                result.scene,
                result.accept_encoding,
                326.0 + width,
                top + 13,
            )
            .ok();
        }
        svg + "</svg>\n"
    }
}

fn row(result: &Measurement, floor: Option<f64>) -> String {
    let rates = result.sorted(|round| round.requests_per_second);
    let (least, most) = (rates.first(), rates.last());
    let [least, most] = [least, most].map(|rate| rate.copied().unwrap_or_default());
    let of_floor = optional(floor.map(|floor| result.rate() / floor));
    let median = |figure: fn(&Round) -> f64, decimals: usize| match result.median(figure) {
        0.0 => String::new(),
        value => format!("{value:.decimals$}"),
    };
    let errors: f64 = result.rounds.iter().map(|round| round.errors).sum();
    format!(
        "| {} | {} | {:.0} | {least:.0}–{most:.0} | {of_floor} | {} | {} | {errors:.0} | {} | {} | {} |",
        result.scene,
        result.accept_encoding,
        result.rate(),
        median(|round| round.p50_ms, 1),
        median(|round| round.p99_ms, 1),
        median(|round| round.app_cpu_us, 0),
        median(|round| round.database_cpu_us, 0),
        median(|round| round.memory_mib, 0),
    )
}

fn optional(ratio: Option<f64>) -> String {
    ratio.map_or_else(String::new, |ratio| format!("{ratio:.2}"))
}

#[expect(clippy::cast_precision_loss, reason = "one decimal is shown")]
fn mib(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

#[cfg(test)]
mod tests {
    use super::super::load::Round;
    use super::{FLOOR, Measurement, Report};

    fn report(rate: f64) -> Report {
        let round = |requests_per_second| Round {
            requests_per_second,
            ..Round::default()
        };
        let result = |scene: &str, rates: &[f64]| Measurement {
            scene: scene.to_owned(),
            accept_encoding: "none".to_owned(),
            rounds: rates.iter().copied().map(round).collect(),
        };
        Report {
            version: "1".to_owned(),
            database: "sqlite".to_owned(),
            cores: 2,
            rounds: 3,
            seconds: 2,
            program_bytes: 0,
            start_ms: 0.0,
            idle_mib: 0.0,
            results: vec![
                result(FLOOR, &[1000.0]),
                result("list", &[900.0, rate, 20.0]),
            ],
        }
    }

    #[test]
    fn a_row_shows_the_median_and_its_ratios() {
        let table = report(500.0).markdown(Some(&report(250.0)));
        let row = "| list | none | 500 | 20–900 | 0.50 |  |  | 0 |  |  |  | 2.00 |";
        assert!(table.ends_with(row), "{table}");
    }

    #[test]
    fn the_chart_has_a_bar_for_each_result() {
        assert_eq!(report(500.0).chart().matches("/s</text>").count(), 2);
    }
}
