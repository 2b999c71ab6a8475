//! Addresses to listen on: an IP address or a name, with a port, or a port alone for every address of the machine.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// An address to listen on. A name is looked up when a node begins to listen: commands need no address, and a name may not be known yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListenAddr {
    /// An IP address with a port.
    Ip(SocketAddr),
    /// A name with a port.
    Name(String, u16),
}

impl ListenAddr {
    /// The port; 0 for a free one.
    pub fn port(&self) -> u16 {
        match self {
            ListenAddr::Ip(address) => address.port(),
            ListenAddr::Name(_, port) => *port,
        }
    }

    /// The name, if it is no IP address.
    pub fn name(&self) -> Option<&str> {
        match self {
            ListenAddr::Ip(_) => None,
            ListenAddr::Name(name, _) => Some(name),
        }
    }
}

impl fmt::Display for ListenAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ListenAddr::Ip(address) => address.fmt(f),
            ListenAddr::Name(name, port) => write!(f, "{name}:{port}"),
        }
    }
}

/// The port of the example in an error.
pub const EXAMPLE_PORT: u16 = 8000;

/// What an address must be, in words.
pub fn expects(port: u16) -> String {
    format!("a host and a port, such as 127.0.0.1:{port}, localhost:{port}, or :{port} for all addresses")
}

/// Reads an address.
///
/// # Errors
/// What it must be instead.
pub fn read(text: &str) -> Result<ListenAddr, String> {
    if let Ok(address) = text.parse() {
        return Ok(ListenAddr::Ip(address));
    }
    // a bare port, or a name without one: suggest the same port
    let port = text.rsplit(':').next().and_then(|port| port.parse().ok());
    let must = || expects(port.unwrap_or(EXAMPLE_PORT));
    let (host, port) = text.rsplit_once(':').zip(port).map(|((host, _), port)| (host, port)).ok_or_else(must)?;
    match host {
        // with IPv4 too: the listener of this address takes both
        "" => Ok(ListenAddr::Ip((Ipv6Addr::UNSPECIFIED, port).into())),
        _ if host.eq_ignore_ascii_case("localhost") => Ok(ListenAddr::Ip((Ipv4Addr::LOCALHOST, port).into())),
        _ if is_name(host) => Ok(ListenAddr::Name(host.to_ascii_lowercase(), port)),
        _ => Err(must()),
    }
}

/// Whether a text is a host as the header `host` names it, without a port: a name or an IP address.
pub fn is_host(text: &str) -> bool {
    is_name(text) || text.parse::<IpAddr>().is_ok()
}

fn is_name(host: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    host.len() <= 253 && host.split('.').all(is_label) && host.contains(|c: char| c.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_and_a_port_alone_are_addresses_too_and_no_name_is_looked_up() {
        let read = |text: &str| read(text).map(|address| address.to_string());
        assert_eq!(read("10.0.0.1:80"), Ok("10.0.0.1:80".into()));
        assert_eq!(read("[::1]:80"), Ok("[::1]:80".into()));
        assert_eq!(read("localhost:8000"), Ok("127.0.0.1:8000".into()));
        assert_eq!(read("LocalHost:0"), Ok("127.0.0.1:0".into()));
        assert_eq!(read(":8000"), Ok("[::]:8000".into()));
        assert_eq!(read("No-Such-Host.invalid:80"), Ok("no-such-host.invalid:80".into()));
        for text in
            ["localhost", "localhost:", "localhost:70000", "::1:80", "1.2.3:80", "a b:80", "http://localhost:80", ""]
        {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
