//! `If-Match`, `If-None-Match`, `If-Modified-Since` and `If-Unmodified-Since`.

use std::time::{Duration, UNIX_EPOCH};

use hyper::header::{ETAG, HeaderMap, HeaderValue};
use s3s::dto::{ETag, ETagCondition, Timestamp};
use s3s::{S3Error, S3Result, s3_error};

use super::record::ObjectDescription;

/// The conditions under which an object is written, removed or read.
#[derive(Clone, Debug, Default)]
pub(super) struct Preconditions {
    pub if_match: Option<ETagCondition>,
    pub if_none_match: Option<ETagCondition>,
    /// For reads only, and only without `if_none_match`.
    pub if_modified_since: Option<Timestamp>,
    /// For reads only, and only without `if_match`.
    pub if_unmodified_since: Option<Timestamp>,
}

impl Preconditions {
    /// The conditions of a writer.
    pub(super) fn of_writer(if_match: Option<ETagCondition>, if_none_match: Option<ETagCondition>) -> Self {
        Self { if_match, if_none_match, ..Default::default() }
    }

    /// The conditions of a writer from the headers, for operations whose input does not have them.
    pub(super) fn from_headers(headers: &HeaderMap) -> S3Result<Self> {
        let condition = |name: &str| -> S3Result<Option<ETagCondition>> {
            let invalid = |_| s3_error!(InvalidArgument, "{name} is neither an etag nor *");
            headers
                .get(name)
                .map(|value| ETagCondition::parse_http_header(value.as_bytes()).map_err(invalid))
                .transpose()
        };
        Ok(Self::of_writer(condition("if-match")?, condition("if-none-match")?))
    }

    /// Whether the object with ETag `current` (or none) may be written or removed.
    pub(super) fn allow_write(&self, current: Option<&str>) -> S3Result<()> {
        if let Some(condition) = &self.if_match {
            // as S3 answers: only an object that exists can fail a comparison
            let current =
                current.ok_or_else(|| s3_error!(NoSuchKey, "there is no object that if-match could match"))?;
            if !matches(condition, current) {
                return Err(s3_error!(PreconditionFailed, "the object has another etag than if-match demands"));
            }
        }
        if let (Some(condition), Some(current)) = (&self.if_none_match, current)
            && matches(condition, current)
        {
            return Err(s3_error!(PreconditionFailed, "the object that if-none-match excludes exists"));
        }
        Ok(())
    }

    /// Whether the object is sent; `NotModified` if the reader has it already. In the order of RFC 9110, section 13.2.2.
    pub(super) fn allow_read(&self, object: &ObjectDescription) -> S3Result<()> {
        match (&self.if_match, &self.if_unmodified_since) {
            (Some(condition), _) if !matches(condition, &object.etag) => {
                return Err(s3_error!(PreconditionFailed, "the object has another etag than if-match demands"));
            }
            (None, Some(since)) if modified(object) > *since => {
                return Err(s3_error!(
                    PreconditionFailed,
                    "the object was modified later than if-unmodified-since demands"
                ));
            }
            _ => {}
        }
        match (&self.if_none_match, &self.if_modified_since) {
            (Some(condition), _) if matches(condition, &object.etag) => Err(not_modified(object)),
            (None, Some(since)) if modified(object) <= *since => Err(not_modified(object)),
            _ => Ok(()),
        }
    }

    /// Whether the object may be copied; a copy knows no `NotModified`.
    pub(super) fn allow_copy(&self, source: &ObjectDescription) -> S3Result<()> {
        self.allow_read(source)
            .map_err(|_| s3_error!(PreconditionFailed, "the source does not meet the x-amz-copy-source-if conditions"))
    }
}

fn matches(condition: &ETagCondition, current: &str) -> bool {
    match condition {
        ETagCondition::Any => true,
        ETagCondition::ETag(ETag::Strong(etag) | ETag::Weak(etag)) => etag == current,
    }
}

/// The time of the last change in whole seconds, as in `Last-Modified`.
fn modified(object: &ObjectDescription) -> Timestamp {
    let seconds = u64::try_from(object.modified_ms / 1000).unwrap_or_default();
    Timestamp::from(UNIX_EPOCH + Duration::from_secs(seconds))
}

fn not_modified(object: &ObjectDescription) -> S3Error {
    let mut error = s3_error!(NotModified);
    if let Ok(etag) = HeaderValue::from_str(&format!("\"{}\"", object.etag)) {
        error.set_headers(HeaderMap::from_iter([(ETAG, etag)]));
    }
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    fn etag(value: &str) -> Option<ETagCondition> {
        Some(ETagCondition::ETag(ETag::Strong(value.to_owned())))
    }

    fn at_second(second: u64) -> Option<Timestamp> {
        Some(Timestamp::from(UNIX_EPOCH + Duration::from_secs(second)))
    }

    fn code_of(answer: S3Result<()>) -> String {
        answer.map_or_else(|error| error.code().as_str().to_owned(), |()| "ok".to_owned())
    }

    #[test]
    fn writes_are_allowed_exactly_as_s3_allows_them() {
        let any = || Some(ETagCondition::Any);
        let table = [
            (None, None, None, "ok"),
            (None, None, Some("1"), "ok"),
            (None, any(), None, "ok"),
            (None, any(), Some("1"), "PreconditionFailed"),
            (None, etag("1"), Some("1"), "PreconditionFailed"),
            (None, etag("2"), Some("1"), "ok"),
            (etag("1"), None, Some("1"), "ok"),
            (etag("2"), None, Some("1"), "PreconditionFailed"),
            (etag("1"), None, None, "NoSuchKey"),
            (any(), None, Some("1"), "ok"),
            (any(), None, None, "NoSuchKey"),
        ];
        for (if_match, if_none_match, current, expected) in table {
            let conditions = Preconditions::of_writer(if_match, if_none_match);
            assert_eq!(code_of(conditions.allow_write(current)), expected, "{conditions:?} on {current:?}");
        }
    }

    #[test]
    fn reads_are_allowed_in_the_order_of_the_rfc() {
        // the object has ETag 1 and was modified in second 100
        let object = ObjectDescription {
            bucket: "b".into(),
            key: "k".into(),
            size: 0,
            etag: "1".into(),
            modified_ms: 100_900,
            about: Default::default(),
            checksums: Default::default(),
        };
        let table = [
            (None, None, None, None, "ok"),
            (etag("1"), None, None, None, "ok"),
            (etag("2"), None, None, None, "PreconditionFailed"),
            (None, etag("1"), None, None, "NotModified"),
            (None, etag("2"), None, None, "ok"),
            (None, None, at_second(99), None, "ok"),
            (None, None, at_second(100), None, "NotModified"),
            (None, None, None, at_second(99), "PreconditionFailed"),
            (None, None, None, at_second(100), "ok"),
            // an etag outweighs a time
            (None, etag("2"), at_second(100), None, "ok"),
            (etag("1"), None, None, at_second(99), "ok"),
        ];
        for (if_match, if_none_match, if_modified_since, if_unmodified_since, expected) in table {
            let conditions = Preconditions { if_match, if_none_match, if_modified_since, if_unmodified_since };
            assert_eq!(code_of(conditions.allow_read(&object)), expected, "{conditions:?}");
        }
        let has = Preconditions { if_none_match: etag("1"), ..Default::default() };
        assert_eq!(code_of(has.allow_copy(&object)), "PreconditionFailed");
    }
}
