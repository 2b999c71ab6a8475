//! What a workload asked of the store, what the store did to its files, and what it acknowledged: in one order.

use std::collections::BTreeMap;
use std::fmt::{self, Display};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread::ThreadId;

use bytes::Bytes;
use flts::embedded::{FileOperation, Observer};

/// A file operation; paths are relative to the folder that holds the store's. A sync ends in the thread in which it began.
#[derive(Clone, Debug)]
pub enum Operation {
    CreateFolder(PathBuf),
    RemoveFolder(PathBuf),
    SyncFolder(PathBuf, ThreadId),
    FolderSynced(PathBuf, ThreadId),
    CreateFile(PathBuf),
    Append(PathBuf, Bytes),
    SyncFile(PathBuf, ThreadId),
    FileSynced(PathBuf, ThreadId),
    Rename(PathBuf, PathBuf),
    RemoveFile(PathBuf),
}

/// A bucket, or an object in it.
pub type Subject = (String, Option<String>);

/// A change that a client asked for.
#[derive(Clone, Debug)]
pub struct ApiRequest {
    pub subject: Subject,
    pub change: Change,
}

/// What the subject is afterwards.
#[derive(Clone, Debug)]
pub enum Change {
    /// There, with these bytes; the ETag is known once the call was acknowledged. A bucket has no bytes.
    Present { bytes: Bytes, etag: String },
    /// Not there.
    Absent,
}

impl Change {
    /// The ETag afterwards, if there is an object.
    pub fn etag(&self) -> Option<&str> {
        match self {
            Self::Present { etag, .. } => Some(etag),
            Self::Absent => None,
        }
    }
}

#[derive(Clone, Debug)]
pub enum Event {
    Did(Operation),
    Begun(usize),
    Ended {
        call: usize,
        /// Whether it changed anything: a condition may not have held.
        applied: bool,
    },
    /// Another client read the object and found this ETag, or no object.
    Seen {
        subject: Subject,
        etag: Option<String>,
    },
}

#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    calls: Vec<ApiRequest>,
    events: Vec<Event>,
}

impl Log {
    /// An observer that keeps every operation below `base`.
    pub fn observer(&self, base: &Path) -> Observer {
        let (log, base) = (self.clone(), base.to_owned());
        Arc::new(move |operation| {
            if let Some(operation) = Operation::below(&base, operation) {
                log.0.lock().unwrap().events.push(Event::Did(operation));
            }
        })
    }

    pub fn begin(&self, subject: Subject, change: Change) -> usize {
        let mut inner = self.0.lock().unwrap();
        inner.calls.push(ApiRequest { subject, change });
        let call = inner.calls.len() - 1;
        inner.events.push(Event::Begun(call));
        call
    }

    /// The call was answered: with the ETag of what it wrote, if it wrote, or by nothing, if its condition did not hold.
    pub fn end(&self, call: usize, answer: Option<String>) {
        let mut inner = self.0.lock().unwrap();
        inner.events.push(Event::Ended { call, applied: answer.is_some() });
        if let (Change::Present { etag, .. }, Some(told)) = (&mut inner.calls[call].change, answer) {
            *etag = told;
        }
    }

    pub fn see(&self, subject: Subject, etag: Option<String>) {
        self.0.lock().unwrap().events.push(Event::Seen { subject, etag });
    }

    pub fn events(&self) -> Vec<Event> {
        self.0.lock().unwrap().events.clone()
    }

    pub fn call(&self, call: usize) -> ApiRequest {
        self.0.lock().unwrap().calls[call].clone()
    }
}

/// Which calls may be the last that each subject has seen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Expected(BTreeMap<Subject, Possible>);

/// Calls about one subject are made one after the other.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Possible {
    acknowledged: Option<usize>,
    under_way: Option<usize>,
}

impl Expected {
    pub fn begin(&mut self, subject: Subject, call: usize) {
        let possible = self.0.entry(subject).or_default();
        assert_eq!(possible.under_way.replace(call), None, "calls about one subject do not overlap");
    }

    pub fn end(&mut self, subject: Subject, call: usize, applied: bool) {
        let possible = self.0.get_mut(&subject).unwrap();
        possible.under_way = None;
        if applied {
            possible.acknowledged = Some(call);
        }
    }

    /// What somebody has seen is as good as acknowledged: it must not be taken back.
    pub fn see(&mut self, subject: &Subject, is_result_of: impl Fn(usize) -> bool) {
        let Some(possible) = self.0.get_mut(subject) else { return };
        if let Some(call) = possible.under_way.filter(|call| is_result_of(*call)) {
            possible.acknowledged = Some(call);
        }
    }

    /// Each subject, and what it may be now: no call at all means that it was never there.
    pub fn possible(&self) -> impl Iterator<Item = (&Subject, Vec<Option<usize>>)> {
        self.0.iter().map(|(subject, possible)| {
            let mut calls = vec![possible.acknowledged];
            calls.extend(possible.under_way.map(Some));
            (subject, calls)
        })
    }
}

impl Operation {
    fn below(base: &Path, operation: FileOperation<'_>) -> Option<Self> {
        let thread = std::thread::current().id();
        let below = |path: &Path| path.strip_prefix(base).ok().map(Path::to_owned);
        Some(match operation {
            FileOperation::CreateFolder(path) => Self::CreateFolder(below(path)?),
            FileOperation::RemoveFolder(path) => Self::RemoveFolder(below(path)?),
            FileOperation::SyncFolder(path) => Self::SyncFolder(below(path)?, thread),
            FileOperation::FolderSynced(path) => Self::FolderSynced(below(path)?, thread),
            FileOperation::CreateFile(path) => Self::CreateFile(below(path)?),
            FileOperation::Append(path, bytes) => Self::Append(below(path)?, Bytes::copy_from_slice(bytes)),
            FileOperation::SyncFile(path) => Self::SyncFile(below(path)?, thread),
            FileOperation::FileSynced(path) => Self::FileSynced(below(path)?, thread),
            FileOperation::Rename { from, to } => Self::Rename(below(from)?, below(to)?),
            FileOperation::RemoveFile(path) => Self::RemoveFile(below(path)?),
        })
    }
}

impl Display for Operation {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Append(path, bytes) => write!(out, "Append {} bytes to {}", bytes.len(), path.display()),
            other => write!(out, "{other:?}"),
        }
    }
}
