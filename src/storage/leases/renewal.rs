//! A held lease, and the task that renews it until its holder releases it or is gone.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep, sleep_until, timeout};

use crate::limits::STORED_RECORD;
use crate::storage::buckets::MLFLOW_BUCKET;
use crate::storage::objects::{Condition, ObjectError, ObjectStore, Put};

use super::object::{parse, to_json};
use super::process_leases::{RenewalCommand, Reservation};
use super::record::{Ending, LeaseRecord};

/// The right to work on a training: no other worker begins it while this is held. Dropped in a panic, it is released as a broken attempt.
///
/// While the store does not answer, the holder works on: another worker who takes the lease over has to reach the store too, and a run is
/// recorded once. The lease is lost when the store shows another owner.
#[derive(Debug)]
#[must_use = "a lease that is dropped is released"]
pub struct Lease {
    /// The version with which the lease was acquired.
    pub acquired: LeaseRecord,
    /// The node that it was taken over from, if that node had not released it.
    pub taken_from: Option<String>,
    is_lost: Arc<AtomicBool>,
    commands: mpsc::UnboundedSender<RenewalCommand>,
    /// Closed when the renewal task has ended.
    renewal_ended: oneshot::Receiver<()>,
    is_released: bool,
}

impl Lease {
    /// Whether another owner has the lease now, so that the work must end.
    pub fn is_lost(&self) -> bool {
        self.is_lost.load(Ordering::Acquire)
    }

    /// Notes that a checkpoint of this step is stored.
    pub fn checkpoint_stored(&self, step: usize) {
        self.send(RenewalCommand::CheckpointStored(step));
    }

    /// Notes that no worker may repair the files of the run again; call it before the release.
    pub fn mark_beyond_repair(&self) {
        self.send(RenewalCommand::MarkBeyondRepair);
    }

    /// Releases the lease after an orderly end, and waits for that at most `within`; a slower release goes on in the background.
    pub async fn release(mut self, within: Duration) {
        self.is_released = true;
        self.send(RenewalCommand::Release(Ending::Orderly));
        // if the release fails, the lease expires after its ttl
        let _ = timeout(within, &mut self.renewal_ended).await;
    }

    /// Sends commands to the renewal task without keeping it alive.
    pub(super) fn weak_commands(&self) -> mpsc::WeakUnboundedSender<RenewalCommand> {
        self.commands.downgrade()
    }

    fn send(&self, command: RenewalCommand) {
        // the renewal task ends early only with the whole runtime
        let _ = self.commands.send(command);
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if !self.is_released {
            let ending = if std::thread::panicking() { Ending::Broken } else { Ending::Orderly };
            self.send(RenewalCommand::Release(ending));
        }
    }
}

/// The task that renews a [`Lease`].
pub(super) struct LeaseRenewal {
    objects: ObjectStore,
    key: String,
    record: LeaseRecord,
    etag: String,
    commands: mpsc::UnboundedReceiver<RenewalCommand>,
    is_lost: Arc<AtomicBool>,
    _reservation: Reservation,
    _ended: oneshot::Sender<()>,
}

/// The outcome of writing the next version.
enum VersionWrite {
    Done,
    /// The stored version is the holder's own: an earlier write succeeded, and its answer was lost.
    OwnEarlierWrite,
    /// Another owner has the lease.
    Lost,
    /// The store does not answer; the write may still happen, and then the next one finds it.
    Unknown,
}

impl LeaseRenewal {
    /// A lease that was just acquired, and the task that renews it.
    pub(super) fn new(
        objects: ObjectStore,
        reservation: Reservation,
        record: LeaseRecord,
        etag: String,
        taken_from: Option<String>,
    ) -> (Lease, LeaseRenewal) {
        let (sender, commands) = mpsc::unbounded_channel();
        let (ended, renewal_ended) = oneshot::channel();
        let is_lost = Arc::new(AtomicBool::new(false));
        let lease = Lease {
            acquired: record.clone(),
            taken_from,
            is_lost: is_lost.clone(),
            commands: sender,
            renewal_ended,
            is_released: false,
        };
        let key = reservation.key.clone();
        let renewal = Self { objects, key, record, etag, commands, is_lost, _reservation: reservation, _ended: ended };
        (lease, renewal)
    }

