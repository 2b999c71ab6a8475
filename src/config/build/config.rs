//! The whole tree, and the checks between its parts.

use std::path::PathBuf;

use crate::actors::Roles;
use crate::config::reader::Reader;
use crate::config::tree::Config;

use super::{data, http, inference, join, judging, kafka, object_store, supervision, training};

/// Reads every setting into the tree; mistakes stay in the reader.
pub fn read(reader: &mut Reader) -> Config {
    let roles = roles(reader);
    let identifier = reader.text("IDENTIFIER");
    let data_dir = PathBuf::from(reader.text("DATA_DIR"));
    let join = join::read(reader, &data_dir);
    let http = http::read(reader);
    let log_level = reader.text("LOG_LEVEL");
    let enable_faults = reader.bool("ENABLE_FAULTS");
    let memory_budget_bytes = reader.optional_whole("MEMORY_BUDGET_MB").map(|mib| (mib as usize) << 20);
    let kafka = kafka::read(reader);
    let object_store = object_store::read(reader, &http);
    let data = data::read(reader);
    let training = training::read(reader);
    let alone = kafka.bootstrap_servers.is_none() && join.is_none();
    let judging = judging::read(reader, &roles, &training, alone);
    let inference = inference::read(reader);
    let supervision = supervision::read(reader);
    if kafka.bootstrap_servers.is_some() && !object_store.is_s3 {
        reader.note(
            "KAFKA_BOOTSTRAP_SERVERS is set and S3_ENDPOINT_URL is not: what this node announces lies in its own store; set \
             S3_ENDPOINT_URL where other nodes are to read it",
        );
    }
    Config {
        roles,
        identifier,
        data_dir,
        join,
        log_level,
        memory_budget_bytes,
        enable_faults,
        http,
        kafka,
        object_store,
        data,
        training,
        judging,
        inference,
        supervision,
        notes: Vec::new(),
        shown: Vec::new(),
    }
}

fn roles(reader: &mut Reader) -> Roles {
    let words = reader.list("ROLES");
    if words.len() > 1 && words.iter().any(|word| word == "all") {
        reader.mistake("ROLES names 'all' beside other roles; use 'all' alone, or name the roles");
    }
    Roles::named(&words)
}
