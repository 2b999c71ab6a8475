//! What is fitted beside the family: the training settings, and the columns to forecast.

use crate::forecast::{Family, Lineage, TrainSettings, chosen_targets, train_hash};
use crate::storage::DatasetRecord;

/// How runs are trained, and which columns they forecast.
#[derive(Clone)]
pub struct Recipe {
    /// Lengths, sizes, schedule, seed.
    pub settings: TrainSettings,
    /// Columns to forecast, as the setting names them: `*` for all, empty for the first measured one.
    pub targets: Vec<String>,
}

impl Recipe {
    /// The columns to forecast on a data set; the fit refuses names that the data set does not hold.
    pub fn targets(&self, record: &DatasetRecord) -> Vec<String> {
        chosen_targets(&self.targets, &record.measured)
    }

    /// Hash of all settings that change what a training of this family on this data set gives.
    pub fn train_hash(&self, family: Family, record: &DatasetRecord) -> String {
        let mut canonical = self.settings.canonical(family);
        canonical["targets"] = self.targets(record).into();
        train_hash(&canonical)
    }

    /// The lineage of a run before its training: the run id is still empty, since it is made from the trained files.
    pub fn lineage(&self, family: Family, record: &DatasetRecord) -> Lineage {
        Lineage {
            run_id: String::new(),
            identifier: record.identifier.clone(),
            series: record.series.clone(),
            config_hash: record.config_hash.clone(),
            dataset_id: record.dataset_id.clone(),
            train_hash: self.train_hash(family, record),
        }
    }
}