    /// Renews the lease until it is released.
    pub(super) async fn run(mut self) {
        let mut due = Instant::now() + self.period();
        loop {
            tokio::select! {
                command = self.commands.recv() => match command {
                    Some(RenewalCommand::CheckpointStored(step)) => {
                        let attempts = self.record.attempts;
                        self.record = self.record.with_checkpoint(step);
                        // earlier attempts count no more: write that at once
                        if self.record.attempts < attempts {
                            due = Instant::now();
                        }
                    }
                    Some(RenewalCommand::MarkBeyondRepair) => self.record.beyond_repair = true,
                    Some(RenewalCommand::Release(ending)) => return self.release(ending).await,
                    None => return self.release(Ending::Broken).await,
                },
                () = sleep_until(due), if !self.is_lost() => due = Instant::now() + self.renew().await,
            }
        }
    }

    /// Renews the lease once; answers with the time until the next renewal.
    async fn renew(&mut self) -> Duration {
        let soon = self.period() / 4;
        match self.write(self.record.renewed()).await {
            Ok(VersionWrite::Done) => self.period(),
            Ok(VersionWrite::OwnEarlierWrite) => Duration::ZERO,
            Ok(VersionWrite::Unknown) => {
                let error = "the store did not answer in time";
                tracing::warn!(event = "lease_renewal_fail", service = "train", key = self.key, error);
                soon
            }
            Ok(VersionWrite::Lost) => {
                self.is_lost.store(true, Ordering::Release);
                soon
            }
            Err(error) => {
                tracing::warn!(event = "lease_renewal_fail", service = "train", key = self.key, %error);
                soon
            }
        }
    }

    async fn release(mut self, ending: Ending) {
        while !self.is_lost() {
            match self.write(self.record.released(ending)).await {
                // mark it as lost, so that a worker that still holds the lease stops
                Ok(VersionWrite::Done | VersionWrite::Lost) => return self.is_lost.store(true, Ordering::Release),
                Ok(VersionWrite::OwnEarlierWrite) => {}
                Ok(VersionWrite::Unknown) => sleep(self.period() / 4).await,
                // try again: a release that is not written would count as a death of the worker
                Err(_) => sleep(self.period()).await,
            }
        }
    }

    /// Writes the next version in place of the one that was written last.
    async fn write(&mut self, next: LeaseRecord) -> Result<VersionWrite, ObjectError> {
        let patience = self.period();
        let put = self.objects.put(MLFLOW_BUCKET, &self.key, to_json(&next).into(), Condition::IfMatch(&self.etag));
        let Ok(put) = timeout(patience, put).await else { return Ok(VersionWrite::Unknown) };
        if let Put::Done { etag } = put? {
            (self.record, self.etag) = (next, etag);
            return Ok(VersionWrite::Done);
        }
        let Ok(found) = timeout(patience, self.objects.read(MLFLOW_BUCKET, &self.key, STORED_RECORD)).await else {
            return Ok(VersionWrite::Unknown);
        };
        let Some(object) = found? else { return Ok(VersionWrite::Lost) };
        match parse(&object.bytes).filter(|found| found.is_of(&self.record)) {
            Some(found) => {
                self.record.renewals = found.renewals;
                self.etag = object.etag;
                Ok(VersionWrite::OwnEarlierWrite)
            }
            None => Ok(VersionWrite::Lost),
        }
    }

    fn is_lost(&self) -> bool {
        self.is_lost.load(Ordering::Acquire)
    }

    fn period(&self) -> Duration {
        self.record.period()
    }
}
