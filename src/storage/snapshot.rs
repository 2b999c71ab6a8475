//! A snapshot: state that is expensive to find again, as bytes that prove to be whole. Only this file knows bincode.
//!
//! All numbers are little-endian:
//!
//! ```text
//! magic FLTSSNAP | format u32 | version u32 | kind length u32 | payload length u64 | kind | payload | sha-256 of all before
//! ```

use bincode::Options;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

const MAGIC: [u8; 8] = *b"FLTSSNAP";
const FORMAT: u32 = 1;
const HEADER_BYTES: usize = 28;
const DIGEST_BYTES: usize = 32;
/// The longest payload that is written or read; state that grows beyond it belongs into the object store.
pub const MAX_PAYLOAD_BYTES: u64 = 8 << 20;
/// The longest file that is read.
pub(crate) const MAX_FILE_BYTES: u64 = MAX_PAYLOAD_BYTES + 1024;

/// State of an actor that it, or its successor in another process, finds again.
pub trait Snapshot: Serialize + DeserializeOwned {
    /// Which state it is, in lowercase letters and dashes; its file is called so.
    const KIND: &'static str;
    /// Counts the forms of the state: bincode reads one form as another without a complaint.
    const VERSION: u32;
}

/// Why bytes are not the snapshot they should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    /// Another file.
    #[error("it is no snapshot")]
    Magic,
    /// A program of another time wrote it.
    #[error("its format is {0}, and this program reads {FORMAT}")]
    Format(u32),
    /// Other state.
    #[error("it holds other state than `{0}`")]
    Kind(&'static str),
    /// Another form of the state.
    #[error("its version is {found}, and this program reads {expected}")]
    Version {
        /// The version in the file.
        found: u32,
        /// The version that can be read.
        expected: u32,
    },
    /// Cut off, or with something at the end.
    #[error("its length of {found} bytes is not the one it tells of")]
    Length {
        /// Bytes that there are.
        found: u64,
    },
    /// Changed since it was written.
    #[error("its checksum is wrong")]
    Checksum,
    /// Whole, but no state of this kind.
    #[error("its payload cannot be read: {0}")]
    Payload(String),
}

/// The state as the bytes of a file; the error says why there can be none.
pub(crate) fn encode<T: Snapshot>(state: &T) -> Result<Vec<u8>, String> {
    let payload = bincode().serialize(state).map_err(|error| error.to_string())?;
    let mut bytes = Vec::with_capacity(HEADER_BYTES + T::KIND.len() + payload.len() + DIGEST_BYTES);
    bytes.extend(MAGIC);
    bytes.extend(FORMAT.to_le_bytes());
    bytes.extend(T::VERSION.to_le_bytes());
    bytes.extend((T::KIND.len() as u32).to_le_bytes());
    bytes.extend((payload.len() as u64).to_le_bytes());
    bytes.extend(T::KIND.as_bytes());
    bytes.extend(payload);
    let digest = Sha256::digest(&bytes);
    bytes.extend(digest);
    Ok(bytes)
}

/// The state in the bytes of a file, if they are those that were written.
pub(crate) fn decode<T: Snapshot>(bytes: &[u8]) -> Result<T, Damage> {
    let found = bytes.len() as u64;
    let length = || Damage::Length { found };
    let mut rest = bytes;
    if take(&mut rest).ok_or_else(length)? != MAGIC {
        return Err(Damage::Magic);
    }
    let mut number = || Some(u32::from_le_bytes(take(&mut rest)?));
    let (format, version, kind_bytes) =
        (number().ok_or_else(length)?, number().ok_or_else(length)?, number().ok_or_else(length)?);
    if format != FORMAT {
        return Err(Damage::Format(format));
    }
    let payload_bytes = u64::from_le_bytes(take(&mut rest).ok_or_else(length)?);
    if kind_bytes as usize != T::KIND.len() || !rest.starts_with(T::KIND.as_bytes()) {
        return Err(Damage::Kind(T::KIND));
    }
    if version != T::VERSION {
        return Err(Damage::Version { found: version, expected: T::VERSION });
    }
    let payload = rest.get(T::KIND.len()..rest.len().saturating_sub(DIGEST_BYTES)).ok_or_else(length)?;
    if payload.len() as u64 != payload_bytes {
        return Err(length());
    }
    let (told, digest) = bytes.split_at(bytes.len() - DIGEST_BYTES);
    if Sha256::digest(told)[..] != *digest {
        return Err(Damage::Checksum);
    }
    bincode().deserialize(payload).map_err(|error| Damage::Payload(error.to_string()))
}

/// The bytes that `bincode::serialize` writes, with a limit, and nothing may follow them.
fn bincode() -> impl Options {
    bincode::DefaultOptions::new().with_fixint_encoding().with_limit(MAX_PAYLOAD_BYTES).reject_trailing_bytes()
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (head, tail) = rest.split_first_chunk::<N>()?;
    *rest = tail;
    Some(*head)
}
