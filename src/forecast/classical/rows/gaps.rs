//! Missing cells: a line between their neighbours, with the shape of the season where a gap is longer.

/// The longest gap that a straight line fills well.
const LINE_ROWS_MAX: usize = 3;

/// Every cell with a number: lines across short gaps, the season before and after across longer ones. Nothing changes where no cell
/// has a number.
pub fn fill_gaps(values: &[f64], season: Option<usize>) -> Vec<f64> {
    let filled = straight(values);
    match season {
        Some(season) if season > 1 => seasonal(values, filled, season),
        _ => filled,
    }
}

/// Runs of missing cells, as ranges.
fn gaps(values: &[f64]) -> Vec<std::ops::Range<usize>> {
    let mut gaps: Vec<std::ops::Range<usize>> = Vec::new();
    for row in (0..values.len()).filter(|row| values[*row].is_nan()) {
        match gaps.last_mut() {
            Some(gap) if gap.end == row => gap.end = row + 1,
            _ => gaps.push(row..row + 1),
        }
    }
    gaps
}

fn straight(values: &[f64]) -> Vec<f64> {
    let mut filled = values.to_vec();
    for gap in gaps(values) {
        let before = gap.start.checked_sub(1).map(|row| values[row]);
        let after = values.get(gap.end).copied();
        let (before, after) = match (before, after) {
            (Some(before), Some(after)) => (before, after),
            (Some(only), None) | (None, Some(only)) => (only, only),
            (None, None) => return filled,
        };
        let steps = (gap.len() + 1) as f64;
        for (i, row) in gap.enumerate() {
            filled[row] = before + (after - before) * (i + 1) as f64 / steps;
        }
    }
    filled
}

/// Replaces the lines of long gaps by lines along each phase of the season, shifted to meet the neighbours.
fn seasonal(values: &[f64], mut filled: Vec<f64>, season: usize) -> Vec<f64> {
    for gap in gaps(values).into_iter().filter(|gap| gap.len() > LINE_ROWS_MAX) {
        let offset = |row: Option<usize>| {
            let row = row.filter(|row| *row < values.len())?;
            Some(values[row] - along_phase(values, row, season)?)
        };
        let left = offset(gap.start.checked_sub(1));
        let right = offset(Some(gap.end));
        let (left, right) = match (left, right) {
            (Some(left), Some(right)) => (left, right),
            (left, right) => {
                let only = left.or(right).unwrap_or(0.0);
                (only, only)
            }
        };
        let steps = (gap.len() + 1) as f64;
        for (i, row) in gap.enumerate() {
            if let Some(value) = along_phase(values, row, season) {
                filled[row] = value + left + (right - left) * (i + 1) as f64 / steps;
            }
        }
    }
    filled
}

/// A row's value by the line between the nearest measured rows of the same phase, itself left out.
fn along_phase(values: &[f64], row: usize, season: usize) -> Option<f64> {
    let measured = |row: Option<usize>| row.and_then(|row| values.get(row)).copied().filter(|value| value.is_finite());
    let before = (1..=row / season).find_map(|cycles| Some((cycles, measured(row.checked_sub(cycles * season))?)));
    let later = (values.len() - row) / season;
    let after = (1..=later).find_map(|cycles| Some((cycles, measured(Some(row + cycles * season))?)));
    match (before, after) {
        (Some((back, before)), Some((ahead, after))) => {
            Some((before * ahead as f64 + after * back as f64) / (back + ahead) as f64)
        }
        (before, after) => before.or(after).map(|(_, value)| value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_gaps_are_lines_and_the_ends_are_held() {
        let values = [f64::NAN, 1.0, f64::NAN, f64::NAN, 4.0, f64::NAN];
        assert_eq!(fill_gaps(&values, None), [1.0, 1.0, 2.0, 3.0, 4.0, 4.0]);
    }

    #[test]
    fn a_long_gap_has_the_shape_of_the_season() {
        let truth: Vec<f64> = (0..60).map(|row| f64::from(row) * 0.5 + f64::from(row % 6) * 10.0).collect();
        let mut values = truth.clone();
        values[20..33].fill(f64::NAN);
        let filled = fill_gaps(&values, Some(6));
        for (row, (filled, truth)) in filled.iter().zip(&truth).enumerate() {
            assert!((filled - truth).abs() < 1e-9, "row {row}: {filled} for {truth}");
        }
    }

    #[test]
    fn nothing_at_all_stays_nothing() {
        assert!(fill_gaps(&[f64::NAN, f64::NAN], Some(2)).iter().all(|value| value.is_nan()));
    }
}
