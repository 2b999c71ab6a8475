//! From values to the typed tree, a part of it at a time, with the checks that need more than one setting.
//!
//! - `learning`: data, training, judging
//! - `services`: the listener
//! - `kafka` and `security`: the broker
//! - `store`: the object store
//! - here: roles, serving, supervision

use std::path::PathBuf;

use crate::actors::Roles;
use crate::config::reader::Reader;
use crate::config::tree::{Config, Inference, Supervision};

use super::{kafka, learning, services, store};

pub fn config(reader: &mut Reader) -> Config {
    let roles = roles(reader);
    let identifier = reader.text("IDENTIFIER");
    let data_dir = PathBuf::from(reader.text("DATA_DIR"));
    let join = services::join(reader, &data_dir);
    let http = services::http(reader);
    let log_level = reader.text("LOG_LEVEL");
    let enable_faults = reader.bool("ENABLE_FAULTS");
    let kafka = kafka::kafka(reader);
    let object_store = store::object_store(reader, &http);
    let data = learning::data(reader);
    let training = learning::training(reader);
    let alone = kafka.bootstrap_servers.is_none() && join.is_none();
    let judging = learning::judging(reader, &roles, &training, alone);
    let inference = inference(reader);
    let supervision = supervision(reader);
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

fn inference(reader: &mut Reader) -> Inference {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let inference = Inference {
        workers: reader.optional_whole("INFERENCE_WORKERS").map_or(cores, |workers| workers as usize),
        pool_scale_max: reader.whole("POOL_SCALE_MAX"),
        queue_max_rows: reader.whole("QUEUE_MAXSIZE"),
        batch_rows: reader.whole("INFERENCE_BATCH_ROWS"),
        batch_timeout: reader.millis("BATCH_TIMEOUT_MS"),
        predict_timeout: reader.millis("PREDICT_TIMEOUT_MS"),
        claim_horizon: reader.whole("INFERENCE_LENGTH"),
        enable_publish: reader.bool("ENABLE_PUBLISH_API"),
    };
    if inference.pool_scale_max > 0
        && reader.is_given("INFERENCE_WORKERS")
        && inference.workers > inference.pool_scale_max
    {
        let Inference { workers, pool_scale_max, .. } = inference;
        reader.mistake(format!(
            "INFERENCE_WORKERS is {workers}, more than POOL_SCALE_MAX {pool_scale_max}; lower one or raise the other"
        ));
    }
    if inference.queue_max_rows > 0 && inference.batch_rows > inference.queue_max_rows {
        let Inference { batch_rows, queue_max_rows, .. } = inference;
        reader.mistake(format!("INFERENCE_BATCH_ROWS is {batch_rows}, more than QUEUE_MAXSIZE {queue_max_rows}; lower one or raise the other"));
    }
    let workers = inference.workers.min(inference.pool_scale_max.max(1));
    reader.derived("INFERENCE_WORKERS", workers);
    Inference { workers, ..inference }
}

fn supervision(reader: &mut Reader) -> Supervision {
    Supervision {
        restart_limit: reader.whole("RESTART_LIMIT"),
        restart_window: reader.millis("RESTART_WINDOW_MS"),
        restart_backoff: reader.millis("RESTART_BACKOFF_MS"),
        restart_backoff_max: reader.millis("RESTART_BACKOFF_MAX_MS"),
        group_restart_limit: reader.whole("GROUP_RESTART_LIMIT"),
        group_restart_window: reader.millis("GROUP_RESTART_WINDOW_MS"),
        worker_restart_limit: reader.whole("WORKER_RESTART_LIMIT"),
        worker_restart_window: reader.millis("WORKER_RESTART_WINDOW_MS"),
        heartbeat_interval: reader.millis("HEARTBEAT_INTERVAL_MS"),
        heartbeat_timeout: reader.millis("HEARTBEAT_TIMEOUT_MS"),
        reconcile_interval: reader.millis("RECONCILE_INTERVAL_MS"),
        drain_notice: reader.millis("DRAIN_NOTICE_MS"),
        drain_timeout: reader.millis("DRAIN_TIMEOUT_MS"),
        termination_log: reader.optional_text("TERMINATION_LOG").map(Into::into),
    }
}
