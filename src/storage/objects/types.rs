use bytes::Bytes;

/// An object's bytes and the ETag that names this version of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// The whole body, its checksum verified where the store keeps one.
    pub bytes: Bytes,
    /// As the store sent it, quotes included; opaque.
    pub etag: String,
}

/// What must hold for a write to happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition<'a> {
    /// Write in any case.
    Always,
    /// Create: no object has this key.
    IfAbsent,
    /// Replace: the object has this ETag.
    IfMatch(&'a str),
}

/// How a write ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Put {
    /// Written and durable.
    Done {
        /// The new version's ETag.
        etag: String,
    },
    /// The condition did not hold: somebody else was first.
    Lost,
}

/// How a read that knows an older version ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fetched {
    /// Another version, or the first one seen.
    New(Object),
    /// Still the version the caller has.
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
