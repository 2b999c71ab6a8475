//! How a family is trained, and which of that enters its `train_hash`.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::family::Family;

/// How a family is trained.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrainSettings {
    /// Rows of context that a forecast needs.
    pub input_rows: usize,
    /// Steps ahead that the direct head answers at once.
    pub output_rows: usize,
    /// Width of a recurrent layer.
    pub hidden_size: usize,
    /// Number of recurrent layers.
    pub num_layers: usize,
    /// Windows in one optimiser step.
    pub batch_size: usize,
    /// Optimiser steps in all; without it, and without `epochs`, the built-in schedule.
    pub max_steps: Option<usize>,
    /// Passes over the train windows; `max_steps` wins over it.
    pub epochs: Option<usize>,
    /// Highest learning rate of the schedule.
    pub learning_rate: f64,
    /// Seed of the initial weights and of the order of windows.
    pub seed: u64,
    /// Threads for tensor operations; not part of the name of a model.
    pub threads: usize,
}

impl Default for TrainSettings {
    fn default() -> Self {
        TrainSettings {
            input_rows: 30,
            output_rows: 30,
            hidden_size: 64,
            num_layers: 1,
            batch_size: 64,
            max_steps: None,
            epochs: None,
            learning_rate: 2e-3,
            seed: 42,
            threads: 1,
        }
    }
}

impl TrainSettings {
    /// The settings that decide what a family learns: what `train_hash` hashes. `threads` is in no family's.
    pub fn canonical(&self, family: Family) -> Value {
        let all = serde_json::to_value(self).expect("invariant: training settings are plain numbers");
        let value_of = |name: &str| all.get(name).cloned().expect("invariant: a family names fields of TrainSettings");
        let mut canonical = Map::new();
        canonical.insert("model_type".to_owned(), Value::from(family.as_str()));
        canonical.insert("recipe".to_owned(), Value::from(family.recipe()));
        for name in family.traits().settings {
            canonical.insert((*name).to_owned(), value_of(name));
        }
        Value::Object(canonical)
    }

    /// Every setting that no training can use, as one sentence each.
    pub fn problems(&self) -> Vec<String> {
        let at_least_one = [
            ("INPUT_SEQ_LEN", self.input_rows, 10_000),
            ("OUTPUT_SEQ_LEN", self.output_rows, 10_000),
            ("HIDDEN_SIZE", self.hidden_size, 4_096),
            ("NUM_LAYERS", self.num_layers, 16),
            ("BATCH_SIZE", self.batch_size, 65_536),
            ("training threads", self.threads, 1_024),
            ("MAX_STEPS", self.max_steps.unwrap_or(1), 100_000_000),
            ("EPOCHS", self.epochs.unwrap_or(1), 100_000),
        ];
        let mut problems: Vec<String> = at_least_one
            .into_iter()
            .filter(|(_, value, most)| !(1..=*most).contains(value))
            .map(|(name, value, most)| format!("{name} is {value}, use 1 to {most}"))
            .collect();
        if !(self.learning_rate > 0.0 && self.learning_rate <= 1.0) {
            problems.push(format!("LEARNING_RATE is {}, use a number above 0 and at most 1", self.learning_rate));
        }
        problems
    }
}
