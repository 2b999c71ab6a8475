//! The checksums that a client sends, and those of the bytes.

use std::collections::BTreeMap;

use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use s3s::checksum::ChecksumHasher;
use s3s::dto::CompletedPart;
use s3s::{S3Result, TrailingHeaders, s3_error};
use serde::{Deserialize, Serialize};

const ALGORITHMS: [&str; 5] = ["crc32", "crc32c", "crc64nvme", "sha1", "sha256"];
const HEADER_PREFIX: &str = "x-amz-checksum-";

/// Checksums in base64, by the name of their algorithm.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Checksums(BTreeMap<String, String>);

impl Checksums {
    /// The checksums of a part in the request that completes an upload.
    pub(super) fn of_part(part: &CompletedPart) -> Self {
        let claims = [
            ("crc32", &part.checksum_crc32),
            ("crc32c", &part.checksum_crc32c),
            ("crc64nvme", &part.checksum_crc64nvme),
            ("sha1", &part.checksum_sha1),
            ("sha256", &part.checksum_sha256),
        ];
        Self(claims.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value.clone()?))).collect())
    }

    /// The name of the first algorithm.
    pub(super) fn algorithm(&self) -> Option<&str> {
        self.0.keys().next().map(String::as_str)
    }

    /// Whether one of them is a checksum of the checksums of parts.
    pub(super) fn is_of_parts(&self) -> bool {
        self.0.values().any(|value| value.contains('-'))
    }

    /// The checksum of this algorithm.
    pub(super) fn get(&self, algorithm: &str) -> Option<String> {
        self.0.get(algorithm).cloned()
    }

    /// The checksums in the headers, and in the trailers that came after the body.
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

    /// Refuses bytes whose checksums differ from the claimed ones.
    pub(super) fn check(&self, claims: &Self) -> S3Result<()> {
        match self.holds(claims) {
            true => Ok(()),
            false => Err(s3_error!(BadDigest, "the body does not match its checksum; nothing was changed")),
        }
    }

    /// Whether every checksum of `claims` is here with the same value.
    pub(super) fn holds(&self, claims: &Self) -> bool {
        claims.0.iter().all(|(algorithm, value)| self.0.get(algorithm) == Some(value))
    }

    /// Adds each checksum to the headers of an answer.
    pub(super) fn add_to(&self, headers: &mut HeaderMap) {
        for (algorithm, value) in &self.0 {
            let name = HeaderName::try_from(format!("{HEADER_PREFIX}{algorithm}"));
            if let (Ok(name), Ok(value)) = (name, HeaderValue::from_str(value)) {
                headers.insert(name, value);
            }
        }
    }
}

/// Whether a `Content-MD5` header is the MD5 of the bytes.
pub(super) fn check_md5(claimed: Option<&str>, md5: &[u8; 16]) -> S3Result<()> {
    let Some(claimed) = claimed else { return Ok(()) };
    let invalid = || s3_error!(InvalidDigest, "content-md5 is not the base64 form of 16 bytes");
    let claimed = base64_simd::STANDARD.decode_to_vec(claimed).map_err(|_| invalid())?;
    match claimed.len() {
        16 if claimed == md5 => Ok(()),
        16 => Err(s3_error!(BadDigest, "the body does not match its content-md5; nothing was changed")),
        _ => Err(invalid()),
    }
}

/// Computes several checksums in one pass.
pub(super) struct Hasher(ChecksumHasher);

impl Hasher {
    /// Computes the CRC-32, with which every object is stored.
    pub(super) fn with_crc32() -> Self {
        Self::with(|_| false)
    }

    /// Computes the CRC-32 and every checksum that these headers contain, announce as a trailer, or ask for by name.
    pub(super) fn for_request(headers: &HeaderMap) -> Self {
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let announced = header("x-amz-trailer");
        let asked = [header("x-amz-checksum-algorithm"), header("x-amz-sdk-checksum-algorithm")];
        Self::with(|algorithm| {
            let name = format!("{HEADER_PREFIX}{algorithm}");
            headers.contains_key(&name)
                || announced.split(',').any(|trailer| trailer.trim() == name)
                || asked.iter().any(|asked| asked.eq_ignore_ascii_case(algorithm))
        })
    }

    /// Computes the CRC-32 and one other, by its name in any case.
    pub(super) fn for_algorithm(algorithm: Option<&str>) -> Self {
        Self::with(|name| algorithm.is_some_and(|algorithm| algorithm.eq_ignore_ascii_case(name)))
    }

    fn with(wants: impl Fn(&str) -> bool) -> Self {
        Self(ChecksumHasher {
            crc32: Some(Default::default()),
            crc32c: wants("crc32c").then(Default::default),
            crc64nvme: wants("crc64nvme").then(Default::default),
            sha1: wants("sha1").then(Default::default),
            sha256: wants("sha256").then(Default::default),
        })
    }

    /// Adds the next bytes.
    pub(super) fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The checksums of all bytes.
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
