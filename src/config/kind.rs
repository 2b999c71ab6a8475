//! The kinds of values: check, reading, and the words that say what is valid.

use crate::forecast::{IDENTIFIER_RULE, is_identifier};
use crate::http::{LOG_LEVELS, is_log_directives};

use super::address::{self, ListenAddr};
use super::suggest::did_you_mean;

/// The kind of values a setting takes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// Any text.
    Text,
    /// A name of an identifier: letters, digits, `.`, `_`, `-`, at most 64.
    Name,
    /// A file name without folders.
    FileName,
    /// A path.
    Path,
    /// An address to listen on, as `host:port` or `:port`.
    Address,
    /// An http or https address of a server.
    Url,
    /// A comma list of `host:port`.
    Hosts,
    /// A comma list of host names, without ports.
    HostNames,
    /// true or false.
    Bool,
    /// A whole number in a range, ends included.
    Whole(u64, u64),
    /// A number in a range, ends included.
    Number(f64, f64),
    /// One of these words.
    Word(&'static [&'static str]),
    /// A comma list of distinct words out of `valid`; those of `later` are known but do not exist yet.
    Words {
        /// The words that may be used.
        valid: &'static [&'static str],
        /// The words that are known, but not available yet.
        later: &'static [&'static str],
    },
    /// A comma list of free texts.
    List,
    /// A comma list of `key=value`.
    Pairs,
    /// Log directives: a level, or a comma list of `target=level`.
    LogLevel,
    /// A JSON object.
    Json,
}

/// A value that its kind has accepted.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Text of any kind.
    Text(String),
    /// A boolean.
    Bool(bool),
    /// A whole number.
    Whole(u64),
    /// A number.
    Number(f64),
    /// An address to listen on.
    Address(ListenAddr),
    /// Words or texts.
    List(Vec<String>),
}

impl Kind {
    /// Reads `text`. The error says what a value must be, and follows the words "must be".
    pub fn read(&self, text: &str) -> Result<Value, String> {
        let must = || Err(self.expects());
        match *self {
            Kind::Text | Kind::Path | Kind::Json => Ok(Value::Text(text.into())),
            Kind::Name if is_identifier(text) => Ok(Value::Text(text.into())),
            Kind::FileName if is_file_name(text) => Ok(Value::Text(text.into())),
            // the value may hold a password, so it is not repeated
            Kind::Url if has_user_info(text) => {
                Err("an address without user and password; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY".into())
            }
            Kind::Url if is_url(text) => Ok(Value::Text(text.trim_end_matches('/').into())),
            Kind::Hosts if parts(text).all(is_host_port) => Ok(Value::Text(parts(text).collect::<Vec<_>>().join(","))),
            Kind::HostNames if parts(text).all(address::is_host) => {
                Ok(Value::List(parts(text).map(str::to_ascii_lowercase).collect()))
            }
            Kind::LogLevel => match in_lower_case(text) {
                directives if is_log_directives(&directives) => Ok(Value::Text(directives)),
                _ => must(),
            },
            Kind::Pairs if parts(text).all(|pair| pair.split_once('=').is_some_and(|(key, _)| !key.is_empty())) => {
                Ok(Value::List(parts(text).map(String::from).collect()))
            }
            Kind::Address => address::read(text).map(Value::Address),
            Kind::Bool => read_bool(text).map(Value::Bool).map_or_else(must, Ok),
            Kind::Whole(low, high) => match text.parse() {
                Ok(number) if (low..=high).contains(&number) => Ok(Value::Whole(number)),
                _ if has_unit(text) => Err(format!("{}, without a unit", self.expects())),
                _ => must(),
            },
            Kind::Number(low, high) => match text.parse() {
                Ok(number) if (low..=high).contains(&number) => Ok(Value::Number(number)),
                _ => must(),
            },
            Kind::List if parts(text).all(|part| !part.is_empty()) => {
                Ok(Value::List(parts(text).map(String::from).collect()))
            }
            Kind::Word(valid) => match valid.iter().find(|word| word.eq_ignore_ascii_case(text)) {
                Some(word) => Ok(Value::Text((*word).into())),
                None => Err(format!("{}{}", self.expects(), did_you_mean(text, valid.iter().copied()))),
            },
            Kind::Words { valid, later } => read_words(text, valid, later).map(Value::List),
            _ => must(),
        }
    }

