//! One scan of the two input files: if they are new they are prepared, stored as a data set, and announced by two claims.

use std::time::Duration;

use serde::Serialize;
use serde_json::json;

use crate::actors::shared::Services;
use crate::actors::telemetry::{Event, PREPROCESS};
use crate::forecast::{
    CALENDAR_COLUMNS, DataError, Series, SeriesParts, Shape, dataset_id, file_shape, identifier_of, measured_columns,
    prepare, read_parts, sha256_hex,
};
use crate::kafka::{DlqEnvelope, INFERENCE_DATA, InferenceClaim, SendError, TRAINING_DATA, TrainingClaim};
use crate::limits::DATA_FILE;
use crate::runtime::{Io, Reservation};
use crate::storage::{
    DATASET_BUCKET, DatasetDraft, DatasetKey, DatasetRecord, Fetched, Object, StorageError, read_reserved,
};

use super::settings::PreprocessorSettings;

/// How often the cells lie in memory while a data set is made: as they are read, as they are prepared, and as they are written.
const WORK_COPIES: usize = 3;
/// How long a scan waits for the memory that others hold.
const MEMORY_PATIENCE: Duration = Duration::from_secs(60);

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

/// The ETags of both files at the last scan that read them: train, test.
pub type ScannedEtags = Option<(String, String)>;

/// Both input files, or why there is nothing to do.
enum InputFiles {
    NotReady(ScanResult),
    Read { train: Object, test: Object, memory: Vec<Reservation> },
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
    let (train, test, _memory) = match read_files(services, settings, scanned)? {
        InputFiles::Read { train, test, memory } => (train, test, memory),
        InputFiles::NotReady(result) => return Ok(result),
    };
    *scanned = Some((train.etag.clone(), test.etag.clone()));
    let hashes = InputHashes { train: sha256_hex(&train.bytes), test: sha256_hex(&test.bytes) };
    let key = hashes.key(settings, settings.identifier.clone());
    if let Some(record) = stored(services, settings, &key)? {
        return announce(services, record, false);
    }
    let (parts, _memory) = read(services, settings, &train, &test)?;
    let mut published = None;
    for one in parts {
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

/// Reads both files, if one of them changed since the last scan.
fn read_files(
    services: &Services,
    settings: &PreprocessorSettings,
    scanned: &ScannedEtags,
) -> Result<InputFiles, ScanError> {
    let config = &settings.config;
    let (train_etag, test_etag) = scanned.clone().unzip();
    let mut memory = Vec::new();
    let mut fetch = |name: &str, etag: Option<&str>| {
        let (objects, share) = (&services.objects, &services.memory.datasets);
        let read = read_reserved(objects, share, (DATASET_BUCKET, name), etag, DATA_FILE, MEMORY_PATIENCE);
        let (fetched, reserved) = block(&services.io, read)?;
        memory.extend(reserved);
        Ok::<_, ScanError>(fetched)
    };
    let waiting = |missing: String| Ok(InputFiles::NotReady(ScanResult::Waiting { missing }));
    let mut train = fetch(&config.train_file, train_etag.as_deref())?;
    let mut test = fetch(&config.test_file, test_etag.as_deref())?;
    match (&train, &test) {
        (Fetched::Unchanged, Fetched::Unchanged) => return Ok(InputFiles::NotReady(ScanResult::Unchanged)),
        (Fetched::Absent, _) => return waiting(config.train_file.clone()),
        (_, Fetched::Absent) => return waiting(config.test_file.clone()),
        _ => {}
    }
    // one of them changed, and the data set needs both
    if matches!(train, Fetched::Unchanged) {
        train = fetch(&config.train_file, None)?;
    }
    if matches!(test, Fetched::Unchanged) {
        test = fetch(&config.test_file, None)?;
    }
    let Fetched::New(train) = train else { return waiting(config.train_file.clone()) };
    let Fetched::New(test) = test else { return waiting(config.test_file.clone()) };
    // a pair is replaced test file first: unless the train file changed while both were read, they belong together
    if !matches!(fetch(&config.train_file, Some(&train.etag))?, Fetched::Unchanged) {
        return waiting(format!("{}, which is being replaced", config.train_file));
    }
    Ok(InputFiles::Read { train, test, memory })
}

/// Reads the series of both files, in memory that is reserved before. The warnings of the reader are logged.
fn read(
    services: &Services,
    settings: &PreprocessorSettings,
    train: &Object,
    test: &Object,
) -> Result<(Vec<SeriesParts>, Reservation), ScanError> {
    let (config, options) = (&settings.config, &settings.options);
    let shapes =
        [file_shape(&train.bytes, &config.train_file, options)?, file_shape(&test.bytes, &config.test_file, options)?];
    let calendar = if config.time_features { CALENDAR_COLUMNS.len() } else { 0 };
    let bytes = shapes.map(|shape| Shape { columns: shape.columns + calendar, ..shape }.bytes());
    let bytes = bytes.into_iter().fold(0, usize::saturating_add).saturating_mul(WORK_COPIES);
    let reserve = async { services.memory.datasets.reserve(bytes, MEMORY_PATIENCE).await.map_err(StorageError::from) };
    let memory = block(&services.io, reserve)?;
    let parts = read_parts((&train.bytes, &config.train_file), (&test.bytes, &config.test_file), options)?;
    for note in parts.understanding.notes() {
        tracing::info!(event = "data_read", service = "preprocess", file = config.train_file, note);
    }
    Ok((parts.series, memory))
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
