//! The listener, or the node whose broker and store are used.

use std::path::{Path, PathBuf};

use crate::config::reader::Reader;
use crate::config::tree::{Http, Secret};
use crate::http::{Limits, Tls};
use crate::node::NODE_FILE;

/// The listener and what it lets in.
pub fn http(reader: &mut Reader) -> Http {
    Http {
        addr: reader.address("HTTP_ADDR"),
        limits: Limits {
            max_connections: reader.whole("HTTP_MAX_CONNECTIONS"),
            max_header_bytes: reader.whole("HTTP_MAX_HEADER_BYTES"),
            max_body_bytes: reader.whole("MAX_BODY_BYTES"),
            header_timeout: reader.millis("HTTP_HEADER_TIMEOUT_MS"),
            body_timeout: reader.millis("HTTP_BODY_TIMEOUT_MS"),
            keep_alive: reader.millis("HTTP_KEEP_ALIVE_MS"),
        },
        tls: tls(reader),
        admin_token: reader.optional_text("ADMIN_TOKEN").map(Secret::new),
    }
}

/// The node whose broker and store are used; it is another one, and nothing else says where they are.
pub fn join(reader: &mut Reader, data_dir: &Path) -> Option<PathBuf> {
    let join = PathBuf::from(reader.optional_text("JOIN")?);
    for name in ["KAFKA_BOOTSTRAP_SERVERS", "S3_ENDPOINT_URL", "OBJECT_STORE"] {
        if reader.is_given(name) {
            reader.mistake(format!(
                "JOIN and {name} are both set, but JOIN uses the broker and the store of that node; set one of them"
            ));
        }
    }
    if reader.is_given("EMBEDDED_STORE_ADDR") {
        reader.note("EMBEDDED_STORE_ADDR has no effect: JOIN names a node with a store");
    }
    let folder = if join.file_name().is_some_and(|name| name == NODE_FILE) { join.parent() } else { None };
    if place(folder.unwrap_or(&join)) == place(data_dir) {
        reader.mistake(format!(
            "JOIN is '{}', this node's own DATA_DIR; name that of another node, and set DATA_DIR to a folder of its own",
            join.display()
        ));
    }
    Some(join)
}

/// The folder without links and dots, as far as it is there.
fn place(folder: &Path) -> PathBuf {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let absolute = || std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    folder.canonicalize().unwrap_or_else(|_| absolute())
}

/// Certificate and key, both or neither, read here so that a mistake is told before anything is bound.
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
