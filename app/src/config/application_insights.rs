//! The connection string of Application Insights
//! (<https://learn.microsoft.com/azure/azure-monitor/app/connection-strings>).

use super::base_url::BaseUrl;
use super::parsers::guid;
use crate::secret::Secret;

const FORM: &str =
    "must be InstrumentationKey=…;IngestionEndpoint=https://… as the portal shows it";

/// The parsed connection string of Application Insights.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApplicationInsights {
    pub connection_string: Secret,
    /// The origin of the connection string's endpoint, if it has one.
    pub ingestion_endpoint: Option<BaseUrl>,
}

impl ApplicationInsights {
    /// The error repeats nothing of the text: anyone with the key can send telemetry.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let parts: Vec<_> = text.split(';').filter(|part| !part.is_empty()).collect();
        let pairs: Option<Vec<_>> = parts.iter().map(|part| part.split_once('=')).collect();
        let pairs = pairs.ok_or(FORM)?;
        let value = |wanted: &str| {
            let mut named = pairs.iter();
            let (_, value) = named.find(|(name, _)| name.eq_ignore_ascii_case(wanted))?;
            Some(*value)
        };
        value("InstrumentationKey").and_then(guid).ok_or(FORM)?;
        if value("Authorization").is_some_and(|kind| !kind.eq_ignore_ascii_case("ikey")) {
            return Err("its Authorization must be ikey".to_owned());
        }
        let endpoint = value("IngestionEndpoint")
            .map(BaseUrl::parse_service)
            .transpose();
        Ok(Self {
            connection_string: Secret::from(parts.join(";").as_str()),
            ingestion_endpoint: endpoint
                .map_err(|problem| format!("IngestionEndpoint: {problem}"))?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "InstrumentationKey=00000000-1111-2222-3333-44444444abcd";

    #[test]
    fn the_portals_connection_string_is_read() {
        let text = format!(
            "{KEY};IngestionEndpoint=https://a.in.applicationinsights.azure.com/;LiveEndpoint=https://b/;ApplicationId=c;"
        );
        let read = ApplicationInsights::parse(&text).unwrap();
        let endpoint = read.ingestion_endpoint.unwrap().origin();
        assert_eq!(endpoint, "https://a.in.applicationinsights.azure.com");
        assert_eq!(read.connection_string.expose(), text.trim_end_matches(';'));
        assert_eq!(format!("{:?}", read.connection_string), "Secret");
        assert!(ApplicationInsights::parse(KEY).is_ok());
    }

    #[test]
    fn a_malformed_connection_string_is_refused_without_repeating_it() {
        for text in [
            "swordfish",
            "InstrumentationKey=swordfish",
            "IngestionEndpoint=https://swordfish",
            &format!("{KEY};IngestionEndpoint=http://swordfish.example.com"),
            &format!("{KEY};IngestionEndpoint=swordfish"),
            &format!("{KEY};Authorization=swordfish"),
            &format!("{KEY};swordfish"),
        ] {
            let problem = ApplicationInsights::parse(text).unwrap_err();
            assert!(!problem.contains("swordfish"), "{problem}");
        }
    }
}
