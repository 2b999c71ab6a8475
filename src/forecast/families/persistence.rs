//! Persistence: the last row, again and again.

use crate::forecast::model::{
    Artifact, Family, FamilyTraits, FittedBy, Lineage, Manifest, ModelError, Progress, TrainSettings, TrainingData,
};

use super::copied_rows::{load, nothing_learned};
use super::row::FamilyRow;

impl Family {
    /// Repeats the last row.
    pub const PERSISTENCE: Family = Family::new(&FamilyTraits {
        name: "PERSISTENCE",
        fitted_by: FittedBy::Round,
        naive: true,
        learned: false,
        recipe: 1,
        settings: &[],
    });
}

pub const ROW: FamilyRow = FamilyRow { family: Family::PERSISTENCE, fit, load };

/// Nothing is learned: all that a forecast needs is the last row.
fn fit(
    family: Family,
    data: &TrainingData,
    settings: &TrainSettings,
    lineage: Lineage,
    _: &mut dyn Progress,
) -> Result<Artifact, ModelError> {
    let mut manifest = Manifest::new(family, data, settings, lineage)?;
    manifest.input_rows = 1;
    manifest.output_rows = 1;
    manifest.calendar_inputs.clear();
    manifest.seal(&nothing_learned())
}
