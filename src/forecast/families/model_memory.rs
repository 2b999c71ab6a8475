//! The memory of a loaded model, from its manifest and the size of its weights: known before anything is allocated.

use crate::forecast::data::CALENDAR_COLUMNS;
use crate::forecast::model::Manifest;

/// Bytes of a parsed manifest for each byte of its JSON, at most.
const PARSED_BYTES: usize = 16;
/// Bytes of a number in original units.
const NUMBER_BYTES: usize = size_of::<f64>();
/// Contexts that a model is warmed up with at a time.
const WARM_UP_CONTEXTS: usize = 2;
/// Numbers of a recurrent layer for each row and unit of a context: its gates, its state and its output.
const STATES_PER_UNIT: usize = 8;

/// The parts of the memory of a model, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ModelMemory {
    /// What is held once: the weights as they are stored, and the manifest.
    pub stored: usize,
    /// What each thread holds that forecasts: tensors, and a manifest.
    pub built: usize,
    /// What a thread needs while it builds the model.
    pub building: usize,
    /// What a thread needs while it warms the model up.
    pub warm_up: usize,
}

impl ModelMemory {
    /// The memory of parsing a manifest of so many bytes.
    pub fn parsing(manifest_bytes: usize) -> usize {
        manifest_bytes.saturating_mul(PARSED_BYTES)
    }

    /// The memory of a model with these files.
    pub fn of(manifest: &Manifest, manifest_bytes: usize, weights_bytes: u64) -> ModelMemory {
        let weights = usize::try_from(weights_bytes).unwrap_or(usize::MAX);
        let parsed = ModelMemory::parsing(manifest_bytes);
        let cells = |rows: usize, columns: usize| rows.saturating_mul(columns).saturating_mul(NUMBER_BYTES);
        let (rows, columns) = (manifest.context_rows(), manifest.columns.len());
        // the context is cloned, then encoded as numbers of two precisions
        let contexts = cells(rows, columns).saturating_add(cells(rows, 2 * (columns + CALENDAR_COLUMNS.len())));
        let hidden = manifest.setting("hidden_size").unwrap_or_default();
        let states = cells(rows, hidden.saturating_mul(STATES_PER_UNIT));
        let answers = cells(manifest.output_rows + 1, 4 * manifest.targets.len());
        let of_context = contexts.saturating_add(states).saturating_add(answers);
        ModelMemory {
            stored: weights.saturating_add(parsed),
            built: weights.saturating_add(parsed),
            // numbers of single precision are held in double precision on their way to a tensor
            building: weights.saturating_mul(3),
            warm_up: of_context.saturating_mul(WARM_UP_CONTEXTS + 1),
        }
    }

    /// The memory of a model in service on so many threads. One thread at a time builds a model, which no model in service counts.
    pub fn in_service(self, threads: usize) -> usize {
        self.stored.saturating_add(self.built.saturating_mul(threads.max(1)))
    }

    /// The memory of a model on so many threads, one of which builds it and warms it up.
    pub fn on_threads(self, threads: usize) -> usize {
        self.in_service(threads).saturating_add(self.building).saturating_add(self.warm_up)
    }
}
