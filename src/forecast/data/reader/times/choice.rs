//! Which columns hold the time.

use super::form::TimeFormat;
use super::guess::{Guessed, NameKind};
use super::shape::{Period, Shape};
use crate::forecast::data::reader::mistakes::{Mistakes, shown};
use crate::forecast::data::reader::options::ReadOptions;
use crate::forecast::data::reader::table::{ColumnSurvey, position_of};

/// Names of points in time, letters and digits alone, the likelier one first.
const POINTS: [&str; 18] = [
    "ts",
    "ds",
    "timestamp",
    "datetime",
    "date",
    "time",
    "dt",
    "timestamputc",
    "datetimeutc",
    "utc",
    "epoch",
    "unixtime",
    "datum",
    "fecha",
    "zeit",
    "zeitstempel",
    "when",
    "index",
];

/// Names of periods; several of them together make one time.
const PERIODS: [&str; 6] = ["period", "day", "month", "quarter", "week", "year"];

/// Names of time columns, the likelier one first, as people write them: in small letters and digits alone.
pub fn time_names() -> impl Iterator<Item = &'static str> {
    POINTS.into_iter().chain(PERIODS)
}

/// Whether a column of this name is one of those, in whatever case and with whatever marks.
pub fn is_time_name(name: &str, known: &str) -> bool {
    plain(name) == known
}

/// The columns of the time and how it is written.
#[derive(Debug, Clone)]
pub(crate) struct TimeChoice {
    pub(crate) pieces: Vec<Piece>,
    pub(crate) shape: Shape,
}

/// One column of the time, and what stands before it in the joined text.
#[derive(Debug, Clone)]
pub(crate) struct Piece {
    pub(crate) column: usize,
    before: &'static str,
    after: &'static str,
}

/// Joins the cells of the time columns to one text.
#[derive(Default)]
pub(crate) struct Join {
    text: Vec<u8>,
}

impl TimeChoice {
    fn one(column: usize, shape: Shape) -> Self {
        Self { pieces: vec![Piece { column, before: "", after: "" }], shape }
    }

    fn and(mut self, column: usize, before: &'static str, after: &'static str) -> Self {
        self.pieces.push(Piece { column, before, after });
        self
    }
}

impl Join {
    /// The text of the time of a row, given how to get a cell.
    pub(crate) fn text<'a>(&'a mut self, choice: &TimeChoice, cell: impl Fn(usize) -> &'a [u8]) -> &'a [u8] {
        if let [piece] = choice.pieces.as_slice() {
            return cell(piece.column).trim_ascii();
        }
        self.text.clear();
        for piece in &choice.pieces {
            let cell = cell(piece.column).trim_ascii();
            if cell.is_empty() {
                return b"";
            }
            self.text.extend_from_slice(piece.before.as_bytes());
            // `Q1` after a Q of its own, `1959.0` as pandas writes it
            let cell = if piece.before.ends_with('Q') { without_q(cell) } else { cell };
            self.text.extend_from_slice(cell.strip_suffix(b".0").unwrap_or(cell));
            self.text.extend_from_slice(piece.after.as_bytes());
        }
        &self.text
    }
}

/// `1` of `Q1`.
fn without_q(cell: &[u8]) -> &[u8] {
    match cell {
        [b'Q' | b'q', rest @ ..] => rest,
        _ => cell,
    }
}

/// Finds the time: by the setting, by name, else the only column that reads as times.
pub(crate) fn choose_time(
    names: &[String],
    surveys: &[ColumnSurvey],
    options: &ReadOptions,
) -> Result<TimeChoice, Mistakes> {
    let columns = Columns {
        names,
        surveys,
        known: options.time_format.as_ref(),
        plain: names.iter().map(|name| plain(name)).collect(),
    };
    match options.time_columns.as_slice() {
        [] => {}
        [one] => {
            let column = position_of(one, names, "TIME_COLUMN")?;
            return columns.shape(column, NameKind::Time)?.map(|shape| TimeChoice::one(column, shape)).ok_or_else(|| {
                let first = shown(&surveys[column].first);
                Mistakes::of_file(format!(
                    "TIME_COLUMN={one} does not read as times, its first cell is `{first}`: name another column, or write times like 2018-02-28 03:32:00"
                ))
            });
        }
        several => {
            for name in several {
                position_of(name, names, "TIME_COLUMN")?;
            }
            return columns.joined(several)?.ok_or_else(|| {
                let list = several.join(",");
                Mistakes::of_file(format!(
                    "TIME_COLUMN={list} does not make a time: columns that are joined are called year, quarter, month, week, day, hour, date or time"
                ))
            });
        }
    }
    if let Some(choice) = columns.first_named(&POINTS)? {
        return Ok(choice);
    }
    if let Some(choice) = columns.joined(names)? {
        return Ok(choice);
    }
    if let Some(choice) = columns.first_named(&PERIODS)? {
        return Ok(choice);
    }
    columns.only_one()
}

struct Columns<'a> {
    names: &'a [String],
    surveys: &'a [ColumnSurvey],
    /// How times are written where that is known.
    known: Option<&'a TimeFormat>,
    /// The names in small letters and digits alone.
    plain: Vec<String>,
}

