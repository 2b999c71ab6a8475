//! What a family's row in the table of families holds.

use crate::forecast::model::{
    Artifact, Family, Forecaster, Lineage, Manifest, ModelError, Progress, TrainSettings, TrainingData, Weights,
};

/// Trains the family on data that were checked, and answers with its artifact.
pub type FitFn = fn(Family, &TrainingData, &TrainSettings, Lineage, &mut dyn Progress) -> Result<Artifact, ModelError>;

/// Builds the forecaster that a manifest of the family and its tensors describe.
pub type LoadFn = fn(&Manifest, Weights) -> Result<Box<dyn Forecaster>, ModelError>;

/// A family with its code.
pub struct FamilyRow {
    /// Its name, and what the rest of the program must know about it.
    pub family: Family,
    /// How it is trained.
    pub fit: FitFn,
    /// How it is loaded.
    pub load: LoadFn,
}
