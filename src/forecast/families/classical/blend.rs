//! BLEND: the weighted mean of the classical methods that were best on rolling origins; it fits its members itself.

use crate::forecast::families::row::FamilyRow;
use crate::forecast::model::{Family, FamilyTraits, FittedBy};

use super::budget::blend_settings;
use super::fit::{Choice, SETTINGS, fit};
use super::forecaster::load;

impl Family {
    /// The weighted mean of the classical methods that were best on rolling origins.
    pub const BLEND: Family = Family::new(&FamilyTraits {
        name: "BLEND",
        fitted_by: FittedBy::Round,
        naive: false,
        learned: false,
        recipe: 1,
        settings: SETTINGS,
    });
}

pub const ROW: FamilyRow = FamilyRow {
    family: Family::BLEND,
    fit: |family, data, settings, lineage, progress| {
        let choice = Choice::Best(blend_settings(data.targets.len(), settings.output_rows));
        fit(choice, family, data, settings, lineage, progress)
    },
    load,
};
