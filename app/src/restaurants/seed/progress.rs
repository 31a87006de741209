//! How far the load is: a bar with rate and time left on a terminal, one line at the end anywhere.

use std::time::Instant;

use indicatif::{HumanCount, HumanFloatCount, ProgressBar, ProgressStyle};

const TEMPLATE: &str = "{msg} {wide_bar} {human_pos}/{human_len} rows, {per_sec:.0}, {eta} left";

/// Counts the rows that are written.
pub(super) struct Progress {
    bar: ProgressBar,
    start: Instant,
}

impl Progress {
    /// A bar on stderr; it hides itself where stderr is no terminal.
    pub(super) fn new(rows: u64) -> anyhow::Result<Self> {
        let style = ProgressStyle::with_template(TEMPLATE)?;
        let bar = ProgressBar::new(rows)
            .with_style(style)
            .with_message("Loading");
        Ok(Self {
            bar,
            start: Instant::now(),
        })
    }

    /// So many more rows are written.
    pub(super) fn advance(&self, rows: usize) {
        self.bar.inc(rows as u64);
    }

    /// All rows are in the database, which still has to index and to commit them.
    pub(super) fn finish_rows(&self) {
        self.bar.set_message("Committing");
        self.bar.tick();
    }

    /// Takes the bar away.
    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }

    /// What was done, in how long.
    pub(super) fn summary(&self, restaurants: u32, reviews: u32) -> String {
        let elapsed = self.start.elapsed();
        let rows = f64::from(restaurants) + f64::from(reviews);
        format!(
            "Loaded {} restaurants and {} reviews in {:.1} s ({} rows/s)",
            HumanCount(restaurants.into()),
            HumanCount(reviews.into()),
            elapsed.as_secs_f64(),
            HumanFloatCount((rows / elapsed.as_secs_f64()).round()),
        )
    }
}
