//! The table of families. All that differs from family to family goes by it: what is trained, judged and served, the names that
//! settings accept, and the order in which families are listed.

use std::cmp::Ordering;
use std::str::FromStr;

use serde::{Deserialize, Deserializer};

use crate::forecast::model::Family;

use super::row::FamilyRow;

/// Every family, in the order in which they are listed to people.
#[rustfmt::skip] // one family a line
const ROWS: &[FamilyRow] = &[
    super::gru::ROW,
    super::lstm::ROW,
    super::classical::PROPHET_ROW,
    super::ridge::ROW,
    super::classical::ETS_ROW,
    super::classical::THETA_ROW,
    super::classical::MSTL_ROW,
    super::classical::BLEND_ROW,
    super::persistence::ROW,
    super::seasonal_naive::ROW,
    super::classical::DRIFT_ROW,
];

/// The names of all families.
pub const FAMILY_NAMES: [&str; ROWS.len()] = {
    let mut names = [""; ROWS.len()];
    let mut at = 0;
    while at < names.len() {
        names[at] = ROWS[at].family.as_str();
        at += 1;
    }
    names
};

/// The names of the families that trainers train.
pub const TRAINED_NAMES: [&str; trained_count()] = {
    let mut names = [""; trained_count()];
    let (mut at, mut row) = (0, 0);
    while row < ROWS.len() {
        if !ROWS[row].family.is_fitted_in_round() {
            names[at] = ROWS[row].family.as_str();
            at += 1;
        }
        row += 1;
    }
    names
};

const fn trained_count() -> usize {
    let (mut count, mut row) = (0, 0);
    while row < ROWS.len() {
        if !ROWS[row].family.is_fitted_in_round() {
            count += 1;
        }
        row += 1;
    }
    count
}

/// The row of a family.
pub fn row(family: Family) -> &'static FamilyRow {
    &ROWS[place(family)]
}

fn place(family: Family) -> usize {
    let place = ROWS.iter().position(|row| row.family == family);
    place.expect("invariant: every family that is named in the code has a row in the table")
}

impl Family {
    /// Every family, in the order in which they are listed to people.
    pub const ALL: [Family; ROWS.len()] = {
        let mut all = [ROWS[0].family; ROWS.len()];
        let mut at = 0;
        while at < all.len() {
            all[at] = ROWS[at].family;
            at += 1;
        }
        all
    };

    /// The families that the evaluator fits in the round, in the order in which it does.
    pub fn fitted_in_round() -> impl Iterator<Item = Family> {
        Family::ALL.into_iter().filter(|family| family.is_fitted_in_round())
    }
}

impl FromStr for Family {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wanted = text.trim();
        Family::ALL
            .into_iter()
            .find(|family| family.as_str().eq_ignore_ascii_case(wanted))
            .ok_or_else(|| format!("unknown model type {wanted:?}, use one of {}", FAMILY_NAMES.join(", ")))
    }
}

impl<'de> Deserialize<'de> for Family {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// In the order of the table.
impl Ord for Family {
    fn cmp(&self, other: &Family) -> Ordering {
        place(*self).cmp(&place(*other))
    }
}

impl PartialOrd for Family {
    fn partial_cmp(&self, other: &Family) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_follow_from_the_table() {
        let names = Family::ALL.map(Family::as_str);
        assert_eq!(names, FAMILY_NAMES);
        let trained: Vec<&str> =
            Family::ALL.iter().filter(|family| !family.is_fitted_in_round()).map(|f| f.as_str()).collect();
        assert_eq!(trained, TRAINED_NAMES);
        assert!(Family::ALL.is_sorted(), "families are ordered as in the table");
    }

    #[test]
    fn every_name_is_its_own() {
        for family in Family::ALL {
            assert_eq!(family.as_str().parse(), Ok(family));
            assert_eq!(place(family), FAMILY_NAMES.iter().position(|name| *name == family.as_str()).expect("a place"));
        }
    }
}
