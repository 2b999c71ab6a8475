//! A small crash-safe object store that speaks S3 on loopback.
//!
//! One object is one file: its bytes and its description together, so that a single rename publishes both. A write goes to a temporary
//! file, is checked against the checksum its client claims, flushed to the disk, and only then, under the key's lock, are its
//! conditions checked again and the file renamed into place. An acknowledged write survives a power cut; a reader sees the old
//! object or the new one, never a mixture.
//!
//! | file | what it holds |
//! |---|---|
//! | `server` | [`Store`]: listening, connections, stopping |
//! | `service` | the S3 operations, mapped onto the backend |
//! | `backend` | publish, open and delete: the steps that must happen in order |
//! | `upload` | a body on its way into a temporary file |
//! | `checksums` | what a client claims about its bytes, and what they are |
//! | `conditions` | `If-Match` and `If-None-Match` |
//! | `index` | what exists, in memory and in order |
//! | `listing` | one page of a listing |
//! | `layout` | where files lie |
//! | `record` | the format of one file |
//! | `recovery` | what happens at start |

mod backend;
mod checksums;
mod conditions;
mod index;
mod layout;
mod listing;
mod record;
mod recovery;
mod server;
mod service;
mod upload;

pub use server::{Credentials, Store, StoreStartError};
