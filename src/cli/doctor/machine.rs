//! The configuration, the memory budget and the data folder.

use crate::config::Config;
use crate::node::default_memory_budget_bytes;

use super::finding::Finding;

const MIB: usize = 1 << 20;
/// Below this a node has no room for a data set beside its models.
const BUDGET_WARNED_BYTES: usize = 512 * MIB;

/// The notes of the configuration.
pub fn configuration(config: &Config) -> Vec<Finding> {
    config.notes.iter().map(|note| Finding::warning("configuration", note.clone())).collect()
}

/// The memory budget.
pub fn memory(config: &Config) -> Vec<Finding> {
    let budget = config.memory_budget_bytes.unwrap_or_else(default_memory_budget_bytes);
    let text = format!("the budget is {} MiB", budget / MIB);
    vec![match budget < BUDGET_WARNED_BYTES {
        true => {
            Finding::warning("memory", format!("{text}: data sets and requests may be refused; set MEMORY_BUDGET_MB"))
        }
        false => Finding::ok("memory", text),
    }]
}

/// The data folder.
pub fn data_dir(config: &Config) -> Vec<Finding> {
    let shown = config.data_dir.display();
    vec![match config.data_dir.metadata() {
        Ok(metadata) if !metadata.is_dir() => {
            Finding::broken("DATA_DIR", format!("{shown} is no folder; move it away, or set DATA_DIR"))
        }
        Ok(metadata) if metadata.permissions().readonly() => {
            Finding::broken("DATA_DIR", format!("{shown} cannot be written; change its mode, or set DATA_DIR"))
        }
        Ok(_) => Finding::ok("DATA_DIR", shown.to_string()),
        Err(error) => Finding::warning("DATA_DIR", format!("{shown}: {error}; a node creates it at its start")),
    }]
}
