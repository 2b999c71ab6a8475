//! A small crash-safe object store that speaks S3 on loopback.
//!
//! One object is one file: its bytes and its description together, so that a single rename publishes both. A write goes to a temporary
//! file, is checked against the checksum its client claims, flushed to the disk, and only then, under the key's lock, are its
//! conditions checked again and the file renamed into place. An acknowledged write survives a power cut; a reader sees the old
//! object or the new one, never a mixture.
//!
//! Every change of a file goes through `disk`, where it can be watched: the tests replay what they saw there to every prefix, as a
//! power cut would leave it.
//!
//! * `backend`: The steps that must happen in order: publish, open, delete
//! * `body`: The bytes of an object or of a part on their way into a temporary file
//! * `checksums`: What a client claims about its bytes, and what they really are
//! * `conditions`: `If-Match`, `If-None-Match`, `If-Modified-Since` and `If-Unmodified-Since`
//! * `disk`: The one door to the store's files: every change passes here, and whoever watches the store is told of each
//! * `folders`: The folders of objects: created when the first object needs one, and known to survive a power cut before it is used
//! * `index`: What exists, in memory and in the order of a listing
//! * `joining`: Bytes that the store has already: parts joined to an object, objects copied
//! * `layout`: Where files lie under the store's folder
//! * `listing`: One page of a listing: pure, on the ordered objects of a bucket
//! * `record`: The format of one object's file
//! * `recovery`: What happens at start: unfinished bodies are removed, the index is rebuilt, damaged files are set aside
//! * `server`: Connections to the embedded store, and requests refused before they reach the S3 operations
//! * `service`: The S3 operations, mapped onto the backend
//! * `uploads`: Multipart uploads that are under way

mod backend;
mod body;
mod checksums;
mod conditions;
mod disk;
mod folders;
mod index;
mod joining;
mod layout;
mod listing;
mod record;
mod recovery;
mod server;
mod service;
mod uploads;

pub use disk::{FileOperation, Observer};
pub use server::{Credentials, Store, StoreStartError};
