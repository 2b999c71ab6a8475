//! Reading CSV: a time column and numeric ones; every mistake is reported with its line and column.

use csv::{ByteRecord, Reader, ReaderBuilder};

use crate::forecast::data::error::{DataError, Problems};
use crate::forecast::data::features::CALENDAR_COLUMNS;
use crate::forecast::data::grid::{FileRows, GridRules, Lines, check_cells, place_on_grid};
use crate::forecast::data::series::{Column, Series, TimeForm, parse_time};
use crate::forecast::data::shape::Shape;
use crate::forecast::data::steps::{StepCounts, missing_rows};
use crate::forecast::data::time_column::{find_time_column, is_time_column};
use crate::limits::{DATA_CELLS, DATA_COLUMNS};

/// Words that stand for a missing cell, besides an empty one and NaN.
const MISSING_WORDS: [&str; 4] = ["null", "none", "na", "n/a"];

/// Largest magnitude read: the squares of larger values leave the range of 32-bit floats.
const LARGEST_VALUE: f64 = 1e18;

/// Different steps between rows: a file with more of them is on no grid, and counting them would take memory by the row.
const DIFFERENT_STEPS_MAX: usize = 1 << 16;

/// How much of an unreadable cell a message shows.
const SHOWN_CHARACTERS: usize = 40;

/// Reads `bytes` (`file` names them in errors); gaps of up to `max_gap_rows` missing steps become rows of NaN, longer ones stay gaps.
pub fn read_csv(bytes: &[u8], file: &str, max_gap_rows: usize) -> Result<Series, DataError> {
    read_csv_within(bytes, file, GridRules { max_gap_rows, cells: DATA_CELLS })
}

/// The same with a limit on the cells of its own. What the rows become is counted before memory is taken for them.
pub fn read_csv_within(bytes: &[u8], file: &str, rules: GridRules) -> Result<Series, DataError> {
    let shape = csv_shape(bytes, file, rules)?;
    let bytes = without_mark(bytes);
    let (mut reader, header) = open(bytes, file)?;
    let rows = read_rows(&mut reader, bytes, &header, file, shape.rows)?;
    place_on_grid(rows, header.time_label(), file, rules)
}

/// What the file becomes with its gaps filled. Only times are read, twice, and none of them is kept: a file whose shape is known may still
/// be refused when it is read.
///
/// # Errors
/// The header cannot be used, the rows are not on a grid, or there are more cells than the limit.
pub fn csv_shape(bytes: &[u8], file: &str, rules: GridRules) -> Result<Shape, DataError> {
    let bytes = without_mark(bytes);
    let columns = open(bytes, file)?.1.names.len();
    let (mut rows, mut steps) = (0, StepCounts::default());
    for_each_step(bytes, file, |step_ms| {
        rows += 1;
        if let Some(step_ms) = step_ms {
            steps.add(step_ms);
        }
        check_cells(rows, columns, file, rules.cells)?;
        match steps.different() > DIFFERENT_STEPS_MAX {
            false => Ok(()),
            true => Err(DataError::new(format!(
                "{file}: rows must be regularly spaced, and there are more than {DIFFERENT_STEPS_MAX} different steps between them"
            ))),
        }
    })?;
    let Some(commonest_ms) = steps.commonest() else { return Ok(Shape { rows, columns }) };
    for_each_step(bytes, file, |step_ms| {
        rows += step_ms.and_then(|step_ms| missing_rows(step_ms, commonest_ms, rules.max_gap_rows)).unwrap_or(0);
        Ok(())
    })?;
    check_cells(rows, columns, file, rules.cells)?;
    Ok(Shape { rows, columns })
}

/// Calls `each` for every row with the time since the row above, which the first row lacks. A row without a time counts as one at the time
/// of the row above: such rows are mistakes, which are listed when the file is read.
fn for_each_step(
    bytes: &[u8],
    file: &str,
    mut each: impl FnMut(Option<i64>) -> Result<(), DataError>,
) -> Result<(), DataError> {
    let (mut reader, header) = open(bytes, file)?;
    let mut record = ByteRecord::new();
    let mut above: Option<i64> = None;
    while read_record(&mut reader, &mut record, file)? {
        let time = record.get(header.time_index).and_then(|field| std::str::from_utf8(field).ok()).and_then(parse_time);
        let time_ms = time.map_or(above.unwrap_or_default(), |(ms, _)| ms);
        each(above.map(|above_ms| time_ms - above_ms))?;
        above = Some(time_ms);
    }
    Ok(())
}

fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes)
}

fn open<'a>(bytes: &'a [u8], file: &str) -> Result<(Reader<&'a [u8]>, Header), DataError> {
    refuse_other_formats(bytes, file)?;
    let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(bytes);
    let header = read_header(&mut reader, file)?;
    Ok((reader, header))
}

/// The names of all columns, and which of them holds the time.
struct Header {
    names: Vec<String>,
    time_index: usize,
}

impl Header {
    /// How a message calls a column: `column 2 (down)`.
    fn label(&self, index: usize) -> String {
        format!("column {} ({})", index + 1, self.names[index])
    }

    fn time_label(&self) -> String {
        self.label(self.time_index)
    }
}

fn refuse_other_formats(bytes: &[u8], file: &str) -> Result<(), DataError> {
    let formats: [(&[u8], &str); 6] = [
        (b"PAR1", "is a Parquet file: give it as CSV"),
        (b"\x1F\x8B", "is compressed with gzip: unpack it first"),
        (b"\x28\xB5\x2F\xFD", "is compressed with zstd: unpack it first"),
        (b"PK\x03\x04", "is a zip archive or a spreadsheet: save it as CSV"),
        (b"\xFF\xFE", "is written in UTF-16: save it as UTF-8"),
        (b"\xFE\xFF", "is written in UTF-16: save it as UTF-8"),
    ];
    match formats.iter().find(|(magic, _)| bytes.starts_with(magic)) {
        Some((_, advice)) => Err(DataError::new(format!("{file}: {advice}"))),
        None => Ok(()),
    }
}

fn read_header(reader: &mut Reader<&[u8]>, file: &str) -> Result<Header, DataError> {
    let mut record = ByteRecord::new();
    if !read_record(reader, &mut record, file)? {
        return Err(DataError::new(format!(
            "{file}: is empty: it needs a header with a time column and numeric columns"
        )));
    }
    DATA_COLUMNS.check(record.len()).map_err(|error| DataError::new(format!("{file}: {error}")))?;
    let mut names = Vec::with_capacity(record.len());
    for field in &record {
        let name = std::str::from_utf8(field)
            .map_err(|_| DataError::new(format!("{file}: the header is not UTF-8: save the file as UTF-8")))?;
        names.push(name.trim().to_owned());
    }
    let time_index = time_column(&names, file)?;
    let mut problems = Problems::default();
    for (index, name) in names.iter().enumerate() {
        let number = index + 1;
        if name.is_empty() {
            problems.add(|| format!("column {number} has no name"));
        } else if name.chars().any(char::is_control) {
            problems.add(|| format!("column {number} has a control character in its name"));
        } else if let Some(first) = names[..index].iter().position(|other| other == name) {
            problems.add(|| format!("columns {} and {number} are both called {name}", first + 1));
        } else if index != time_index && is_time_column(name) {
            problems.add(|| format!("column {number} ({name}) is a second time column: remove or rename it"));
        } else if CALENDAR_COLUMNS.contains(&name.as_str()) {
            problems.add(|| format!("column {number} ({name}) has the name of a calendar column: rename it"));
        }
    }
    if !problems.is_empty() {
        return Err(DataError::listed(format!("{file}: the header is wrong"), problems));
    }
    if names.len() == 1 {
        return Err(DataError::new(format!(
            "{file}: no column besides {}: it needs at least one numeric column",
            names[0]
        )));
    }
    Ok(Header { names, time_index })
}

fn time_column(names: &[String], file: &str) -> Result<usize, DataError> {
    let found = find_time_column(names.iter().map(String::as_str));
    if let Some(index) = found.and_then(|found| names.iter().position(|name| name == found)) {
        return Ok(index);
    }
    let header = shown(names.join(",").as_bytes());
    let hint = match names {
        [only] if only.contains([';', '\t', '|']) => ": separate the fields by commas",
        _ => ": name the time column ts, timestamp, time or date",
    };
    Err(DataError::new(format!("{file}: no time column in the header `{header}`{hint}")))
}

