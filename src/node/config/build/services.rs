//! The listener, the broker and the object store.

use super::super::reader::Reader;
use super::super::tree::{Credentials, Http, Kafka, ObjectStore, Secret};

/// librdkafka settings that the node owns, because its delivery promises stand on them.
const OWNED_KAFKA_KEYS: [&str; 5] =
    ["bootstrap.servers", "metadata.broker.list", "group.id", "enable.auto.commit", "enable.auto.offset.store"];

/// The listener and what it lets in.
pub fn http(reader: &mut Reader) -> Http {
    Http {
        addr: reader.address("HTTP_ADDR"),
        max_body_bytes: reader.whole("MAX_BODY_BYTES"),
        admin_token: reader.optional_text("ADMIN_TOKEN").map(Secret::new),
    }
}

/// The broker; a setting of librdkafka that would break a promise of the node is a mistake.
pub fn kafka(reader: &mut Reader) -> Kafka {
    let bootstrap_servers = reader.optional_text("KAFKA_BOOTSTRAP_SERVERS");
    let mut extra: Vec<(String, Secret)> = Vec::new();
    for pair in reader.list("KAFKA_CONFIG") {
        let Some((key, value)) = pair.split_once('=') else {
            continue;
        };
        let (key, value) = (key.trim(), value.trim());
        let plain = key == "security.protocol" && value.eq_ignore_ascii_case("plaintext");
        if OWNED_KAFKA_KEYS.contains(&key) {
            reader.mistake(format!("KAFKA_CONFIG sets {key}, which the node sets itself; remove it"));
        } else if !plain && ["security.", "sasl.", "ssl."].iter().any(|prefix| key.starts_with(prefix)) {
            reader.mistake(format!(
                "KAFKA_CONFIG sets {key}, which is not available yet (brokers are spoken to in plain text); remove it"
            ));
        } else if extra.iter().any(|(known, _)| known == key) {
            reader.mistake(format!("KAFKA_CONFIG sets {key} twice; set it once"));
        } else {
            extra.push((key.into(), Secret::new(value)));
        }
    }
    Kafka { bootstrap_servers, extra, consumer_group: None }
}

/// The object store; a store of its own needs keys.
pub fn object_store(reader: &mut Reader, http: &Http) -> ObjectStore {
    let endpoint_url = reader.optional_text("S3_ENDPOINT_URL");
    let mut keys = Vec::new();
    for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"] {
        let key = reader.optional_text(name);
        if key.is_none() && endpoint_url.is_some() && !reader.is_given(name) {
            reader.mistake(format!("{name} is not set, but S3_ENDPOINT_URL is; set {name} or {name}_FILE"));
        }
        keys.push(key.map(Secret::new));
    }
    let session_token = reader.optional_text("AWS_SESSION_TOKEN").map(Secret::new);
    let secret_key = keys.pop().flatten();
    let access_key = keys.pop().flatten();
    let credentials = access_key.zip(secret_key).map(|(access_key, secret_key)| Credentials {
        access_key,
        secret_key,
        session_token,
    });
    let embedded_addr = reader.address("EMBEDDED_STORE_ADDR");
    if endpoint_url.is_none() && embedded_addr.port() != 0 && embedded_addr == http.addr {
        reader.mistake(format!("EMBEDDED_STORE_ADDR and HTTP_ADDR are both {embedded_addr}; give each its own port"));
    }
    if endpoint_url.is_some() && reader.is_given("EMBEDDED_STORE_ADDR") {
        reader.note("EMBEDDED_STORE_ADDR has no effect: S3_ENDPOINT_URL names another store");
    }
    let region = reader.text("AWS_REGION");
    ObjectStore { endpoint_url, region, credentials, embedded_addr }
}
