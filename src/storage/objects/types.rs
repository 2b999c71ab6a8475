//! The values that go into calls and come back: objects, conditions, outcomes.

use bytes::Bytes;

/// An object's bytes and the ETag that names this version of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// The whole body, its checksum verified where the store keeps one.
    pub bytes: Bytes,
    /// As the store sent it, quotes included; opaque.
    pub etag: String,
}

/// The precondition of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition<'a> {
    /// None: the write replaces whatever is there.
    Always,
    /// No object has this key.
    IfAbsent,
    /// The object has this ETag.
    IfMatch(&'a str),
}

/// The outcome of a write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Put {
    /// Written and durable.
    Done {
        /// The ETag of the new version.
        etag: String,
    },
    /// The condition did not hold: another writer was first.
    Lost,
}

/// The outcome of a read by a caller that may have a version already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fetched {
    /// A version that the caller does not have.
    New(Object),
    /// The caller has the present version.
    Unchanged,
    /// No object has this key.
    Absent,
}

/// One line of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The whole key, prefix included.
    pub key: String,
    /// Bytes of the body.
    pub size: u64,
    /// As [`Object::etag`].
    pub etag: String,
}

/// The first keys of a listing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyPage {
    /// In the order of their keys' bytes.
    pub entries: Vec<Entry>,
    /// Whether further keys follow.
    pub is_truncated: bool,
}

/// What lies directly in a folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Folder {
    /// The folders there, each as a prefix with a slash at its end.
    pub folders: Vec<String>,
    /// The objects there.
    pub entries: Vec<Entry>,
}

/// What a store does with a condition that does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConditionSupport {
    /// It keeps to every condition.
    Kept,
    /// It does not; the sentence says what it did instead.
    Broken(&'static str),
}
