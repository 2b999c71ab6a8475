//! The last value, again and again.

use serde::{Deserialize, Serialize};

use crate::forecast::classical::rows::History;

/// The last value, again and again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Naive;

impl Naive {
    /// The last value, `steps` times.
    pub fn forecast(&self, history: &History, steps: usize) -> Vec<f64> {
        vec![history.last(); steps]
    }
}
