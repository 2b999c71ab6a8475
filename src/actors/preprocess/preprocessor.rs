//! The preprocessor: watches two files of the `dataset` bucket, turns them into a data set, and publishes
//! claims for trainers and forecasters.

use std::time::{Duration, Instant};

use actix::prelude::*;
use serde::Serialize;
use serde_json::json;

use crate::actors::shared::{Reconcile, Services, WorkerThread, worker_thread};
use crate::actors::telemetry::{Event, PREPROCESS};
use crate::forecast::{DataError, PreprocessConfig, dataset_id, measured_columns, prepare, read_csv, sha256_hex};
use crate::kafka::{DlqEnvelope, INFERENCE_DATA, InferenceClaim, SendError, TRAINING_DATA, TrainingClaim};
use crate::runtime::{ChildGuard, Drain, Io, Latch, Observe, observed};
use crate::storage::{
    DATASET_BUCKET, DatasetDraft, DatasetKey, DatasetRecord, Fetched, Object, ObjectError, StorageError,
};

use super::state::{LookedState, PreprocessorState};

/// The thread that prepares data sets.
pub const PREPARER: &str = "preprocessor-0";
/// How long it may be silent over one pair of files.
const PREPARE_SILENCE_MAX: Duration = Duration::from_secs(300);
const LOOK_INTERVAL: Duration = Duration::from_secs(2);

/// What is read, and how it is prepared.
#[derive(Clone)]
pub struct PreprocessorSettings {
    /// The series the files are about.
    pub identifier: String,
    /// The steps, and the names of both files.
    pub config: PreprocessConfig,
    /// The longest gap that is filled with imputed rows.
    pub max_gap_rows: usize,
    /// Prepare again what is there already.
    pub force: bool,
}

/// Supervised actor of the group `training`.
pub struct Preprocessor {
    guard: ChildGuard,
    services: Services,
    settings: PreprocessorSettings,
    lane: Option<WorkerThread<()>>,
    busy: bool,
    latch: Latch,
    last: Option<Looked>,
}

/// What a look at both files came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
#[allow(missing_docs, reason = "each variant has its sentence, and its fields are named after what they hold")]
pub enum ScanResult {
    /// Nothing new since the last look.
    Unchanged,
    /// A file is not there yet.
    Waiting { missing: String },
    /// The files are a data set now; it is `fresh` unless it was there before.
    Published { dataset_id: String, fresh: bool },
    /// The files cannot be used.
    Refused { error: String },
    /// The store or the broker is away.
    Outage { error: String },
}

#[derive(Clone, Debug)]
struct Looked {
    look: ScanResult,
    at: Instant,
}

/// A note to self: a look is over.
#[derive(Message)]
#[rtype(result = "()")]
struct Done(ScanResult);

impl Preprocessor {
    /// A preprocessor of one pair of files.
    pub fn new(guard: ChildGuard, services: Services, settings: PreprocessorSettings) -> Self {
        let latch = services.health.latch("preprocess");
        Self { guard, services, settings, lane: None, busy: false, latch, last: None }
    }
}

impl Actor for Preprocessor {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        let (services, settings) = (self.services.clone(), self.settings.clone());
        let done = ctx.address();
        let mut seen = None;
        self.lane = Some(WorkerThread::spawn(&self.guard.threads(), PREPARER, move |(), watchdog| {
            let _preparing = watchdog.protect("preparing a data set", PREPARE_SILENCE_MAX);
            done.do_send(Done(look(&services, &settings, &mut seen)));
        }));
        ctx.notify(Reconcile);
        ctx.run_interval(LOOK_INTERVAL, |_, ctx| ctx.notify(Reconcile));
    }
}

impl Handler<Reconcile> for Preprocessor {
    type Result = ();

    fn handle(&mut self, _: Reconcile, _: &mut Self::Context) {
        if !self.busy {
            self.busy = self.lane.as_ref().is_some_and(|lane| lane.submit(()).is_ok());
        }
    }
}