    /// What a value must be, in words, with the valid values.
    pub fn expects(&self) -> String {
        match *self {
            Kind::Text => "a text".into(),
            Kind::Name => IDENTIFIER_RULE.into(),
            Kind::FileName => "the name of a file, without a folder".into(),
            Kind::Path => "a path".into(),
            Kind::Address => address::expects(address::EXAMPLE_PORT),
            Kind::Url => "an address such as http://minio:9000".into(),
            Kind::Hosts => "a comma list of host:port, such as kafka-0:9092,kafka-1:9092".into(),
            Kind::HostNames => "a comma list of host names without ports, such as flts.example.com".into(),
            Kind::Bool => "one of 1, true, yes, on or 0, false, no, off".into(),
            Kind::Whole(low, u64::MAX) => format!("a whole number from {low}"),
            Kind::Whole(low, high) => format!("a whole number from {low} to {high}"),
            Kind::Number(low, high) => format!("a number from {low} to {high}"),
            Kind::Word(valid) => format!("one of {}", valid.join(", ")),
            Kind::Words { valid, .. } => format!("a comma list of {}", valid.join(", ")),
            Kind::List => "a comma list without empty parts".into(),
            Kind::Pairs => "a comma list of key=value".into(),
            Kind::LogLevel => format!("one of {}, or a comma list of target=level", LOG_LEVELS.join(", ")),
            Kind::Json => "a JSON object".into(),
        }
    }

    /// The placeholder that the command line shows.
    pub fn placeholder(&self) -> &'static str {
        match self {
            Kind::Text => "TEXT",
            Kind::Name => "NAME",
            Kind::FileName => "FILE",
            Kind::Path => "PATH",
            Kind::Address => "IP:PORT",
            Kind::Url => "URL",
            Kind::Hosts => "HOST:PORT,...",
            Kind::HostNames => "HOST,...",
            Kind::Bool => "BOOL",
            Kind::Whole(..) | Kind::Number(..) => "N",
            Kind::Word(_) => "WORD",
            Kind::Words { .. } | Kind::List => "A,B,...",
            Kind::Pairs => "KEY=VALUE,...",
            Kind::LogLevel => "LEVEL",
            Kind::Json => "JSON",
        }
    }
}

/// Whether a number is followed by letters, as in `30s` or `4 MiB`.
fn has_unit(text: &str) -> bool {
    let unit = text.trim_start_matches(|c: char| c.is_ascii_digit());
    unit.len() < text.len() && !unit.is_empty() && unit.trim_start().chars().all(|c| c.is_ascii_alphabetic())
}

fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim)
}

fn read_bool(text: &str) -> Option<bool> {
    match text.to_lowercase().as_str() {
        "1" | "true" | "yes" | "on" => Some(true),
        "0" | "false" | "no" | "off" => Some(false),
        _ => None,
    }
}

fn read_words(text: &str, valid: &[&str], later: &[&str]) -> Result<Vec<String>, String> {
    let expects = Kind::Words { valid: &[], later: &[] }.expects() + &valid.join(", ");
    let mut words: Vec<String> = Vec::new();
    for part in parts(text) {
        let is_part = |word: &&&str| word.eq_ignore_ascii_case(part);
        if later.iter().any(|word| is_part(&word)) {
            return Err(format!("{expects} ('{part}' is not available yet)"));
        }
        let Some(word) = valid.iter().find(is_part) else {
            return Err(format!("{expects} ('{part}' is none{})", did_you_mean(part, valid.iter().copied())));
        };
        if words.iter().any(|known| known == word) {
            return Err(format!("{expects} ('{part}' is named twice)"));
        }
        words.push((*word).into());
    }
    Ok(words)
}

fn is_file_name(text: &str) -> bool {
    !text.is_empty() && !text.contains(['/', '\\']) && text != "." && text != ".."
}

