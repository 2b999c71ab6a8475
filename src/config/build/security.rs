//! How brokers are spoken to: encryption and login, each setting with its key of librdkafka, and what they need of each other.

use crate::config::reader::Reader;
use crate::config::tree::Secret;
use crate::kafka::refused_by_clients;

use super::kafka::plain;

const PROTOCOL: &str = "security.protocol";
/// The key under which the way of logging in is kept.
pub const MECHANISM: &str = "sasl.mechanism";

/// Every setting with its key.
const KEYS: [(&str, &str); 8] = [
    ("KAFKA_SECURITY_PROTOCOL", PROTOCOL),
    ("KAFKA_SASL_MECHANISM", MECHANISM),
    ("KAFKA_SASL_USERNAME", "sasl.username"),
    ("KAFKA_SASL_PASSWORD", "sasl.password"),
    ("KAFKA_SSL_CA_LOCATION", "ssl.ca.location"),
    ("KAFKA_SSL_CERTIFICATE_LOCATION", "ssl.certificate.location"),
    ("KAFKA_SSL_KEY_LOCATION", "ssl.key.location"),
    ("KAFKA_SSL_KEY_PASSWORD", "ssl.key.password"),
];
const LOGIN: [&str; 3] = ["KAFKA_SASL_MECHANISM", "KAFKA_SASL_USERNAME", "KAFKA_SASL_PASSWORD"];
const IDENTITY: [&str; 2] = ["KAFKA_SSL_CERTIFICATE_LOCATION", "KAFKA_SSL_KEY_LOCATION"];
const FILES: [&str; 3] = ["KAFKA_SSL_CA_LOCATION", IDENTITY[0], IDENTITY[1]];
const ENCRYPTION: [&str; 4] = [FILES[0], FILES[1], FILES[2], "KAFKA_SSL_KEY_PASSWORD"];

/// The settings for librdkafka, without those that `over` (`KAFKA_CONFIG`) gives; `has_broker`: there is a broker to use them on.
pub fn settings(reader: &mut Reader, over: &[(String, Secret)], has_broker: bool) -> Vec<(String, Secret)> {
    let named: Vec<_> = KEYS.into_iter().filter(|(name, _)| reader.is_given(name)).collect();
    let read = |(name, key): &(&'static str, &'static str)| Some((*name, *key, reader.optional_text(name)?));
    let given: Vec<_> = named.iter().filter_map(read).collect();
    let asked = Asked { given: &given, over };
    let mistakes = match given.len() == named.len() {
        true => asked.mistakes(has_broker),
        // what is read wrong was told already, and would only lead to mistakes that are none
        false => Vec::new(),
    };
    let is_sound = mistakes.is_empty() && given.len() == named.len();
    mistakes.into_iter().for_each(|mistake| reader.mistake(mistake));
    let kept = given.iter().filter(|(_, key, _)| !asked.is_over(key));
    let kept: Vec<(String, Secret)> =
        kept.map(|(_, key, value)| ((*key).to_owned(), Secret::new(value.as_str()))).collect();
    if is_sound && let Some(refused) = asked.refused(&kept) {
        reader.mistake(refused);
    }
    kept
}

/// What was given by name, and what goes over it.
struct Asked<'a> {
    given: &'a [(&'static str, &'static str, String)],
    over: &'a [(String, Secret)],
}