impl Handler<Done> for Preprocessor {
    type Result = ();

    fn handle(&mut self, done: Done, _: &mut Self::Context) {
        self.busy = false;
        match &done.0 {
            ScanResult::Outage { error } => self.latch.close(error),
            _ => self.latch.open(),
        }
        let known = self.last.as_ref().map(|last| &last.look);
        if let ScanResult::Waiting { missing } = &done.0
            && known != Some(&done.0)
        {
            tracing::info!(event = "waiting_for_input", service = "preprocess", bucket = DATASET_BUCKET, missing);
        }
        if !matches!(done.0, ScanResult::Unchanged) {
            self.last = Some(Looked { look: done.0, at: Instant::now() });
        }
    }
}

impl Handler<Drain> for Preprocessor {
    type Result = ();

    fn handle(&mut self, drain: Drain, ctx: &mut Self::Context) {
        worker_thread::drain(self.lane.take(), drain, &self.guard);
        ctx.stop();
    }
}

impl Handler<Observe> for Preprocessor {
    type Result = MessageResult<Observe>;

    fn handle(&mut self, _: Observe, _: &mut Self::Context) -> Self::Result {
        let config = &self.settings.config;
        let last = self.last.as_ref();
        MessageResult(observed(&PreprocessorState {
            bucket: DATASET_BUCKET,
            train_file: config.train_file.clone(),
            test_file: config.test_file.clone(),
            busy: self.busy,
            last: last
                .map(|last| LookedState { look: last.look.clone(), age_ms: last.at.elapsed().as_millis() as u64 }),
        }))
    }
}

/// The batch job: one look at both files, whatever was seen before. Blocks, and must not run on a thread of the io runtime.
pub fn look_once(services: &Services, settings: &PreprocessorSettings) -> ScanResult {
    look(services, settings, &mut None)
}

/// One look at both files; `seen` keeps the ETags of those that were dealt with.
fn look(services: &Services, settings: &PreprocessorSettings, seen: &mut Option<(String, String)>) -> ScanResult {
    match try_look(services, settings, seen) {
        Ok(look) => look,
        Err(Trouble::Data(error) | Trouble::Storage(StorageError::Data(error))) => {
            services.events.emit(Event::DatasetRefused { error: error.to_string() });
            let envelope = DlqEnvelope::new(
                PREPROCESS,
                &error.to_string(),
                json!({"config_hash": settings.config.config_hash(), "identifier": settings.identifier}),
            );
            // the file stays in the bucket and the event in the log; the topic only tells it sooner
            let sent = services.io.block_on_while_wanted(services.producer.send(
                &DlqEnvelope::topic(PREPROCESS),
                None,
                envelope.to_json(),
            ));
            if let Some(Ok(())) = sent {
                services.events.metrics.kafka.dlq_total.with_label_values(&[PREPROCESS]).inc();
            }
            ScanResult::Refused { error: error.to_string() }
        }
        Err(trouble) => {
            *seen = None;
            tracing::warn!(event = "download_fail", service = "preprocess", error = %trouble);
            ScanResult::Outage { error: trouble.to_string() }
        }
    }
}

