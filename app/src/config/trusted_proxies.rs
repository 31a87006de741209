//! Proxies whose `X-Forwarded-For` header is trusted.

use std::net::IpAddr;

use ipnet::IpNet;

/// The peers whose forwarded headers are trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TrustedProxies {
    None,
    /// Every peer: right only where nothing but the front end can reach the program, as on App Service.
    Any,
    Networks(Vec<IpNet>),
}

impl TrustedProxies {
    /// Parses `*`, `none`, or addresses and networks separated by commas.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        match text {
            "*" => Ok(Self::Any),
            "none" => Ok(Self::None),
            list => list
                .split(',')
                .map(|entry| parse_network(entry.trim()))
                .collect::<Option<_>>()
                .map(Self::Networks)
                .ok_or_else(|| {
                    "must be addresses or networks such as 10.0.0.5,192.168.0.0/16, or * for any, or none".to_owned()
                }),
        }
    }

    /// Whether the forwarded headers of this peer are trusted.
    pub fn trusts(&self, peer: IpAddr) -> bool {
        match self {
            Self::Any => true,
            Self::None | Self::Networks(_) => self.lists(peer),
        }
    }

    /// Whether the address is a listed proxy's. `*` lists none: it trusts only the direct peer, whose own
    /// entry in `X-Forwarded-For` is the last.
    pub fn lists(&self, address: IpAddr) -> bool {
        match self {
            Self::None | Self::Any => false,
            // A socket that listens on `::` reports an IPv4 peer as an IPv6 address.
            Self::Networks(networks) => networks
                .iter()
                .any(|network| network.contains(&address.to_canonical())),
        }
    }
}

fn parse_network(text: &str) -> Option<IpNet> {
    text.parse()
        .ok()
        .or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trusts(proxies: &str, peer: &str) -> bool {
        TrustedProxies::parse(proxies)
            .unwrap()
            .trusts(peer.parse().unwrap())
    }

    #[test]
    fn a_peer_is_trusted_by_address_network_or_star() {
        assert!(trusts("10.0.0.5", "10.0.0.5"));
        assert!(!trusts("10.0.0.5", "10.0.0.6"));
        assert!(trusts("10.0.0.5, 192.168.0.0/16", "192.168.7.7"));
        assert!(trusts("fd00::/8", "fd12::1"));
        assert!(trusts("10.0.0.0/8", "::ffff:10.1.2.3"));
        assert!(trusts("*", "203.0.113.9"));
        assert!(!trusts("none", "127.0.0.1"));
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "localhost",
            "10.0.0.0/33",
            "10.0.0",
            "10.0.0.5,,10.0.0.6",
            "*,10.0.0.5",
            "10.0.0.5:80",
            "all",
        ] {
            assert!(TrustedProxies::parse(text).is_err(), "{text}");
        }
    }
}
