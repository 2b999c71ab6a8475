//! The lengths of seasons that step and calendar suggest, in rows.

use crate::forecast::classical::numeric::days::{DAY_MS, weekday};
use crate::forecast::data::Step;

/// A sub-daily series with fewer rows a day than its step allows has opening hours if so many of its days agree.
const SAME_DAYS_SHARE: f64 = 0.5;

/// What step and calendar suggest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calendar {
    /// Lengths in rows that are tried one by one, the likeliest first.
    pub likely: Vec<usize>,
    /// Lengths in rows that a period found in the data is rounded to when it is near one of them.
    pub round_to: Vec<usize>,
}

/// What the calendar suggests for rows at these times.
pub fn calendar(times_ms: &[i64], step: Step) -> Calendar {
    let likely = match step {
        Step::Months(months, _) if months < 12 && 12 % months == 0 => vec![12 / months as usize],
        Step::Months(..) => Vec::new(),
        Step::BusinessDays => vec![5, 261],
        Step::Fixed(step_ms) | Step::Local(step_ms) => of_fixed_step(times_ms, step_ms),
    };
    let mut round_to = likely.clone();
    if let Step::Fixed(step_ms) = step {
        for length_ms in [60_000, 3_600_000] {
            if length_ms % step_ms.max(1) == 0 && length_ms / step_ms.max(1) >= 4 {
                round_to.push((length_ms / step_ms) as usize);
            }
        }
    }
    Calendar { likely, round_to }
}

fn of_fixed_step(times_ms: &[i64], step_ms: i64) -> Vec<usize> {
    let near = |length_ms: i64, tolerance_ms: i64| (step_ms - length_ms).abs() < tolerance_ms;
    if near(7 * DAY_MS, DAY_MS / 2) {
        return vec![52];
    }
    if near(DAY_MS, DAY_MS / 4) {
        return vec![7, 365];
    }
    if step_ms <= 0 || step_ms >= DAY_MS {
        return Vec::new();
    }
    let rows_a_day = DAY_MS as f64 / step_ms as f64;
    if let Some((rows, days)) = opening_hours(times_ms, rows_a_day) {
        return vec![rows, rows * days];
    }
    vec![rows_a_day.round() as usize, (rows_a_day * 7.0).round() as usize]
}

/// Rows of a day and days of a week, where the nights are not in the rows.
fn opening_hours(times_ms: &[i64], rows_a_day: f64) -> Option<(usize, usize)> {
    let mut days: Vec<(i64, usize)> = Vec::new();
    for time_ms in times_ms {
        let day = time_ms.div_euclid(DAY_MS);
        match days.last_mut() {
            Some((last, rows)) if *last == day => *rows += 1,
            _ => days.push((day, 1)),
        }
    }
    // the first and last day may have been cut
    let whole = days.get(1..days.len().saturating_sub(1)).filter(|whole| !whole.is_empty())?;
    let mut counts: Vec<usize> = whole.iter().map(|(_, rows)| *rows).collect();
    counts.sort_unstable();
    let usual = counts[counts.len() / 2];
    let agree = counts.iter().filter(|rows| **rows == usual).count() as f64 / counts.len() as f64;
    if usual < 2 || usual as f64 >= 0.97 * rows_a_day || agree <= SAME_DAYS_SHARE {
        return None;
    }
    let open = (0..7).filter(|open| days.iter().any(|(day, _)| weekday(day * DAY_MS) == *open)).count();
    Some((usual, open))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forecast::data::MonthDay;

    fn times(rows: i64, step_ms: i64) -> Vec<i64> {
        (0..rows).map(|row| row * step_ms).collect()
    }

    #[test]
    fn the_step_decides_what_is_likely() {
        let half_hours = times(1_000, 1_800_000);
        assert_eq!(calendar(&half_hours, Step::Fixed(1_800_000)).likely, [48, 336]);
        assert_eq!(calendar(&times(100, DAY_MS), Step::Fixed(DAY_MS)).likely, [7, 365]);
        assert_eq!(calendar(&times(100, 7 * DAY_MS), Step::Fixed(7 * DAY_MS)).likely, [52]);
        assert_eq!(calendar(&[], Step::Months(1, MonthDay::End)).likely, [12]);
        assert_eq!(calendar(&[], Step::Months(3, MonthDay::End)).likely, [4]);
        assert!(calendar(&[], Step::Months(12, MonthDay::Day(1))).likely.is_empty());
        assert_eq!(calendar(&[], Step::BusinessDays).likely, [5, 261]);
        assert_eq!(calendar(&times(100, 1_000), Step::Fixed(1_000)).round_to, [86_400, 604_800, 60, 3_600]);
    }

    #[test]
    fn opening_hours_make_shorter_days_and_weeks() {
        // ten hourly rows from 8 o'clock, Monday to Friday; 1970-01-05 was a Monday
        let opening = (0..70i64)
            .filter(|day| day % 7 < 5)
            .flat_map(|day| (8..18).map(move |hour| (day + 4) * DAY_MS + hour * 3_600_000));
        let times: Vec<i64> = opening.collect();
        assert_eq!(calendar(&times, Step::Fixed(3_600_000)).likely, [10, 50]);
    }
}
