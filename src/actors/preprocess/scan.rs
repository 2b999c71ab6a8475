//! One scan of the two input files: if they are new they are prepared, stored as a data set, and announced by two claims.

use futures::TryFutureExt;
use serde::Serialize;
use serde_json::json;

use crate::actors::shared::Services;
use crate::actors::telemetry::{Event, PREPROCESS};
use crate::forecast::{
    DataError, Series, dataset_id, identifier_of, measured_columns, prepare, read_parts, sha256_hex,
};
use crate::kafka::{DlqEnvelope, INFERENCE_DATA, InferenceClaim, SendError, TRAINING_DATA, TrainingClaim};
use crate::runtime::Io;
use crate::storage::{DatasetDraft, DatasetKey, DatasetRecord, StorageError};

use super::input_files::{InputFiles, NewFiles, ScannedEtags, SeenFiles};
use super::settings::PreprocessorSettings;

/// What a scan of both files came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
#[allow(missing_docs, reason = "each variant has its sentence, and its fields are named after what they hold")]
pub enum ScanResult {
    /// Nothing changed since the last scan.
    Unchanged,
    /// A file is not there yet.
    Waiting { missing: String },
    /// The files are a data set in the store, announced by claims; `fresh` unless the store had it before.
    Published { dataset_id: String, fresh: bool },
    /// The files cannot be used.
    Refused { error: String },
    /// The store or the broker is unreachable.
    Outage { error: String },
}