#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error(transparent)]
    Data(#[from] DataError),
    #[error(transparent)]
    Object(#[from] ObjectError),
    #[error(transparent)]
    Storage(#[from] StorageError),
    #[error(transparent)]
    Send(#[from] SendError),
    #[error("the node is stopping")]
    Stopping,
}

fn try_look(
    services: &Services,
    settings: &PreprocessorSettings,
    seen: &mut Option<(String, String)>,
) -> Result<ScanResult, Trouble> {
    let (io, config) = (&services.io, &settings.config);
    let (train_etag, test_etag) = seen.clone().unzip();
    let fetch =
        |name: &str, etag: Option<&str>| wanted(io, services.objects.get_if_changed(DATASET_BUCKET, name, etag));
    let mut train = fetch(&config.train_file, train_etag.as_deref())?;
    let mut test = fetch(&config.test_file, test_etag.as_deref())?;
    match (&train, &test) {
        (Fetched::Unchanged, Fetched::Unchanged) => return Ok(ScanResult::Unchanged),
        (Fetched::Absent, _) => return Ok(ScanResult::Waiting { missing: config.train_file.clone() }),
        (_, Fetched::Absent) => return Ok(ScanResult::Waiting { missing: config.test_file.clone() }),
        _ => {}
    }
    // one of them changed: the data set needs both
    if matches!(train, Fetched::Unchanged) {
        train = fetch(&config.train_file, None)?;
    }
    if matches!(test, Fetched::Unchanged) {
        test = fetch(&config.test_file, None)?;
    }
    let Fetched::New(train) = train else { return Ok(ScanResult::Waiting { missing: config.train_file.clone() }) };
    let Fetched::New(test) = test else { return Ok(ScanResult::Waiting { missing: config.test_file.clone() }) };
    // whoever replaces a pair writes the train part last, so a test part belongs to the train part that outlasted its reading
    if !matches!(fetch(&config.train_file, Some(&train.etag))?, Fetched::Unchanged) {
        return Ok(ScanResult::Waiting { missing: format!("{}, which is being replaced", config.train_file) });
    }
    let etags = (train.etag.clone(), test.etag.clone());
    *seen = Some(etags);
    let id =
        dataset_id(&settings.identifier, &config.config_hash(), &sha256_hex(&train.bytes), &sha256_hex(&test.bytes));
    let key = DatasetKey {
        identifier: settings.identifier.clone(),
        config_hash: config.config_hash(),
        dataset_id: id.clone(),
    };
    let known = wanted(io, services.datasets.find(&key))?;
    let is_whole = match &known {
        Some(record) => wanted(io, services.datasets.has_files(record))?,
        None => false,
    };
    let (record, fresh) = match known {
        Some(record) if is_whole && !settings.force => (record, false),
        _ => (publish(services, settings, id, &train, &test)?, true),
    };
    wanted(io, announce_promotion(services, &record))?;
    services.events.emit(Event::DatasetPublished {
        identifier: record.identifier.clone(),
        dataset_id: record.dataset_id.clone(),
        train_rows: record.train.rows,
        test_rows: record.test.rows,
        fresh,
    });
    Ok(ScanResult::Published { dataset_id: record.dataset_id, fresh })
}

fn publish(
    services: &Services,
    settings: &PreprocessorSettings,
    dataset_id: String,
    train: &Object,
    test: &Object,
) -> Result<DatasetRecord, Trouble> {
    let config = &settings.config;
    let train = read_csv(&train.bytes, &config.train_file, settings.max_gap_rows)?;
    let test = read_csv(&test.bytes, &config.test_file, settings.max_gap_rows)?;
    let measured = measured_columns(&train);
    let prepared = prepare(train, test, config)?;
    let draft = DatasetDraft { identifier: settings.identifier.clone(), dataset_id, config: config.clone(), measured };
    // a store that hangs must not hold a drain: what was written stays, and the next look goes on from there
    wanted(&services.io, services.datasets.publish(draft, &prepared))
}

/// Waits until the thread is told to stop, at most.
fn wanted<T, E>(io: &Io, call: impl Future<Output = Result<T, E>>) -> Result<T, Trouble>
where
    Trouble: From<E>,
{
    Ok(io.block_on_while_wanted(call).ok_or(Trouble::Stopping)??)
}

async fn announce_promotion(services: &Services, record: &DatasetRecord) -> Result<(), SendError> {
    if !services.producer.has_broker() {
        return Ok(()); // the batch job without a broker: trainers find the data set in the store
    }
    let (training, inference) = (TrainingClaim::of(record).to_json(), InferenceClaim::of(record).to_json());
    services.producer.send(TRAINING_DATA, Some("train-claim"), training).await?;
    fail::fail_point!("training-claim-sent");
    services.producer.send(INFERENCE_DATA, Some("inference-claim"), inference).await
}
