//! What becomes of each column, once its values are known.

use serde::Serialize;

use super::extract::{Table, Values};
use super::one_hot::one_hot;
use super::plan::{Plan, Use};
use crate::forecast::data::reader::mistakes::Mistakes;
use crate::forecast::data::reader::options::ReadOptions;
use crate::limits::DATA_CELLS;

/// What became of a column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// It holds the time, or a part of it.
    Time,
    /// It names the series of a row.
    SeriesId,
    /// The first column of numbers: what is forecast where nothing else is said.
    TargetCandidate,
    /// A column of numbers.
    Input,
    /// A column of 0 and 1 for each of so many words.
    OneHot(usize),
    /// It is left out, for this reason.
    Dropped(String),
}

/// The columns that are kept, and what became of all.
pub(crate) struct Kept {
    /// Names and values, in file order.
    pub(crate) columns: Vec<(String, Vec<f64>)>,
    /// One a column of the file.
    pub(crate) fates: Vec<Fate>,
    pub(crate) warnings: Vec<String>,
    /// What the columns of words that are left out say, a number a row; empty where there are none.
    pub(crate) words: Vec<u64>,
}

/// Takes the columns out of the table; `id` names the series.
pub(crate) fn keep_columns(
    table: &mut Table,
    names: &[String],
    plan: &Plan,
    id: Option<usize>,
    options: &ReadOptions,
) -> Result<Kept, Mistakes> {
    let mut kept = Kept { columns: Vec::new(), fates: Vec::new(), warnings: Vec::new(), words: Vec::new() };
    let rows = table.times.walls_ms.len();
    let numbers = plan.uses.iter().filter(|how| matches!(how, Use::Number(_) | Use::Switch(_))).count();
    for (index, name) in names.iter().enumerate() {
        let values = std::mem::replace(&mut table.columns[index], Values::None);
        let fate = match (plan.uses[index], values) {
            (Use::Time, _) => Fate::Time,
            (Use::Skip(reason), _) => Fate::Dropped(reason.to_owned()),
            (_, Values::Words(_)) if id == Some(index) => Fate::SeriesId,
            (_, Values::Words(words)) if options.categories.contains(name) => {
                let wide = words.levels.len() + kept.columns.len();
                DATA_CELLS.with_max(options.max_cells).check_product(rows, wide)?;
                let columns = one_hot(name, &words)?;
                let count = columns.len();
                kept.columns.extend(columns);
                Fate::OneHot(count)
            }
            (_, Values::Words(words)) => {
                add_words(&mut kept.words, &words.codes);
                let first = &plan.firsts[index];
                let advice = "set CATEGORIES to keep them as columns of 0 and 1";
                Fate::Dropped(format!("words such as `{first}`: {advice}"))
            }
            (_, Values::None) => Fate::Dropped("not read".to_owned()),
            (_, Values::Numbers(values)) => {
                let is_first = !kept.fates.contains(&Fate::TargetCandidate);
                // one column of row numbers is left out, and only where another one remains
                let is_needed = numbers == 1 || kept.fates.contains(&Fate::Dropped(ROW_NUMBERS.to_owned()));
                match reason_to_drop(index, name, &values, is_first, options) {
                    Some(reason) if !(is_needed && reason == ROW_NUMBERS) => Fate::Dropped(reason.to_owned()),
                    reason => {
                        if reason.is_some() {
                            kept.warnings
                                .push(format!("{name} rises by one from row to row: check that it is no row number"));
                        }
                        if is_first && rows > 1 && is_constant(&values) {
                            kept.warnings.push(format!(
                                "{name} has one value alone, and is kept as the first column: name it in IGNORE_COLUMNS to leave it out"
                            ));
                        }
                        kept.columns.push((name.clone(), values));
                        if is_first { Fate::TargetCandidate } else { Fate::Input }
                    }
                }
            }
        };
        kept.fates.push(fate);
    }
    if kept.columns.is_empty() {
        return Err(nothing_left(names, &kept.fates));
    }
    Ok(kept)
}

/// Adds what one more column of words says to the numbers of the rows.
fn add_words(numbers: &mut Vec<u64>, codes: &[u32]) {
    numbers.resize(codes.len().max(numbers.len()), 0);
    for (number, code) in numbers.iter_mut().zip(codes) {
        // the multiplier of Knuth's generator spreads the numbers of several columns
        *number = number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(u64::from(*code) + 1);
    }
}

const ROW_NUMBERS: &str = "numbers of rows, they rise by one";

fn reason_to_drop(
    index: usize,
    name: &str,
    values: &[f64],
    is_first: bool,
    options: &ReadOptions,
) -> Option<&'static str> {
    if (options.keep_all && !name.is_empty()) || options.keep_columns.iter().any(|kept| kept == name) {
        return None;
    }
    let is_index = counts_rows(values);
    // as pandas calls a column without a name when it reads one
    let is_unnamed = name.is_empty() || name.starts_with("Unnamed: ");
    if is_unnamed && index == 0 && is_index {
        Some("an index without a name")
    } else if values.iter().all(|value| value.is_nan()) {
        Some("empty")
    } else if is_unnamed {
        Some("it has no name: give it one in the header")
    } else if is_first && is_index {
        Some(ROW_NUMBERS)
    } else if !is_first && values.len() > 1 && is_constant(values) {
        Some("one value alone")
    } else {
        None
    }
}

/// Whether all measured cells are the same.
fn is_constant(values: &[f64]) -> bool {
    let mut measured = values.iter().filter(|value| !value.is_nan());
    measured.next().is_some_and(|first| measured.all(|value| value == first))
}

/// Whether whole numbers rise or fall by one from row to row.
fn counts_rows(values: &[f64]) -> bool {
    let step = match values {
        [first, second, _, ..] => second - first,
        _ => return false,
    };
    step.abs() == 1.0 && values[0].fract() == 0.0 && values.windows(2).all(|pair| pair[1] - pair[0] == step)
}

fn nothing_left(names: &[String], fates: &[Fate]) -> Mistakes {
    let dropped: Vec<String> = names
        .iter()
        .zip(fates)
        .filter_map(|(name, fate)| match fate {
            Fate::Dropped(reason) => Some(format!("`{name}` ({reason})")),
            _ => None,
        })
        .take(5)
        .collect();
    let left_out = if dropped.is_empty() { String::new() } else { format!("; left out: {}", dropped.join(", ")) };
    Mistakes::of_file(format!("the file has no column of numbers besides the time: give it one{left_out}"))
}