fn is_url(text: &str) -> bool {
    let rest = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
    rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with(['/', ':']) && !rest.contains(char::is_whitespace))
}

/// Whether an address names a user, as in `http://user:password@host`.
fn has_user_info(text: &str) -> bool {
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().is_some_and(|authority| authority.contains('@'))
}

fn is_host_port(text: &str) -> bool {
    text.rsplit_once(':').is_some_and(|(host, port)| {
        !host.is_empty() && !host.contains(['/', ' ']) && port.parse::<u16>().is_ok_and(|port| port > 0)
    })
}

/// Log directives with their levels in lower case: other programs write `INFO`.
fn in_lower_case(text: &str) -> String {
    let directive = |part: &str| match part.rsplit_once('=') {
        Some((target, level)) => format!("{target}={}", level.to_ascii_lowercase()),
        None => part.to_ascii_lowercase(),
    };
    parts(text).map(directive).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_reads_what_it_says_it_expects() {
        assert_eq!(Kind::Bool.read("YES"), Ok(Value::Bool(true)));
        assert_eq!(Kind::Bool.read("off"), Ok(Value::Bool(false)));
        assert_eq!(Kind::Whole(1, 64).read("64"), Ok(Value::Whole(64)));
        assert_eq!(Kind::Number(0.0, 1.0).read("2e-3"), Ok(Value::Number(0.002)));
        assert_eq!(Kind::Hosts.read("a:1, b:2"), Ok(Value::Text("a:1,b:2".into())));
        let names = Value::List(vec!["flts.example.com".into(), "10.0.0.1".into()]);
        assert_eq!(Kind::HostNames.read("FLTS.example.com, 10.0.0.1"), Ok(names));
        assert!(Kind::HostNames.read("flts.example.com:80").is_err() && Kind::HostNames.read("http://a").is_err());
        assert_eq!(Kind::Url.read("http://minio:9000/"), Ok(Value::Text("http://minio:9000".into())));
        assert_eq!(Kind::LogLevel.read("flts=debug,warn"), Ok(Value::Text("flts=debug,warn".into())));
        assert_eq!(Kind::LogLevel.read("INFO, flts=Debug"), Ok(Value::Text("info,flts=debug".into())));
        let families = Kind::Words { valid: &["GRU", "LSTM"], later: &["PROPHET"] };
        assert_eq!(families.read("lstm, gru"), Ok(Value::List(vec!["LSTM".into(), "GRU".into()])));
        assert_eq!(families.read("PROPHET"), Err("a comma list of GRU, LSTM ('PROPHET' is not available yet)".into()));
        assert_eq!(
            families.read("GRUU"),
            Err("a comma list of GRU, LSTM ('GRUU' is none; did you mean 'GRU'?)".into())
        );
    }

    #[test]
    fn a_slip_is_answered_with_what_was_meant() {
        let error = |kind: Kind, text: &str| kind.read(text).unwrap_err();
        let address = |port: &str| {
            format!("a host and a port, such as 127.0.0.1:{port}, localhost:{port}, or :{port} for all addresses")
        };
        assert_eq!(error(Kind::Address, "9000"), address("9000"));
        assert_eq!(error(Kind::Address, "everywhere"), address("8000"));
        assert_eq!(error(Kind::Address, "::1:9000"), address("9000"), "an IPv6 address needs brackets");
        let with_user = "an address without user and password; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY";
        assert_eq!(error(Kind::Url, "http://flts:secret@minio:9000"), with_user);
        assert_eq!(error(Kind::Whole(1, 64), "30s"), "a whole number from 1 to 64, without a unit");
        assert_eq!(error(Kind::Whole(1, 64), "many"), "a whole number from 1 to 64");
        assert_eq!(error(Kind::Whole(1, 64), "1e3"), "a whole number from 1 to 64", "an exponent is no unit");
    }

    #[test]
    fn not_a_number_is_outside_of_every_range() {
        assert!(Kind::Number(0.0, f64::MAX).read("NaN").is_err());
        assert!(Kind::Number(0.0, f64::MAX).read("inf").is_err());
        assert!(Kind::Whole(0, u64::MAX).read("-1").is_err());
    }
}
