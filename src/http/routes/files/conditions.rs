//! What a reader or a writer makes its call depend on (RFC 9110, section 13).

use chrono::DateTime;
use warp::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};

use crate::http::server::ApiError;
use crate::storage::{Condition, ObjectVersion};

/// Whether a reader gets what it asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It does.
    Send,
    /// It has this version already.
    NotModified,
    /// The file is not the version that it wants.
    Failed,
}

/// What the headers of a reader say of this version.
pub fn of_reader(headers: &HeaderMap, version: &ObjectVersion) -> Verdict {
    let modified_s = version.modified_ms.map(|ms| ms.div_euclid(1000));
    let date = |name: HeaderName| headers.get(name).and_then(seconds).zip(modified_s);
    if let Some(list) = listed(headers, header::IF_MATCH) {
        if !list.names(&version.etag, Comparison::Strong) {
            return Verdict::Failed;
        }
    } else if date(header::IF_UNMODIFIED_SINCE).is_some_and(|(since, modified)| modified > since) {
        return Verdict::Failed;
    }
    let is_known = match listed(headers, header::IF_NONE_MATCH) {
        Some(list) => list.names(&version.etag, Comparison::Weak),
        None => date(header::IF_MODIFIED_SINCE).is_some_and(|(since, modified)| modified <= since),
    };
    if is_known { Verdict::NotModified } else { Verdict::Send }
}

/// The condition of a writer: `if-none-match: *`, or `if-match` with one ETag.
///
/// # Errors
/// 400 for any other.
pub fn of_writer(headers: &HeaderMap) -> Result<Condition<'_>, ApiError> {
    let text = |name| headers.get(name).map(|value: &HeaderValue| value.to_str().unwrap_or_default().trim());
    match (text(header::IF_NONE_MATCH), text(header::IF_MATCH)) {
        (None, None) => Ok(Condition::Always),
        (Some("*"), None) => Ok(Condition::IfAbsent),
        (None, Some(etag)) if is_one_strong_etag(etag) => Ok(Condition::IfMatch(etag)),
        _ => Err(ApiError::bad_request(
            "an upload takes `if-none-match: *` for a new file, or `if-match` with the ETag of the one to replace",
        )),
    }
}

/// Whether the header `if-range` names this version, by its ETag or its exact time.
pub fn is_still(condition: &HeaderValue, version: &ObjectVersion) -> bool {
    let text = condition.to_str().unwrap_or_default().trim();
    match text.contains('"') {
        true => text == version.etag,
        false => {
            seconds(condition).is_some_and(|since| version.modified_ms.map(|ms| ms.div_euclid(1000)) == Some(since))
        }
    }
}

/// 412: the condition does not hold.
pub fn failed() -> ApiError {
    let detail = "the file is not the version that the call names; look at its ETag again";
    ApiError::new(StatusCode::PRECONDITION_FAILED, "precondition_failed", detail)
}

/// A time as HTTP writes it.
pub fn http_date(ms: i64) -> Option<String> {
    Some(DateTime::from_timestamp_millis(ms)?.format("%a, %d %b %Y %H:%M:%S GMT").to_string())
}

fn seconds(value: &HeaderValue) -> Option<i64> {
    DateTime::parse_from_rfc2822(value.to_str().ok()?.trim()).ok().map(|time| time.timestamp())
}

fn is_one_strong_etag(text: &str) -> bool {
    let inner = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    inner.is_some_and(|inner| !inner.contains('"'))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Strong,
    Weak,
}

/// The ETags of a header, or `*`.
struct Listed(Vec<String>);

fn listed(headers: &HeaderMap, name: HeaderName) -> Option<Listed> {
    let values: Vec<String> =
        headers.get_all(name).iter().map(|value| value.to_str().unwrap_or_default().to_owned()).collect();
    (!values.is_empty()).then_some(Listed(values))
}

impl Listed {
    fn names(&self, etag: &str, comparison: Comparison) -> bool {
        self.0.iter().any(|text| text.trim() == "*" || etags(text).any(|one| is_same(one, etag, comparison)))
    }
}

