//! LSTM: a long short-term memory with a head that answers every step at once.

use crate::forecast::model::{Family, FamilyTraits, FittedBy};

use super::recurrent::{self, CellKind};
use super::row::FamilyRow;

impl Family {
    /// Long short-term memory with a direct head.
    pub const LSTM: Family = Family::new(&FamilyTraits {
        name: "LSTM",
        fitted_by: FittedBy::Trainer,
        naive: false,
        learned: true,
        recipe: 1,
        settings: recurrent::SETTINGS,
    });
}

pub const ROW: FamilyRow = FamilyRow {
    family: Family::LSTM,
    fit: |family, data, settings, lineage, progress| {
        recurrent::fit(CellKind::Lstm, family, data, settings, lineage, progress)
    },
    load: |manifest, weights| recurrent::load(CellKind::Lstm, manifest, weights),
};