impl Asked<'_> {
    fn mistakes(&self, has_broker: bool) -> Vec<String> {
        let protocol = self.value(PROTOCOL).unwrap_or("PLAINTEXT").to_ascii_uppercase();
        let (logs_in, encrypts) = (protocol.starts_with("SASL_"), protocol.ends_with("SSL"));
        let mut mistakes = Vec::new();
        if !has_broker && protocol != "PLAINTEXT" && self.is_given("KAFKA_SECURITY_PROTOCOL") {
            mistakes.push(format!(
                "KAFKA_SECURITY_PROTOCOL is {protocol}, but KAFKA_BOOTSTRAP_SERVERS is not set, and the embedded broker speaks \
                 plain text; set KAFKA_BOOTSTRAP_SERVERS, or remove it"
            ));
        }
        let lacks: Vec<&str> = LOGIN.into_iter().filter(|name| logs_in && !self.has(name)).collect();
        if !lacks.is_empty() && self.logs_in_by_password() {
            mistakes.push(format!("{} is not set, but the protocol {protocol} needs it; set it", lacks.join(" and ")));
        }
        for (names, wanted, is_used) in [(&LOGIN[..], "SASL_SSL", logs_in), (&ENCRYPTION[..], "SSL", encrypts)] {
            let idle: Vec<&str> = names.iter().copied().filter(|name| !is_used && self.is_given(name)).collect();
            if !idle.is_empty() {
                mistakes.push(format!(
                    "{} is set, but has no part in the protocol {protocol}; set KAFKA_SECURITY_PROTOCOL to {wanted}, or remove it",
                    idle.join(" and ")
                ));
            }
        }
        if let [set] = IDENTITY.into_iter().filter(|name| self.has(name)).collect::<Vec<_>>()[..] {
            let unset = if set == IDENTITY[0] { IDENTITY[1] } else { IDENTITY[0] };
            mistakes.push(format!(
                "{set} is set, but {unset} is not; set both to show the broker a certificate, or neither"
            ));
        }
        mistakes.extend(self.unreadable());
        mistakes
    }

    fn unreadable(&self) -> impl Iterator<Item = String> {
        let files = self.given.iter().filter(|(name, ..)| FILES.contains(name));
        files.filter_map(|(name, _, path)| {
            // a folder of certificates is as good as a file of them
            let read = std::fs::metadata(path).and_then(|found| if found.is_dir() { Ok(()) } else { readable(path) });
            Some(format!("{name} names '{path}', which cannot be read: {}", read.err()?))
        })
    }

    /// What librdkafka finds wrong with the whole, without secrets.
    fn refused(&self, kept: &[(String, Secret)]) -> Option<String> {
        if kept.is_empty() {
            return None;
        }
        let cause = refused_by_clients(&plain(&[kept, self.over].concat()))?;
        let secrets = self.given.iter().filter(|(name, ..)| name.ends_with("PASSWORD"));
        let mut secrets = secrets.map(|(.., value)| value.as_str()).chain(self.over.iter().map(|(_, v)| v.expose()));
        let cause = if secrets.any(|secret| !secret.is_empty() && cause.contains(secret)) {
            String::new()
        } else {
            format!(": {cause}")
        };
        let names: Vec<&str> = self.given.iter().map(|(name, ..)| *name).collect();
        Some(format!("{} cannot be used{cause}; correct what they name", names.join(", ")))
    }

    /// Whether the way of logging in is one of those that the settings offer; others have needs of their own.
    fn logs_in_by_password(&self) -> bool {
        self.value(MECHANISM).is_none_or(|mechanism| {
            mechanism.eq_ignore_ascii_case("PLAIN") || mechanism.to_ascii_uppercase().starts_with("SCRAM-")
        })
    }

    fn is_given(&self, name: &str) -> bool {
        self.given.iter().any(|(given, ..)| *given == name)
    }

    fn has(&self, name: &str) -> bool {
        KEYS.iter().any(|(known, key)| *known == name && self.value(key).is_some())
    }

    fn is_over(&self, key: &str) -> bool {
        self.over.iter().any(|(over, _)| over == key)
    }

    fn value(&self, key: &str) -> Option<&str> {
        let over = self.over.iter().find(|(over, _)| over == key).map(|(_, value)| value.expose());
        over.or_else(|| self.given.iter().find(|(_, given, _)| *given == key).map(|(.., value)| value.as_str()))
    }
}

fn readable(path: &str) -> std::io::Result<()> {
    std::fs::File::open(path).map(drop)
}
