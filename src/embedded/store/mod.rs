//! A small crash-safe object store that speaks S3 on loopback.
//!
//! One object is one file: its bytes and its description together, so that a single rename publishes both. A write goes to a temporary
//! file, is checked against the checksums that its client sent, and is flushed to the disk. Only then, under the lock of its key, are its
//! conditions checked again and the file is renamed into place. An acknowledged write survives a power cut; a reader sees the old object
//! or the new one, never a mixture.
//!
//! Every change of a file goes through `disk`, where an observer can record it: the tests replay every prefix of the record, as a power
//! cut would leave it.
//!
//! * `assembly`: writes of bytes that the store has already: completed uploads and copies
//! * `backend`: creates, publishes, opens and deletes objects and buckets, in the order that makes them crash-safe
//! * `body`: the bytes of an object or a part on their way into a temporary file
//! * `checksums`: the checksums that a client sends, and those of the bytes
//! * `conditions`: `If-Match`, `If-None-Match`, `If-Modified-Since` and `If-Unmodified-Since`
//! * `disk`: every change of a file or folder
//! * `folders`: the folders of objects, and whether they survive a power cut
//! * `index`: all buckets and objects, in memory
//! * `layout`: where files lie under the store's folder
//! * `page`: one page of a listing
//! * `record`: the format of an object's file
//! * `recovery`: rebuilds the index at start
//! * `server`: the listener, its connections, and the requests that need an answer before the S3 operations
//! * `service`: the S3 operations
//! * `uploads`: multipart uploads that are under way

mod assembly;
mod backend;
mod body;
mod checksums;
mod conditions;
mod disk;
mod folders;
mod index;
mod layout;
mod page;
mod record;
mod recovery;
mod server;
mod service;
mod uploads;

pub use disk::{FileOperation, Observer};
pub use server::{Credentials, Store, StoreStartError};
