//! The clock of this machine. It may jump either way, and those of other machines differ: it is for people, and for deadlines that a
//! sender gave; it never tells which of two things came first.

use std::time::SystemTime;

/// The present time by the clock of this machine.
pub fn wall_clock() -> SystemTime {
    // tests set it ahead by so many seconds, or back
    fail::fail_point!("wall-clock", |seconds| {
        let seconds: i64 = seconds.and_then(|text| text.parse().ok()).unwrap_or_default();
        let shift = std::time::Duration::from_secs(seconds.unsigned_abs());
        let now = SystemTime::now();
        if seconds < 0 { now - shift } else { now + shift }
    });
    SystemTime::now()
}
