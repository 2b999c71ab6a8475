//! The time in records.

use chrono::{DateTime, SecondsFormat, Utc};

use crate::runtime::wall_clock;

/// The present time by the clock of this machine, RFC 3339 in UTC with microseconds; for people.
pub fn now() -> String {
    DateTime::<Utc>::from(wall_clock()).to_rfc3339_opts(SecondsFormat::Micros, true)
}
