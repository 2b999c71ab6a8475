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
//! | file | what it holds |
//! |---|---|
//! | `server` | [`Store`]: listening, connections, stopping |
//! | `service` | the S3 operations, mapped onto the backend |
//! | `backend` | publish, open and delete: the steps that must happen in order |
//! | `joining` | parts joined to an object, objects copied |
//! | `body` | bytes on their way into a temporary file |
//! | `uploads` | multipart uploads that are under way |
//! | `checksums` | what a client claims about its bytes, and what they are |
//! | `conditions` | `If-Match` and its kin |
//! | `index` | what exists, in memory and in order |
//! | `listing` | one page of a listing |
//! | `draining` | refusals that come before the body has been read |
//! | `deletions` | lists of objects to delete, checked before they are parsed |
//! | `disk` | the one door to files |
//! | `folders` | folders of objects, created when they are needed |
//! | `layout` | where files lie |
//! | `record` | the format of one file |
//! | `recovery` | what happens at start |

mod backend;
mod body;
mod checksums;
mod conditions;
mod deletions;
mod disk;
mod draining;
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
