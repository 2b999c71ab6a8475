//! The right to work on an object: it is in the journal, and no object that a process died over is worked on beside another.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::sync::{Mutex, OwnedRwLockReadGuard, OwnedRwLockWriteGuard, RwLock, Semaphore, SemaphorePermit};

use crate::actors::batch::claim_error::ClaimError;
use crate::storage::{ATTEMPT_LIMIT, WorkJournals};

use super::deaths::{Deaths, History};
use super::journal::Journal;

/// Objects in work at a time: what the death of a process makes suspect at most.
const IN_WORK_MAX: usize = 256;
/// How often the journal is written while anything is in work.
const BEAT: Duration = Duration::from_secs(1);

/// The attempts of this process; clones are one.
#[derive(Clone)]
pub struct Attempts {
    shared: Rc<Shared>,
}

struct Shared {
    journals: WorkJournals,
    journal: Journal,
    deaths: Mutex<Deaths>,
    /// Work on suspect objects excludes all other work.
    alone: std::sync::Arc<RwLock<()>>,
    room: Semaphore,
    /// Objects that were answered although processes had died over them.
    survived: RefCell<Vec<String>>,
}

/// Work on an object; it has ended when this is dropped.
pub struct Attempt<'a> {
    shared: &'a Shared,
    sha256: String,
    _turn: Turn,
    _room: SemaphorePermit<'a>,
}

/// Held for as long as the work takes.
#[expect(dead_code, reason = "the guards are there to be dropped")]
enum Turn {
    Beside(OwnedRwLockReadGuard<()>),
    Alone(OwnedRwLockWriteGuard<()>),
}

impl Attempts {
    /// Nothing in work.
    pub fn new(journals: WorkJournals) -> Self {
        Self {
            shared: Rc::new(Shared {
                journal: Journal::new(journals.clone()),
                journals,
                deaths: Mutex::default(),
                alone: std::sync::Arc::default(),
                room: Semaphore::new(IN_WORK_MAX),
                survived: RefCell::default(),
            }),
        }
    }

    /// Keeps the journal as long as the actor lives; run it on a task.
    pub async fn keep_journal(self) {
        loop {
            if let Err(error) = self.shared.journal.beat().await {
                tracing::debug!(event = "work_journal_not_written", service = "inference", %error);
            }
            let survived = self.shared.survived.take();
            if !survived.is_empty()
                && let Err(error) = self.shared.deaths.lock().await.forget(survived, &self.shared.journals).await
            {
                tracing::debug!(event = "work_journal_left", service = "inference", %error);
            }
            tokio::time::sleep(BEAT).await;
        }
    }

    /// Notes that the work on an object is done, whatever its stages: the deaths over it had another cause.
    pub fn survived(&self, sha256: &str) {
        self.shared.survived.borrow_mut().push(sha256.to_owned());
    }

    /// Removes the journal of a process that ends in order: what it worked on comes again, and does not count as a death.
    pub async fn close(self) {
        if let Err(error) = self.shared.journal.close().await {
            tracing::warn!(event = "work_journal_left", service = "inference", %error);
        }
    }

    /// Begins work on an object; waits until the store knows of it.
    ///
    /// # Errors
    /// Three processes died over it, or that is not known yet.
    pub async fn begin(&self, sha256: &str, object: &str) -> Result<Attempt<'_>, ClaimError> {
        let shared = &*self.shared;
        let deaths = shared.deaths_over(sha256).await?;
        if deaths.len() >= ATTEMPT_LIMIT as usize {
            return Err(ClaimError::RejectedForGood(format!(
                "object {object} was given up: {} processes died while they worked on it: {}; remove it, or make it smaller",
                deaths.len(),
                deaths.join("; ")
            )));
        }
        let turn = match deaths.is_empty() {
            true => Turn::Beside(shared.alone.clone().read_owned().await),
            false => {
                let alone = shared.alone.clone().write_owned().await;
                tracing::warn!(event = "work_after_death", service = "inference", object, deaths = deaths.len());
                shared.journal.drop_ended();
                Turn::Alone(alone)
            }
        };
        let closed = |_| ClaimError::Retry("the node is stopping".into());
        let room = shared.room.acquire().await.map_err(closed)?;
        shared.journal.begin(sha256, object);
        let attempt = Attempt { shared, sha256: sha256.to_owned(), _turn: turn, _room: room };
        shared.journal.stored(sha256).await.map_err(|error| {
            ClaimError::Retry(format!("the work on object {object} could not be noted in the store: {error}"))
        })?;
        fail::fail_point!("claim-in-work");
        Ok(attempt)
    }
}

impl Shared {
    async fn deaths_over(&self, sha256: &str) -> Result<Vec<String>, ClaimError> {
        let mut deaths = self.deaths.lock().await;
        if deaths.is_stale(Instant::now()) {
            match deaths.look(&self.journals).await {
                Err(error) if error.is_outage() => return Err(ClaimError::Retry(error.to_string())),
                // without the right to look, this node counts no deaths
                Err(error) => tracing::debug!(event = "work_journals_refused", service = "inference", %error),
                Ok(()) => {}
            }
        }
        match deaths.of(sha256, &self.journals.me().node, Instant::now()) {
            History::Clean => Ok(Vec::new()),
            History::Deaths(lives) => Ok(lives),
            History::Unknown => Err(ClaimError::Retry("another process may still work on its object".into())),
        }
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        self.shared.journal.end(&self.sha256);
    }
}
