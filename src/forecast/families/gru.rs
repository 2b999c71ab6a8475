//! GRU: a gated recurrent unit with a head that answers every step at once.

use crate::forecast::model::{Family, FamilyTraits, FittedBy};

use super::recurrent::{self, CellKind};
use super::row::FamilyRow;

impl Family {
    /// Gated recurrent unit with a direct head.
    pub const GRU: Family = Family::new(&FamilyTraits {
        name: "GRU",
        fitted_by: FittedBy::Trainer,
        naive: false,
        learned: true,
        recipe: 1,
        settings: recurrent::SETTINGS,
    });
}

pub const ROW: FamilyRow = FamilyRow {
    family: Family::GRU,
    fit: |family, data, settings, lineage, progress| {
        recurrent::fit(CellKind::Gru, family, data, settings, lineage, progress)
    },
    load: |manifest, weights| recurrent::load(CellKind::Gru, manifest, weights),
};
