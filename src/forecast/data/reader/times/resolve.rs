//! The instants of what a local clock shows: the order of the rows tells hours that it shows twice.

use super::shape::NAIVE;
use super::zone::{Instants, LocalClock};
use crate::forecast::data::reader::mistakes::Found;

const MS_PER_DAY: i64 = 86_400_000;

/// Times as the rows of a file write them.
#[derive(Debug, Default)]
pub(crate) struct LocalTimes {
    /// What the clock shows, ms since 1970-01-01 00:00 on the same clock.
    pub(crate) walls_ms: Vec<i64>,
    /// Minutes east of Greenwich, or [`NAIVE`].
    pub(crate) offsets: Vec<i16>,
    /// The lines of the rows.
    pub(crate) lines: Vec<u32>,
}

impl LocalTimes {
    /// The clock of the times: of the zone that is set, else what the offsets tell. None: offsets that are those of no zone.
    pub(crate) fn clock(&self, zone: Option<chrono_tz::Tz>) -> Option<LocalClock> {
        if let Some(zone) = zone {
            return Some(LocalClock::Zone(zone));
        }
        let first = self.offsets.first().copied().unwrap_or(NAIVE);
        if self.offsets.iter().all(|&offset| offset == first) {
            let is_utc = first == NAIVE || first == 0;
            return Some(if is_utc { LocalClock::AsWritten } else { LocalClock::Offset(first) });
        }
        let instant = |row: usize| (self.walls_ms[row] - i64::from(self.offsets[row]) * 60_000, self.offsets[row]);
        let is_change = |row: &usize| self.offsets[*row] != self.offsets[*row - 1];
        let changes: Vec<(i64, i16)> = (1..self.offsets.len())
            .filter(is_change)
            .take(1000)
            .flat_map(|row| [instant(row - 1), instant(row)])
            .collect();
        LocalClock::of_offsets(&changes)
    }

    /// The instants (ms since 1970 in UTC) of some rows, given in file order; mistakes go to `found`, with times as `write` writes them.
    pub(crate) fn instants(
        &self,
        rows: &[u32],
        clock: LocalClock,
        write: impl Fn(i64) -> String,
        found: &mut Found,
    ) -> Vec<i64> {
        let mut instants = Vec::with_capacity(rows.len());
        let mut doubles = Vec::new();
        for &row in rows {
            let (wall_ms, offset) = (self.walls_ms[row as usize], self.offsets[row as usize]);
            if offset != NAIVE {
                instants.push(wall_ms - i64::from(offset) * 60_000);
                continue;
            }
            match clock.instants(wall_ms) {
                Instants::One(ms) => instants.push(ms),
                Instants::Two(earlier, later) => {
                    doubles.push(Double { at: instants.len(), wall_ms, later });
                    instants.push(earlier);
                }
                // a day starts when the clock goes on
                Instants::None(ms) if wall_ms.rem_euclid(MS_PER_DAY) == 0 => instants.push(ms),
                Instants::None(ms) => {
                    let what = format!(
                        "the clock of {} skips these times: set another TIME_ZONE, or none if the times are not local",
                        clock.described()
                    );
                    found.add(&what, || format!("line {}: {}", self.lines[row as usize], write(wall_ms)));
                    instants.push(ms);
                }
            }
        }
        let is_falling = instants.first() > instants.last();
        if is_falling {
            doubles.reverse();
        }
        for run in doubles.chunk_by(|a, b| (a.wall_ms - b.wall_ms).abs() < MS_PER_DAY) {
            if !settle(run, &mut instants) {
                let what = format!(
                    "the clock of {} shows these times twice, and the order of the rows does not tell them apart: sort the rows, or write times with an offset",
                    clock.described()
                );
                for double in run {
                    found.add(&what, || {
                        let line = self.lines[rows[double.at] as usize];
                        format!("line {line}: {}", write(double.wall_ms))
                    });
                }
            }
        }
        instants
    }
}

/// A time that the clock shows twice.
struct Double {
    at: usize,
    wall_ms: i64,
    later: i64,
}

/// Gives the later instant to the rows after the clock was put back; false where the order does not show when that was.
fn settle(run: &[Double], instants: &mut [i64]) -> bool {
    let mut changes = 0;
    let mut is_apart = false;
    let mut previous: Option<&Double> = None;
    for double in run {
        if let Some(previous) = previous {
            changes += usize::from(double.wall_ms <= previous.wall_ms);
            is_apart |= double.at.abs_diff(previous.at) != 1;
        }
        previous = Some(double);
        if changes > 0 {
            instants[double.at] = double.later;
        }
    }
    changes == 0 || (changes == 1 && !is_apart)
}
