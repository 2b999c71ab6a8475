//! Records of cells, one at a time, each of a bounded length.

use std::io::Read;

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

use super::source::Source;
use crate::forecast::data::reader::mistakes::Mistakes;
use crate::limits::{DATA_COLUMNS, LINE_BYTES};

/// Bytes that are read at once.
const PIECE_BYTES: usize = 1 << 16;

/// The cells of one record.
#[derive(Default)]
pub(crate) struct Record {
    text: Vec<u8>,
    ends: Vec<usize>,
    cells: usize,
    /// The line on which the record starts, the first of the file being 1.
    pub(crate) line: u32,
}

impl Record {
    pub(crate) fn len(&self) -> usize {
        self.cells
    }

    pub(crate) fn cell(&self, index: usize) -> &[u8] {
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        &self.text[start..self.ends[index]]
    }

    pub(crate) fn cells(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.cells).map(|index| self.cell(index))
    }
}

/// Reads the records of a text.
pub(crate) struct Records<'a> {
    source: &'a Source<'a>,
    text: Box<dyn Read + 'a>,
    parser: Reader,
    piece: Vec<u8>,
    at: usize,
    end: usize,
    /// The last byte was a carriage return: it ends a line of its own, unless a line feed follows.
    has_return: bool,
}

impl<'a> Records<'a> {
    /// The records after the first `skipped_lines` lines.
    pub(crate) fn new(source: &'a Source<'a>, separator: u8, skipped_lines: u32) -> Result<Self, Mistakes> {
        let parser = ReaderBuilder::new().delimiter(separator).build();
        let text = source.text()?;
        let mut records =
            Records { source, text, parser, piece: vec![0; PIECE_BYTES], at: 0, end: 0, has_return: false };
        for _ in 0..skipped_lines {
            records.skip_line()?;
        }
        records.parser.set_line(u64::from(skipped_lines) + 1);
        Ok(records)
    }

    /// Reads the next record into `record`; false at the end.
    pub(crate) fn read(&mut self, record: &mut Record) -> Result<bool, Mistakes> {
        self.skip_line_ends()?;
        record.line = u32::try_from(self.parser.line()).unwrap_or(u32::MAX);
        if record.text.is_empty() {
            record.text.resize(4096, 0);
            record.ends.resize(64, 0);
        }
        let (mut text, mut cells) = (0, 0);
        loop {
            self.refill()?;
            let input = &self.piece[self.at..self.end];
            let (result, read, wrote, ends) =
                self.parser.read_record(input, &mut record.text[text..], &mut record.ends[cells..]);
            self.at += read;
            text += wrote;
            cells += ends;
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull => grow(&mut record.text, LINE_BYTES.max_usize())
                    .ok_or_else(|| Mistakes::of_file(format!("line {}: {}", record.line, exceeded(LINE_BYTES))))?,
                ReadRecordResult::OutputEndsFull => {
                    grow(&mut record.ends, DATA_COLUMNS.max_usize() + 1).ok_or_else(|| {
                        Mistakes::of_file(format!("line {}: {}", record.line, exceeded(DATA_COLUMNS)))
                    })?;
                }
                ReadRecordResult::Record => {
                    self.has_return = self.at > 0 && self.piece[self.at - 1] == b'\r';
                    record.cells = cells;
                    return Ok(true);
                }
                ReadRecordResult::End => return Ok(false),
            }
        }
    }

    /// Reads more of the text where the last piece is used up; an empty piece is the end.
    fn refill(&mut self) -> Result<(), Mistakes> {
        if self.at == self.end {
            self.at = 0;
            self.end = self.text.read(&mut self.piece).map_err(|error| self.source.broken(&error))?;
        }
        Ok(())
    }

    /// Passes line ends before a record, so that its line is known.
    fn skip_line_ends(&mut self) -> Result<(), Mistakes> {
        loop {
            self.refill()?;
            match self.piece[self.at..self.end].first() {
                Some(b'\n') => {
                    self.has_return = false;
                    self.parser.set_line(self.parser.line() + 1);
                }
                Some(b'\r') => self.end_line_of_return(true),
                _ => {
                    self.end_line_of_return(false);
                    return Ok(());
                }
            }
            self.at += 1;
        }
    }

    /// Counts the line that a carriage return ended; whether another one follows.
    fn end_line_of_return(&mut self, has_return: bool) {
        if std::mem::replace(&mut self.has_return, has_return) {
            self.parser.set_line(self.parser.line() + 1);
        }
    }

    fn skip_line(&mut self) -> Result<(), Mistakes> {
        loop {
            self.refill()?;
            if self.at == self.end {
                return Ok(());
            }
            let rest = &self.piece[self.at..self.end];
            match rest.iter().position(|&byte| byte == b'\n') {
                Some(at) => {
                    self.at += at + 1;
                    return Ok(());
                }
                None => self.at = self.end,
            }
        }
    }
}

fn exceeded(limit: crate::limits::Limit) -> crate::limits::LimitExceeded {
    crate::limits::LimitExceeded { limit, found: limit.max + 1 }
}

/// Doubles the room, up to `most`; none if it is full.
fn grow<T: Default + Clone>(room: &mut Vec<T>, most: usize) -> Option<()> {
    if room.len() >= most {
        return None;
    }
    room.resize((room.len() * 2).min(most), T::default());
    Some(())
}
