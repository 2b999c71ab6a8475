//! DRIFT: the straight line from the first row to the last, continued.

use crate::forecast::classical::Method;
use crate::forecast::families::row::FamilyRow;
use crate::forecast::model::{Family, FamilyTraits, FittedBy};

use super::fit::{Choice, SETTINGS, fit};
use super::forecaster::load;

impl Family {
    /// Continues the straight line from the first row to the last.
    pub const DRIFT: Family = Family::new(&FamilyTraits {
        name: "DRIFT",
        fitted_by: FittedBy::Round,
        naive: true,
        learned: false,
        recipe: 1,
        settings: SETTINGS,
    });
}

pub const ROW: FamilyRow = FamilyRow {
    family: Family::DRIFT,
    fit: |family, data, settings, lineage, progress| {
        fit(Choice::One(Method::Drift), family, data, settings, lineage, progress)
    },
    load,
};
