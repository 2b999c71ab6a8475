//! How forecasts are served.

use crate::config::reader::Reader;
use crate::config::tree::Inference;

/// Reads the settings of serving.
pub fn read(reader: &mut Reader) -> Inference {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let inference = Inference {
        workers: reader.optional_whole("INFERENCE_WORKERS").map_or(cores, |workers| workers as usize),
        pool_scale_max: reader.whole("POOL_SCALE_MAX"),
        queue_max_rows: reader.whole("QUEUE_MAXSIZE"),
        batch_rows: reader.whole("INFERENCE_BATCH_ROWS"),
        batch_timeout: reader.millis("BATCH_TIMEOUT_MS"),
        predict_timeout: reader.millis("PREDICT_TIMEOUT_MS"),
        claim_horizon: reader.whole("INFERENCE_LENGTH"),
        claim_buckets: reader.list("CLAIM_BUCKETS"),
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
