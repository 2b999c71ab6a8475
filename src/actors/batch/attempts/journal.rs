//! What this process works on. An entry counts once it is stored; it is dropped from the journal some time after its work ended, so that
//! removing it costs no write of its own.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use tokio::sync::Mutex;

use crate::storage::{StorageError, WorkInHand, WorkJournals};

/// How long a write waits for further entries.
const LINGER: Duration = Duration::from_millis(20);
/// How long the entry of work that ended is kept: its next stage, or the same object again, then needs no write.
const KEPT: Duration = Duration::from_secs(1);

/// The journal of this process.
pub struct Journal {
    journals: WorkJournals,
    entries: RefCell<BTreeMap<String, Entry>>,
    /// Its holder writes, for all that wait for it.
    turn: Mutex<()>,
    /// Whether the store may hold an object of this process.
    is_stored: Cell<bool>,
    beat: Cell<u64>,
    /// Whether the process ends in order, and writes nothing more.
    is_closed: Cell<bool>,
    /// When a write last failed, and why: who waited by then shares the failure.
    failed: RefCell<Option<(Instant, String)>>,
}

struct Entry {
    object: String,
    /// How many work on it.
    active: usize,
    ended: Instant,
    is_stored: bool,
}

impl Journal {
    /// Nothing in work; an earlier actor of this process may have left an object.
    pub fn new(journals: WorkJournals) -> Self {
        Self {
            journals,
            entries: RefCell::default(),
            turn: Mutex::default(),
            is_stored: Cell::new(true),
            beat: Cell::default(),
            is_closed: Cell::default(),
            failed: RefCell::default(),
        }
    }

    /// Adds an entry; call `end` for each `begin`.
    pub fn begin(&self, sha256: &str, object: &str) {
        let mut entries = self.entries.borrow_mut();
        let new = || Entry { object: object.to_owned(), active: 0, ended: Instant::now(), is_stored: false };
        entries.entry(sha256.to_owned()).or_insert_with(new).active += 1;
    }

    /// Ends the work on an entry.
    pub fn end(&self, sha256: &str) {
        if let Some(entry) = self.entries.borrow_mut().get_mut(sha256) {
            entry.active -= 1;
            entry.ended = Instant::now();
        }
    }

    /// Drops what is not worked on now, so that the next write lists nothing else.
    pub fn drop_ended(&self) {
        self.entries.borrow_mut().retain(|_, entry| entry.active > 0);
    }

    /// Waits until the store has this entry. The first caller writes for all that wait.
    ///
    /// # Errors
    /// The store is away. A store that does not allow the write is said in the log, and the work goes on without the record of it.
    pub async fn stored(&self, sha256: &str) -> Result<(), String> {
        let asked = Instant::now();
        let _turn = self.turn.lock().await;
        if self.entries.borrow().get(sha256).is_some_and(|entry| entry.is_stored) {
            return Ok(());
        }
        if let Some((at, error)) = &*self.failed.borrow()
            && *at >= asked
        {
            return Err(error.clone());
        }
        tokio::time::sleep(LINGER).await;
        match self.write().await {
            Ok(()) => Ok(()),
            Err(error) if error.is_outage() => {
                self.failed.replace(Some((Instant::now(), error.to_string())));
                Err(error.to_string())
            }
            Err(error) => {
                tracing::warn!(
                    event = "work_journal_refused",
                    service = "inference",
                    %error,
                    "an object that kills this process is not given up: allow the node to write to claims-in-work/ in its bucket mlflow"
                );
                Ok(())
            }
        }
    }

    /// Writes the journal again, or removes it where nothing is in work.
    pub async fn beat(&self) -> Result<(), StorageError> {
        let _turn = self.turn.lock().await;
        let now = Instant::now();
        let is_kept = |entry: &Entry| entry.active > 0 || now.duration_since(entry.ended) < KEPT;
        self.entries.borrow_mut().retain(|_, entry| is_kept(entry));
        if !self.is_stored.get() || self.is_closed.get() {
            return Ok(());
        }
        if self.entries.borrow().is_empty() {
            self.journals.remove(&self.journals.me().life).await?;
            // no write comes between: this holds the turn
            self.is_stored.set(false);
        } else {
            self.write().await?;
        }
        Ok(())
    }

    /// Removes the journal for good: what was in work comes again, and does not count as a death.
    pub async fn close(&self) -> Result<(), StorageError> {
        self.is_closed.set(true);
        let _turn = self.turn.lock().await;
        self.journals.remove(&self.journals.me().life).await
    }

    async fn write(&self) -> Result<(), StorageError> {
        if self.is_closed.get() {
            return Err(StorageError::Stopping);
        }
        let work =
            |(sha256, entry): (&String, &Entry)| WorkInHand { sha256: sha256.clone(), object: entry.object.clone() };
        let works: Vec<WorkInHand> = self.entries.borrow().iter().map(work).collect();
        self.is_stored.set(true);
        self.beat.set(self.beat.get() + 1);
        self.journals.write(works.clone(), self.beat.get()).await?;
        let mut entries = self.entries.borrow_mut();
        // an entry that was dropped and added again meanwhile has the same name, and the store has it
        for work in works {
            if let Some(entry) = entries.get_mut(&work.sha256) {
                entry.is_stored = true;
            }
        }
        Ok(())
    }
}
