//! The right to work on an object: it is in the journal, and no object that a process died over is worked on beside another.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{Mutex, OwnedRwLockReadGuard, OwnedRwLockWriteGuard, OwnedSemaphorePermit, RwLock, Semaphore};

use crate::actors::batch::claim_error::ClaimError;
use crate::storage::{ATTEMPT_LIMIT, WorkJournals};

use super::deaths::{Death, Deaths, History};
use super::journal::{InWork, Journal};

/// Objects in work at a time: what the death of a process makes suspect at most.
const IN_WORK_MAX: usize = 256;
/// Deaths that an object must have caused as the only one in work before it is given up: a death with several in work accuses them all.
const ALONE_MIN: usize = 2;
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
    alone: Arc<RwLock<()>>,
    room: Arc<Semaphore>,
    /// Objects that were answered although processes had died over them.
    survived: RefCell<Vec<String>>,
}

/// Work on an object; it has ended when this is dropped, on whatever thread.
pub struct Attempt {
    _in_work: InWork,
    _turn: Turn,
    _room: OwnedSemaphorePermit,
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
                alone: Arc::default(),
                room: Arc::new(Semaphore::new(IN_WORK_MAX)),
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
    pub async fn begin(&self, sha256: &str, object: &str) -> Result<Attempt, ClaimError> {
        let shared = &*self.shared;
        let deaths = shared.deaths_over(sha256).await?;
        if is_given_up(&deaths) {
            let stories: Vec<&str> = deaths.iter().map(|death| death.story.as_str()).collect();
            return Err(ClaimError::rejected_for_good(format!(
                "object {object} was given up: {} processes died while they worked on it: {}; remove it, or make it smaller",
                deaths.len(),
                stories.join("; ")
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
        let room = shared.room.clone().acquire_owned().await.map_err(closed)?;
        let attempt = Attempt { _in_work: shared.journal.begin(sha256, object), _turn: turn, _room: room };
        shared.journal.stored(sha256).await.map_err(|error| {
            ClaimError::Retry(format!("the work on object {object} could not be noted in the store: {error}"))
        })?;
        fail::fail_point!("claim-in-work");
        Ok(attempt)
    }
}

impl Shared {
    async fn deaths_over(&self, sha256: &str) -> Result<Vec<Death>, ClaimError> {
        let mut deaths = self.deaths.lock().await;
        if deaths.is_stale(Instant::now()) {
            match deaths.look(&self.journals).await {
                Err(error) if error.is_outage() => return Err(ClaimError::Retry(error.to_string())),
                // without the right to look, this node counts no deaths
                Err(error) => {
                    deaths.note_refusal(Instant::now());
                    tracing::warn!(event = "work_journals_refused", service = "inference", %error);
                }
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

/// Whether an object is not worked on any more: it was in work at so many deaths, and at enough of them no other was.
fn is_given_up(deaths: &[Death]) -> bool {
    let alone = deaths.iter().filter(|death| death.is_alone).count();
    deaths.len() >= ATTEMPT_LIMIT as usize && alone >= ALONE_MIN
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deaths_beside_others_never_give_an_object_up_and_three_of_which_two_are_its_own_do() {
        let deaths = |alone: &[bool]| -> Vec<Death> {
            alone.iter().map(|&is_alone| Death { story: String::new(), is_alone }).collect()
        };
        assert!(!is_given_up(&deaths(&[false; 10])), "whoever killed them is not known");
        assert!(!is_given_up(&deaths(&[true, true])) && !is_given_up(&deaths(&[false, false, true])));
        assert!(is_given_up(&deaths(&[false, true, true])) && is_given_up(&deaths(&[true; 3])));
    }
}
