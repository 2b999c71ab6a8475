//! From columns of all rows to series on grids.

use crate::forecast::data::column::Column;
use crate::forecast::data::reader::mistakes::{Found, Mistakes};
use crate::forecast::data::reader::options::ReadOptions;
use crate::forecast::data::reader::reading::FileSeries;
use crate::forecast::data::reader::steps::{Duplicated, Grid, Hints, Rows, detect, place, resample};
use crate::forecast::data::reader::table::Group;
use crate::forecast::data::reader::times::{LocalClock, LocalTimes, TimeFormat};
use crate::forecast::data::reader::understanding::{Repairs, Understanding};

/// What series are made of.
pub(crate) struct Parts<'a> {
    pub(crate) times: LocalTimes,
    /// Names and values of all rows.
    pub(crate) columns: Vec<(String, Vec<f64>)>,
    /// How many cells count for each row.
    pub(crate) width: usize,
    /// What columns of words that are left out say, a number a row; empty where there are none.
    pub(crate) words: Vec<u64>,
    pub(crate) clock: LocalClock,
    pub(crate) form: &'a TimeFormat,
    /// Columns of numbers that may name series.
    pub(crate) numeric_ids: Vec<String>,
    pub(crate) options: &'a ReadOptions,
}

/// Series that were read, and those that were refused.
type Sorted = (Vec<FileSeries>, Vec<(String, Mistakes)>);

/// Makes a series of each group; an error if none can be made.
pub(crate) fn series_of(
    mut parts: Parts<'_>,
    groups: Vec<Group>,
    understanding: &mut Understanding,
) -> Result<Sorted, Mistakes> {
    let (mut all, mut refused) = (Vec::new(), Vec::new());
    let mut cells_left = parts.options.max_cells;
    for group in groups {
        let mut repairs = understanding.repairs;
        match one_series(&mut parts, &group, cells_left, &mut repairs) {
            Ok(series) => {
                understanding.repairs = repairs;
                understanding.rows_read += series.rows();
                let cells = (series.rows() as u64).saturating_mul(parts.width as u64);
                cells_left = cells_left.saturating_sub(cells);
                count_step(understanding, series.grid.as_ref());
                all.push(series);
            }
            Err(mistakes) => refused.push((group.id.unwrap_or_default(), mistakes)),
        }
    }
    if all.is_empty() {
        let mut found = Found::default();
        refused.into_iter().for_each(|(_, mistakes)| found.add_all(mistakes));
        found.check()?;
        return Err(Mistakes::of_file("the file has no rows below the header: give it some"));
    }
    understanding.series = all.len();
    understanding.steps.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    warn(understanding, &refused);
    Ok((all, refused))
}

