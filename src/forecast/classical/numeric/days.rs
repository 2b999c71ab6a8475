//! Days and weekdays of times on a local clock.

/// A day.
pub const DAY_MS: i64 = 86_400_000;

/// Days since Monday, 0 to 6, of a time in milliseconds since 1970.
pub fn weekday(time_ms: i64) -> usize {
    // 1 January 1970 was a Thursday
    (time_ms.div_euclid(DAY_MS) + 3).rem_euclid(7) as usize
}
