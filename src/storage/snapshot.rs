//! A snapshot: state that is expensive to compute again, as bytes with a checksum. Only this file knows bincode.
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
/// The longest payload, in bytes, that is written or read; larger state belongs into the object store.
pub const MAX_PAYLOAD_BYTES: u64 = 8 << 20;
/// The longest file that is read.
pub(super) const MAX_FILE_BYTES: u64 = MAX_PAYLOAD_BYTES + 1024;

/// State of an actor that survives a restart of the actor and of the process.
pub trait Snapshot: Serialize + DeserializeOwned {
    /// The name of the state, in lowercase letters and dashes; its file has this name.
    const KIND: &'static str;
    /// The version of the type; raise it with every change, because bincode would read an old form without an error.
    const VERSION: u32;
}

/// Why bytes are not the expected snapshot.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    /// The bytes are no snapshot at all.
    #[error("it is no snapshot")]
    Magic,
    /// A program with another snapshot format wrote it.
    #[error("its format is {0}, and this program reads {FORMAT}")]
    Format(u32),
    /// The snapshot holds the state of another kind.
    #[error("it holds other state than `{0}`")]
    Kind(&'static str),
    /// The snapshot holds another version of the state.
    #[error("its version is {found}, and this program reads {expected}")]
    Version {
        /// The version in the file.
        found: u32,
        /// The version that can be read.
        expected: u32,
    },
    /// The bytes are cut off, or more bytes follow.
    #[error("it has {found} bytes, which is not the length in its header")]
    Length {
        /// The number of bytes.
        found: u64,
    },
    /// The bytes were changed after they were written.
    #[error("its checksum is wrong")]
    Checksum,
    /// The bytes are intact, but bincode cannot read them as this state.
    #[error("its payload cannot be read: {0}")]
    Payload(String),
}

/// The bytes of a file with this state; the error says why the state cannot be written.
pub(super) fn encode<T: Snapshot>(state: &T) -> Result<Vec<u8>, String> {
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

/// The state in the bytes of a file, if they are intact and of this kind and version.
pub(super) fn decode<T: Snapshot>(bytes: &[u8]) -> Result<T, Damage> {
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
    let (content, digest) = bytes.split_at(bytes.len() - DIGEST_BYTES);
    if Sha256::digest(content)[..] != *digest {
        return Err(Damage::Checksum);
    }
    bincode().deserialize(payload).map_err(|error| Damage::Payload(error.to_string()))
}

/// The encoding of `bincode::serialize`, with a limit, and without trailing bytes.
fn bincode() -> impl Options {
    bincode::DefaultOptions::new().with_fixint_encoding().with_limit(MAX_PAYLOAD_BYTES).reject_trailing_bytes()
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (head, tail) = rest.split_first_chunk::<N>()?;
    *rest = tail;
    Some(*head)
}
