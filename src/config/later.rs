//! Names that are known but have no effect yet. A value that would change something is refused, not ignored.

/// A name without effect yet, with the values that describe what the node does today.
#[derive(Debug, Clone, Copy)]
pub struct Later {
    /// The name, as an environment variable.
    pub name: &'static str,
    /// Values that change nothing and are therefore accepted.
    pub harmless: &'static [&'static str],
    /// What the node does instead, in half a sentence.
    pub about: &'static str,
}

const OFF: &[&str] = &["0", "false", "no", "off"];
const NONE: &[&str] = &[];

const fn later(name: &'static str, harmless: &'static [&'static str], about: &'static str) -> Later {
    Later { name, harmless, about }
}

/// Every name that is refused with "not available yet".
#[rustfmt::skip] // one name a row
pub const LATER: &[Later] = &[
    later("MLFLOW_TRACKING_URI", NONE, "runs are recorded in the object store"),
    later("MLFLOW_TRACKING_USERNAME", NONE, "runs are recorded in the object store"),
    later("MLFLOW_TRACKING_PASSWORD", NONE, "runs are recorded in the object store"),
    later("MLFLOW_TRACKING_TOKEN", NONE, "runs are recorded in the object store"),
    later("ENABLE_PREDICT_CACHE", OFF, "every answer is computed"),
    later("PREDICT_CACHE_MAX_MB", NONE, "every answer is computed"),
    later("MODEL_MEMORY_MB", NONE, "one model is held"),
    later("VALIDATION_FRACTION", NONE, "the training schedule is fixed"),
    later("BEYOND_HEAD", NONE, "far horizons have one method"),
    later("DEVICE", &["auto", "cpu"], "models run on the processor"),
    later("ROLLBACK_WINDOW_MS", NONE, "there is no automatic rollback"),
    later("LOG_PREDICT_RATIO", &["0", "0.0"], "answers are not logged"),
    later("HOLIDAYS_FILE", NONE, "no family uses holidays"),
];

/// `FLTS_` names of the build and the tests of this project; a node ignores them.
pub const OF_THE_BUILD: &[&str] = &[
    "FLTS_CACHE",
    "FLTS_TEST_KAFKA",
    "FLTS_TEST_MINIO",
    "FLTS_TEST_PYTHON",
    "FLTS_IMAGE_BUILD",
    "FLTS_COMMIT",
    "FLTS_CRASH_AT",
];

/// The names as `docs/migration.md` shows them, one Markdown row a name.
pub fn markdown() -> String {
    let rows = LATER.iter().map(|later| {
        let harmless: Vec<String> = later.harmless.iter().map(|value| format!("`{value}`")).collect();
        let accepted = if harmless.is_empty() { "none".into() } else { harmless.join(", ") };
        format!("| `{}` | {accepted} | {} |\n", later.name, later.about)
    });
    "| variable | values accepted | until then |\n|---|---|---|\n".to_owned() + &rows.collect::<String>()
}