impl Columns<'_> {
    fn shape(&self, column: usize, name: NameKind) -> Result<Option<Shape>, Mistakes> {
        // a column whose times could be numbers too is only taken for its name
        let is_named = name == NameKind::Time;
        if let Some(known) = self.known.filter(|known| is_named || !known.shape.looks_like_numbers())
            && !known.is_joined
            && known.shape.read(&self.surveys[column].first).is_some()
        {
            return Ok(Some(known.shape.clone()));
        }
        match self.surveys[column].time.guessed(name) {
            Guessed::NoTimes => Ok(None),
            Guessed::Shape(shape) => Ok(Some(shape)),
            Guessed::TwoOrders => Err(Mistakes::of_file(format!(
                "dates such as `{}` in {} fit with the day first and with the month first: set DATE_ORDER=dmy or DATE_ORDER=mdy",
                shown(&self.surveys[column].first),
                self.names[column],
            ))),
        }
    }

    fn called(&self, name: &str) -> Option<usize> {
        self.plain.iter().position(|plain| plain == name)
    }

    fn first_named(&self, known: &[&str]) -> Result<Option<TimeChoice>, Mistakes> {
        for name in known {
            for column in (0..self.names.len()).filter(|&column| self.plain[column] == **name) {
                if let Some(shape) = self.shape(column, NameKind::Time)? {
                    return Ok(Some(self.with_hours(TimeChoice::one(column, shape))));
                }
            }
        }
        Ok(None)
    }

    /// A date with the time of day that a column beside it has.
    fn with_hours(&self, date: TimeChoice) -> TimeChoice {
        let column = date.pieces[0].column;
        if self.surveys[column].time.period(&date.shape) != Some(Period::Day) {
            return date;
        }
        let is_hour = |column: &usize| {
            let first = &self.surveys[*column].first;
            (1..=2).contains(&first.len()) && first.iter().all(u8::is_ascii_digit)
        };
        let is_clock = |column: &usize| {
            let first = &self.surveys[*column].first;
            first.len() >= 4 && first.contains(&b':') && first.iter().take(2).any(u8::is_ascii_digit)
        };
        if let Some(clock) = self.called("time").filter(|&time| time != column).filter(is_clock) {
            date.and(clock, " ", "")
        } else if let Some(hour) = self.called("hour").filter(is_hour) {
            date.and(hour, " ", ":00")
        } else {
            date
        }
    }

    /// The year with a quarter, week, month, day and hour, or a date with a time, of these columns.
    fn joined(&self, among: &[String]) -> Result<Option<TimeChoice>, Mistakes> {
        let called = |name: &str| self.called(name).filter(|&column| among.contains(&self.names[column]));
        if let Some(date) = called("date")
            && let Some(shape) = self.shape(date, NameKind::Time)?
        {
            return Ok(Some(self.with_hours(TimeChoice::one(date, shape))));
        }
        let Some(year) = called("year").filter(|&year| self.is_year(year)) else { return Ok(None) };
        let one = |pattern: &str| TimeChoice::one(year, Shape::of_pattern(pattern));
        if let Some(month) = called("month") {
            let is_name = self.surveys[month].first.first().is_some_and(u8::is_ascii_alphabetic);
            let letter = if is_name { "B" } else { "M" };
            let Some(day) = called("day") else {
                return Ok(Some(one(&format!("Y-{letter}")).and(month, "-", "")));
            };
            let date = one(&format!("Y-{letter}-D")).and(month, "-", "").and(day, "-", "");
            return Ok(Some(match called("hour") {
                Some(hour) => date.and(hour, " ", ":00"),
                None => date,
            }));
        }
        let quarter = ["quarter", "qtr", "q"].into_iter().find_map(called);
        if let Some(quarter) = quarter {
            return Ok(Some(one("Y-Qq").and(quarter, "-Q", "")));
        }
        Ok(called("week").map(|week| one("Y-Ww").and(week, "-W", "")))
    }

    fn is_year(&self, column: usize) -> bool {
        let first = self.surveys[column].first.as_slice();
        Shape::of_pattern("Y").read(first.strip_suffix(b".0").unwrap_or(first)).is_some()
    }

    fn only_one(&self) -> Result<TimeChoice, Mistakes> {
        let mut found = Vec::new();
        for column in 0..self.names.len() {
            let has_word = ["time", "date", "epoch"].iter().any(|word| self.plain[column].contains(word));
            let name = if has_word { NameKind::Partly } else { NameKind::Other };
            if let Some(shape) = self.shape(column, name)? {
                found.push((column, shape));
            }
        }
        match found.as_slice() {
            [(column, shape)] => Ok(self.with_hours(TimeChoice::one(*column, shape.clone()))),
            [] => Err(self.none_found()),
            several => {
                let names: Vec<&str> = several.iter().map(|(column, _)| self.names[*column].as_str()).collect();
                Err(Mistakes::of_file(format!(
                    "several columns read as times, {}: set TIME_COLUMN to one of them",
                    names.join(", ")
                )))
            }
        }
    }

    fn none_found(&self) -> Mistakes {
        if let [one] = self.names {
            return Mistakes::of_file(format!(
                "the file has one column, `{}`: give a time column and numbers, with commas, semicolons, tabs or | between them",
                shown(one.as_bytes())
            ));
        }
        let list = shown_names(self.names);
        Mistakes::of_file(format!(
            "no column reads as times among {list}: set TIME_COLUMN, or write times like 2018-02-28 03:32:00"
        ))
    }
}

/// The first names of a list.
fn shown_names(names: &[String]) -> String {
    let mut list: Vec<String> = names.iter().take(8).map(|name| format!("`{}`", shown(name.as_bytes()))).collect();
    if names.len() > 8 {
        list.push(format!("and {} more", names.len() - 8));
    }
    list.join(", ")
}

/// Letters and digits of a name, in small letters.
fn plain(name: &str) -> String {
    name.chars().filter(|character| character.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}
