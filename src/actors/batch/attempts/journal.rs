//! What this process works on. An entry counts once it is stored; it is dropped from the journal some time after its work ended, so that
//! removing it costs no write of its own.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::storage::{StorageError, WorkInHand, WorkJournals};

/// How long a write waits for further entries.
const LINGER: Duration = Duration::from_millis(20);
/// How long the entry of work that ended is kept: its next stage, or the same object again, then needs no write.
const KEPT: Duration = Duration::from_secs(1);
/// How long a store that refused a request of this kind is not asked again: rights are given by people.
pub const REFUSED_PAUSE: Duration = Duration::from_secs(300);

/// The journal of this process.
pub struct Journal {
    journals: WorkJournals,
    entries: RefCell<BTreeMap<String, Entry>>,
    /// Its holder writes, for all that wait for it.
    turn: Arc<Mutex<()>>,
    /// Whether the store may hold an object of this process.
    is_stored: Cell<bool>,
    beat: Cell<u64>,
    /// Whether the process ends in order, and writes nothing more.
    is_closed: Cell<bool>,
    /// When a write last failed, and why: who waited by then shares the failure.
    failed: RefCell<Option<(Instant, String)>>,
    /// When the store last refused this process the right to write or to remove.
    refused: Cell<Option<Instant>>,
}

struct Entry {
    object: String,
    /// Each piece of work on the object holds a clone.
    in_work: InWork,
    /// When the journal first found no work on the object.
    ended: Option<Instant>,
    is_stored: bool,
}

/// Work on an entry: it goes on until the last clone is dropped, on whatever thread.
pub type InWork = Arc<()>;

impl Entry {
    fn is_active(&self) -> bool {
        Arc::strong_count(&self.in_work) > 1
    }
}

impl Journal {
    /// Nothing in work; an earlier actor of this process may have left an object.
    pub fn new(journals: WorkJournals) -> Self {
        Self {
            journals,
            entries: RefCell::default(),
            turn: Arc::default(),
            is_stored: Cell::new(true),
            beat: Cell::default(),
            is_closed: Cell::default(),
            failed: RefCell::default(),
            refused: Cell::default(),
        }
    }

    /// Adds an entry; hold the answer for as long as the work takes.
    pub fn begin(&self, sha256: &str, object: &str) -> InWork {
        let mut entries = self.entries.borrow_mut();
        let new = || Entry { object: object.to_owned(), in_work: InWork::default(), ended: None, is_stored: false };
        let entry = entries.entry(sha256.to_owned()).or_insert_with(new);
        entry.ended = None;
        entry.in_work.clone()
    }

    /// Drops what is not worked on now, so that the next write lists nothing else.
    pub fn drop_ended(&self) {
        self.entries.borrow_mut().retain(|_, entry| entry.is_active());
    }

    /// Waits until the store has this entry. The first caller writes for all that wait.
    ///
    /// # Errors
    /// The store is away. A store that does not allow the write is said in the log, and the work goes on without the record of it.
    pub async fn stored(&self, sha256: &str) -> Result<(), String> {
        if self.is_refused() {
            return Ok(());
        }
        let asked = Instant::now();
        let turn = self.turn.clone().lock_owned().await;
        if self.is_refused() || self.entries.borrow().get(sha256).is_some_and(|entry| entry.is_stored) {
            return Ok(());
        }
        if let Some((at, error)) = &*self.failed.borrow()
            && *at >= asked
        {
            return Err(error.clone());
        }
        tokio::time::sleep(LINGER).await;
        match self.write(turn).await {
            Ok(()) => Ok(()),
            Err(error) if error.is_outage() => {
                self.failed.replace(Some((Instant::now(), error.to_string())));
                Err(error.to_string())
            }
            Err(error) => {
                self.note_refusal(&error);
                Ok(())
            }
        }
    }

    /// Writes the journal again, or removes it where nothing is in work.
    pub async fn beat(&self) -> Result<(), StorageError> {
        let turn = self.turn.clone().lock_owned().await;
        let now = Instant::now();
        self.entries.borrow_mut().retain(|_, entry| {
            entry.ended = if entry.is_active() { None } else { entry.ended.or(Some(now)) };
            entry.ended.is_none_or(|ended| now.duration_since(ended) < KEPT)
        });
        if !self.is_stored.get() || self.is_closed.get() || self.is_refused() {
            return Ok(());
        }
        let is_empty = self.entries.borrow().is_empty();
        let kept = match is_empty {
            true => self.journals.remove(&self.journals.me().life).await,
            false => self.write(turn).await,
        };
        match kept {
            // no write comes between: this holds the turn
            Ok(()) if is_empty => self.is_stored.set(false),
            Ok(()) => {}
            Err(error) if error.is_outage() => return Err(error),
            Err(error) => self.note_refusal(&error),
        }
        Ok(())
    }

