//! A family of models: its name, and what the rest of the program must know about it. Which families there are, and the code that
//! trains and loads them, stands in `families/table.rs`.

use std::fmt;
use std::hash::{Hash, Hasher};

use serde::{Serialize, Serializer};

/// A kind of model that can be trained, judged and served: a handle that is copied like a number.
#[derive(Clone, Copy)]
pub struct Family(&'static FamilyTraits);

/// Who fits a family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FittedBy {
    /// The evaluator, in the round: it is so cheap that it always competes.
    Round,
    /// Trainers.
    Trainer,
}

/// What the rest of the program must know about a family.
pub struct FamilyTraits {
    /// The name in settings, records and object keys.
    pub name: &'static str,
    /// Who fits it.
    pub fitted_by: FittedBy,
    /// Whether it is a naive method: what others are measured by, and what is served where nothing beats it.
    pub naive: bool,
    /// Whether its manifest holds transforms of columns and a seasonal blend; families that copy rows have neither.
    pub learned: bool,
    /// Number of the way it is trained: a change that makes another model of the same rows and settings raises it.
    pub recipe: u32,
    /// The fields of `TrainSettings` that decide what it learns, in the order in which a manifest shows them.
    pub settings: &'static [&'static str],
}

impl Family {
    /// The family with these traits; it exists for users once it has a row in the table of families.
    pub(crate) const fn new(traits: &'static FamilyTraits) -> Family {
        Family(traits)
    }

    /// The name in settings, records and object keys.
    pub const fn as_str(self) -> &'static str {
        self.0.name
    }

    /// Whether the evaluator fits it in the round, so that it always competes; trainers fit the others.
    pub const fn is_fitted_in_round(self) -> bool {
        matches!(self.0.fitted_by, FittedBy::Round)
    }

    /// Whether it is a naive method: what others are measured by, and what is served where nothing beats it.
    pub const fn is_naive(self) -> bool {
        self.0.naive
    }

    /// What the rest of the program must know about it.
    pub(crate) const fn traits(self) -> &'static FamilyTraits {
        self.0
    }

    /// Name and number of the way it is trained, such as `gru/1`.
    pub(crate) fn recipe(self) -> String {
        format!("{}/{}", self.0.name.to_lowercase(), self.0.recipe)
    }
}

impl PartialEq for Family {
    fn eq(&self, other: &Family) -> bool {
        self.0.name == other.0.name
    }
}

impl Eq for Family {}

impl Hash for Family {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.name.hash(state);
    }
}

impl fmt::Debug for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Family {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
