//! The search for seasons: what the calendar suggests, else what the data suggest, each confirmed by the data.

use crate::forecast::classical::numeric::log_scale::LogScale;
use crate::forecast::data::Step;

use super::calendar::calendar;
use super::evidence::Evidence;
use super::period::period_of;

/// Most seasons that are found.
pub const SEASONS_MAX: usize = 2;

/// Rows, the last ones, that seasons are searched in.
const ROWS_MAX: usize = 8_000;

/// A period within this share of a calendar length is that length.
const ROUNDING_SHARE: f64 = 0.1;

/// How often a period that no calendar suggests must fit into the rows; random walks look periodic with fewer.
const CYCLES_MIN: usize = 5;

/// Multiples of a period found in the data that are tried too: five and seven days.
const MULTIPLES: [usize; 2] = [5, 7];

/// The longest period whose multiples are tried.
const MULTIPLIED_MAX: usize = 600;

/// The seasons of a series without gaps, in rows, the shortest first; at most [`SEASONS_MAX`].
///
/// `times_ms` has one time a value.
pub fn find_seasons(times_ms: &[i64], values: &[f64], step: Step) -> Vec<usize> {
    let from = values.len().saturating_sub(ROWS_MAX);
    let (times_ms, values) = (&times_ms[from.min(times_ms.len())..], &values[from..]);
    let calendar = calendar(times_ms, step);
    let scaled = LogScale::of(values).apply(values);
    let mut evidence = Evidence::of(scaled.clone());
    let (first, others) = match calendar.likely.split_first() {
        Some((first, others)) => (Some(*first), others),
        None => (None, [].as_slice()),
    };
    if first.is_some_and(|first| evidence.accepts(first)) {
        for length in others {
            evidence.accepts(*length);
        }
    } else {
        search_freely(&mut evidence, &scaled, &calendar.round_to, others);
    }
    let mut found = evidence.found;
    found.truncate(SEASONS_MAX);
    found.sort_unstable();
    found
}

fn search_freely(evidence: &mut Evidence, scaled: &[f64], round_to: &[usize], others: &[usize]) {
    let period = period_of(scaled);
    let near = |length: &&usize| {
        period.is_some_and(|period| period.abs_diff(**length) as f64 <= ROUNDING_SHARE * **length as f64)
    };
    let rounded = round_to.iter().find(near).copied().or(period.filter(|period| period * CYCLES_MIN <= scaled.len()));
    match rounded {
        Some(length) if evidence.accepts(length) => {
            for multiple in MULTIPLES.iter().filter(|_| length < MULTIPLIED_MAX) {
                evidence.accepts(length * multiple);
            }
        }
        _ => {
            for length in others {
                evidence.accepts(*length);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::f64::consts::TAU;

    use super::*;
    use crate::forecast::data::MonthDay;

    /// SplitMix64 of a row, from -1 to 1.
    fn noise_of(seed: u64, row: usize) -> f64 {
        let mut bits = (seed << 32 | row as u64).wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (bits >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    }

    fn noise(row: usize) -> f64 {
        noise_of(0, row)
    }

    #[test]
    fn day_and_week_of_half_hours_are_found() {
        let step = Step::Fixed(1_800_000);
        let times: Vec<i64> = (0..2_000).map(|row| row * 1_800_000).collect();
        let values: Vec<f64> = (0..2_000usize)
            .map(|row| {
                let day = (TAU * row as f64 / 48.0).sin();
                let weekend = if row / 48 % 7 >= 5 { -0.8 } else { 0.0 };
                100.0 + 10.0 * (day + weekend + 0.2 * noise(row))
            })
            .collect();
        assert_eq!(find_seasons(&times, &values, step), [48, 336]);
    }

    #[test]
    fn a_minute_of_seconds_is_found_without_the_calendar() {
        let step = Step::Fixed(1_000);
        let times: Vec<i64> = (0..1_500).map(|row| row * 1_000).collect();
        let values: Vec<f64> =
            (0..1_500usize).map(|row| 20.0 + 5.0 * (TAU * row as f64 / 60.0).sin() + 2.0 * noise(row)).collect();
        assert_eq!(find_seasons(&times, &values, step).first(), Some(&60));
    }

    fn walk(seed: u64, rows: usize) -> Vec<f64> {
        let mut level = 500.0;
        let step = |row: usize| {
            level += noise_of(seed, row);
            level
        };
        (0..rows).map(step).collect()
    }

    #[test]
    fn random_walks_and_noise_rarely_have_a_season() {
        let days = Step::Fixed(86_400_000);
        let times: Vec<i64> = (0..800).map(|row| row * 86_400_000).collect();
        let of_walks = (0..100).filter(|seed| !find_seasons(&times, &walk(*seed, 800), days).is_empty()).count();
        let of_noise = (0..100).filter(|seed| {
            let values: Vec<f64> = (0..200).map(|row| noise_of(*seed, row)).collect();
            !find_seasons(&[0; 200], &values, Step::Months(1, MonthDay::End)).is_empty()
        });
        let of_noise = of_noise.count();
        assert!(of_walks <= 5 && of_noise <= 5, "{of_walks} of 100 walks, {of_noise} of 100 times noise");
    }

    #[test]
    fn a_constant_has_no_season() {
        let times: Vec<i64> = (0..800).map(|row| row * 86_400_000).collect();
        assert!(find_seasons(&times, &[5.0; 800], Step::Fixed(86_400_000)).is_empty());
    }
}