/// Why a scan failed.
#[derive(Debug, thiserror::Error)]
enum ScanError {
    #[error(transparent)]
    Data(#[from] DataError),
    #[error(transparent)]
    Storage(#[from] StorageError),
    #[error(transparent)]
    Send(#[from] SendError),
    #[error("the node is stopping")]
    Stopping,
}

impl ScanError {
    /// Whether the same files are refused again.
    fn is_permanent(&self) -> bool {
        match self {
            ScanError::Data(_) => true,
            ScanError::Storage(error) => error.is_permanent(),
            _ => false,
        }
    }
}

/// Scans both files, whatever was scanned before: the batch job. Blocks, and must not run on a thread of the io runtime.
pub fn scan_once(services: &Services, settings: &PreprocessorSettings) -> ScanResult {
    scan(services, settings, &mut None)
}

/// Scans both files, unless their ETags are still those of `scanned`; reports and publishes what cannot be used. Blocks.
pub fn scan(services: &Services, settings: &PreprocessorSettings, scanned: &mut ScannedEtags) -> ScanResult {
    match try_scan(services, settings, scanned) {
        Ok(result) => result,
        Err(error) if error.is_permanent() => {
            let error = error.to_string();
            services.events.emit(Event::DatasetRefused { error: error.clone() });
            publish_dead_letter(services, settings, &error);
            ScanResult::Refused { error }
        }
        Err(outage) => {
            *scanned = None;
            tracing::warn!(event = "download_fail", service = "preprocess", error = %outage);
            ScanResult::Outage { error: outage.to_string() }
        }
    }
}

/// Publishes the refusal on the dead letter topic. One attempt is enough: the refusal is logged, and the files stay in the bucket.
fn publish_dead_letter(services: &Services, settings: &PreprocessorSettings, error: &str) {
    let envelope = DlqEnvelope::new(
        PREPROCESS,
        error,
        json!({"config_hash": settings.config.config_hash(), "identifier": settings.identifier}),
    );
    let topic = DlqEnvelope::topic(PREPROCESS);
    let sent = services.io.block_on_while_wanted(services.producer.send(&topic, None, envelope.to_json()));
    if let Some(Ok(())) = sent {
        services.events.metrics.kafka.dlq_total.with_label_values(&[PREPROCESS]).inc();
    }
}

fn try_scan(
    services: &Services,
    settings: &PreprocessorSettings,
    scanned: &mut ScannedEtags,
) -> Result<ScanResult, ScanError> {
    let io = &services.io;
    let files = match block(io, NewFiles::look(services, settings, scanned).map_err(StorageError::from))? {
        SeenFiles::New(files) => files,
        SeenFiles::Unchanged => return Ok(ScanResult::Unchanged),
        SeenFiles::Missing(missing) => return Ok(ScanResult::Waiting { missing }),
    };
    // whatever comes of these files, they are not read again, unless there is an outage
    *scanned = Some(files.etags());
    let mut work_bytes = 0;
    loop {
        let Some(mut input) = block(io, files.read(services, settings, work_bytes))? else {
            *scanned = None;
            let missing = format!("{}, which is being replaced", settings.config.train_file);
            return Ok(ScanResult::Waiting { missing });
        };
        let hashes = InputHashes { train: sha256_hex(&input.train.bytes), test: sha256_hex(&input.test.bytes) };
        let key = hashes.key(settings, settings.identifier.clone());
        if let Some(record) = stored(services, settings, &key)? {
            return announce(services, record, false);
        }
        work_bytes = input.work_bytes(settings)?;
        // without memory for the work the files are given up, and read again once there is enough for both
        if input.has_memory_for(services, work_bytes) {
            return publish(services, settings, &hashes, &input);
        }
    }
}

/// Publishes a data set for each series of both files; those that are stored already are announced again. The warnings of the reader are
/// logged.
fn publish(
    services: &Services,
    settings: &PreprocessorSettings,
    hashes: &InputHashes,
    input: &InputFiles,
) -> Result<ScanResult, ScanError> {
    let config = &settings.config;
    let (train, test) = (&input.train.bytes, &input.test.bytes);
    let parts = read_parts((train, &config.train_file), (test, &config.test_file), &settings.options)?;
    for note in parts.understanding.notes() {
        tracing::info!(event = "data_read", service = "preprocess", file = config.train_file, note);
    }
    let mut published = None;
    for one in parts.series {
        let identifier = one.name.as_deref().map_or_else(|| settings.identifier.clone(), identifier_of);
        let result = one.parts.map_err(ScanError::from).and_then(|parts| {
            let key = hashes.key(settings, identifier);
            match stored(services, settings, &key)? {
                Some(record) => announce(services, record, false),
                None => announce(services, store_dataset(services, settings, key, one.name.clone(), parts)?, true),
            }
        });
        match (result, &one.name) {
            (Ok(result), _) => published = published.or(Some(result)),
            // one bad series of a long file harms no other
            (Err(error), Some(name)) if error.is_permanent() => {
                let error = format!("series {name}: {error}");
                services.events.emit(Event::DatasetRefused { error: error.clone() });
                publish_dead_letter(services, settings, &error);
            }
            (Err(error), _) => return Err(error),
        }
    }
    published
        .ok_or_else(|| DataError::new("no series of the file can be used: see the refusals before this one").into())
}

/// The hashes of both files.
struct InputHashes {
    train: String,
    test: String,
}

impl InputHashes {
    fn key(&self, settings: &PreprocessorSettings, identifier: String) -> DatasetKey {
        let config_hash = settings.config.config_hash();
        let dataset_id = dataset_id(&identifier, &config_hash, &self.train, &self.test);
        DatasetKey { identifier, config_hash, dataset_id }
    }
}

/// The record of a data set that is whole in the store, and need not be made again.
fn stored(
    services: &Services,
    settings: &PreprocessorSettings,
    key: &DatasetKey,
) -> Result<Option<DatasetRecord>, ScanError> {
    if settings.force {
        return Ok(None);
    }
    let Some(record) = block(&services.io, services.datasets.find(key))? else { return Ok(None) };
    let is_whole = block(&services.io, services.datasets.has_files(&record))?;
    Ok(is_whole.then_some(record))
}

/// Prepares the rows of a series and stores the data set.
fn store_dataset(
    services: &Services,
    settings: &PreprocessorSettings,
    key: DatasetKey,
    series: Option<String>,
    (train, test): (Series, Series),
) -> Result<DatasetRecord, ScanError> {
    let measured = measured_columns(&train);
    let prepared = prepare(train, test, &settings.config)?;
    let (identifier, dataset_id) = (key.identifier, key.dataset_id);
    let draft = DatasetDraft { identifier, series, dataset_id, config: settings.config.clone(), measured };
    // stopped half-way, what was written stays, and the next scan goes on from there
    block(&services.io, services.datasets.publish(draft, &prepared))
}

/// Announces a data set, and says so.
fn announce(services: &Services, record: DatasetRecord, fresh: bool) -> Result<ScanResult, ScanError> {
    block(&services.io, publish_claims(services, &record))?;
    services.events.emit(Event::DatasetPublished {
        identifier: record.identifier.clone(),
        dataset_id: record.dataset_id.clone(),
        train_rows: record.train.rows,
        test_rows: record.test.rows,
        fresh,
    });
    Ok(ScanResult::Published { dataset_id: record.dataset_id, fresh })
}

/// Blocks on a call to the store or the broker; gives [`ScanError::Stopping`] once the thread must stop, so that a store that
/// hangs does not hold up a drain.
fn block<T, E>(io: &Io, call: impl Future<Output = Result<T, E>>) -> Result<T, ScanError>
where
    ScanError: From<E>,
{
    Ok(io.block_on_while_wanted(call).ok_or(ScanError::Stopping)??)
}

/// Announces the data set to trainers and to batch inference.
async fn publish_claims(services: &Services, record: &DatasetRecord) -> Result<(), SendError> {
    if !services.producer.has_broker() {
        return Ok(()); // the batch job may run without a broker; trainers find the data set in the store
    }
    let (training, inference) = (TrainingClaim::from(record).to_json(), InferenceClaim::from(record).to_json());
    services.producer.send(TRAINING_DATA, Some("train-claim"), training).await?;
    fail::fail_point!("training-claim-sent");
    services.producer.send(INFERENCE_DATA, Some("inference-claim"), inference).await
}
