//! The part of a file that a reader asks for (RFC 9110, section 14).

use std::ops::Range;

use warp::http::{HeaderMap, header};

use crate::storage::ObjectVersion;

use super::conditions::is_still;

/// What of a file is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// All of it.
    Whole,
    /// These bytes; one at least.
    Part(Range<u64>),
    /// Nothing: the file ends before the part begins.
    Beyond,
}

/// The part that the headers ask for. Several parts, other units and what is malformed count as no wish; so does a part of another
/// version than `if-range` names.
pub fn wanted(headers: &HeaderMap, version: &ObjectVersion) -> Wanted {
    let given = headers.get(header::RANGE).and_then(|value| value.to_str().ok());
    let Some(range) = given.and_then(|text| text.strip_prefix("bytes=")) else { return Wanted::Whole };
    match headers.get(header::IF_RANGE) {
        Some(condition) if !is_still(condition, version) => Wanted::Whole,
        _ => part(range.trim(), version.size_bytes),
    }
}

fn part(range: &str, size: u64) -> Wanted {
    let Some((first, last)) = range.split_once('-') else { return Wanted::Whole };
    let number = |text: &str| match text.bytes().all(|byte| byte.is_ascii_digit()) {
        // more than any file has
        true => Some(text.parse().unwrap_or(u64::MAX)),
        false => None,
    };
    let (start, end) = match (first, last) {
        ("", "") => return Wanted::Whole,
        ("", last) => match number(last) {
            Some(0) => return Wanted::Beyond,
            Some(count) => (size.saturating_sub(count), size),
            None => return Wanted::Whole,
        },
        (first, "") => match number(first) {
            Some(first) => (first, size),
            None => return Wanted::Whole,
        },
        (first, last) => match (number(first), number(last)) {
            (Some(first), Some(last)) if first <= last => (first, size.min(last.saturating_add(1))),
            _ => return Wanted::Whole,
        },
    };
    if start < end { Wanted::Part(start..end) } else { Wanted::Beyond }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_one_part_of_the_file_or_no_wish() {
        for (range, expected) in [
            ("0-0", Wanted::Part(0..1)),
            ("2-4", Wanted::Part(2..5)),
            ("2-", Wanted::Part(2..10)),
            ("9-99", Wanted::Part(9..10)),
            ("-3", Wanted::Part(7..10)),
            ("-99", Wanted::Part(0..10)),
            ("0-99999999999999999999", Wanted::Part(0..10)),
            ("10-", Wanted::Beyond),
            ("10-12", Wanted::Beyond),
            ("99999999999999999999-", Wanted::Beyond),
            ("-0", Wanted::Beyond),
            ("-", Wanted::Whole),
            ("4-2", Wanted::Whole),
            ("0-1,3-4", Wanted::Whole),
            ("a-b", Wanted::Whole),
            ("+1-2", Wanted::Whole),
            ("1", Wanted::Whole),
        ] {
            assert_eq!(part(range, 10), expected, "{range}");
        }
        assert_eq!(part("0-", 0), Wanted::Beyond, "an empty file has no part");
    }
}