    /// Removes the journal for good: what was in work comes again, and does not count as a death.
    pub async fn close(&self) -> Result<(), StorageError> {
        self.is_closed.set(true);
        let _turn = self.turn.lock().await;
        self.journals.remove(&self.journals.me().life).await
    }

    fn is_refused(&self) -> bool {
        self.refused.get().is_some_and(|at| at.elapsed() < REFUSED_PAUSE)
    }

    fn note_refusal(&self, error: &StorageError) {
        self.refused.set(Some(Instant::now()));
        tracing::warn!(
            event = "work_journal_refused",
            service = "inference",
            %error,
            "an object that kills this process is not given up: allow the node to write and delete under claims-in-work/ in its bucket mlflow; it tries again in {} s",
            REFUSED_PAUSE.as_secs()
        );
    }

    /// Writes all entries. The write goes on, and keeps the turn, when its caller gives up: it must not come after a removal.
    async fn write(&self, turn: OwnedMutexGuard<()>) -> Result<(), StorageError> {
        if self.is_closed.get() {
            return Err(StorageError::Stopping);
        }
        let work =
            |(sha256, entry): (&String, &Entry)| WorkInHand { sha256: sha256.clone(), object: entry.object.clone() };
        let works: Vec<WorkInHand> = self.entries.borrow().iter().map(work).collect();
        self.is_stored.set(true);
        self.beat.set(self.beat.get() + 1);
        let (journals, listed, beat) = (self.journals.clone(), works.clone(), self.beat.get());
        let writing = tokio::task::spawn_local(async move {
            let _turn = turn;
            journals.write(listed, beat).await
        });
        writing.await.unwrap_or(Err(StorageError::Stopping))?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::{LeaseOwner, ObjectStore, ObjectStoreConfig};
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    fn journal(endpoint: &str) -> Journal {
        let objects = ObjectStore::new(ObjectStoreConfig::at(endpoint, "key", "secret"));
        Journal::new(WorkJournals::new(objects, LeaseOwner { node: "n".into(), life: "l".into() }))
    }

    /// A store that lets nobody in, and the requests that it got.
    async fn forbidding_store() -> (String, Arc<AtomicUsize>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let (address, requests) = (listener.local_addr().expect("bound"), Arc::new(AtomicUsize::new(0)));
        let counted = requests.clone();
        tokio::task::spawn_local(async move {
            while let Ok((mut connection, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::Relaxed);
                let mut request = [0; 4096];
                let _ = connection.read(&mut request).await;
                let body = "<Error><Code>AccessDenied</Code><Message>no</Message></Error>";
                let head =
                    format!("HTTP/1.1 403 Forbidden\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
                let _ = connection.write_all((head + body).as_bytes()).await;
            }
        });
        (format!("http://{address}"), requests)
    }

    #[tokio::test]
    async fn a_store_that_refuses_the_journal_is_not_asked_at_every_beat_nor_for_every_object() {
        let asking = async {
            let (endpoint, requests) = forbidding_store().await;
            let journal = journal(&endpoint);
            journal.beat().await.expect("a refusal is no outage");
            let first = requests.load(Ordering::Relaxed);
            assert!(first > 0, "it was tried");
            for at in 0..10 {
                let _in_work = journal.begin(&at.to_string(), "a.csv");
                journal.stored(&at.to_string()).await.expect("the work goes on");
                journal.beat().await.expect("a refusal is no outage");
            }
            assert_eq!(requests.load(Ordering::Relaxed), first);
        };
        tokio::task::LocalSet::new().run_until(asking).await;
    }

    #[tokio::test]
    async fn an_entry_stays_until_the_last_who_works_on_it_has_ended_on_whatever_thread() {
        let journal = journal("http://127.0.0.1:9");
        let (here, there) = (journal.begin("bomb", "a.csv"), journal.begin("bomb", "a.csv"));
        drop(here);
        journal.drop_ended();
        assert!(journal.entries.borrow().contains_key("bomb"));
        std::thread::spawn(move || drop(there)).join().expect("it ends");
        journal.drop_ended();
        assert!(journal.entries.borrow().is_empty());
    }
}
