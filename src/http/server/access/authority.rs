//! The hosts that the headers `host` and `origin` name. Read strictly: what is not exactly a known host is foreign.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The host of an authority.
enum Host<'a> {
    Ip(IpAddr),
    Name(&'a str),
}

/// Whether `host[:port]` is a loopback address or `localhost`.
pub fn is_loopback_host(text: &str) -> bool {
    match host_of(text) {
        Some(Host::Ip(ip)) => ip.is_loopback(),
        Some(Host::Name(name)) => name.eq_ignore_ascii_case("localhost"),
        None => false,
    }
}

/// Whether `host[:port]` is one of these names or IP addresses.
pub fn is_host_of(text: &str, allowed: &[String]) -> bool {
    let Some(host) = host_of(text) else { return false };
    allowed.iter().any(|allowed| match host {
        Host::Ip(ip) => allowed.parse().is_ok_and(|allowed: IpAddr| allowed.to_canonical() == ip),
        Host::Name(name) => name.eq_ignore_ascii_case(allowed),
    })
}

/// The authority of an origin; none of the origin `null`, which a file or a sandbox has.
pub fn authority_of(origin: &str) -> Option<&str> {
    origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"))
}

/// The host of `host[:port]`; none if it is not exactly that.
fn host_of(text: &str) -> Option<Host<'_>> {
    let (host, rest) = match text.strip_prefix('[') {
        Some(bracketed) => {
            let (address, rest) = bracketed.split_once(']')?;
            (Host::Ip(IpAddr::V6(address.parse::<Ipv6Addr>().ok()?).to_canonical()), rest)
        }
        None => {
            let (name, rest) = text.split_at(text.find(':').unwrap_or(text.len()));
            (name.parse::<Ipv4Addr>().map_or(Host::Name(name), |ip| Host::Ip(ip.into())), rest)
        }
    };
    is_port(rest).then_some(host)
}

/// Whether a text is empty, or a colon and a port.
fn is_port(text: &str) -> bool {
    let Some(port) = text.strip_prefix(':') else { return text.is_empty() };
    port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_loopback_name_is_of_this_machine() {
        for host in [
            "localhost",
            "LOCALHOST:8000",
            "127.0.0.1",
            "127.8.8.8:1",
            "[::1]",
            "[::1]:8000",
            "[::ffff:127.0.0.1]:8000",
        ] {
            assert!(is_loopback_host(host), "{host}");
        }
        for host in [
            "",
            ":8000",
            "[::1].evil.com",
            "[::1]8000",
            "[::1]:8000:1",
            "[127.0.0.1]",
            "::1",
            "127.0.0.1:80@evil.com",
            "127.0.0.1@evil.com",
            "127.0.0.1.evil.com",
            "localhost.evil.com",
            "localhost:",
            "localhost:+80",
            "localhost:99999",
            "localhost ",
            "evil.com",
        ] {
            assert!(!is_loopback_host(host), "{host}");
        }
    }

    #[test]
    fn an_allowed_host_is_exactly_one_of_the_list() {
        let allowed = ["flts.example.com".to_owned(), "10.0.0.1".to_owned(), "fd00::1".to_owned()];
        for host in ["flts.example.com", "FLTS.example.com:443", "10.0.0.1:80", "[fd00::1]:80", "[::ffff:10.0.0.1]"] {
            assert!(is_host_of(host, &allowed), "{host}");
        }
        for host in
            ["example.com", "a.flts.example.com", "flts.example.com.evil.com", "flts.example.com:", "localhost", ""]
        {
            assert!(!is_host_of(host, &allowed), "{host}");
        }
    }

    #[test]
    fn an_origin_has_a_scheme_and_a_host_and_no_path() {
        let is_local = |origin: &str| authority_of(origin).is_some_and(is_loopback_host);
        assert!(is_local("http://localhost:3000") && is_local("https://[::1]"));
        for origin in
            ["null", "localhost", "http://evil.com", "http://localhost/a", "file://localhost", "HTTP://127.0.0.1"]
        {
            assert!(!is_local(origin), "{origin}");
        }
    }
}
