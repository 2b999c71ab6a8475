//! MSTL: seasons taken out by STL; what is left is forecast by ETS, Theta or AR, whichever was best on rolling origins.

use crate::forecast::families::row::FamilyRow;
use crate::forecast::model::{Family, FamilyTraits, FittedBy};

use super::budget::mstl_settings;
use super::fit::{Choice, SETTINGS, fit};
use super::forecaster::load;

impl Family {
    /// Seasons taken out by STL, and what is left forecast by a small method.
    pub const MSTL: Family = Family::new(&FamilyTraits {
        name: "MSTL",
        fitted_by: FittedBy::Round,
        naive: false,
        learned: false,
        recipe: 1,
        settings: SETTINGS,
    });
}

pub const ROW: FamilyRow = FamilyRow {
    family: Family::MSTL,
    fit: |family, data, settings, lineage, progress| {
        let choice = Choice::Best(mstl_settings(data.targets.len()));
        fit(choice, family, data, settings, lineage, progress)
    },
    load,
};