/// The ETags of a list, with quotes and `W/`; a comma may stand within quotes.
fn etags(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        let open = rest.find('"')?;
        let close = open + 1 + rest[open + 1..].find('"')?;
        let (one, left) = rest.split_at(close + 1);
        rest = left;
        Some(one)
    })
}

fn is_same(one: &str, etag: &str, comparison: Comparison) -> bool {
    let opaque = |tag: &str| tag.strip_prefix("W/").unwrap_or(tag).to_owned();
    match comparison {
        Comparison::Strong => one == etag && !one.starts_with("W/"),
        Comparison::Weak => opaque(one) == opaque(etag),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Tue, 15 Nov 1994 12:45:26 GMT
    const MODIFIED_MS: i64 = 784_903_526_789;

    fn verdict(given: &[(&'static str, &'static str)]) -> Verdict {
        let headers =
            given.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        let version = ObjectVersion { etag: "\"one\"".into(), size_bytes: 10, modified_ms: Some(MODIFIED_MS) };
        of_reader(&HeaderMap::from_iter(headers), &version)
    }

    #[test]
    fn a_reader_gets_a_version_that_it_lacks_and_no_other_than_it_wants() {
        for (given, expected) in [
            (&[][..], Verdict::Send),
            (&[("if-none-match", "\"one\"")], Verdict::NotModified),
            (&[("if-none-match", "W/\"one\"")], Verdict::NotModified),
            (&[("if-none-match", "\"a,b\", \"one\"")], Verdict::NotModified),
            (&[("if-none-match", "*")], Verdict::NotModified),
            (&[("if-none-match", "\"two\"")], Verdict::Send),
            (&[("if-match", "\"two\", \"one\"")], Verdict::Send),
            (&[("if-match", "*")], Verdict::Send),
            (&[("if-match", "W/\"one\"")], Verdict::Failed),
            (&[("if-match", "\"two\"")], Verdict::Failed),
            (&[("if-match", "")], Verdict::Failed),
            (&[("if-modified-since", "Tue, 15 Nov 1994 12:45:26 GMT")], Verdict::NotModified),
            (&[("if-modified-since", "Tue, 15 Nov 1994 12:45:25 GMT")], Verdict::Send),
            (&[("if-modified-since", "yesterday")], Verdict::Send),
            (&[("if-unmodified-since", "Tue, 15 Nov 1994 12:45:25 GMT")], Verdict::Failed),
            (&[("if-unmodified-since", "Tue, 15 Nov 1994 12:45:26 GMT")], Verdict::Send),
            (&[("if-none-match", "\"two\""), ("if-modified-since", "Tue, 15 Nov 1994 12:45:26 GMT")], Verdict::Send),
            (&[("if-match", "\"one\""), ("if-none-match", "\"one\"")], Verdict::NotModified),
        ] {
            assert_eq!(verdict(given), expected, "{given:?}");
        }
    }

    #[test]
    fn a_time_is_written_as_http_wants_it() {
        assert_eq!(http_date(MODIFIED_MS).as_deref(), Some("Tue, 15 Nov 1994 12:45:26 GMT"));
    }

    #[test]
    fn a_writer_names_no_version_the_absence_of_one_or_one() {
        let condition = |name: &'static str, value: &'static str| {
            let headers = HeaderMap::from_iter([(HeaderName::from_static(name), HeaderValue::from_static(value))]);
            of_writer(&headers).map(|condition| format!("{condition:?}")).map_err(|error| error.status)
        };
        assert_eq!(condition("if-none-match", "*").as_deref(), Ok("IfAbsent"));
        assert_eq!(condition("if-match", "\"one\"").as_deref(), Ok("IfMatch(\"\\\"one\\\"\")"));
        for (name, value) in
            [("if-none-match", "\"one\""), ("if-match", "*"), ("if-match", "W/\"one\""), ("if-match", "\"a\", \"b\"")]
        {
            assert_eq!(condition(name, value), Err(StatusCode::BAD_REQUEST), "{name}: {value}");
        }
    }
}
