//! Whoever keeps a lease while its holder works: it renews it, and gives it back when the holder is done or gone.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep, sleep_until, timeout};

use crate::storage::buckets::MLFLOW_BUCKET;
use crate::storage::objects::{Condition, ObjectError, ObjectStore, Put};

use super::lease_store::{Reservation, parse, to_json};
use super::record::{Ending, LeaseRecord};

/// LeaseStatus that nobody else begins while this is held; dropped in a panic it is given back as a broken attempt.
///
/// A store that does not answer leaves the holder in doubt and at work: whoever takes the lease over has to reach the store too, and a run
/// is recorded once. It is lost when the store says that somebody else has it.
#[derive(Debug)]
#[must_use = "a lease that is dropped is given back"]
pub struct Lease {
    /// What it said when it was taken.
    pub taken: LeaseRecord,
    /// The node that it was taken over from, which had not given it back.
    pub taken_from: Option<String>,
    is_lost: Arc<AtomicBool>,
    words: mpsc::UnboundedSender<Word>,
    /// Ends when the keeper has.
    kept: oneshot::Receiver<()>,
    ended: bool,
}

/// What a keeper is told.
#[derive(Debug)]
pub(crate) enum Word {
    Kept(usize),
    BeyondRepair,
    End(Ending),
}

impl Lease {
    /// Whether somebody else has it now, so that the work is to end.
    pub fn is_lost(&self) -> bool {
        self.is_lost.load(Ordering::Acquire)
    }

    /// A checkpoint was kept at this step.
    pub fn checkpoint_kept(&self, step: usize) {
        self.say(Word::Kept(step));
    }

    /// The files of its run are not to be tried again, by anybody; to be said before it is given back.
    pub fn beyond_repair(&self) {
        self.say(Word::BeyondRepair);
    }

    /// Gives it back after an orderly end, and waits so long for that; what takes longer goes on by itself.
    pub async fn release(mut self, within: Duration) {
        self.ended = true;
        self.say(Word::End(Ending::Orderly));
        // late or ended without a word: its time runs out all the same
        let _ = timeout(within, &mut self.kept).await;
    }

    /// For words to its keeper of somebody who does not keep it.
    pub(crate) fn a_word(&self) -> mpsc::WeakUnboundedSender<Word> {
        self.words.downgrade()
    }

    fn say(&self, word: Word) {
        // a keeper that is gone went down with the whole runtime
        let _ = self.words.send(word);
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if !self.ended {
            self.say(Word::End(if std::thread::panicking() { Ending::Broken } else { Ending::Orderly }));
        }
    }
}

/// The other end of a [`Lease`].
pub(crate) struct LeaseRenewal {
    objects: ObjectStore,
    key: String,
    record: LeaseRecord,
    etag: String,
    words: mpsc::UnboundedReceiver<Word>,
    is_lost: Arc<AtomicBool>,
    _reservation: Reservation,
    _kept: oneshot::Sender<()>,
}

/// What the store says of a version that did not go in.
enum Now {
    /// It is the holder's own: the answer to an earlier write was lost.
    Mine,
    /// Somebody else has it.
    Lost,
    /// The store does not answer; the write may still happen, and then the next one finds it.
    Unknown,
}

impl LeaseRenewal {
    /// A lease that was just taken, and who is to keep it.
    pub(crate) fn of(
        objects: ObjectStore,
        reservation: Reservation,
        record: LeaseRecord,
        etag: String,
        taken_from: Option<String>,
    ) -> (Lease, LeaseRenewal) {
        let (sender, words) = mpsc::unbounded_channel();
        let (ending, kept) = oneshot::channel();
        let is_lost = Arc::new(AtomicBool::new(false));
        let lease =
            Lease { taken: record.clone(), taken_from, is_lost: is_lost.clone(), words: sender, kept, ended: false };
        let key = reservation.key.clone();
        (lease, LeaseRenewal { objects, key, record, etag, words, is_lost, _reservation: reservation, _kept: ending })
    }

    /// Renews it until it is given back.
    pub(crate) async fn run(mut self) {
        let mut due = Instant::now() + self.period();
        loop {
            tokio::select! {
                word = self.words.recv() => match word {
                    Some(Word::Kept(step)) => {
                        let attempts = self.record.attempts;
                        self.record = self.record.kept(step);
                        // attempts that count no more are worth a write of their own
                        if self.record.attempts < attempts {
                            due = Instant::now();
                        }
                    }
                    Some(Word::BeyondRepair) => self.record.beyond_repair = true,
                    Some(Word::End(ending)) => return self.give_back(ending).await,
                    None => return self.give_back(Ending::Broken).await,
                },
                () = sleep_until(due), if !self.is_lost() => due = Instant::now() + self.renew().await,
            }
        }
    }

    /// Renews it once, and says when to do so again.
    async fn renew(&mut self) -> Duration {
        let soon = self.period() / 4;
        match self.write(self.record.renewed()).await {
            Ok(None) => self.period(),
            Ok(Some(Now::Mine)) => Duration::ZERO,
            Ok(Some(Now::Unknown)) => {
                let error = "the store did not answer in time";
                tracing::warn!(event = "lease_renewal_fail", service = "train", key = self.key, error);
                soon
            }
            Ok(Some(Now::Lost)) => {
                self.is_lost.store(true, Ordering::Release);
                soon
            }
            Err(error) => {
                tracing::warn!(event = "lease_renewal_fail", service = "train", key = self.key, %error);
                soon
            }
        }
    }

    async fn give_back(mut self, ending: Ending) {
        while !self.is_lost() {
            match self.write(self.record.released(ending)).await {
                // whoever works on without it is to end
                Ok(None | Some(Now::Lost)) => return self.is_lost.store(true, Ordering::Release),
                Ok(Some(Now::Mine)) => {}
                Ok(Some(Now::Unknown)) => sleep(self.period() / 4).await,
                // an orderly end that nobody hears of would count as a death
                Err(_) => sleep(self.period()).await,
            }
        }
    }

    /// Writes the next version; what came of it otherwise.
    async fn write(&mut self, next: LeaseRecord) -> Result<Option<Now>, ObjectError> {
        let patience = self.period();
        let put = self.objects.put(MLFLOW_BUCKET, &self.key, to_json(&next).into(), Condition::IfMatch(&self.etag));
        let Ok(put) = timeout(patience, put).await else { return Ok(Some(Now::Unknown)) };
        if let Put::Done { etag } = put? {
            (self.record, self.etag) = (next, etag);
            return Ok(None);
        }
        let Ok(found) = timeout(patience, self.objects.get(MLFLOW_BUCKET, &self.key)).await else {
            return Ok(Some(Now::Unknown));
        };
        let Some(object) = found? else { return Ok(Some(Now::Lost)) };
        match parse(&object.bytes).filter(|found| found.is_of(&self.record)) {
            Some(found) => {
                self.record.renewals = found.renewals;
                self.etag = object.etag;
                Ok(Some(Now::Mine))
            }
            None => Ok(Some(Now::Lost)),
        }
    }

    fn is_lost(&self) -> bool {
        self.is_lost.load(Ordering::Acquire)
    }

    fn period(&self) -> Duration {
        self.record.period()
    }
}
