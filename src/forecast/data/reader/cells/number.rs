//! Numbers in one form: which mark stands before the decimals, which one between thousands.

use serde::Serialize;

/// Largest magnitude read: the squares of larger values leave the range of 32-bit floats.
const LARGEST_VALUE: f64 = 1e18;

/// Longest number with marks between thousands that is read.
const LONGEST: usize = 48;

/// How the numbers of a column are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct NumberForm {
    pub(crate) decimal: char,
    pub(crate) thousands: Option<char>,
}

/// Why a cell is no number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NumberError {
    /// It is not written in the form.
    Form,
    /// Its magnitude is above 1e18.
    TooLarge,
}

impl NumberForm {
    /// `1234.5`
    pub(crate) const PLAIN: Self = Self { decimal: '.', thousands: None };

    /// The value of a trimmed cell that is not missing.
    pub(crate) fn value(self, cell: &[u8]) -> Result<f64, NumberError> {
        let value = if self == Self::PLAIN { plain(cell) } else { self.marked(cell) };
        match value {
            Some(value) if value.is_nan() || value.abs() <= LARGEST_VALUE => Ok(value),
            Some(_) => Err(NumberError::TooLarge),
            None => Err(NumberError::Form),
        }
    }

    fn marked(self, cell: &[u8]) -> Option<f64> {
        if cell.len() > LONGEST {
            return None;
        }
        let text = std::str::from_utf8(cell).ok()?;
        let mut clean = [0u8; LONGEST];
        let mut length = 0;
        let mut push = |byte| {
            clean[length] = byte;
            length += 1;
        };
        // digits since the last mark between thousands; none before the first one
        let mut group: Option<usize> = None;
        let (mut digits, mut first, mut is_whole) = (0, 0, true);
        for character in text.chars() {
            let is_thousands = self.thousands.is_some_and(|mark| same_mark(mark, character));
            if character == self.decimal && is_whole {
                is_whole = false;
                push(b'.');
            } else if is_thousands && is_whole && digits > 0 {
                if group.map_or(digits > 3 || first == b'0', |since| since != 3) {
                    return None;
                }
                group = Some(0);
            } else if character.is_ascii_digit() {
                if digits == 0 {
                    first = character as u8;
                }
                digits += 1;
                if is_whole {
                    group = group.map(|since| since + 1);
                }
                push(character as u8);
            } else if matches!(character, 'e' | 'E' | '+' | '-') {
                is_whole = is_whole && matches!(character, '+' | '-');
                push(character as u8);
            } else if character == '\u{2212}' {
                push(b'-');
            } else {
                return None;
            }
        }
        if group.is_some_and(|since| since != 3) {
            return None;
        }
        plain(&clean[..length])
    }
}

/// Whether a character is that mark, or another blank or apostrophe of the same use.
fn same_mark(mark: char, character: char) -> bool {
    mark == character
        || (mark == ' ' && matches!(character, '\u{a0}' | '\u{202f}' | '\u{2009}'))
        || (mark == '\'' && character == '\u{2019}')
}

/// Powers of ten that a 64-bit float holds exactly.
const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
];

/// The number in the form `1234.5` or `1e3`, rounded as the standard library does.
fn plain(cell: &[u8]) -> Option<f64> {
    let (negative, rest) = match cell {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, cell),
    };
    let (mut whole, mut digits, mut decimals) = (0u64, 0usize, None);
    for (at, byte) in rest.iter().enumerate() {
        match byte {
            b'0'..=b'9' => {
                whole = whole.wrapping_mul(10).wrapping_add(u64::from(byte - b'0'));
                digits += 1;
            }
            b'.' if decimals.is_none() => decimals = Some(rest.len() - at - 1),
            _ => return slow(cell),
        }
    }
    let decimals = decimals.unwrap_or(0);
    // both numbers are exact, so their quotient is rounded once
    if digits == 0 || digits > 15 || decimals >= POWERS.len() {
        return slow(cell);
    }
    let value = whole as f64 / POWERS[decimals];
    Some(if negative { -value } else { value })
}

fn slow(cell: &[u8]) -> Option<f64> {
    let starts_well = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.');
    let text = std::str::from_utf8(cell).ok()?;
    if let Some(rest) = text.strip_prefix('\u{2212}') {
        return slow(rest.as_bytes()).map(|value| -value);
    }
    if cell.first().is_some_and(starts_well) || is_infinity(text) { text.parse().ok() } else { None }
}

fn is_infinity(text: &str) -> bool {
    text.eq_ignore_ascii_case("inf") || text.eq_ignore_ascii_case("infinity")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(decimal: char, thousands: Option<char>, cell: &str) -> Option<f64> {
        NumberForm { decimal, thousands }.value(cell.as_bytes()).ok()
    }

    #[test]
    fn plain_numbers_are_those_of_the_standard_library() {
        for cell in
            ["0", "-0.0", "1234.5", "74.01923788646684", "1e3", "-1.5E-07", "+5", ".5", "5.", "123456789012345678"]
        {
            let expected: f64 = cell.parse().expect("a number");
            assert_eq!(value('.', None, cell).map(f64::to_bits), Some(expected.to_bits()), "{cell}");
        }
        assert_eq!(value('.', None, "\u{2212}5"), Some(-5.0));
        for cell in ["", "-", ".", "1.2.3", "abc", "1 2", "0x10", "1e99"] {
            assert_eq!(value('.', None, cell), None, "{cell}");
        }
    }

    #[test]
    fn marks_between_thousands_stand_before_three_digits() {
        assert_eq!(value('.', Some(','), "-1,234,567.25"), Some(-1_234_567.25));
        assert_eq!(value(',', Some('.'), "1.234,5"), Some(1234.5));
        assert_eq!(value(',', Some(' '), "1\u{202f}234,5"), Some(1234.5));
        assert_eq!(value('.', Some('\''), "1’234.5"), Some(1234.5));
        assert_eq!(value(',', None, "1,5e3"), Some(1500.0));
        for cell in ["1,23", "0,123", "1234,567", "1,,234", "1,234,56", "1.5,000"] {
            assert_eq!(value('.', Some(','), cell), None, "{cell}");
        }
    }
}
