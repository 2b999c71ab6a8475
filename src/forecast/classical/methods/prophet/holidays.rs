//! Days that differ from others: holidays, with the days around them.

use serde::{Deserialize, Serialize};

use crate::forecast::classical::numeric::days::DAY_MS;

/// A holiday on all its dates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holiday {
    /// Its name.
    pub name: String,
    /// Its dates, past and future, in days since 1970.
    pub days: Vec<i64>,
    /// Days before each date that differ too.
    pub days_before: u32,
    /// Days after each date that differ too.
    pub days_after: u32,
}

impl Holiday {
    /// Columns that the holiday has: one for the day, one for each day around it.
    pub(super) fn columns(&self) -> usize {
        (self.days_before + self.days_after) as usize + 1
    }

    /// Appends 1 to the column whose day it is, 0 to the others.
    pub(super) fn push(&self, time_ms: i64, row: &mut Vec<f64>) {
        let day = time_ms.div_euclid(DAY_MS);
        for offset in -i64::from(self.days_before)..=i64::from(self.days_after) {
            row.push(f64::from(u8::from(self.days.contains(&(day - offset)))));
        }
    }
}
