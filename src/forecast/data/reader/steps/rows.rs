//! Rows in order, one a time.

use crate::forecast::data::reader::mistakes::{Found, Mistakes};
use crate::forecast::data::reader::options::Duplicates;

/// Rows of one series: times (ms since 1970 in UTC), their lines in the file, and the values of each column.
pub(crate) struct Rows {
    pub(crate) times_ms: Vec<i64>,
    pub(crate) lines: Vec<u32>,
    /// What columns of words that are left out say, a number a row; empty where there are none.
    pub(crate) words: Vec<u64>,
    pub(crate) columns: Vec<Vec<f64>>,
}

/// How many rows of one time were left out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Duplicated {
    /// They say the same.
    pub(crate) identical: usize,
    /// They were chosen from or averaged.
    pub(crate) merged: usize,
}

impl Rows {
    /// Puts the rows into the order of their times, those of one time in file order.
    pub(crate) fn sort(&mut self) {
        if self.times_ms.is_sorted() {
            return;
        }
        let mut order: Vec<u32> = (0..self.times_ms.len() as u32).collect();
        order.sort_by_key(|&row| (self.times_ms[row as usize], self.lines[row as usize]));
        self.times_ms = order.iter().map(|&row| self.times_ms[row as usize]).collect();
        self.lines = order.iter().map(|&row| self.lines[row as usize]).collect();
        if !self.words.is_empty() {
            self.words = order.iter().map(|&row| self.words[row as usize]).collect();
        }
        for column in &mut self.columns {
            *column = order.iter().map(|&row| column[row as usize]).collect();
        }
    }

    /// Makes one row of those with one key, which are neighbours; `place` writes a row for a message, `hint` is more advice.
    pub(crate) fn merge(
        &mut self,
        keys: &[i64],
        policy: Option<Duplicates>,
        place: impl Fn(&Self, usize) -> String,
        hint: &str,
    ) -> Result<Duplicated, Mistakes> {
        let mut count = Duplicated::default();
        if keys.windows(2).all(|pair| pair[0] != pair[1]) {
            return Ok(count);
        }
        let mut keep = vec![true; keys.len()];
        let mut found = Found::default();
        let mut start = 0;
        while start < keys.len() {
            let end = start + keys[start..].iter().take_while(|&&key| key == keys[start]).count();
            let says_same = |row: usize| self.words.get(row) == self.words.get(start);
            let is_same =
                |row: usize| says_same(row) && self.columns.iter().all(|column| same(column[row], column[start]));
            if (start + 1..end).all(is_same) {
                count.identical += end - start - 1;
                keep[start + 1..end].fill(false);
            } else if let Some(policy) = policy {
                count.merged += end - start - 1;
                for column in &mut self.columns {
                    column[start] = chosen(&column[start..end], policy);
                }
                keep[start + 1..end].fill(false);
            } else {
                let what = format!(
                    "rows of one time differ: set DUPLICATES=first, last or mean to choose, or remove all but one{hint}"
                );
                found.add(&what, || {
                    let lines: Vec<String> = self.lines[start..end].iter().take(4).map(u32::to_string).collect();
                    format!("lines {}: {}", lines.join(" and "), place(self, start))
                });
            }
            start = end;
        }
        found.check()?;
        self.retain(&keep);
        Ok(count)
    }

    fn retain(&mut self, keep: &[bool]) {
        let kept = |row: usize| keep.get(row).copied().unwrap_or(true);
        let mut rows = 0..;
        self.times_ms.retain(|_| rows.next().is_some_and(kept));
        let mut rows = 0..;
        self.words.retain(|_| rows.next().is_some_and(kept));
        let mut rows = 0..;
        self.lines.retain(|_| rows.next().is_some_and(kept));
        for column in &mut self.columns {
            let mut rows = 0..;
            column.retain(|_| rows.next().is_some_and(kept));
        }
    }
}

fn same(one: f64, other: f64) -> bool {
    one == other || (one.is_nan() && other.is_nan())
}

/// The value of several rows; a missing cell counts for nothing.
fn chosen(values: &[f64], policy: Duplicates) -> f64 {
    let mut measured = values.iter().copied().filter(|value| !value.is_nan());
    match policy {
        Duplicates::First => values.first().copied().unwrap_or(f64::NAN),
        Duplicates::Last => values.last().copied().unwrap_or(f64::NAN),
        Duplicates::Mean => {
            let (sum, count) = measured.by_ref().fold((0.0, 0usize), |(sum, count), value| (sum + value, count + 1));
            if count == 0 { f64::NAN } else { sum / count as f64 }
        }
    }
}
