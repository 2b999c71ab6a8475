//! What a model is asked, and what it answers.

use crate::forecast::data::Steps;

use super::error::ModelError;

/// The rows that one forecast starts from.
#[derive(Clone, Debug, PartialEq)]
pub struct Context {
    /// Time of the last row, in epoch milliseconds.
    pub last_ms: i64,
    /// Rows x columns, row-major, original units, no NaN: `input_rows` of the manifest, and up to its `context_rows`.
    pub values: Vec<f64>,
}

/// How the contexts of a model are laid out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContextShape {
    /// Rows.
    pub rows: usize,
    /// Columns.
    pub columns: usize,
    /// From row to row.
    pub steps: Steps,
    /// Places of the targets among the columns.
    pub target_places: Vec<usize>,
}

/// `horizon` x targets, row-major, original units; the first row is one step after the context's last.
pub type Forecast = Vec<f64>;

/// A loaded model, owned by one thread.
pub trait Forecaster: Send {
    /// Forecasts `horizon` rows after each context; the answers are in the contexts' order.
    fn forecast(&self, contexts: &[Context], horizon: usize) -> Result<Vec<Forecast>, ModelError>;
}
