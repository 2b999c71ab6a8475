//! What a file becomes, known before memory is taken for its numbers: only its times are read.

use std::cell::Cell;

use super::cells::NumberForm;
use super::mistakes::Mistakes;
use super::options::ReadOptions;
use super::read::{clock_and_form, read_table};
use super::series_of_table::{Parts, series_of};
use super::table::{Plan, Table, groups};
use super::text::{Compression, Encoding, Layout, Source, find_layout};
use super::times::NAIVE;
use super::understanding::Understanding;
use crate::limits::{DATA_CELLS, LEVELS};

/// What a file becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outline {
    /// Rows of all series: as they stand in the file, or with gaps filled, whichever are more.
    pub rows: usize,
    /// Columns besides that of the time, at most so many.
    pub columns: usize,
    /// Whether it is one series in plain CSV, the oldest row first, with ISO times: the file may be cut at any line.
    pub is_plain: bool,
}

/// Reads the times of a file, and counts what the file becomes.
///
/// # Errors
/// The times cannot be used, or there are more cells than `max_cells`; mistakes in other columns are not looked for.
pub fn outline(bytes: &[u8], options: &ReadOptions) -> Result<Outline, Mistakes> {
    let source = Source::new(bytes, options.max_cells)?;
    let layout = find_layout(&source)?;
    let has_plain_numbers = Cell::new(true);
    let (plan, table) = read_table(&source, &layout, options, |plan| {
        has_plain_numbers.set(plan.number_forms().all(|form| form == NumberForm::PLAIN));
        plan.without_numbers()
    })?;
    let (clock, form, _) = clock_and_form(&table, &plan, options)?;
    let (groups, id) = groups(&table, &layout.names, options)?;
    // the words of a column are not known before it is read: memory is reserved for as many as there may be
    let (width, columns) = (plan.width, plan.width + options.categories.len() * LEVELS.max_usize());
    let is_plain = id.is_none() && has_plain_numbers.get() && is_plain(&source, &layout, &plan, &table);
    let file_rows = table.times.walls_ms.len();
    let mut understanding = Understanding::default();
    let parts = Parts {
        times: table.times,
        columns: Vec::new(),
        width,
        words: Vec::new(),
        clock,
        form: &form,
        numeric_ids: Vec::new(),
        options,
    };
    series_of(parts, groups, &mut understanding)?;
    let rows = file_rows.max(understanding.rows_read);
    DATA_CELLS.with_max(options.max_cells).check_product(rows, width)?;
    let repairs = understanding.repairs;
    let is_moved = repairs.snapped_rows + repairs.identical_rows + repairs.resampled_rows > 0;
    Ok(Outline { rows, columns, is_plain: is_plain && !is_moved })
}

fn is_plain(source: &Source<'_>, layout: &Layout, plan: &Plan, table: &Table) -> bool {
    let is_text = source.compression == Compression::None && source.encoding == Encoding::Utf8 && !source.is_parquet();
    let is_named = layout.names.iter().all(|name| !name.is_empty());
    let instants = table.times.walls_ms.iter().zip(&table.times.offsets).map(|(wall_ms, offset)| match *offset {
        NAIVE => *wall_ms,
        minutes => wall_ms - i64::from(minutes) * 60_000,
    });
    is_text
        && layout.separator == b','
        && layout.comment_lines == 0
        && is_named
        && plan.time.pieces.len() == 1
        && plan.time.shape.is_iso()
        && instants.is_sorted_by(|a, b| a < b)
}
