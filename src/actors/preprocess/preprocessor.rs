//! The preprocessor actor: it scans two files of the `dataset` bucket every two seconds, on a thread of its own.

use std::time::{Duration, Instant};

use actix::prelude::*;

use crate::actors::shared::{CoalescedRun, Reconcile, Services, WorkerThread, drain_threads};
use crate::runtime::{ChildGuard, Drain, Latch, Observe, observed};
use crate::storage::DATASET_BUCKET;

use super::scan::{ScanResult, scan};
use super::settings::PreprocessorSettings;
use super::state::{LookedState, PreprocessorState};

/// The name of the thread that scans the files and prepares data sets.
pub const PREPARER: &str = "preprocessor-0";
/// The longest time that one scan may take without a beat.
const PREPARE_SILENCE_MAX: Duration = Duration::from_secs(300);
const SCAN_INTERVAL: Duration = Duration::from_secs(2);

/// The actor, of the supervision group `training`.
pub struct Preprocessor {
    guard: ChildGuard,
    services: Services,
    settings: PreprocessorSettings,
    thread: Option<WorkerThread<()>>,
    scan: CoalescedRun,
    latch: Latch,
    last: Option<LastScan>,
}

/// The last scan that found a change.
struct LastScan {
    result: ScanResult,
    ended_at: Instant,
}

/// The thread to its actor: a scan ended.
#[derive(Message)]
#[rtype(result = "()")]
struct ScanEnded(ScanResult);

impl Preprocessor {
    /// A preprocessor of one pair of files.
    pub fn new(guard: ChildGuard, services: Services, settings: PreprocessorSettings) -> Self {
        let latch = services.health.latch("preprocess");
        Self { guard, services, settings, thread: None, scan: CoalescedRun::Idle, latch, last: None }
    }
}

impl Actor for Preprocessor {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        let (services, settings) = (self.services.clone(), self.settings.clone());
        let me = ctx.address();
        let mut scanned = None;
        self.thread = Some(WorkerThread::spawn(&self.guard.threads(), PREPARER, move |(), watchdog| {
            let _preparing = watchdog.protect("preparing a data set", PREPARE_SILENCE_MAX);
            me.do_send(ScanEnded(scan(&services, &settings, &mut scanned)));
        }));
        ctx.notify(Reconcile);
        ctx.run_interval(SCAN_INTERVAL, |_, ctx| ctx.notify(Reconcile));
    }
}

impl Handler<Reconcile> for Preprocessor {
    type Result = ();

    fn handle(&mut self, _: Reconcile, _: &mut Self::Context) {
        if !self.scan.begin() {
            return;
        }
        let is_submitted = self.thread.as_ref().is_some_and(|thread| thread.submit(()).is_ok());
        if !is_submitted {
            self.scan.end();
        }
    }
}

impl Handler<ScanEnded> for Preprocessor {
    type Result = ();

    fn handle(&mut self, ScanEnded(result): ScanEnded, _: &mut Self::Context) {
        self.scan.end();
        match &result {
            ScanResult::Outage { error } => self.latch.close(error),
            _ => self.latch.open(),
        }
        if let ScanResult::Waiting { missing } = &result
            && self.last.as_ref().is_none_or(|last| last.result != result)
        {
            tracing::info!(event = "waiting_for_input", service = "preprocess", bucket = DATASET_BUCKET, missing);
        }
        if result != ScanResult::Unchanged {
            self.last = Some(LastScan { result, ended_at: Instant::now() });
        }
    }
}

impl Handler<Drain> for Preprocessor {
    type Result = ();

    fn handle(&mut self, drain: Drain, ctx: &mut Self::Context) {
        drain_threads(self.thread.take(), drain, &self.guard);
        ctx.stop();
    }
}

impl Handler<Observe> for Preprocessor {
    type Result = MessageResult<Observe>;

    fn handle(&mut self, _: Observe, _: &mut Self::Context) -> Self::Result {
        let config = &self.settings.config;
        let last = self
            .last
            .as_ref()
            .map(|last| LookedState { look: last.result.clone(), age_ms: last.ended_at.elapsed().as_millis() as u64 });
        MessageResult(observed(&PreprocessorState {
            bucket: DATASET_BUCKET,
            train_file: config.train_file.clone(),
            test_file: config.test_file.clone(),
            busy: self.scan.is_running(),
            last,
        }))
    }
}
