//! The limits of the process and the data folder.

use crate::config::Config;
use crate::node::default_memory_budget_bytes;

use super::finding::Finding;

const MIB: usize = 1 << 20;
/// Below this a node has no room for a data set beside its models.
const BUDGET_WARNED_BYTES: usize = 512 * MIB;

/// The version, the notes of the configuration, the memory budget and the data folder.
pub fn check(config: &Config) -> Vec<Finding> {
    let mut findings = vec![Finding::ok("version", env!("CARGO_PKG_VERSION"))];
    findings.extend(config.notes.iter().map(|note| Finding::warning("configuration", note.clone())));
    findings.push(memory(config));
    findings.push(data_dir(config));
    findings
}

fn memory(config: &Config) -> Finding {
    let budget = config.memory_budget_bytes.unwrap_or_else(default_memory_budget_bytes);
    let text = format!("the budget is {} MiB", budget / MIB);
    match budget < BUDGET_WARNED_BYTES {
        true => {
            Finding::warning("memory", format!("{text}: data sets and requests may be refused; set MEMORY_BUDGET_MB"))
        }
        false => Finding::ok("memory", text),
    }
}

fn data_dir(config: &Config) -> Finding {
    let shown = config.data_dir.display();
    match config.data_dir.metadata() {
        Ok(metadata) if !metadata.is_dir() => {
            Finding::broken("DATA_DIR", format!("{shown} is no folder; move it away, or set DATA_DIR"))
        }
        Ok(metadata) if metadata.permissions().readonly() => {
            Finding::broken("DATA_DIR", format!("{shown} cannot be written; change its mode, or set DATA_DIR"))
        }
        Ok(_) => Finding::ok("DATA_DIR", shown.to_string()),
        Err(error) => Finding::warning("DATA_DIR", format!("{shown}: {error}; a node creates it at its start")),
    }
}
