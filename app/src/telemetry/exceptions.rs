//! Log records of errors as Application Insights exceptions.

use opentelemetry::InstrumentationScope;
use opentelemetry::logs::{AnyValue, LogRecord as _, Severity};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::logs::{LogProcessor, SdkLogRecord};

/// The log field that holds the cause.
const CAUSE: &str = "cause";

/// Marks each error record as an exception, so that it is counted as a failure of its request.
#[derive(Debug)]
pub(super) struct ErrorsAsExceptions;

impl LogProcessor for ErrorsAsExceptions {
    fn emit(&self, record: &mut SdkLogRecord, _: &InstrumentationScope) {
        if record.severity_number() < Some(Severity::Error) {
            return;
        }
        let kind = record.target().map(ToString::to_string).unwrap_or_default();
        let message = record.body().map(text).unwrap_or_default();
        let cause = record
            .attributes_iter()
            .find(|(key, _)| key.as_str() == CAUSE);
        let message = match cause {
            Some((_, cause)) => format!("{message}: {}", text(cause)),
            None => message,
        };
        record.add_attribute("exception.type", kind);
        record.add_attribute("exception.message", message);
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }
}

fn text(value: &AnyValue) -> String {
    match value {
        AnyValue::String(text) => text.to_string(),
        other => format!("{other:?}"),
    }
}
