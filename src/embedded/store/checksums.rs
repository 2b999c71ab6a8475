//! What a client claims about its bytes, and what they really are.

use std::collections::BTreeMap;

use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use s3s::TrailingHeaders;
use s3s::checksum::ChecksumHasher;
use serde::{Deserialize, Serialize};

const ALGORITHMS: [&str; 5] = ["crc32", "crc32c", "crc64nvme", "sha1", "sha256"];
const HEADER_PREFIX: &str = "x-amz-checksum-";

/// Checksums in base64, by the name of their algorithm.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Checksums(BTreeMap<String, String>);

impl Checksums {
    /// What the headers claim, and the trailers that came after the body.
    pub(super) fn claimed(headers: &HeaderMap, trailers: Option<&TrailingHeaders>) -> Self {
        let mut claims = Self::from_headers(headers);
        if let Some(trailing) = trailers.and_then(|trailers| trailers.read(Self::from_headers)) {
            claims.0.extend(trailing.0);
        }
        claims
    }

    fn from_headers(headers: &HeaderMap) -> Self {
        let claim = |algorithm: &&str| {
            let value = headers.get(format!("{HEADER_PREFIX}{algorithm}"))?.to_str().ok()?;
            Some(((*algorithm).to_owned(), value.to_owned()))
        };
        Self(ALGORITHMS.iter().filter_map(claim).collect())
    }

    /// Whether every checksum of `claims` is here with the same value.
    pub(super) fn holds(&self, claims: &Self) -> bool {
        claims.0.iter().all(|(algorithm, value)| self.0.get(algorithm) == Some(value))
    }

    /// Puts each checksum into the headers of an answer, where a client checks it.
    pub(super) fn tell(&self, headers: &mut HeaderMap) {
        for (algorithm, value) in &self.0 {
            let name = HeaderName::try_from(format!("{HEADER_PREFIX}{algorithm}"));
            if let (Ok(name), Ok(value)) = (name, HeaderValue::from_str(value)) {
                headers.insert(name, value);
            }
        }
    }
}

/// Computes several checksums in one pass.
pub(super) struct Hasher(ChecksumHasher);

impl Hasher {
    /// Computes the CRC-32, which every object is stored with.
    pub(super) fn with_crc32() -> Self {
        Self(ChecksumHasher { crc32: Some(Default::default()), ..Default::default() })
    }

    /// Computes the CRC-32 and whatever else these headers claim or announce as a trailer.
    pub(super) fn for_request(headers: &HeaderMap) -> Self {
        let announced = headers.get("x-amz-trailer").and_then(|value| value.to_str().ok()).unwrap_or_default();
        let wants = |algorithm: &str| {
            let name = format!("{HEADER_PREFIX}{algorithm}");
            headers.contains_key(&name) || announced.split(',').any(|trailer| trailer.trim() == name)
        };
        Self(ChecksumHasher {
            crc32: Some(Default::default()),
            crc32c: wants("crc32c").then(Default::default),
            crc64nvme: wants("crc64nvme").then(Default::default),
            sha1: wants("sha1").then(Default::default),
            sha256: wants("sha256").then(Default::default),
        })
    }

    /// Takes the next bytes in.
    pub(super) fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The checksums of all bytes taken in.
    pub(super) fn finish(self) -> Checksums {
        let sums = self.0.finalize();
        let named = [
            ("crc32", sums.checksum_crc32),
            ("crc32c", sums.checksum_crc32c),
            ("crc64nvme", sums.checksum_crc64nvme),
            ("sha1", sums.checksum_sha1),
            ("sha256", sums.checksum_sha256),
        ];
        Checksums(named.into_iter().filter_map(|(name, sum)| Some((name.to_owned(), sum?))).collect())
    }
}
