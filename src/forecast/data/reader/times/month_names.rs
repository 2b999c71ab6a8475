//! English names of months and days.

use super::cursor::Cursor;

pub(super) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

pub(super) const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// How a name is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub(super) struct NameStyle {
    /// `January`, not `Jan`.
    pub(super) is_long: bool,
    /// `JAN`.
    pub(super) is_upper: bool,
    /// `jan`.
    pub(super) is_lower: bool,
}

/// Reads a name or its first three letters (four for `Sept`), a point after it included; its number counts from 0.
pub(super) fn read(cursor: &mut Cursor<'_>, names: &[&str]) -> Option<(u32, NameStyle)> {
    let letters = &cursor.0[..cursor.letters()];
    if letters.len() < 3 {
        return None;
    }
    let fits = |name: &str| {
        let head = name.as_bytes().get(..letters.len());
        let is_short = letters.len() == 3 || (letters.len() == 4 && name.len() == 9);
        head.is_some_and(|head| head.eq_ignore_ascii_case(letters)) && (is_short || letters.len() == name.len())
    };
    let index = names.iter().position(|&name| fits(name))?;
    let style = NameStyle {
        is_long: letters.len() > 4,
        is_upper: letters.iter().all(u8::is_ascii_uppercase),
        is_lower: letters.iter().all(u8::is_ascii_lowercase),
    };
    cursor.0 = &cursor.0[letters.len()..];
    if letters.len() < 5 && cursor.0.starts_with(b". ") {
        cursor.skip(b'.');
    }
    Some((index as u32, style))
}

/// The name as its style writes it.
pub(super) fn write(index: u32, names: &[&str], style: NameStyle) -> String {
    let name = names.get(index as usize).copied().unwrap_or_default();
    let name = if style.is_long { name } else { name.get(..3).unwrap_or(name) };
    match (style.is_upper, style.is_lower) {
        (true, _) => name.to_uppercase(),
        (_, true) => name.to_lowercase(),
        _ => name.to_owned(),
    }
}
