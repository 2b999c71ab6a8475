//! ETS: exponential smoothing of level, trend and season; the form with the smallest AICc.

use crate::forecast::classical::Method;
use crate::forecast::families::row::FamilyRow;
use crate::forecast::model::{Family, FamilyTraits, FittedBy};

use super::fit::{Choice, SETTINGS, fit};
use super::forecaster::load;

impl Family {
    /// Exponential smoothing of level, trend and season.
    pub const ETS: Family = Family::new(&FamilyTraits {
        name: "ETS",
        fitted_by: FittedBy::Round,
        naive: false,
        learned: false,
        recipe: 1,
        settings: SETTINGS,
    });
}

pub const ROW: FamilyRow = FamilyRow {
    family: Family::ETS,
    fit: |family, data, settings, lineage, progress| {
        fit(Choice::One(Method::Ets), family, data, settings, lineage, progress)
    },
    load,
};
