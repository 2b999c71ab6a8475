//! Separator, lines above the header, and the names in the header.

use std::io::Read;

use super::records::{Record, Records};
use super::source::Source;
use crate::forecast::data::reader::mistakes::{Mistakes, shown};
use crate::limits::DATA_COLUMNS;

/// Separators, the likelier one first where the lines leave it open.
const SEPARATORS: [u8; 4] = [b'\t', b';', b'|', b','];

/// How much of a text tells its layout.
const HEAD_BYTES: u64 = 1 << 18;

/// Records of the head that are looked at.
const HEAD_RECORDS: usize = 500;

/// Title lines above the header, at most.
const TITLE_LINES: usize = 30;

/// How a text is laid out.
pub(crate) struct Layout {
    pub(crate) separator: u8,
    /// Comments and blank lines at the top.
    lines_above: u32,
    /// Records between them and the first row of data, the header included.
    records_above: usize,
    /// Comment and title lines above the header.
    pub(crate) comment_lines: u32,
    /// The names of all columns, trimmed; empty where the header has none.
    pub(crate) names: Vec<String>,
}

/// The records of the head with one separator.
struct Split {
    separator: u8,
    /// The cells of each record.
    records: Vec<Vec<Vec<u8>>>,
    /// The commonest number of cells.
    width: usize,
    /// The first record of that width, or of one less where row names have no header.
    header: usize,
    /// Whether the header lacks the name of the first column.
    unnamed_first: bool,
    /// Share of the records from the header on that have the width, in percent.
    regular: usize,
}

/// Finds the layout of a text.
pub(crate) fn find_layout(source: &Source<'_>) -> Result<Layout, Mistakes> {
    let mut head = Vec::new();
    source.text()?.take(HEAD_BYTES).read_to_end(&mut head).map_err(|error| source.broken(&error))?;
    if head.len() as u64 == HEAD_BYTES
        && let Some(end) = head.iter().rposition(|&byte| byte == b'\n')
    {
        head.truncate(end + 1);
    }
    let (skipped, comments) = top_lines(&head);
    let named = comments.first().and_then(|line| separator_line(line));
    let candidates: Vec<u8> = named.map_or(SEPARATORS.to_vec(), |one| vec![one]);
    let text = Source::of_text(&head);
    let (mut best, mut refused): (Option<Split>, Option<Mistakes>) = (None, None);
    for separator in candidates {
        let split = match split(&text, separator, skipped) {
            Ok(split) => split,
            Err(mistakes) => {
                refused = Some(mistakes);
                continue;
            }
        };
        let rank = |s: &Split| (s.width > 1, s.regular, s.header == 0, s.width);
        if best.as_ref().is_none_or(|best| rank(&split) > rank(best)) {
            best = Some(split);
        }
    }
    let empty =
        || Mistakes::of_file("the file is empty: it needs a line of names, a time column and columns of numbers");
    let split = best
        .filter(|split| !split.records.is_empty() && (split.width > 1 || refused.is_none()))
        .ok_or_else(|| refused.unwrap_or_else(empty))?;
    let header = &split.records[split.header];
    let mut names: Vec<String> = header.iter().map(|cell| name_of(cell)).collect();
    let above = split.header as u32;
    let comment_lines = if named.is_some() { 0 } else { skipped } + above;
    let mut layout = Layout {
        separator: split.separator,
        lines_above: skipped,
        records_above: split.header + 1,
        comment_lines,
        names: Vec::new(),
    };
    if is_data(header) {
        let name_line = comments.last().map(|line| without_mark(line)).unwrap_or_default();
        let commented: Vec<String> = name_line.split(|&byte| byte == split.separator).map(name_of).collect();
        if split.header > 0 || commented.len() != header.len() || named.is_some() {
            let line = String::from_utf8_lossy(&header.join(&split.separator)).into_owned();
            return Err(Mistakes::of_file(format!(
                "the first line reads as data, `{}`: put a line of names above it",
                shown(line.as_bytes())
            )));
        }
        layout.records_above = 0;
        layout.comment_lines = comment_lines.saturating_sub(1);
        names = commented;
    }
    if split.unnamed_first {
        names.insert(0, String::new());
    }
    DATA_COLUMNS.check(names.len())?;
    layout.names = names;
    Ok(layout)
}

