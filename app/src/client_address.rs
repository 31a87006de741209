//! Client IP address from `X-Forwarded-For`.

use std::net::{IpAddr, Ipv6Addr};

use salvo::Request;

use crate::config::TrustedProxies;

/// The IP address of a client behind a trusted proxy: an IPv4 address, or an IPv6 /64 network, which is
/// what one subscriber is assigned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClientAddress(IpAddr);

impl ClientAddress {
    /// The address that a trusted proxy reports: the last entry of `X-Forwarded-For`, which the client
    /// cannot forge. `None` for a direct connection.
    pub fn reported(request: &Request, trusted: &TrustedProxies) -> Option<Self> {
        let peer = request.remote_addr().clone().into_std()?.ip();
        if !trusted.trusts(peer) {
            return None;
        }
        let entries = request.headers().get_all("x-forwarded-for");
        let last = entries
            .iter()
            .next_back()?
            .to_str()
            .ok()?
            .rsplit(',')
            .next()?;
        parse(last.trim()).map(Self::of)
    }

    fn of(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
            v4 @ IpAddr::V4(_) => v4,
        })
    }
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
