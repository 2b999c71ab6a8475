//! The writer of log segments: lines of many claims in one object, which is closed by 1 MB, 256 lines or 250 ms, and takes along what
//! waits already, up to 8 MB. Who hands in a line hears when its segment is stored, and under which key; nothing is announced before.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

use crate::storage::InferenceLog;

/// Bytes at which a segment is closed.
const SEGMENT_MAX_BYTES: usize = 1 << 20;
/// Bytes at which it is, though further lines wait already.
const SEGMENT_HELD_BYTES: usize = 8 << 20;
/// Lines at which it is: so many claims wait for it, and a bound of claims in hand must not have all of them wait for its age.
const SEGMENT_MAX_LINES: usize = 256;
/// How long a segment waits for further lines.
const LINGER: Duration = Duration::from_millis(250);
/// How long a store that is away is tried before the claims of a segment are handed back.
const PATIENCE: Duration = Duration::from_secs(10);

/// Takes lines, by the series that they are about.
pub struct SegmentLog {
    log: InferenceLog,
    writers: RefCell<HashMap<String, mpsc::UnboundedSender<Line>>>,
    tasks: RefCell<JoinSet<()>>,
    open: Rc<Open>,
}

/// How the segments stand.
#[derive(Default)]
struct Open {
    lines: Cell<usize>,
    bytes: Cell<usize>,
    stored: Cell<u64>,
}

/// How the segments stand, for people.
pub struct SegmentState {
    /// Lines that are not stored yet.
    pub lines: usize,
    /// Their bytes.
    pub bytes: usize,
    /// Segments stored since the actor started.
    pub stored: u64,
}

struct Line {
    text: String,
    stored: oneshot::Sender<Result<Rc<str>, NotStored>>,
}

/// Why a line is not in the store; its claim comes again.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the log segment was not stored: {0}")]
pub struct NotStored(Rc<str>);

impl SegmentLog {
    /// No segment open yet.
    pub fn new(log: InferenceLog) -> Self {
        Self { log, writers: RefCell::default(), tasks: RefCell::default(), open: Rc::default() }
    }

    /// Puts a line into the open segment of a series, and waits until that is stored; answers with its key.
    pub async fn append(&self, identifier: &str, text: String) -> Result<Rc<str>, NotStored> {
        let (stored, answer) = oneshot::channel();
        self.open.lines.set(self.open.lines.get() + 1);
        self.open.bytes.set(self.open.bytes.get() + text.len());
        // a writer ends with this log only, and drops what it has
        let _ = self.writer(identifier).send(Line { text, stored });
        answer.await.unwrap_or_else(|_| Err(NotStored("the node is stopping".into())))
    }

    /// How it stands.
    pub fn state(&self) -> SegmentState {
        SegmentState { lines: self.open.lines.get(), bytes: self.open.bytes.get(), stored: self.open.stored.get() }
    }

    fn writer(&self, identifier: &str) -> mpsc::UnboundedSender<Line> {
        let mut writers = self.writers.borrow_mut();
        let writer = writers.entry(identifier.to_owned()).or_insert_with(|| {
            let (sender, lines) = mpsc::unbounded_channel();
            let writing = write(self.log.clone(), identifier.to_owned(), lines, self.open.clone());
            self.tasks.borrow_mut().spawn_local(writing);
            sender
        });
        writer.clone()
    }
}

/// Writes one segment after the other; lines that come meanwhile are the next one's.
async fn write(log: InferenceLog, identifier: String, mut lines: mpsc::UnboundedReceiver<Line>, open: Rc<Open>) {
    while let Some(first) = lines.recv().await {
        let segment = fill(first, &mut lines).await;
        open.lines.set(open.lines.get() - segment.len());
        open.bytes.set(open.bytes.get() - segment.iter().map(|line| line.text.len()).sum::<usize>());
        // nobody waits for a claim that was given up: it comes again
        let wanted: Vec<Line> = segment.into_iter().filter(|line| !line.stored.is_closed()).collect();
        if wanted.is_empty() {
            continue;
        }
        let stored = store(&log, &identifier, &wanted).await;
        fail::fail_point!("log-segment-stored");
        open.stored.set(open.stored.get() + u64::from(stored.is_ok()));
        for line in wanted {
            // it may have been given up while the segment was written: it comes again, too
            let _ = line.stored.send(stored.clone());
        }
    }
}

/// The lines of a segment: it is closed by its size, or by the age of its first line. What waits already, because the store is slow,
/// goes into it all the same.
async fn fill(first: Line, lines: &mut mpsc::UnboundedReceiver<Line>) -> Vec<Line> {
    let close_at = Instant::now() + LINGER;
    let mut bytes = first.text.len();
    let mut segment = vec![first];
    while bytes < SEGMENT_HELD_BYTES {
        let is_full = bytes >= SEGMENT_MAX_BYTES || segment.len() >= SEGMENT_MAX_LINES;
        let line = match lines.try_recv() {
            Ok(line) => line,
            Err(_) if is_full => break,
            Err(_) => match timeout_at(close_at, lines.recv()).await {
                Ok(Some(line)) => line,
                Ok(None) | Err(_) => break,
            },
        };
        bytes += line.text.len();
        segment.push(line);
    }
    segment
}

async fn store(log: &InferenceLog, identifier: &str, lines: &[Line]) -> Result<Rc<str>, NotStored> {
    let text: Bytes = lines.iter().map(|line| line.text.as_str()).collect::<String>().into();
    let day = chrono::Utc::now().format("%Y%m%d").to_string();
    let given_up_at = Instant::now() + PATIENCE;
    let mut pauses = ExponentialBuilder::default().with_max_delay(Duration::from_secs(2)).without_max_times().build();
    loop {
        let failed = match timeout_at(given_up_at, log.append(identifier, &day, text.clone())).await {
            Ok(Ok(key)) => return Ok(key.into()),
            Ok(Err(error)) => error,
            Err(_) => return Err(NotStored(format!("no answer within {} s", PATIENCE.as_secs()).into())),
        };
        let pause = pauses.next().unwrap_or_default();
        if !failed.is_outage() || Instant::now() + pause >= given_up_at {
            return Err(NotStored(failed.to_string().into()));
        }
        tokio::time::sleep(pause).await;
    }
}
