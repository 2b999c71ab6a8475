//! Time of day and zone after a date.

use serde::{Deserialize, Serialize};

use super::cursor::Cursor;

/// How the zone of a time is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) enum ZoneMark {
    /// Not at all: a local time.
    #[default]
    None,
    /// `Z`
    Z,
    /// `UTC` or `GMT` after a blank.
    Utc,
    Gmt,
    /// `+01:00`
    Colon,
    /// `+0100`
    Digits,
    /// `+01`
    Hours,
}

/// How a time of day was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct ClockStyle {
    /// Between date and time; 0 where there is no time.
    pub(super) separator: u8,
    pub(super) has_seconds: bool,
    /// Digits of the fraction of a second.
    pub(super) fraction: u8,
    /// `,` instead of `.` before the fraction.
    pub(super) has_comma: bool,
    /// `3:00 PM`, and whether in small letters.
    pub(super) has_half: bool,
    pub(super) is_small_half: bool,
    /// `0304`, not `03:04`.
    pub(super) is_compact: bool,
    /// `03`, without minutes.
    pub(super) is_hour: bool,
    /// `3:04`, not `03:04`.
    pub(super) is_bare: bool,
    pub(super) zone: ZoneMark,
    /// A blank before the zone.
    pub(super) has_zone_blank: bool,
}

/// A time of day and its zone.
pub(super) struct ClockTime {
    /// ms since midnight, at most a day.
    pub(super) ms: i64,
    /// Minutes east of Greenwich; none where no zone is written.
    pub(super) offset: Option<i16>,
    pub(super) style: ClockStyle,
}

/// Reads what stands after a date, up to the end of the cell. `is_compact`: digits may follow without a mark.
pub(super) fn read_clock(cursor: &mut Cursor<'_>, is_compact: bool) -> Option<ClockTime> {
    let mut style = ClockStyle::default();
    let mut ms = 0;
    if cursor.is_empty() {
        return Some(ClockTime { ms, offset: None, style });
    }
    let mut rest = *cursor;
    let separator = match rest.peek()? {
        mark @ (b' ' | b'T' | b't' | b'_' | b',' | b'-' | b':') => {
            rest.next();
            rest.blanks();
            mark
        }
        b'0'..=b'9' if is_compact => b'\0',
        _ => 0xFF,
    };
    // `2024-01-01Z` and `2024-01-01+01:00` are dates with a zone
    if separator != 0xFF && rest.digits() > 0 && (separator != b'-' || has_colon(rest.0)) {
        style.separator = if separator == 0 { b'\x01' } else { separator };
        ms = read_time_of_day(&mut rest, &mut style)?;
        *cursor = rest;
    }
    let offset = read_zone(cursor, &mut style)?;
    cursor.is_empty().then_some(ClockTime { ms, offset, style })
}

/// Whether a colon is the third or second byte, as in a time of day.
fn has_colon(text: &[u8]) -> bool {
    text.iter().take(3).any(|&byte| byte == b':') && text.iter().filter(|&&byte| byte == b':').count() >= 2
}

fn read_time_of_day(cursor: &mut Cursor<'_>, style: &mut ClockStyle) -> Option<i64> {
    let digits = cursor.digits();
    style.is_compact = matches!(digits, 4 | 6) || (digits == 2 && style.separator == 1);
    let (mut hour, has_two) = if style.is_compact { (cursor.number(2)?, true) } else { cursor.short_number()? };
    style.is_bare = !has_two;
    style.is_hour = digits == 2 && style.is_compact;
    let next = |cursor: &mut Cursor<'_>| {
        if style.is_compact {
            return if cursor.digits() >= 2 { cursor.number(2) } else { None };
        }
        if cursor.skip(b':') { cursor.number(2) } else { None }
    };
    let minute = next(cursor);
    let minute = match minute {
        Some(minute) => minute,
        // an hour alone is a time of day only in compact dates and after a T
        None if style.separator == 1 => 0,
        None if style.separator == b'T' && has_two && !style.is_compact => {
            style.is_hour = true;
            0
        }
        None => return None,
    };
    let second = next(cursor);
    style.has_seconds = second.is_some();
    let second = second.unwrap_or(0);
    let mut ms = 0;
    if style.has_seconds && matches!(cursor.peek(), Some(b'.' | b',')) {
        style.has_comma = cursor.next() == Some(b',');
        let digits = cursor.digits();
        if digits == 0 {
            return None;
        }
        style.fraction = digits.min(9) as u8;
        let mut unit = 100;
        for byte in &cursor.0[..digits] {
            ms += i64::from(byte - b'0') * unit;
            unit /= 10;
        }
        cursor.0 = &cursor.0[digits..];
    }
    let mut half = *cursor;
    half.blanks();
    if let Some(letter @ (b'A' | b'a' | b'P' | b'p')) = half.peek()
        && half.0.len() >= 2
        && half.0[1].eq_ignore_ascii_case(&b'm')
    {
        half.0 = &half.0[2..];
        *cursor = half;
        style.has_half = true;
        style.is_small_half = letter.is_ascii_lowercase();
        if !(1..=12).contains(&hour) {
            return None;
        }
        hour = hour % 12 + if letter.eq_ignore_ascii_case(&b'p') { 12 } else { 0 };
    }
    // 24:00 is the next midnight
    let is_end = hour == 24 && minute == 0 && second == 0 && ms == 0;
    if (hour > 23 && !is_end) || minute > 59 || second > 59 {
        return None;
    }
    Some(i64::from(hour * 3600 + minute * 60 + second) * 1000 + ms)
}

