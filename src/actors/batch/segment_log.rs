//! The writer of log segments: one object with the lines of many claims. A segment is closed at 1 MB, at 256 lines or after 250 ms; lines
//! that wait already are added to it up to 8 MB. A line counts as written once its segment is stored, and its writer then learns the key.

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
/// Bytes at which a segment is closed though further lines wait already.
const SEGMENT_HARD_MAX_BYTES: usize = 8 << 20;
/// Lines at which a segment is closed. A claim waits for each, and all claims in flight must not wait for the age of one segment.
const SEGMENT_MAX_LINES: usize = 256;
/// How long a segment waits for further lines.
const LINGER: Duration = Duration::from_millis(250);
/// How long a segment is offered to a store that is away before its claims are handed back.
const STORE_MAX: Duration = Duration::from_secs(10);

/// Writes the lines of each series into segments of its own.
pub struct SegmentLog {
    log: InferenceLog,
    writers: RefCell<HashMap<String, mpsc::UnboundedSender<Line>>>,
    tasks: RefCell<JoinSet<()>>,
    counts: Rc<Counts>,
}

/// Lines that wait, and segments stored.
#[derive(Default)]
struct Counts {
    lines: Cell<usize>,
    bytes: Cell<usize>,
    stored: Cell<u64>,
}

/// Lines that wait, and segments stored, for the state of the actor.
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
        Self { log, writers: RefCell::default(), tasks: RefCell::default(), counts: Rc::default() }
    }

    /// Adds a line to the open segment of a series, and waits until the segment is stored; answers with its key.
    pub async fn append(&self, identifier: &str, text: String) -> Result<Rc<str>, NotStored> {
        let (stored, answer) = oneshot::channel();
        self.counts.lines.set(self.counts.lines.get() + 1);
        self.counts.bytes.set(self.counts.bytes.get() + text.len());
        // a writer ends together with this log, and then drops its lines
        let _ = self.writer(identifier).send(Line { text, stored });
        answer.await.unwrap_or_else(|_| Err(NotStored("the node is stopping".into())))
    }

    /// Lines that wait, and segments stored.
    pub fn state(&self) -> SegmentState {
        SegmentState {
            lines: self.counts.lines.get(),
            bytes: self.counts.bytes.get(),
            stored: self.counts.stored.get(),
        }
    }

    fn writer(&self, identifier: &str) -> mpsc::UnboundedSender<Line> {
        let mut writers = self.writers.borrow_mut();
        let writer = writers.entry(identifier.to_owned()).or_insert_with(|| {
            let (sender, lines) = mpsc::unbounded_channel();
            let writing = write(self.log.clone(), identifier.to_owned(), lines, self.counts.clone());
            self.tasks.borrow_mut().spawn_local(writing);
            sender
        });
        writer.clone()
    }
}

/// Writes one segment after the other; lines that come while one is stored go into the next one.
async fn write(log: InferenceLog, identifier: String, mut lines: mpsc::UnboundedReceiver<Line>, counts: Rc<Counts>) {
    while let Some(first) = lines.recv().await {
        let segment = fill(first, &mut lines).await;
        counts.lines.set(counts.lines.get() - segment.len());
        counts.bytes.set(counts.bytes.get() - segment.iter().map(|line| line.text.len()).sum::<usize>());
        // the line of a claim that was handed back is not written: the claim comes again
        let wanted: Vec<Line> = segment.into_iter().filter(|line| !line.stored.is_closed()).collect();
        if wanted.is_empty() {
            continue;
        }
        let stored = store(&log, &identifier, &wanted).await;
        fail::fail_point!("log-segment-stored");
        counts.stored.set(counts.stored.get() + u64::from(stored.is_ok()));
        for line in wanted {
            // so does a claim that was handed back while its segment was stored
            let _ = line.stored.send(stored.clone());
        }
    }
}

/// The lines of a segment. It is closed by its size or by the age of its first line; lines that wait already, because the store is slow,
/// are added all the same.
async fn fill(first: Line, lines: &mut mpsc::UnboundedReceiver<Line>) -> Vec<Line> {
    let close_at = Instant::now() + LINGER;
    let mut bytes = first.text.len();
    let mut segment = vec![first];
    while bytes < SEGMENT_HARD_MAX_BYTES {
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
    let given_up_at = Instant::now() + STORE_MAX;
    let mut pauses = ExponentialBuilder::default().with_max_delay(Duration::from_secs(2)).without_max_times().build();
    loop {
        let failed = match timeout_at(given_up_at, log.append(identifier, &day, text.clone())).await {
            Ok(Ok(key)) => return Ok(key.into()),
            Ok(Err(error)) => error,
            Err(_) => return Err(NotStored(format!("no answer within {} s", STORE_MAX.as_secs()).into())),
        };
        let pause = pauses.next().unwrap_or_default();
        if !failed.is_outage() || Instant::now() + pause >= given_up_at {
            return Err(NotStored(failed.to_string().into()));
        }
        tokio::time::sleep(pause).await;
    }
}
