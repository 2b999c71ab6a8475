//! The object store: embedded, at an address, or AWS S3.

use std::path::Path;

use crate::config::reader::Reader;
use crate::config::tree::{Credentials, Http, ObjectStore, Secret};
use crate::storage::{CaBundle, StorePatience};

/// Reads the settings of the object store.
pub fn read(reader: &mut Reader, http: &Http) -> ObjectStore {
    let endpoint_url = reader.optional_text("S3_ENDPOINT_URL");
    let is_s3 = is_s3(reader, endpoint_url.is_some());
    let credentials = credentials(reader);
    if is_s3 && credentials.is_none() {
        reader.note(
            "AWS_ACCESS_KEY_ID is not set: keys of the store are looked for as the AWS SDK does (environment, profile, web \
             identity, container, instance)",
        );
    }
    let embedded_addr = reader.address("EMBEDDED_STORE_ADDR");
    if !is_s3 && embedded_addr.port() != 0 && embedded_addr == http.addr {
        reader.mistake(format!("EMBEDDED_STORE_ADDR and HTTP_ADDR are both {embedded_addr}; give each its own port"));
    }
    if is_s3 && reader.is_given("EMBEDDED_STORE_ADDR") {
        let by = if endpoint_url.is_some() { "S3_ENDPOINT_URL" } else { "OBJECT_STORE" };
        reader.note(format!("EMBEDDED_STORE_ADDR has no effect: {by} names another store"));
    }
    let path_style = reader.optional_bool("S3_FORCE_PATH_STYLE").unwrap_or(endpoint_url.is_some());
    if is_s3 {
        reader.derived("OBJECT_STORE", "s3");
        reader.derived("S3_FORCE_PATH_STYLE", path_style);
    }
    ObjectStore {
        is_s3,
        endpoint_url,
        region: reader.text("AWS_REGION"),
        credentials,
        path_style,
        ca_bundle: ca_bundle(reader),
        patience: patience(reader),
        allow_unsafe_pointer: reader.bool("ALLOW_UNSAFE_POINTER"),
        embedded_addr,
    }
}

/// Whether the store is an S3 store and not the embedded one; an address alone means S3.
fn is_s3(reader: &mut Reader, has_address: bool) -> bool {
    let words = reader.optional_list("OBJECT_STORE").unwrap_or_default();
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => has_address,
        ["s3"] => true,
        ["embedded"] if has_address => {
            reader.mistake("OBJECT_STORE is 'embedded', but S3_ENDPOINT_URL names another store; set one of them");
            false
        }
        ["embedded"] => false,
        _ => {
            reader.mistake("OBJECT_STORE names two stores; set it to embedded or to s3");
            has_address
        }
    }
}

/// Both keys, or neither.
fn credentials(reader: &mut Reader) -> Option<Credentials> {
    const NAMES: [&str; 2] = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];
    let keys = NAMES.map(|name| reader.optional_text(name).map(Secret::new));
    let session_token = reader.optional_text("AWS_SESSION_TOKEN").map(Secret::new);
    for (there, set, unset) in [(&keys[0], NAMES[0], NAMES[1]), (&keys[1], NAMES[1], NAMES[0])] {
        // a key file that cannot be read is already a mistake
        if there.is_none() || reader.is_given(unset) {
            continue;
        }
        reader.mistake(format!("{set} is set, but {unset} is not; set {unset} or {unset}_FILE, or neither key"));
    }
    let [access_key, secret_key] = keys;
    let (access_key, secret_key) = access_key.zip(secret_key)?;
    let files = [NAMES[0], NAMES[1], "AWS_SESSION_TOKEN"].map(|name| reader.file_of(name));
    Some(Credentials { access_key, secret_key, session_token, files })
}

fn ca_bundle(reader: &mut Reader) -> Option<CaBundle> {
    let path = reader.optional_text("AWS_CA_BUNDLE")?;
    match CaBundle::read(Path::new(&path)) {
        Ok(bundle) => Some(bundle),
        Err(error) => {
            reader.mistake(format!("AWS_CA_BUNDLE {error}"));
            None
        }
    }
}

fn patience(reader: &mut Reader) -> StorePatience {
    let patience = StorePatience {
        connect: reader.millis("S3_CONNECT_TIMEOUT_MS"),
        read: reader.millis("S3_READ_TIMEOUT_MS"),
        operation: reader.millis("S3_OPERATION_TIMEOUT_MS"),
        attempts: reader.whole("S3_MAX_ATTEMPTS"),
    };
    if patience.read > patience.operation && !patience.operation.is_zero() {
        reader.mistake(format!(
            "S3_READ_TIMEOUT_MS is {}, more than S3_OPERATION_TIMEOUT_MS {}; lower one or raise the other",
            patience.read.as_millis(),
            patience.operation.as_millis()
        ));
    }
    patience
}
