//! Reads all rows as planned.

use std::collections::HashMap;

use super::names::label;
use super::plan::{Plan, Use};
use crate::forecast::data::reader::cells::{NumberError, is_missing};
use crate::forecast::data::reader::mistakes::{Found, Mistakes, shown};
use crate::forecast::data::reader::options::ReadOptions;
use crate::forecast::data::reader::text::{Layout, Record, Source};
use crate::forecast::data::reader::times::{Join, LocalTimes, Style};
use crate::limits::{DATA_CELLS, LEVELS};

/// The code of a missing word.
pub(crate) const NO_WORD: u32 = u32::MAX;

/// Longest word that names a series or a level, in bytes.
const LONGEST_WORD: usize = 256;

/// The rows of a file, by column.
#[derive(Default)]
pub(crate) struct Table {
    pub(crate) times: LocalTimes,
    pub(crate) style: Style,
    /// One a column; empty where a column is not read.
    pub(crate) columns: Vec<Values>,
}

/// The values of a column.
pub(crate) enum Values {
    None,
    /// NaN is a missing cell.
    Numbers(Vec<f64>),
    Words(Words),
}

/// A column of words, each by a number.
#[derive(Default)]
pub(crate) struct Words {
    /// One a row.
    pub(crate) codes: Vec<u32>,
    pub(crate) levels: Vec<String>,
    known: HashMap<Vec<u8>, u32>,
    /// There are more levels than can be used, or words that are too long; there are no codes.
    pub(crate) is_full: bool,
}

/// What is to be done about the first cell that is not as planned.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pass {
    /// Stop: the plan is of a sample.
    Sampled,
    /// Note the mistake and go on.
    Final,
}

/// Reads all rows; none where a cell is not as a sampled plan says.
pub(crate) fn extract(
    source: &Source<'_>,
    layout: &Layout,
    plan: &Plan,
    options: &ReadOptions,
    pass: Pass,
) -> Result<Option<Table>, Mistakes> {
    let mut reader = Reader::new(layout, plan, options);
    let mut records = layout.rows(source)?;
    let mut record = Record::default();
    while records.read(&mut record)? {
        reader.add(&record)?;
        if reader.has_mistakes && pass == Pass::Sampled {
            return Ok(None);
        }
    }
    reader.found.check()?;
    if reader.table.times.walls_ms.is_empty() {
        return Err(Mistakes::of_file("the file has no rows below the header: give it some"));
    }
    Ok(Some(reader.table))
}

struct Reader<'a> {
    names: &'a [String],
    plan: &'a Plan,
    table: Table,
    found: Found,
    has_mistakes: bool,
    join: Join,
    most_words: usize,
    max_rows: usize,
    max_cells: u64,
    width: usize,
}

impl<'a> Reader<'a> {
    fn new(layout: &'a Layout, plan: &'a Plan, options: &ReadOptions) -> Self {
        let values = |how: &Use| match how {
            Use::Skip(_) | Use::Time => Values::None,
            Use::Number(_) | Use::Switch(_) => Values::Numbers(Vec::new()),
            Use::Words => Values::Words(Words::default()),
        };
        let table = Table { columns: plan.uses.iter().map(values).collect(), ..Table::default() };
        let width = plan.width;
        let most_words = usize::try_from(options.series_max.max(LEVELS.max)).unwrap_or(usize::MAX);
        let max_rows =
            usize::try_from(options.max_cells / width as u64).unwrap_or(usize::MAX).min(u32::MAX as usize - 1);
        Self {
            names: &layout.names,
            plan,
            table,
            found: Found::default(),
            has_mistakes: false,
            join: Join::default(),
            most_words,
            max_rows,
            max_cells: options.max_cells,
            width,
        }
    }

    fn add(&mut self, record: &Record) -> Result<(), Mistakes> {
        let (line, cells, wanted) = (record.line, record.len(), self.names.len());
        if cells != wanted {
            let is_empty = |cell: &[u8]| cell.trim_ascii().is_empty();
            if record.cells().all(is_empty) {
                return Ok(());
            }
            if cells < wanted || !record.cells().skip(wanted).all(is_empty) {
                let what = "rows have more or fewer cells than the header: mend them, or quote cells that contain the separator";
                self.mistake(what, || format!("line {line}: {cells} cells where the header has {wanted}"));
                return Ok(());
            }
        }
        if self.table.times.walls_ms.len() >= self.max_rows {
            DATA_CELLS.with_max(self.max_cells).check_product(self.max_rows as u64 + 1, self.width as u64)?;
        }
        if !self.add_time(record) {
            return Ok(());
        }
        for (index, how) in self.plan.uses.iter().enumerate() {
            let cell = record.cell(index).trim_ascii();
            let value = match how {
                Use::Skip(_) | Use::Time => continue,
                Use::Words => {
                    if let Values::Words(words) = &mut self.table.columns[index] {
                        words.add(cell, self.most_words);
                    }
                    continue;
                }
                Use::Number(form) => form.value(cell),
                Use::Switch(switch) => switch.value(cell).ok_or(NumberError::Form),
            };
            let value = value.unwrap_or_else(|error| {
                if !is_missing(cell) {
                    let label = label(self.names, index);
                    let what = match (error, how) {
                        (NumberError::TooLarge, _) => "values are too large, they lie within +-1e18: mend them",
                        (_, Use::Switch(_)) => "cells are neither yes nor no as the others: mend them, or leave them empty",
                        _ => "cells are no numbers: write them like 1234.5, leave them empty, or name the column in IGNORE_COLUMNS",
                    };
                    self.has_mistakes = true;
                    self.found.add(what, || format!("line {line}, {label}: `{}`", shown(cell)));
                }
                f64::NAN
            });
            if let Values::Numbers(values) = &mut self.table.columns[index] {
                values.push(value);
            }
        }
        Ok(())
    }

    /// Reads the time of a row; false where there is none.
    fn add_time(&mut self, record: &Record) -> bool {
        let line = record.line;
        let text = self.join.text(&self.plan.time, |column| record.cell(column));
        if let Some((stamp, style)) = self.plan.time.shape.read(text) {
            self.table.times.walls_ms.push(stamp.wall_ms);
            self.table.times.offsets.push(stamp.offset);
            self.table.times.lines.push(line);
            self.table.style.merge(style);
            return true;
        }
        let is_blank = record.cells().all(|cell| cell.trim_ascii().is_empty());
        if is_blank {
            return false;
        }
        self.has_mistakes = true;
        if is_missing(text) {
            self.found.add("rows have no time: complete or remove them", || format!("line {line}"));
        } else {
            let shape = self.plan.time.shape.described(self.table.style);
            let what = format!("times are not written as the others, {shape}: write all the same way");
            let text = shown(text);
            self.found.add(&what, || format!("line {line}: `{text}`"));
        }
        false
    }

    fn mistake(&mut self, what: &str, place: impl FnOnce() -> String) {
        self.has_mistakes = true;
        self.found.add(what, place);
    }
}

impl Words {
    fn add(&mut self, cell: &[u8], most: usize) {
        if self.is_full {
            return;
        }
        let code = if is_missing(cell) {
            NO_WORD
        } else if let Some(code) = self.known.get(cell) {
            *code
        } else if self.levels.len() >= most || cell.len() > LONGEST_WORD {
            *self = Words { is_full: true, ..Words::default() };
            return;
        } else {
            let code = self.levels.len() as u32;
            self.known.insert(cell.to_vec(), code);
            self.levels.push(String::from_utf8_lossy(cell).into_owned());
            code
        };
        self.codes.push(code);
    }
}
