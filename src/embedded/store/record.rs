//! The format of an object's file.
//!
//! ```text
//! body | description, JSON | its length, u32 | its CRC-32, u32 | magic, 8 bytes        (little endian)
//! ```
//!
//! The description comes last because size and checksums are known only when the body has arrived.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use s3s::crypto::Crc32;
use serde::{Deserialize, Serialize};

use super::checksums::{Checksums, Hasher};
use super::disk::Draft;

const MAGIC: &[u8; 8] = b"FLTSOBJ1";
const TRAILER_BYTES: u64 = 16;
const READ_BYTES: usize = 256 * 1024;

/// The metadata that a client gives for an object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ObjectMetadata {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_encoding: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_language: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_disposition: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_control: Option<String>,
    /// User metadata, by the name after `x-amz-meta-`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
}

/// Everything that the store knows about an object except its bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ObjectDescription {
    pub bucket: String,
    pub key: String,
    pub size: u64,
    /// Without quotes: the MD5 of the body in hex, or the MD5 of its parts' MD5s and their number.
    pub etag: String,
    pub modified_ms: i64,
    #[serde(flatten)]
    pub about: ObjectMetadata,
    /// Always holds a CRC-32, against which the body is checked.
    pub checksums: Checksums,
}

/// Why a file cannot be read as an object.
#[derive(Debug, thiserror::Error)]
pub(super) enum ReadError {
    /// The file was read and is not a whole object.
    #[error("{0}")]
    Damaged(&'static str),
    /// The file could not be read.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Appends the description and the trailer to a file that holds the body.
pub(super) fn append_description(draft: &mut Draft, description: &ObjectDescription) -> io::Result<()> {
    let mut tail = serde_json::to_vec(description)?;
    let length = u32::try_from(tail.len()).map_err(io::Error::other)?;
    let crc32 = Crc32::checksum_u32(&tail);
    tail.extend_from_slice(&length.to_le_bytes());
    tail.extend_from_slice(&crc32.to_le_bytes());
    tail.extend_from_slice(MAGIC);
    draft.append(&tail)
}

/// Reads and checks the description; the file is at the first byte of the body then.
pub(super) fn read_description(file: &mut File) -> Result<ObjectDescription, ReadError> {
    let file_bytes = file.metadata()?.len();
    let trailer_at = file_bytes.checked_sub(TRAILER_BYTES).ok_or(ReadError::Damaged("the file is too short"))?;

    let mut trailer = [0u8; TRAILER_BYTES as usize];
    file.seek(SeekFrom::Start(trailer_at))?;
    file.read_exact(&mut trailer)?;
    let ([l0, l1, l2, l3, c0, c1, c2, c3], magic) = trailer.split_first_chunk().expect("a trailer has 16 bytes");
    if magic != MAGIC {
        return Err(ReadError::Damaged("the end of the file is missing"));
    }
    let length = u32::from_le_bytes([*l0, *l1, *l2, *l3]);
    let crc32 = u32::from_le_bytes([*c0, *c1, *c2, *c3]);

    let description_at = trailer_at
        .checked_sub(u64::from(length))
        .ok_or(ReadError::Damaged("the description is longer than the file"))?;
    let mut json = vec![0u8; length as usize];
    file.seek(SeekFrom::Start(description_at))?;
    file.read_exact(&mut json)?;
    if Crc32::checksum_u32(&json) != crc32 {
        return Err(ReadError::Damaged("the description does not match its checksum"));
    }
    let description: ObjectDescription =
        serde_json::from_slice(&json).map_err(|_| ReadError::Damaged("the description cannot be parsed"))?;
    if description.size != description_at {
        return Err(ReadError::Damaged("the body has another length than described"));
    }
    file.seek(SeekFrom::Start(0))?;
    Ok(description)
}

/// Reads the whole body and compares it with the description; the file is at the first byte of the body then.
pub(super) fn verify_body(file: &mut File, description: &ObjectDescription) -> Result<(), ReadError> {
    let mut hasher = Hasher::with_crc32();
    let mut buffer = vec![0u8; READ_BYTES.min(usize::try_from(description.size).unwrap_or(READ_BYTES)).max(1)];
    let mut left = description.size;
    file.seek(SeekFrom::Start(0))?;
    while left > 0 {
        let want = usize::try_from(left).map_or(buffer.len(), |left| left.min(buffer.len()));
        file.read_exact(&mut buffer[..want])?;
        hasher.update(&buffer[..want]);
        left -= want as u64;
    }
    if !description.checksums.holds(&hasher.finish()) {
        return Err(ReadError::Damaged("the body does not match its checksum"));
    }
    file.seek(SeekFrom::Start(0))?;
    Ok(())
}
