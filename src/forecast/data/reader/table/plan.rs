//! How each column is read.

use super::names::{label, position_of};
use super::survey::{ColumnSurvey, Survey};
use crate::forecast::data::reader::cells::{NumberForm, Switch};
use crate::forecast::data::reader::mistakes::{Found, Mistakes, shown};
use crate::forecast::data::reader::options::ReadOptions;
use crate::forecast::data::reader::text::Layout;
use crate::forecast::data::reader::times::{TimeChoice, choose_time};

/// Names of columns that name series, letters alone.
const ID_NAMES: [&str; 4] = ["uniqueid", "seriesid", "itemid", "tsid"];

/// How the cells of a column are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    /// Not at all, for this reason.
    Skip(&'static str),
    /// As a part of the time.
    Time,
    Number(NumberForm),
    Switch(Switch),
    /// As words: to name series, or to become columns of 0 and 1.
    Words,
}

/// How a file is read.
pub(crate) struct Plan {
    pub(crate) time: TimeChoice,
    /// One a column.
    pub(crate) uses: Vec<Use>,
    /// The first cell of each column, as messages show it.
    pub(crate) firsts: Vec<String>,
    /// Columns besides the time that are read, at least 1.
    pub(crate) width: usize,
}

impl Plan {
    /// The forms of the columns of numbers.
    pub(crate) fn number_forms(&self) -> impl Iterator<Item = NumberForm> {
        self.uses.iter().filter_map(|how| match how {
            Use::Number(form) => Some(*form),
            _ => None,
        })
    }

    /// The same plan without the columns of numbers: for a look at times and names of series alone.
    pub(crate) fn without_numbers(mut self) -> Self {
        for how in self.uses.iter_mut().filter(|how| matches!(how, Use::Number(_) | Use::Switch(_))) {
            *how = Use::Skip("not needed");
        }
        self
    }
}

/// Decides how each column is read.
pub(crate) fn plan(layout: &Layout, survey: &Survey, options: &ReadOptions) -> Result<Plan, Mistakes> {
    let names = &layout.names;
    for name in &options.ignore_columns {
        position_of(name, names, "IGNORE_COLUMNS")?;
    }
    for name in &options.categories {
        position_of(name, names, "CATEGORIES")?;
    }
    let id = options.id_column.as_ref().map(|name| position_of(name, names, "ID_COLUMN")).transpose()?;
    let time = choose_time(names, &survey.columns, options)?;
    let is_ignored = |name: &String| options.ignore_columns.contains(name);
    let columns = names.iter().zip(&survey.columns).enumerate();
    let mut found = Found::default();
    let evidence = evidence(&survey.columns, &time);
    let uses: Vec<Use> = columns
        .map(|(index, (name, column))| {
            if time.pieces.iter().any(|piece| piece.column == index) {
                Use::Time
            } else if is_ignored(name) {
                Use::Skip("named in IGNORE_COLUMNS")
            } else if id == Some(index) || options.categories.contains(name) || is_id_name(name) {
                Use::Words
            } else {
                use_of(column, evidence, layout.separator).unwrap_or_else(|| {
                    let what = "numbers such as these may have decimals or thousands: write decimals with a point";
                    found.add(what, || format!("{}: `{}`", label(names, index), shown(&column.first)));
                    Use::Skip("numbers that could be read two ways")
                })
            }
        })
        .collect();
    check_names(names, &uses, options, &mut found);
    found.check()?;
    let firsts = survey.columns.iter().map(|column| shown(&column.first)).collect();
    let is_read = |how: &&Use| matches!(how, Use::Number(_) | Use::Switch(_) | Use::Words);
    let width = uses.iter().filter(is_read).count().max(1);
    Ok(Plan { time, uses, firsts, width })
}

/// 1 where the columns write decimals with a comma, -1 with a point, 0 where they leave it open or disagree.
fn evidence(columns: &[ColumnSurvey], time: &TimeChoice) -> i32 {
    let is_time = |index: usize| time.pieces.iter().any(|piece| piece.column == index);
    let numbers = columns.iter().enumerate().filter(|(index, column)| !is_time(*index) && is_number(column));
    let votes: Vec<i32> = numbers.map(|(_, column)| column.forms.decimal_comma()).collect();
    let has = |vote| votes.contains(&vote);
    i32::from(has(1)) - i32::from(has(-1))
}

fn is_number(column: &ColumnSurvey) -> bool {
    column.forms.most() * 2 > column.cells
}

fn use_of(column: &ColumnSurvey, evidence: i32, separator: u8) -> Option<Use> {
    if column.cells == 0 {
        return Some(Use::Number(NumberForm::PLAIN));
    }
    if is_number(column) {
        let hint = match separator {
            b';' => 1,
            b',' => -1,
            _ => 0,
        };
        return column.forms.form(evidence, hint).map(Use::Number);
    }
    match column.switch {
        Some((switch, cells)) if cells * 2 > column.cells => Some(Use::Switch(switch)),
        _ => Some(Use::Words),
    }
}

fn is_id_name(name: &str) -> bool {
    let plain: String = name.chars().filter(|character| character.is_alphabetic()).collect();
    ID_NAMES.iter().any(|known| plain.eq_ignore_ascii_case(known))
}

fn check_names(names: &[String], uses: &[Use], options: &ReadOptions, found: &mut Found) {
    let is_read = |index: usize| !matches!(uses[index], Use::Skip(_));
    for (index, name) in names.iter().enumerate().filter(|(index, name)| is_read(*index) && !name.is_empty()) {
        if name.chars().any(char::is_control) {
            found.add("names of columns have control characters: rename them", || label(names, index));
        } else if let Some(first) = names[..index].iter().position(|other| other == name) {
            found.add("columns have the same name: rename one of them", || {
                format!("columns {} and {} are both called {}", first + 1, index + 1, label(names, index))
            });
        } else if options.reserved_columns.contains(name) {
            let what = "columns have the name of a calendar column: rename them, or name them in IGNORE_COLUMNS";
            found.add(what, || label(names, index));
        }
    }
}
