//! Checks of the fields of records, made when a record is read: nothing that is too long or has odd characters goes any further.

use crate::forecast::{IDENTIFIER_RULE, is_identifier, is_sha256_hex};
use crate::limits::{Limit, RECORD_KEY, RECORD_NAME};

/// Characters of a wrong value that an error repeats.
const SHOWN_MAX: usize = 80;

/// Refuses a text that is longer than the limit or has control characters.
pub(super) fn check_text(field: &str, text: &str, limit: Limit) -> Result<(), String> {
    limit.check(text.len()).map_err(|error| format!("field `{field}`: {error}"))?;
    match text.chars().find(|letter| letter.is_control()) {
        Some(letter) => Err(format!("field `{field}` has the control character {letter:?}; remove it")),
        None => Ok(()),
    }
}

/// Refuses an error text that is too long; it may have line breaks.
pub(super) fn check_error(field: &str, text: &str, limit: Limit) -> Result<(), String> {
    limit.check(text.len()).map_err(|error| format!("field `{field}`: {error}"))
}

/// Refuses a text that is no word: one that stands alone, such as a status or a family.
pub(super) fn check_word(field: &str, text: &str) -> Result<(), String> {
    check_text(field, text, RECORD_NAME)
}

/// Refuses the key of an object, or an id of any form, that is too long or has control characters.
pub(super) fn check_key(field: &str, text: &str) -> Result<(), String> {
    check_text(field, text, RECORD_KEY)
}

/// Refuses a text that cannot be a part of an object key; an empty one means that there is none.
pub(super) fn check_key_part(field: &str, text: &str) -> Result<(), String> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    check_word(field, text)?;
    if text.bytes().all(allowed) && ![".", ".."].contains(&text) {
        return Ok(());
    }
    Err(format!("field `{field}` is {}; it may have letters, digits, `.`, `_` and `-`", shown(text)))
}

/// Refuses a bucket without a name, and a name that no store has.
pub(super) fn check_bucket(field: &str, text: &str) -> Result<(), String> {
    match text.is_empty() {
        true => Err(format!("field `{field}` is empty; name the bucket of the object")),
        false => check_key_part(field, text),
    }
}

/// Refuses what is no name of a series.
pub(super) fn check_identifier(field: &str, text: &str) -> Result<(), String> {
    match is_identifier(text) {
        true => Ok(()),
        false => Err(format!("field `{field}` is {}; it must be {IDENTIFIER_RULE}", shown(text))),
    }
}

/// Refuses what is no SHA-256 in lower-case hexadecimal digits.
pub(super) fn check_sha256(field: &str, text: &str) -> Result<(), String> {
    match is_sha256_hex(text) {
        true => Ok(()),
        false => Err(format!("field `{field}` is {}; it must have 64 lower-case hexadecimal digits", shown(text))),
    }
}

/// Checks a field that may be missing.
pub(super) fn check_optional(
    field: &str,
    text: Option<&str>,
    check: fn(&str, &str) -> Result<(), String>,
) -> Result<(), String> {
    text.map_or(Ok(()), |text| check(field, text))
}

/// A wrong value as an error shows it: quoted, and its beginning alone if it is long.
fn shown(text: &str) -> String {
    match text.char_indices().nth(SHOWN_MAX) {
        None => format!("{text:?}"),
        Some((end, _)) => format!("{:?} and {} more bytes", &text[..end], text.len() - end),
    }
}
