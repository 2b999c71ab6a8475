//! Times as a file or a caller wrote them.

use super::axis::TimeAxis;
use super::text::{TimeForm, format_time};
use crate::forecast::data::reader::{LocalClock, TimeFormat};

/// Writes times in one form.
#[derive(Clone, Debug, PartialEq)]
pub struct TimeWriter {
    form: TimeForm,
    format: Option<TimeFormat>,
    clock: LocalClock,
}

/// ISO 8601, with `Z` where times have a zone.
impl From<TimeForm> for TimeWriter {
    fn from(form: TimeForm) -> Self {
        Self { form, format: None, clock: LocalClock::AsWritten }
    }
}

impl TimeWriter {
    /// The form of a series.
    pub fn of(form: TimeForm, axis: &TimeAxis) -> Self {
        Self { form, format: axis.format.clone(), clock: axis.clock }
    }

    /// Another form on the same clock.
    pub fn in_format(form: TimeForm, format: TimeFormat, clock: LocalClock) -> Self {
        Self { form, format: Some(format), clock }
    }

    /// The time as text: in the form, or in ISO 8601 where the form cannot write this time, such as an hour in a form of days.
    pub fn write(&self, ms: i64) -> String {
        let Some(format) = &self.format else { return format_time(ms, self.form) };
        let text = format.write(ms, self.clock);
        let is_same = match format.read(&text) {
            Some((wall_ms, Some(offset))) => wall_ms - i64::from(offset) * 60_000 == ms,
            // a day may start when the clock goes on
            Some((wall_ms, None)) => wall_ms == self.clock.wall_ms(ms) || self.clock.instant(wall_ms) == ms,
            // a period in several columns is written as the date of its start
            None => format.is_in_several_columns(),
        };
        match is_same {
            true => text,
            false if format.has_zone() => format_time(ms, self.form),
            false => format_time(self.clock.wall_ms(ms), TimeForm::Naive),
        }
    }
}
