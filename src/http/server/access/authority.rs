//! The hosts of this machine, as the headers `host` and `origin` name them. Read strictly: what is not exactly a loopback name is foreign.

use std::net::{Ipv4Addr, Ipv6Addr};

/// Whether `host[:port]` is a loopback address or `localhost`.
pub fn is_loopback_host(text: &str) -> bool {
    let (is_loopback, rest) = match text.strip_prefix('[') {
        Some(bracketed) => {
            let Some((address, rest)) = bracketed.split_once(']') else { return false };
            (address.parse::<Ipv6Addr>().is_ok_and(|ip| ip.is_loopback()), rest)
        }
        None => {
            let (name, rest) = text.split_at(text.find(':').unwrap_or(text.len()));
            let is_address = name.parse::<Ipv4Addr>().is_ok_and(|ip| ip.is_loopback());
            (is_address || name.eq_ignore_ascii_case("localhost"), rest)
        }
    };
    is_loopback && is_port(rest)
}

/// Whether an origin is a page of this machine. The origin `null`, of a file or a sandbox, is foreign.
pub fn is_loopback_origin(text: &str) -> bool {
    let authority = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
    authority.is_some_and(is_loopback_host)
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
        for host in ["localhost", "LOCALHOST:8000", "127.0.0.1", "127.8.8.8:1", "[::1]", "[::1]:8000"] {
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
    fn an_origin_has_a_scheme_and_a_host_and_no_path() {
        assert!(is_loopback_origin("http://localhost:3000") && is_loopback_origin("https://[::1]"));
        for origin in
            ["null", "localhost", "http://evil.com", "http://localhost/a", "file://localhost", "HTTP://127.0.0.1"]
        {
            assert!(!is_loopback_origin(origin), "{origin}");
        }
    }
}
