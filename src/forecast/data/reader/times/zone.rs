//! Local clocks: what a clock shows at an instant, and the instants at which it shows a time.

use chrono::{DateTime, LocalResult, NaiveDateTime, Offset, TimeZone};
use chrono_tz::{TZ_VARIANTS, Tz};
use serde::{Deserialize, Serialize};

/// The clock by which times are local.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum LocalClock {
    /// Times without a zone, kept as if they were UTC; or UTC itself.
    #[default]
    AsWritten,
    /// Always so many minutes east of Greenwich.
    Offset(i16),
    /// The clock of a zone, by its name in the IANA data.
    #[serde(with = "zone_name")]
    Zone(Tz),
}

/// The instants at which a clock shows a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Instants {
    One(i64),
    /// The clock was put back: an earlier and a later instant.
    Two(i64, i64),
    /// The clock was put forward: the instant by the clock before the change.
    None(i64),
}

/// Zones that are tried first where offsets have to tell the zone.
const WELL_KNOWN: [Tz; 16] = [
    Tz::Europe__London,
    Tz::Europe__Berlin,
    Tz::Europe__Helsinki,
    Tz::America__New_York,
    Tz::America__Chicago,
    Tz::America__Denver,
    Tz::America__Los_Angeles,
    Tz::America__Halifax,
    Tz::America__St_Johns,
    Tz::America__Anchorage,
    Tz::Australia__Sydney,
    Tz::Australia__Adelaide,
    Tz::Pacific__Auckland,
    Tz::Europe__Moscow,
    Tz::America__Sao_Paulo,
    Tz::Asia__Jerusalem,
];

impl LocalClock {
    /// Minutes by which the clock is ahead of UTC at an instant (ms since 1970).
    pub fn offset_minutes(self, ms: i64) -> i16 {
        match self {
            LocalClock::AsWritten => 0,
            LocalClock::Offset(minutes) => minutes,
            LocalClock::Zone(zone) => {
                let seconds = DateTime::from_timestamp_millis(ms)
                    .map_or(0, |time| zone.offset_from_utc_datetime(&time.naive_utc()).fix().local_minus_utc());
                // offsets of seconds were given up before 1972
                i16::try_from(seconds.div_euclid(60)).unwrap_or(0)
            }
        }
    }

    /// What the clock shows at an instant, as ms since 1970-01-01 00:00 on the same clock.
    pub fn wall_ms(self, ms: i64) -> i64 {
        ms.saturating_add(i64::from(self.offset_minutes(ms)) * 60_000)
    }

    /// The instants at which the clock shows a time.
    pub(crate) fn instants(self, wall_ms: i64) -> Instants {
        let LocalClock::Zone(zone) = self else {
            return Instants::One(wall_ms.saturating_sub(i64::from(self.offset_minutes(0)) * 60_000));
        };
        let Some(wall) = naive(wall_ms) else { return Instants::One(wall_ms) };
        let of = |offset: i32| wall_ms - i64::from(offset.div_euclid(60)) * 60_000;
        match zone.offset_from_local_datetime(&wall) {
            LocalResult::Single(offset) => Instants::One(of(offset.fix().local_minus_utc())),
            LocalResult::Ambiguous(a, b) => {
                let (a, b) = (of(a.fix().local_minus_utc()), of(b.fix().local_minus_utc()));
                Instants::Two(a.min(b), a.max(b))
            }
            LocalResult::None => {
                // go back in steps of a quarter of an hour to a time that the clock showed
                let before = (1..=96).map(|quarters| quarters * 900_000).find_map(|back| {
                    match zone.offset_from_local_datetime(&naive(wall_ms - back)?) {
                        LocalResult::None => None,
                        found => found.earliest().map(|offset| of(offset.fix().local_minus_utc())),
                    }
                });
                Instants::None(before.unwrap_or(wall_ms))
            }
        }
    }

    /// One instant for a time: the earlier one of two; past the gap where the clock never showed it.
    pub(crate) fn instant(self, wall_ms: i64) -> i64 {
        match self.instants(wall_ms) {
            Instants::One(ms) | Instants::Two(ms, _) | Instants::None(ms) => ms,
        }
    }

    /// The zone whose clock had these offsets (minutes) at these instants (ms), the best known one; none if no zone has.
    pub(crate) fn of_offsets(changes: &[(i64, i16)]) -> Option<Self> {
        let fits = |zone: &Tz| changes.iter().all(|&(ms, offset)| LocalClock::Zone(*zone).offset_minutes(ms) == offset);
        WELL_KNOWN.iter().chain(TZ_VARIANTS.iter()).find(|zone| fits(zone)).map(|zone| LocalClock::Zone(*zone))
    }

    /// The clock by name.
    pub fn described(self) -> String {
        match self {
            LocalClock::AsWritten => "as written".to_owned(),
            LocalClock::Zone(zone) => zone.name().to_owned(),
            LocalClock::Offset(minutes) => {
                let sign = if minutes < 0 { '-' } else { '+' };
                format!("UTC{sign}{:02}:{:02}", minutes.unsigned_abs() / 60, minutes.unsigned_abs() % 60)
            }
        }
    }
}

fn naive(wall_ms: i64) -> Option<NaiveDateTime> {
    DateTime::from_timestamp_millis(wall_ms).map(|time| time.naive_utc())
}

/// Zones are stored by their names.
mod zone_name {
    use chrono_tz::Tz;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(zone: &Tz, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(zone.name())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Tz, D::Error> {
        let name = String::deserialize(deserializer)?;
        name.parse().map_err(|_| D::Error::custom(format!("unknown time zone {name}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MADRID: LocalClock = LocalClock::Zone(Tz::Europe__Madrid);

    #[test]
    fn a_clock_shows_some_times_twice_and_some_never() {
        let autumn = 1_698_544_800_000; // 2023-10-29 02:00 as written
        assert_eq!(MADRID.instants(autumn), Instants::Two(autumn - 7_200_000, autumn - 3_600_000));
        let spring = 1_679_796_000_000 + 1_800_000; // 2023-03-26 02:30 as written
        assert_eq!(MADRID.instants(spring), Instants::None(spring - 3_600_000));
        assert_eq!(MADRID.wall_ms(MADRID.instant(spring)), spring + 3_600_000);
    }

    #[test]
    fn offsets_tell_the_zone() {
        let (winter, summer) = (1_704_067_200_000, 1_719_792_000_000);
        assert_eq!(LocalClock::of_offsets(&[(winter, 60), (summer, 120)]), Some(LocalClock::Zone(Tz::Europe__Berlin)));
        assert_eq!(LocalClock::of_offsets(&[(winter, 61)]), None);
    }
}
