//! The log of the processes.

use std::io::{BufRead as _, BufReader, Read};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::watch;
use tokio::time::timeout;

/// Far longer than the app takes to write a line.
const LINE_TIMEOUT: Duration = Duration::from_mins(1);

/// The lines of all processes, in the order in which they came.
#[derive(Clone, Default)]
pub struct Log(watch::Sender<Vec<Line>>);

/// One line: as it was written, and as the JSON that it must be.
#[derive(Clone, Debug)]
pub struct Line {
    pub text: String,
    pub json: Value,
}

impl Line {
    fn read(text: String) -> Self {
        let json = serde_json::from_str(&text).unwrap_or_default();
        Self { text, json }
    }

    pub fn message(&self) -> &str {
        self.json["message"].as_str().unwrap_or_default()
    }

    /// The request it belongs to.
    pub fn request_id(&self) -> &str {
        self.json["span"]["request_id"].as_str().unwrap_or_default()
    }

    /// Why a request was rejected, or its result.
    pub fn reason(&self) -> &str {
        let reason = self.json["reason"].as_str();
        reason.or(self.json["cause"].as_str()).unwrap_or_default()
    }
}

impl Log {
    /// Reads this output to its end, on a separate thread.
    pub fn follow(&self, output: impl Read + Send + 'static) {
        let lines = self.0.clone();
        std::thread::spawn(move || {
            for text in BufReader::new(output).lines().map_while(Result::ok) {
                lines.send_modify(|lines| lines.push(Line::read(text)));
            }
        });
    }

    /// How many lines there are.
    pub fn line_count(&self) -> usize {
        self.0.borrow().len()
    }

    /// The lines from this index on.
    pub fn since(&self, start: usize) -> Vec<Line> {
        self.0.borrow()[start..].to_vec()
    }

    /// Waits for a line.
    pub async fn wait_for(&self, start: usize, wanted: impl Fn(&Line) -> bool) {
        let mut lines = self.0.subscribe();
        let found = lines.wait_for(|lines| lines[start..].iter().any(&wanted));
        let found = timeout(LINE_TIMEOUT, found)
            .await
            .map(|found| found.is_ok());
        assert_eq!(
            found,
            Ok(true),
            "a line is missing: {:?}",
            self.since(start)
        );
    }
}
