//! `If-Match` and `If-None-Match`.

use s3s::dto::{ETag, ETagCondition};
use s3s::{S3Result, s3_error};

/// What must hold for an object before it is written, removed or read.
#[derive(Clone, Debug, Default)]
pub(super) struct Conditions {
    pub if_match: Option<ETagCondition>,
    pub if_none_match: Option<ETagCondition>,
}

impl Conditions {
    /// Whether the object with ETag `current` (or none) may be written or removed.
    pub(super) fn allow_write(&self, current: Option<&str>) -> S3Result<()> {
        if let Some(condition) = &self.if_match {
            // As S3 answers: only an object that exists can fail a comparison.
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

    /// Whether the object with ETag `current` is to be sent: `NotModified` where the reader has it already.
    pub(super) fn allow_read(&self, current: &str) -> S3Result<()> {
        if self.if_match.as_ref().is_some_and(|condition| !matches(condition, current)) {
            return Err(s3_error!(PreconditionFailed, "the object has another etag than if-match demands"));
        }
        if self.if_none_match.as_ref().is_some_and(|condition| matches(condition, current)) {
            return Err(s3_error!(NotModified));
        }
        Ok(())
    }
}

fn matches(condition: &ETagCondition, current: &str) -> bool {
    match condition {
        ETagCondition::Any => true,
        ETagCondition::ETag(ETag::Strong(etag) | ETag::Weak(etag)) => etag == current,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn etag(value: &str) -> Option<ETagCondition> {
        Some(ETagCondition::ETag(ETag::Strong(value.to_owned())))
    }

    fn told(answer: S3Result<()>) -> String {
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
            let conditions = Conditions { if_match, if_none_match };
            assert_eq!(told(conditions.allow_write(current)), expected, "{conditions:?} on {current:?}");
        }
    }

    #[test]
    fn a_reader_that_has_the_object_is_told_so() {
        let has = Conditions { if_match: None, if_none_match: etag("1") };
        assert_eq!(told(has.allow_read("1")), "NotModified");
        assert_eq!(told(has.allow_read("2")), "ok");
        let demands = Conditions { if_match: etag("1"), if_none_match: None };
        assert_eq!(told(demands.allow_read("2")), "PreconditionFailed");
        assert_eq!(told(demands.allow_read("1")), "ok");
    }
}
