//! PROPHET: a trend with changepoints and Fourier seasons, by exact MAP; the rows of a request move it.

use crate::forecast::classical::Method;
use crate::forecast::families::row::FamilyRow;
use crate::forecast::model::{Family, FamilyTraits, FittedBy};

use super::fit::{Choice, SETTINGS, fit};
use super::forecaster::load;

impl Family {
    /// A trend with changepoints and Fourier seasons.
    pub const PROPHET: Family = Family::new(&FamilyTraits {
        name: "PROPHET",
        fitted_by: FittedBy::Trainer,
        naive: false,
        learned: false,
        recipe: 1,
        settings: SETTINGS,
    });
}

pub const ROW: FamilyRow = FamilyRow {
    family: Family::PROPHET,
    fit: |family, data, settings, lineage, progress| {
        fit(Choice::One(Method::Prophet), family, data, settings, lineage, progress)
    },
    load,
};
