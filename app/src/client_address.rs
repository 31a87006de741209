//! Client IP address from `X-Forwarded-For`.

use std::net::{IpAddr, Ipv6Addr};

use salvo::Request;

use crate::config::TrustedProxies;

/// The IP address of a client behind a trusted proxy: an IPv4 address, or an IPv6 /64 network, which is
/// what one subscriber is assigned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClientAddress(IpAddr);

impl ClientAddress {
    /// The address that the trusted proxies report: the first one from the right in `X-Forwarded-For` that
    /// is not a listed proxy's. What the client wrote itself is further left. `None` for a direct connection.
    pub fn reported(request: &Request, trusted: &TrustedProxies) -> Option<Self> {
        let peer = request.remote_addr().clone().into_std()?.ip();
        if !trusted.trusts(peer) {
            return None;
        }
        let lines = request.headers().get_all("x-forwarded-for").iter().rev();
        let entries = lines.flat_map(|line| line.to_str().unwrap_or_default().rsplit(','));
        visitor(entries, trusted).map(Self::of)
    }

    fn of(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
            v4 @ IpAddr::V4(_) => v4,
        })
    }
}

/// The first address that is not a listed proxy's. Where every entry before an unreadable one, or before the
/// end, is a proxy's, the furthest proxy is the visitor.
fn visitor<'a>(entries: impl Iterator<Item = &'a str>, trusted: &TrustedProxies) -> Option<IpAddr> {
    let mut visitor = None;
    for address in entries.map_while(|entry| parse(entry.trim())) {
        visitor = Some(address);
        if !trusted.lists(address) {
            break;
        }
    }
    visitor
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

    fn visitor_of(trusted: &str, header: &str) -> Option<String> {
        let trusted = TrustedProxies::parse(trusted).unwrap();
        visitor(header.rsplit(','), &trusted).map(|address| address.to_string())
    }

    #[test]
    fn the_visitor_is_the_first_address_from_the_right_that_is_not_trusted() {
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
            let visitor = visitor_of(trusted, header);
            assert_eq!(visitor.as_deref(), Some(expected), "{header}");
        }
    }

    #[test]
    fn a_visitor_inside_a_trusted_network_cannot_hide_behind_an_unreadable_entry() {
        for header in [
            "10.0.0.9, 10.0.0.7",
            "unknown, 10.0.0.9, 10.0.0.7",
            ", 10.0.0.9",
        ] {
            let visitor = visitor_of("10.0.0.0/8", header);
            assert_eq!(visitor.as_deref(), Some("10.0.0.9"), "{header}");
        }
        assert_eq!(visitor_of("10.0.0.0/8", "unknown"), None);
        assert_eq!(visitor_of("10.0.0.0/8", ""), None);
    }

    #[test]
    fn a_star_trusts_the_direct_peer_alone() {
        let visitor = visitor_of("*", "198.51.100.9, 203.0.113.1");
        assert_eq!(visitor.as_deref(), Some("203.0.113.1"));
    }
}