/// The zone as minutes east of Greenwich; `Some(None)` at the end of the cell.
#[allow(clippy::option_option)]
fn read_zone(cursor: &mut Cursor<'_>, style: &mut ClockStyle) -> Option<Option<i16>> {
    if cursor.is_empty() {
        return Some(None);
    }
    style.has_zone_blank = cursor.skip(b' ');
    for (text, mark) in [("Z", ZoneMark::Z), ("UTC", ZoneMark::Utc), ("GMT", ZoneMark::Gmt)] {
        if cursor.text(text).is_some() {
            style.zone = mark;
            return Some(Some(0));
        }
    }
    let sign = match cursor.next()? {
        b'+' => 1,
        b'-' => -1,
        // the minus sign of typesetting
        0xE2 if cursor.0.starts_with(b"\x88\x92") => {
            cursor.0 = &cursor.0[2..];
            -1
        }
        _ => return None,
    };
    let hours = cursor.number(2).filter(|&hours| hours < 24)?;
    style.zone = ZoneMark::Hours;
    let mut minutes = 0;
    if !cursor.is_empty() {
        style.zone = if cursor.skip(b':') { ZoneMark::Colon } else { ZoneMark::Digits };
        minutes = cursor.number(2).filter(|&minutes| minutes < 60)?;
    }
    i16::try_from(hours * 60 + minutes).ok().map(|offset| Some(sign * offset))
}

/// Writes a time of day as its style does; nothing where the style has none.
pub(super) fn write_clock(ms: i64, style: ClockStyle) -> String {
    if style.separator == 0 {
        return String::new();
    }
    let (mut hour, minute, second) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60);
    let is_afternoon = hour >= 12;
    if style.has_half {
        hour = (hour + 11) % 12 + 1;
    }
    let colon = if style.is_compact { "" } else { ":" };
    let mut text = match style.separator {
        1 => String::new(),
        b',' => ", ".to_owned(),
        separator => char::from(separator).to_string(),
    };
    text += &if style.is_bare { hour.to_string() } else { format!("{hour:02}") };
    if style.is_hour {
        return text;
    }
    text += &format!("{colon}{minute:02}");
    if style.has_seconds {
        text += &format!("{colon}{second:02}");
    }
    if style.fraction > 0 {
        let digits = format!("{:03}000000", ms % 1000);
        text.push(if style.has_comma { ',' } else { '.' });
        text += digits.get(..usize::from(style.fraction)).unwrap_or(&digits);
    }
    if style.has_half {
        let half = if is_afternoon { " PM" } else { " AM" };
        text += &if style.is_small_half { half.to_lowercase() } else { half.to_owned() };
    }
    text
}

/// Writes a zone as its style does.
pub(super) fn write_zone(offset: i16, style: ClockStyle) -> String {
    let blank = if style.has_zone_blank { " " } else { "" };
    let sign = if offset < 0 { '-' } else { '+' };
    let (hours, minutes) = (offset.unsigned_abs() / 60, offset.unsigned_abs() % 60);
    match style.zone {
        ZoneMark::None => String::new(),
        ZoneMark::Z if offset == 0 => format!("{blank}Z"),
        ZoneMark::Utc if offset == 0 => format!("{blank}UTC"),
        ZoneMark::Gmt if offset == 0 => format!("{blank}GMT"),
        ZoneMark::Digits => format!("{blank}{sign}{hours:02}{minutes:02}"),
        ZoneMark::Hours if minutes == 0 => format!("{blank}{sign}{hours:02}"),
        _ => format!("{blank}{sign}{hours:02}:{minutes:02}"),
    }
}

impl ClockStyle {
    /// Whether the zone is written as UTC.
    pub(super) fn is_utc(self) -> bool {
        matches!(self.zone, ZoneMark::Z | ZoneMark::Utc | ZoneMark::Gmt)
    }

    /// Whether it is a time of day in ISO 8601, without a zone or in UTC.
    pub(super) fn is_plain(self) -> bool {
        let is_digits = !self.has_half && !self.is_compact && !self.is_hour && !self.is_bare && !self.has_comma;
        matches!(self.separator, b' ' | b'T') && matches!(self.zone, ZoneMark::None | ZoneMark::Z) && is_digits
    }

    /// The style as people write it: ` hh:mm:ss+01:00`.
    pub(super) fn described(self) -> String {
        let mut text = String::new();
        if self.separator != 0 {
            let separator = if self.separator == 1 { String::new() } else { char::from(self.separator).to_string() };
            text += &format!("{separator}hh{}", if self.is_hour { "" } else { ":mm" });
            text += if self.has_seconds { ":ss" } else { "" };
            text += if self.fraction > 0 { ".fff" } else { "" };
            text += if self.has_half { " AM" } else { "" };
            if self.is_compact {
                text = text.replace(':', "");
            }
        }
        text + match self.zone {
            ZoneMark::None => "",
            ZoneMark::Z => "Z",
            ZoneMark::Utc => " UTC",
            ZoneMark::Gmt => " GMT",
            ZoneMark::Colon => "+hh:mm",
            ZoneMark::Digits => "+hhmm",
            ZoneMark::Hours => "+hh",
        }
    }

    /// The style of a column of which one more cell has the style `other`: the more detailed one.
    pub(super) fn merge(&mut self, other: ClockStyle) {
        if self.separator == 0 {
            let zone = self.zone;
            *self = other;
            if zone != ZoneMark::None {
                self.zone = zone;
            }
            return;
        }
        if other.separator == 0 {
            return;
        }
        self.has_seconds |= other.has_seconds;
        self.fraction = self.fraction.max(other.fraction);
        self.is_bare |= other.is_bare;
    }
}
