//! The text form of the log: one short line for each event, with the request's status in colour on a terminal.

use std::fmt;

use anstyle::{AnsiColor, Style};
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime as _, UtcTime};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, FormattedFields};
use tracing_subscriber::registry::LookupSpan;

use super::observe;

/// Without the date: this format is read while the site runs.
const TIME: &[BorrowedFormatItem<'_>] = format_description!("[hour]:[minute]:[second]Z");

/// Formats the events of requests as `12:00:00Z 200 GET /path 1.2 ms`, others with their level and fields.
pub(super) struct TextFormat;

impl<S, N> FormatEvent<S, N> for TextFormat
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        UtcTime::new(TIME).format_time(&mut writer)?;
        if event.metadata().target() == observe::TARGET {
            let mut request = RequestEvent::default();
            event.record(&mut request);
            return request.write(&mut writer);
        }
        let level = *event.metadata().level();
        write_styled(&mut writer, level_style(level), format_args!("{level:>5}"))?;
        writer.write_char(' ')?;
        context.format_fields(writer.by_ref(), event)?;
        for span in context.event_scope().into_iter().flatten() {
            let extensions = span.extensions();
            if let Some(fields) = extensions.get::<FormattedFields<N>>() {
                write!(writer, " {fields}")?;
            }
        }
        writeln!(writer)
    }
}

/// The fields of the event that ends a request.
#[derive(Default)]
struct RequestEvent {
    status: u64,
    method: String,
    path: String,
    duration_ms: f64,
}

impl RequestEvent {
    fn write(&self, writer: &mut Writer<'_>) -> fmt::Result {
        let style = status_style(self.status);
        write_styled(writer, style, format_args!("{:>5}", self.status))?;
        let (method, path, duration) = (&self.method, &self.path, self.duration_ms);
        writeln!(writer, " {method} {path} {duration:.1} ms")
    }
}

impl Visit for RequestEvent {
    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == "status" {
            self.status = value;
        }
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        if field.name() == "duration_ms" {
            self.duration_ms = value;
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "method" => value.clone_into(&mut self.method),
            "path" => value.clone_into(&mut self.path),
            _ => {}
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
}

fn write_styled(writer: &mut Writer<'_>, style: Style, text: fmt::Arguments<'_>) -> fmt::Result {
    if writer.has_ansi_escapes() {
        write!(writer, " {style}{text}{style:#}")
    } else {
        write!(writer, " {text}")
    }
}

fn status_style(status: u64) -> Style {
    let color = match status {
        ..300 => AnsiColor::Green,
        300..400 => AnsiColor::Cyan,
        400..500 => AnsiColor::Yellow,
        500.. => AnsiColor::Red,
    };
    color.on_default()
}

fn level_style(level: Level) -> Style {
    let color = match level {
        Level::ERROR => AnsiColor::Red,
        Level::WARN => AnsiColor::Yellow,
        Level::INFO => AnsiColor::Green,
        Level::DEBUG => AnsiColor::Blue,
        Level::TRACE => AnsiColor::Magenta,
    };
    color.on_default()
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Seek as _};
    use std::sync::Mutex;

    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;

    /// The lines that a layer with this format writes, without the time.
    fn written(ansi: bool, log: impl FnOnce()) -> Vec<String> {
        let mut file = tempfile::tempfile().unwrap();
        let writer = Mutex::new(file.try_clone().unwrap());
        let layer = tracing_subscriber::fmt::layer()
            .with_ansi(ansi)
            .with_writer(writer)
            .event_format(TextFormat);
        let subscriber = tracing_subscriber::registry().with(layer);
        tracing::subscriber::with_default(subscriber, log);
        let mut text = String::new();
        file.rewind().unwrap();
        file.read_to_string(&mut text).unwrap();
        let after_time = |line: &str| line.split_once('Z').unwrap().1.to_owned();
        text.lines().map(after_time).collect()
    }

    fn log_a_request(status: u16) {
        let (method, path, duration_ms) = ("GET", "/a", 1.26);
        tracing::info!(target: observe::TARGET, method, path, status, duration_ms, "request completed");
    }

    #[test]
    fn a_request_is_a_short_line() {
        assert_eq!(
            written(false, || log_a_request(200)),
            ["   200 GET /a 1.3 ms"]
        );
    }

    #[test]
    fn the_status_has_a_colour_on_a_terminal() {
        for (status, code) in [(200, "32"), (303, "36"), (404, "33"), (503, "31")] {
            let lines = written(true, || log_a_request(status));
            let start = format!(" \u{1b}[{code}m  {status}\u{1b}[0m GET");
            assert!(lines[0].starts_with(&start), "{lines:?}");
        }
    }

    #[test]
    fn another_event_has_its_level_its_fields_and_those_of_its_span() {
        let lines = written(false, || {
            let span = tracing::info_span!("request", request_id = "1a");
            span.in_scope(|| tracing::warn!(cause = "none", "service unavailable"));
        });
        let expected = "  WARN service unavailable cause=\"none\" request_id=\"1a\"";
        assert_eq!(lines, [expected]);
    }
}
