//! How a file writes its times, so that later times can be written the same way.

use serde::{Deserialize, Serialize};

use super::shape::{Period, Shape, Style};
use super::zone::LocalClock;

/// How the times of a file are written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimeFormat {
    pub(crate) shape: Shape,
    pub(crate) style: Style,
    /// Several columns make one time: it cannot be written back, and is written as a date.
    pub(crate) is_joined: bool,
    /// The offset of the last time, for times after it where no zone is known; none where times have no zone.
    pub(crate) last_offset: Option<i16>,
}

impl TimeFormat {
    /// Writes an instant (ms since 1970 in UTC) as the file does. A time without a zone is what `clock` shows.
    pub fn write(&self, ms: i64, clock: LocalClock) -> String {
        let (shape, style);
        let iso = Shape::of_pattern("Y-M-D");
        if self.is_joined && self.period() > Period::Day {
            (shape, style) = (&iso, Style::default());
        } else {
            (shape, style) = (&self.shape, self.style);
        }
        let offset = match (clock, self.last_offset) {
            _ if self.style.clock.is_utc() => 0,
            (LocalClock::AsWritten, Some(last)) => last,
            _ => clock.offset_minutes(ms),
        };
        let wall_ms = ms.saturating_add(i64::from(offset) * 60_000);
        shape.write(wall_ms, offset, style).unwrap_or_else(|| format!("{ms} ms since 1970"))
    }

    /// Reads a time in this form: what the local clock shows (ms) and its offset in minutes, if it is written.
    pub fn read(&self, text: &str) -> Option<(i64, Option<i16>)> {
        let (stamp, _) = self.shape.read(text.trim().as_bytes())?;
        Some((stamp.wall_ms, (stamp.offset != super::NAIVE).then_some(stamp.offset)))
    }

    /// What one time of the file names: a point in time, a day, a month.
    pub fn period(&self) -> Period {
        self.shape.period(self.style)
    }

    /// Whether several columns make one time.
    pub fn is_in_several_columns(&self) -> bool {
        self.is_joined
    }

    /// Whether it is ISO 8601 with a time of day, without a zone or in UTC.
    pub fn is_plain_iso(&self) -> bool {
        self.shape.is_iso() && self.style.clock.is_plain() && !self.is_joined
    }

    /// Whether times have a zone.
    pub fn has_zone(&self) -> bool {
        self.last_offset.is_some()
    }

    /// The form as people write it: `YYYY-MM-DD hh:mm`.
    pub fn described(&self) -> String {
        self.shape.described(self.style)
    }
}

impl Style {
    /// The style of a column of which one more cell has the style `other`.
    pub(crate) fn merge(&mut self, other: Style) {
        self.date.is_bare |= other.date.is_bare;
        // May is both short and long: whichever another cell shows
        if !other.date.name.is_long || self.date.name == Default::default() {
            let is_long = self.date.name.is_long;
            self.date.name = other.date.name;
            self.date.name.is_long |= is_long;
        } else {
            self.date.name.is_long = true;
        }
        self.clock.merge(other.clock);
    }
}