fn read_rows<'a>(
    reader: &mut Reader<&[u8]>,
    text: &'a [u8],
    header: &Header,
    file: &str,
    rows_max: usize,
) -> Result<FileRows<'a>, DataError> {
    // reserved whole, so that no column is copied while it grows
    let mut rows = FileRows {
        form: TimeForm::Naive,
        times_ms: Vec::with_capacity(rows_max),
        columns: header
            .names
            .iter()
            .enumerate()
            .filter(|&(index, _)| index != header.time_index)
            .map(|(_, name)| Column { name: name.clone(), values: Vec::with_capacity(rows_max) })
            .collect(),
        lines: Lines { text, offsets: Vec::new() },
    };
    let mut problems = Problems::default();
    let mut form = None;
    let mut record = ByteRecord::new();
    while read_record(reader, &mut record, file)? {
        let offset = record.position().map_or(0, csv::Position::byte);
        if record.len() != header.names.len() {
            let (found, wanted) = (record.len(), header.names.len());
            problems.add(|| {
                let line = rows.lines.at(offset);
                format!("line {line}: {found} fields where the header has {wanted}")
            });
            continue;
        }
        let mut columns = rows.columns.iter_mut();
        for (index, field) in record.iter().enumerate() {
            let read = if index == header.time_index {
                read_time(field, &mut form).map(|ms| rows.times_ms.push(ms))
            } else {
                // The columns are the header's without the time, in the same order.
                let column = columns.next();
                read_value(field).map(|value| column.into_iter().for_each(|c| c.values.push(value)))
            };
            if let Err(problem) = read {
                problems.add(|| {
                    let line = rows.lines.at(offset);
                    format!("line {line}, {}: {problem}", header.label(index))
                });
            }
        }
        rows.lines.offsets.push(offset);
    }
    if !problems.is_empty() {
        let count = problems.count();
        let noun = if count == 1 { "mistake" } else { "mistakes" };
        return Err(DataError::listed(format!("{file}: {count} {noun}"), problems));
    }
    if rows.times_ms.is_empty() {
        return Err(DataError::new(format!("{file}: no rows below the header")));
    }
    rows.form = form.unwrap_or(TimeForm::Naive);
    Ok(rows)
}

fn read_record(reader: &mut Reader<&[u8]>, record: &mut ByteRecord, file: &str) -> Result<bool, DataError> {
    reader.read_byte_record(record).map_err(|error| DataError::new(format!("{file}: cannot be read as CSV: {error}")))
}

/// The time in ms; all times of a file must be written in one form, which the first one sets.
fn read_time(field: &[u8], form: &mut Option<TimeForm>) -> Result<i64, String> {
    let time = std::str::from_utf8(field).ok().and_then(parse_time);
    let Some((ms, found)) = time else {
        return Err(format!("`{}` is not a time: write it like 2018-02-28 03:32:00", shown(field)));
    };
    let expected = *form.get_or_insert(found);
    if expected != found {
        return Err(format!(
            "`{}` is one of the {} among {}: write all the same way",
            shown(field),
            found.described(),
            expected.described()
        ));
    }
    Ok(ms)
}

/// The value of a cell; NaN where it is missing.
fn read_value(field: &[u8]) -> Result<f64, String> {
    let text = field.trim_ascii();
    let parsed = std::str::from_utf8(text).ok().and_then(|text| text.parse::<f64>().ok());
    match parsed {
        Some(value) if value.is_nan() || value.abs() <= LARGEST_VALUE => Ok(value),
        Some(_) => Err(format!("`{}` is too large: values lie within +-{LARGEST_VALUE:e}", shown(field))),
        None if is_missing(text) => Ok(f64::NAN),
        None => Err(format!("`{}` is not a number: write it like 1234.5, or leave the cell empty", shown(field))),
    }
}

fn is_missing(text: &[u8]) -> bool {
    text.is_empty() || MISSING_WORDS.iter().any(|word| text.eq_ignore_ascii_case(word.as_bytes()))
}

/// A cell as a message shows it: readable, on one line and not too long.
fn shown(field: &[u8]) -> String {
    let text = String::from_utf8_lossy(field);
    let mut shown: String = text.chars().take(SHOWN_CHARACTERS).flat_map(char::escape_debug).collect();
    if text.chars().nth(SHOWN_CHARACTERS).is_some() {
        shown.push('…');
    }
    shown
}
