//! THETA: the dynamic optimised Theta method.

use crate::forecast::classical::Method;
use crate::forecast::families::row::FamilyRow;
use crate::forecast::model::{Family, FamilyTraits, FittedBy};

use super::fit::{Choice, SETTINGS, fit};
use super::forecaster::load;

impl Family {
    /// The dynamic optimised Theta method.
    pub const THETA: Family = Family::new(&FamilyTraits {
        name: "THETA",
        fitted_by: FittedBy::Round,
        naive: false,
        learned: false,
        recipe: 1,
        settings: SETTINGS,
    });
}

pub const ROW: FamilyRow = FamilyRow {
    family: Family::THETA,
    fit: |family, data, settings, lineage, progress| {
        fit(Choice::One(Method::Theta), family, data, settings, lineage, progress)
    },
    load,
};
