//! The HTTP listener: its address, limits, certificate and tokens.

use crate::config::reader::Reader;
use crate::config::tree::{Http, Secret};
use crate::http::{Limits, Tls};

/// Reads the settings of the listener.
pub fn read(reader: &mut Reader) -> Http {
    Http {
        addr: reader.address("HTTP_ADDR"),
        allowed_hosts: reader.list("HTTP_ALLOWED_HOSTS"),
        limits: Limits {
            max_connections: reader.whole("HTTP_MAX_CONNECTIONS"),
            max_header_bytes: reader.whole("HTTP_MAX_HEADER_BYTES"),
            max_body_bytes: reader.whole("MAX_BODY_BYTES"),
            header_timeout: reader.millis("HTTP_HEADER_TIMEOUT_MS"),
            body_timeout: reader.millis("HTTP_BODY_TIMEOUT_MS"),
            keep_alive: reader.millis("HTTP_KEEP_ALIVE_MS"),
        },
        upload_max_bytes: reader.whole("UPLOAD_MAX_BYTES"),
        tls: tls(reader),
        admin_token: reader.optional_text("ADMIN_TOKEN").map(Secret::new),
        read_token: reader.optional_text("READ_TOKEN").map(Secret::new),
    }
}

/// Reads certificate and key here, so that a mistake is reported before the port is bound. Both are set, or neither.
fn tls(reader: &mut Reader) -> Option<Tls> {
    let (certificate, key) = match (reader.optional_text("TLS_CERT"), reader.optional_text("TLS_KEY")) {
        (Some(certificate), Some(key)) => (certificate, key),
        (None, None) => return None,
        (given, _) => {
            let (set, unset) = if given.is_some() { ("TLS_CERT", "TLS_KEY") } else { ("TLS_KEY", "TLS_CERT") };
            reader.mistake(format!("{set} is set, but {unset} is not; set both for HTTPS, or neither"));
            return None;
        }
    };
    match Tls::read(certificate.as_ref(), key.as_ref()) {
        Ok(tls) => Some(tls),
        Err(error) => {
            reader.mistake(error.to_string());
            None
        }
    }
}