fn one_series(
    parts: &mut Parts<'_>,
    group: &Group,
    cells_left: u64,
    repairs: &mut Repairs,
) -> Result<FileSeries, Mistakes> {
    let (clock, form, options) = (parts.clock, parts.form, parts.options);
    let mut found = Found::default();
    // for messages, a time of the local clock as the file writes it
    let write_wall = |wall_ms: i64| form.write(wall_ms, LocalClock::AsWritten);
    let instants = parts.times.instants(&group.rows, clock, write_wall, &mut found);
    found.check()?;
    let is_all = group.id.is_none();
    let pick = |values: &mut Vec<f64>| match is_all {
        true => std::mem::take(values),
        false => group.rows.iter().map(|&row| values[row as usize]).collect(),
    };
    let mut rows = Rows {
        times_ms: instants,
        lines: group.rows.iter().map(|&row| parts.times.lines[row as usize]).collect(),
        words: if parts.words.is_empty() {
            Vec::new()
        } else {
            group.rows.iter().map(|&row| parts.words[row as usize]).collect()
        },
        columns: parts.columns.iter_mut().map(|(_, values)| pick(values)).collect(),
    };
    rows.sort();
    let place_of = |rows: &Rows, row: usize| form.write(rows.times_ms[row], clock);
    let grid = match (options.freq, options.resample) {
        (Some(freq), Some(how)) => {
            repairs.resampled_rows += rows.times_ms.len();
            // rows of one time belong together, and those that say the same count once
            let keys = rows.times_ms.clone();
            let hint = hint(parts, &keys);
            count(repairs, rows.merge(&keys, options.duplicates, place_of, &hint)?);
            Some(resample(&mut rows, freq, how, clock)?)
        }
        (freq, _) => {
            let keys = rows.times_ms.clone();
            let hint = hint(parts, &keys);
            count(repairs, rows.merge(&keys, options.duplicates, place_of, &hint)?);
            let place = |row: usize| format!("line {}: {}", rows.lines[row], place_of(&rows, row));
            let hints = Hints { clock, period: form.period(), freq, grid: options.grid, place: &place };
            detect(&rows.times_ms, &hints)?
        }
    };
    if let Some(grid) = &grid {
        let placed = place(&mut rows, grid, options.max_gap_rows, cells_left, parts.width)?;
        repairs.snapped_rows += placed.snapped;
        repairs.filled_rows += placed.filled;
        repairs.filled_gaps += placed.short_gaps;
        repairs.long_gaps += placed.long_gaps;
    }
    let columns = parts.columns.iter().zip(rows.columns);
    Ok(FileSeries {
        id: group.id.clone(),
        times_ms: rows.times_ms,
        grid,
        columns: columns.map(|((name, _), values)| Column { name: name.clone(), values }).collect(),
    })
}

fn count(repairs: &mut Repairs, duplicated: Duplicated) {
    repairs.identical_rows += duplicated.identical;
    repairs.merged_rows += duplicated.merged;
}

/// More advice for rows of one time: a clock that was put back, or a column that names series.
fn hint(parts: &Parts<'_>, times_ms: &[i64]) -> String {
    if let Some(name) = parts.numeric_ids.first() {
        return format!("; does {name} name series? set ID_COLUMN={name}");
    }
    // clocks are put back on a Sunday at night
    let is_change = |pair: &[i64]| {
        let day = pair[0].div_euclid(86_400_000);
        (day + 3).rem_euclid(7) == 6 && pair[0].rem_euclid(86_400_000) < 4 * 3_600_000
    };
    let mut twice = times_ms.windows(2).filter(|pair| pair[0] == pair[1]).peekable();
    let is_naive = !parts.form.has_zone() && parts.clock == LocalClock::AsWritten;
    if is_naive && twice.peek().is_some() && twice.all(is_change) {
        return "; a clock that was put back? set TIME_ZONE to your zone, such as Europe/Madrid".to_owned();
    }
    if parts.words.is_empty() {
        return String::new();
    }
    "; do words name series? set ID_COLUMN to their column, join several columns to one first".to_owned()
}

fn count_step(understanding: &mut Understanding, grid: Option<&Grid>) {
    let Some(grid) = grid else { return };
    let name = grid.step.to_string();
    match understanding.steps.iter_mut().find(|(step, _)| *step == name) {
        Some((_, count)) => *count += 1,
        None => understanding.steps.push((name, 1)),
    }
}

fn warn(understanding: &mut Understanding, refused: &[(String, Mistakes)]) {
    let repairs = understanding.repairs;
    let mut warn = |count: usize, text: String| {
        if count > 0 {
            understanding.warnings.push(text);
        }
    };
    warn(
        repairs.identical_rows,
        format!("{} rows that say the same as another one were left out", repairs.identical_rows),
    );
    warn(repairs.merged_rows, format!("{} rows of a time that another row has were merged", repairs.merged_rows));
    warn(
        repairs.snapped_rows,
        format!("{} times were moved to the nearest step, by up to 10 % of it", repairs.snapped_rows),
    );
    warn(
        repairs.long_gaps,
        format!("{} gaps are too long to be filled: set MAX_GAP_ROWS to fill longer ones", repairs.long_gaps),
    );
    if let Some((id, mistakes)) = refused.first() {
        let count = refused.len();
        warn(count, format!("{count} series cannot be read, the first is {id}: {mistakes}"));
    }
}
