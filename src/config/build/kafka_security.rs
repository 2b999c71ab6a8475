//! Encryption and login to the brokers: each setting with its librdkafka key, and which settings need each other.

use crate::config::reader::Reader;
use crate::config::tree::Secret;
use crate::kafka::refused_by_clients;

const PROTOCOL: &str = "security.protocol";
/// The librdkafka key of the SASL mechanism.
pub const MECHANISM: &str = "sasl.mechanism";

/// Every setting with its librdkafka key.
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

/// The librdkafka settings of encryption and login. Keys of `overrides` (`KAFKA_CONFIG`) win and are left out.
/// `has_broker` says whether brokers are configured.
pub fn settings(reader: &mut Reader, overrides: &[(String, Secret)], has_broker: bool) -> Vec<(String, Secret)> {
    let named: Vec<_> = KEYS.into_iter().filter(|(name, _)| reader.is_given(name)).collect();
    let read = |(name, key): &(&'static str, &'static str)| Some((*name, *key, reader.optional_text(name)?));
    let given: Vec<_> = named.iter().filter_map(read).collect();
    let settings = SecuritySettings { given: &given, overrides };
    let mistakes = match given.len() == named.len() {
        true => settings.mistakes(has_broker),
        // a value that could not be read is already a mistake; further checks would report false ones
        false => Vec::new(),
    };
    let is_sound = mistakes.is_empty() && given.len() == named.len();
    mistakes.into_iter().for_each(|mistake| reader.mistake(mistake));
    let kept = given.iter().filter(|(_, key, _)| !settings.is_overridden(key));
    let kept: Vec<(String, Secret)> =
        kept.map(|(_, key, value)| ((*key).to_owned(), Secret::new(value.as_str()))).collect();
    if is_sound && let Some(refused) = settings.refused(&kept) {
        reader.mistake(refused);
    }
    kept
}

/// The settings given by name, and the pairs of `KAFKA_CONFIG` that override them.
struct SecuritySettings<'a> {
    given: &'a [(&'static str, &'static str, String)],
    overrides: &'a [(String, Secret)],
}

impl SecuritySettings<'_> {
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
            // librdkafka takes a folder of certificates too
            let read = std::fs::metadata(path).and_then(|found| if found.is_dir() { Ok(()) } else { readable(path) });
            Some(format!("{name} names '{path}', which cannot be read: {}", read.err()?))
        })
    }

    /// Why librdkafka refuses the settings together; secrets are left out of the text.
    fn refused(&self, kept: &[(String, Secret)]) -> Option<String> {
        if kept.is_empty() {
            return None;
        }
        let cause = refused_by_clients(&exposed(&[kept, self.overrides].concat()))?;
        let secrets = self.given.iter().filter(|(name, ..)| name.ends_with("PASSWORD"));
        let mut secrets =
            secrets.map(|(.., value)| value.as_str()).chain(self.overrides.iter().map(|(_, v)| v.expose()));
        let cause = if secrets.any(|secret| !secret.is_empty() && cause.contains(secret)) {
            String::new()
        } else {
            format!(": {cause}")
        };
        let names: Vec<&str> = self.given.iter().map(|(name, ..)| *name).collect();
        Some(format!("{} cannot be used{cause}; correct what they name", names.join(", ")))
    }

    /// Whether the SASL mechanism uses a user name and a password; `KAFKA_CONFIG` may name one that does not.
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

    fn is_overridden(&self, key: &str) -> bool {
        self.overrides.iter().any(|(other, _)| other == key)
    }

    fn value(&self, key: &str) -> Option<&str> {
        let overriding = self.overrides.iter().find(|(other, _)| other == key).map(|(_, value)| value.expose());
        overriding.or_else(|| self.given.iter().find(|(_, given, _)| *given == key).map(|(.., value)| value.as_str()))
    }
}

/// The settings in clear text, as librdkafka takes them.
pub fn exposed(settings: &[(String, Secret)]) -> Vec<(String, String)> {
    settings.iter().map(|(key, value)| (key.clone(), value.expose().to_owned())).collect()
}

fn readable(path: &str) -> std::io::Result<()> {
    std::fs::File::open(path).map(drop)
}
