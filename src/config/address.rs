//! Addresses to listen on: an IP address or a name, with a port, or a port alone for every address of the machine.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};

/// The port of the example in an error.
pub const EXAMPLE_PORT: u16 = 8000;

/// What an address must be, in words.
pub fn expects(port: u16) -> String {
    format!("a host and a port, such as 127.0.0.1:{port}, localhost:{port}, or :{port} for all addresses")
}

/// Reads an address. A name that stands for several addresses means the first one, of IPv4 where there is one.
///
/// # Errors
/// What it must be instead, or that the name has no address.
pub fn read(text: &str) -> Result<SocketAddr, String> {
    if let Ok(address) = text.parse() {
        return Ok(address);
    }
    // a bare port, or a name without one: suggest the same port
    let port = text.rsplit(':').next().and_then(|port| port.parse().ok());
    let must = || expects(port.unwrap_or(EXAMPLE_PORT));
    let (host, port) = text.rsplit_once(':').zip(port).map(|((host, _), port)| (host, port)).ok_or_else(must)?;
    match host {
        // with IPv4 too: the listener of this address takes both
        "" => Ok((Ipv6Addr::UNSPECIFIED, port).into()),
        _ if host.eq_ignore_ascii_case("localhost") => Ok((Ipv4Addr::LOCALHOST, port).into()),
        _ if is_name(host) => resolve(host, port).map_err(|why| format!("{} ('{host}' {why})", must())),
        _ => Err(must()),
    }
}

fn resolve(host: &str, port: u16) -> Result<SocketAddr, String> {
    let found: Vec<SocketAddr> =
        (host, port).to_socket_addrs().map_err(|error| format!("cannot be looked up: {error}"))?.collect();
    let of_ipv4 = found.iter().find(|address| address.is_ipv4());
    of_ipv4.or(found.first()).copied().ok_or_else(|| "has no address".into())
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
    fn a_name_and_a_port_alone_are_addresses_too() {
        let read = |text: &str| read(text).map(|address| address.to_string());
        assert_eq!(read("10.0.0.1:80"), Ok("10.0.0.1:80".into()));
        assert_eq!(read("[::1]:80"), Ok("[::1]:80".into()));
        assert_eq!(read("localhost:8000"), Ok("127.0.0.1:8000".into()));
        assert_eq!(read("LocalHost:0"), Ok("127.0.0.1:0".into()));
        assert_eq!(read(":8000"), Ok("[::]:8000".into()));
        for text in
            ["localhost", "localhost:", "localhost:70000", "::1:80", "1.2.3:80", "a b:80", "http://localhost:80", ""]
        {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
