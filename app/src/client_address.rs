//! Client IP address from `X-Forwarded-For`.

use std::net::{IpAddr, Ipv6Addr};

use ipnet::IpNet;
use salvo::Request;

/// The peers whose forwarded headers are trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TrustedProxies {
    /// Every peer: right only where nothing but the front end can reach the program, as on App Service.
    Any,
    Networks(Vec<IpNet>),
}

impl TrustedProxies {
    /// Parses `*`, `none`, or addresses and networks separated by commas.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        let networks = match text {
            "*" => return Ok(Self::Any),
            "none" => Some(Vec::new()),
            list => list
                .split(',')
                .map(|entry| parse_network(entry.trim()))
                .collect(),
        };
        networks.map(Self::Networks).ok_or(
            "must be addresses or networks such as 10.0.0.5,192.168.0.0/16, or * for any, or none",
        )
    }

    /// Whether the forwarded headers of this peer are trusted.
    pub fn trusts(&self, peer: IpAddr) -> bool {
        *self == Self::Any || self.lists(peer)
    }

    /// Whether the address is a listed proxy's. `*` lists none: it trusts only the direct peer, whose own
    /// entry in `X-Forwarded-For` is the last.
    pub fn lists(&self, address: IpAddr) -> bool {
        match self {
            Self::Any => false,
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

/// The IP address of a client behind a trusted proxy: an IPv4 address, or an IPv6 /64 network, which is
/// what one subscriber is assigned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClientAddress(IpAddr);

impl ClientAddress {
    /// The address that the trusted proxies report: the first one from the right in `X-Forwarded-For` that
    /// is not a listed proxy's. Entries of the client itself are further left. `None` for a direct connection.
    pub fn reported(request: &Request, trusted: &TrustedProxies) -> Option<Self> {
        let peer = request.remote_addr().clone().into_std()?.ip();
        if !trusted.trusts(peer) {
            return None;
        }
        let lines = request.headers().get_all("x-forwarded-for").iter().rev();
        let entries = lines.flat_map(|line| line.to_str().unwrap_or_default().rsplit(','));
        client(entries, trusted).map(Self::of)
    }

    fn of(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
            v4 @ IpAddr::V4(_) => v4,
        })
    }
}

/// The first address that is not a listed proxy's. If there is none before the end or before an invalid entry, the
/// last proxy is the client.
fn client<'a>(entries: impl Iterator<Item = &'a str>, trusted: &TrustedProxies) -> Option<IpAddr> {
    let mut client = None;
    for address in entries.map_while(|entry| parse(entry.trim())) {
        client = Some(address);
        if !trusted.lists(address) {
            break;
        }
    }
    client
}

/// App Service appends the port to the address; an IPv6 address with a port is in brackets.
fn parse(entry: &str) -> Option<IpAddr> {
    entry
        .parse()
        .or_else(|_| {
            entry
                .parse::<std::net::SocketAddr>()
                .map(|address| address.ip())
        })
        .or_else(|_| entry.trim_matches(['[', ']']).parse())
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client_of(trusted: &str, header: &str) -> Option<String> {
        let trusted = TrustedProxies::parse(trusted).unwrap();
        client(header.rsplit(','), &trusted).map(|address| address.to_string())
    }

    #[test]
    fn the_client_is_the_first_address_from_the_right_that_is_not_trusted() {
        let trusted = "127.0.0.1,10.0.0.0/8,fd00::/8";
        for (header, expected) in [
            ("203.0.113.1, 10.0.0.7", "203.0.113.1"),
            (
                "198.51.100.9, 203.0.113.1, 10.0.0.7, 127.0.0.1",
                "203.0.113.1",
            ),
            ("10.0.0.9, 203.0.113.1, 10.0.0.7", "203.0.113.1"),
            ("203.0.113.1:4711, 10.0.0.7:443", "203.0.113.1"),
            ("2001:db8::1, [fd00::7]:443, ::ffff:10.0.0.7", "2001:db8::1"),
            ("203.0.113.1", "203.0.113.1"),
        ] {
            let client = client_of(trusted, header);
            assert_eq!(client.as_deref(), Some(expected), "{header}");
        }
    }

    #[test]
    fn a_client_inside_a_trusted_network_cannot_hide_behind_an_unreadable_entry() {
        for header in [
            "10.0.0.9, 10.0.0.7",
            "unknown, 10.0.0.9, 10.0.0.7",
            ", 10.0.0.9",
        ] {
            let client = client_of("10.0.0.0/8", header);
            assert_eq!(client.as_deref(), Some("10.0.0.9"), "{header}");
        }
        assert_eq!(client_of("10.0.0.0/8", "unknown"), None);
        assert_eq!(client_of("10.0.0.0/8", ""), None);
    }

    #[test]
    fn a_star_trusts_the_direct_peer_alone() {
        let client = client_of("*", "198.51.100.9, 203.0.113.1");
        assert_eq!(client.as_deref(), Some("203.0.113.1"));
    }

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
