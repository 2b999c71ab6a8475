//! A column of 0 and 1 for each word of a column.

use super::extract::{NO_WORD, Words};
use crate::forecast::data::reader::mistakes::Mistakes;
use crate::limits::LEVELS;

/// The columns of a column of words, in the order of the words: `weather=rain` is 1 where the word is rain, NaN where it is missing.
pub(super) fn one_hot(name: &str, words: &Words) -> Result<Vec<(String, Vec<f64>)>, Mistakes> {
    if words.is_full || words.levels.len() as u64 > LEVELS.max {
        let what =
            format!("CATEGORIES names {name}, which has more than {} words: leave it out of CATEGORIES", LEVELS.max);
        return Err(Mistakes::of_file(what));
    }
    let mut levels: Vec<(u32, &String)> = (0..).zip(&words.levels).collect();
    levels.sort_by_key(|(_, level)| *level);
    let value = |code: u32, level: u32| match code {
        NO_WORD => f64::NAN,
        code => f64::from(u8::from(code == level)),
    };
    let column = |(level, word): (u32, &String)| {
        let values = words.codes.iter().map(|&code| value(code, level)).collect();
        (format!("{name}={word}"), values)
    };
    Ok(levels.into_iter().map(column).collect())
}