impl Layout {
    /// The rows of data.
    pub(crate) fn rows<'a>(&self, source: &'a Source<'a>) -> Result<Records<'a>, Mistakes> {
        let mut records = Records::new(source, self.separator, self.lines_above)?;
        let mut above = Record::default();
        for _ in 0..self.records_above {
            records.read(&mut above)?;
        }
        Ok(records)
    }
}

/// Lines at the top that are blank or comments: their number, and the text of the comments.
fn top_lines(head: &[u8]) -> (u32, Vec<&[u8]>) {
    let mut comments = Vec::new();
    let mut count = 0;
    for line in head.split(|&byte| byte == b'\n') {
        let line = line.trim_ascii();
        let is_comment = line.starts_with(b"#") || line.starts_with(b"%") || line.starts_with(b"//");
        if is_comment || (count == 0 && separator_line(line).is_some()) {
            comments.push(line);
        } else if !line.is_empty() {
            return (count, comments);
        }
        count += 1;
    }
    (count, comments)
}

/// The separator that spreadsheets name in a first line `sep=;`.
fn separator_line(line: &[u8]) -> Option<u8> {
    match line {
        [s, e, p, b'=', separator] if [*s, *e, *p].eq_ignore_ascii_case(b"sep") => Some(*separator),
        _ => None,
    }
    .filter(|separator| separator.is_ascii_punctuation() || *separator == b'\t')
}

fn split(text: &Source<'_>, separator: u8, skipped: u32) -> Result<Split, Mistakes> {
    let mut reader = Records::new(text, separator, skipped)?;
    let mut record = Record::default();
    let mut records = Vec::new();
    while records.len() < HEAD_RECORDS && reader.read(&mut record)? {
        records.push(record.cells().map(<[u8]>::to_vec).collect::<Vec<Vec<u8>>>());
    }
    let mut widths = vec![0usize; DATA_COLUMNS.max_usize() + 2];
    for cells in &records {
        widths[cells.len()] += 1;
    }
    // the wider one where two are as common
    let width = (0..widths.len()).max_by_key(|&width| (widths[width], width)).unwrap_or(0);
    let found = records.iter().position(|cells| cells.len() == width).unwrap_or(0);
    let unnamed_first = found == 1
        && records[0].len() + 1 == width
        && records[1].first().is_some_and(|cell| !cell.is_empty() && cell.iter().all(u8::is_ascii_digit))
        && !is_data(&records[0]);
    let header = if unnamed_first || found > TITLE_LINES { 0 } else { found };
    let rows = records.len().saturating_sub(header).max(1);
    let fitting = records[header.min(records.len())..].iter().filter(|cells| cells.len() == width).count();
    let regular = (fitting + usize::from(unnamed_first)) * 100 / rows;
    Ok(Split { separator, records, width, header, unnamed_first, regular })
}

/// Whether every cell of a record starts like a number or a date.
fn is_data(cells: &[Vec<u8>]) -> bool {
    let mut full = cells.iter().map(|cell| cell.trim_ascii()).filter(|cell| !cell.is_empty()).peekable();
    full.peek().is_some()
        && full.all(|cell| match cell {
            [b'0'..=b'9', ..] => true,
            [b'-' | b'+' | b'.', rest @ ..] => rest.first().is_some_and(u8::is_ascii_digit),
            _ => false,
        })
}

fn name_of(cell: &[u8]) -> String {
    String::from_utf8_lossy(cell.trim_ascii()).trim_matches('"').trim().to_owned()
}

/// A comment without its mark.
fn without_mark(line: &[u8]) -> &[u8] {
    let start = line.iter().position(|byte| !matches!(byte, b'#' | b'%' | b'/')).unwrap_or(line.len());
    line[start..].trim_ascii()
}
