//! The columns of a body, as compact as their cells allow: numbers as numbers, texts in one allocation.

use std::collections::BTreeMap;

use crate::forecast::TimeTexts;
use crate::http::server::ApiError;
use crate::limits::{ERROR_QUOTE, LimitExceeded, PREDICT_COLUMNS};

/// The kinds of JSON values, as errors name them.
pub const NULL: &str = "null";
/// A boolean.
pub const BOOLEAN: &str = "a boolean";
/// A number.
pub const NUMBER: &str = "a number";
/// A text.
pub const TEXT: &str = "a text";
/// An array.
pub const ARRAY: &str = "an array";
/// An object.
pub const OBJECT: &str = "an object";

/// The columns of a body by name.
#[derive(Default)]
pub struct Columns {
    by_name: BTreeMap<String, (usize, Column)>,
    too_many: Option<LimitExceeded>,
}

/// One column. Its cells are validated later, when the manifest tells whether the column is used.
pub enum Column {
    /// Cells.
    Cells(Cells),
    /// No array, but a value of this kind.
    NoArray(&'static str),
}

/// The cells of a column. The first cell decides what is kept: numbers with nulls, or texts.
#[derive(Clone, Default)]
pub struct Cells {
    rows: usize,
    first: Option<&'static str>,
    numbers: Vec<f64>,
    texts: TimeTexts,
    /// The first cell that does not go with the first one, and its kind. From there on cells are counted only.
    odd: Option<(usize, &'static str)>,
    /// The first cell that is neither number nor text nor null, and its kind.
    invalid: Option<(usize, &'static str)>,
}

impl Columns {
    /// Adds a column. Of two with one name the later counts, in the place of the first.
    pub fn insert(&mut self, name: String, column: Column) {
        if let Some((_, known)) = self.by_name.get_mut(&name) {
            *known = column;
            return;
        }
        let place = self.by_name.len();
        match PREDICT_COLUMNS.check(place as u64 + 1) {
            Ok(()) => _ = self.by_name.insert(name, (place, column)),
            Err(exceeded) => self.too_many = Some(exceeded),
        }
    }

    /// Refuses too many columns, and columns with values that no column may have; the first one in the order of the body.
    pub fn check(&self) -> Result<(), ApiError> {
        if let Some(exceeded) = self.too_many {
            return Err(ApiError::body_too_large(exceeded));
        }
        let faults = self.by_name.iter().filter_map(|(name, (place, column))| Some((*place, name, column.fault()?)));
        match faults.min_by_key(|(place, ..)| *place) {
            None => Ok(()),
            Some((_, name, fault)) => {
                Err(ApiError::invalid_field(format!("column `{}`{fault}", ERROR_QUOTE.cut(name))))
            }
        }
    }

    /// The names, in alphabetical order.
    pub fn names(&self) -> impl Iterator<Item = &str> + Clone {
        self.by_name.keys().map(String::as_str)
    }

    /// Whether there is a column of this name.
    pub fn contains(&self, name: &str) -> bool {
        self.by_name.contains_key(name)
    }

    /// The cells of a column; none without it.
    pub fn cells(&self, name: &str) -> Option<&Cells> {
        match &self.by_name.get(name)?.1 {
            Column::Cells(cells) => Some(cells),
            Column::NoArray(_) => None,
        }
    }

    /// Takes the cells of a column out; none without it.
    pub fn take(&mut self, name: &str) -> Option<Cells> {
        match self.by_name.remove(name)?.1 {
            Column::Cells(cells) => Some(cells),
            Column::NoArray(_) => None,
        }
    }
}

impl Column {
    /// What is wrong whatever the column is for.
    fn fault(&self) -> Option<String> {
        match self {
            Column::NoArray(kind) => Some(format!(": expected an array, got {kind}")),
            Column::Cells(cells) => {
                let (row, kind) = cells.invalid?;
                Some(format!(", row {row}: expected a number, a text or null, got {kind}"))
            }
        }
    }
}

impl Cells {
    /// Adds a number, or NaN for null.
    pub fn push_number(&mut self, value: f64, kind: &'static str) {
        if self.counts(kind, kind == TEXT) {
            self.numbers.push(value);
        }
    }

    /// Adds a text.
    pub fn push_text(&mut self, text: &str) {
        if self.counts(TEXT, true) {
            self.texts.push(text);
        }
    }

    /// Adds a cell that no column may have.
    pub fn push_invalid(&mut self, kind: &'static str) {
        self.invalid = self.invalid.or(Some((self.rows, kind)));
        self.rows += 1;
    }

    /// Gives back memory that was taken ahead.
    pub fn finish(&mut self) {
        self.numbers.shrink_to_fit();
    }

    /// The cells as times: texts, or whole numbers, which count from 1970 or are years.
    pub fn times(self, name: &str) -> Result<TimeTexts, ApiError> {
        let is_whole = |number: &f64| number.fract() == 0.0 && number.abs() < 9.1e18;
        if self.first == Some(NUMBER) && self.odd.is_none() && self.numbers.iter().all(is_whole) {
            return Ok(self.numbers.iter().map(|number| format!("{number:.0}")).collect());
        }
        let other = match self.first {
            Some(first) if first != TEXT => Some((0, first)),
            _ => self.odd,
        };
        match other {
            None => Ok(self.texts),
            Some((row, kind)) => {
                let name = ERROR_QUOTE.cut(name);
                Err(ApiError::invalid_field(format!("time column `{name}`, row {row}: expected a text, got {kind}")))
            }
        }
    }

    /// The cells as numbers, NaN for null.
    pub fn numbers(self, name: &str) -> Result<Vec<f64>, ApiError> {
        let text_row = match self.first {
            Some(TEXT) => Some(0),
            _ => self.odd.map(|(row, _)| row),
        };
        match text_row {
            None => Ok(self.numbers),
            Some(row) => {
                let name = ERROR_QUOTE.cut(name);
                Err(ApiError::invalid_field(format!(
                    "column `{name}`, row {row}: expected a number or null, got {TEXT}"
                )))
            }
        }
    }

    /// Counts a cell; says whether it is kept.
    fn counts(&mut self, kind: &'static str, is_text: bool) -> bool {
        let row = self.rows;
        self.rows += 1;
        let first = *self.first.get_or_insert(kind);
        if self.odd.is_none() && (first == TEXT) != is_text {
            self.odd = Some((row, kind));
            // neither times nor numbers any more
            (self.numbers, self.texts) = (Vec::new(), TimeTexts::default());
        }
        self.odd.is_none()
    }
}
