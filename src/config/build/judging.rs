//! How candidates are judged.

use crate::actors::{Role, Roles};
use crate::config::reader::Reader;
use crate::config::table::{FAMILIES, TRAINED_BY_DEFAULT};
use crate::config::tree::{Judging, Training};
use crate::forecast::ScoreWeights;

/// Reads the settings of judging. A node is `alone` if no other process can reach its broker.
pub fn read(reader: &mut Reader, roles: &Roles, training: &Training, alone: bool) -> Judging {
    let trains_here = roles.has(Role::Trainer) && roles.has(Role::Evaluator);
    let trained = if trains_here { training.model_types.clone() } else { owned(TRAINED_BY_DEFAULT) };
    let expected = reader.optional_list("EXPECTED_MODEL_TYPES").unwrap_or(trained);
    if trains_here && alone && !training.model_types.is_empty() {
        for family in expected.iter().filter(|family| !training.model_types.contains(family)) {
            reader.mistake(format!(
                "EXPECTED_MODEL_TYPES names {family}, which nobody trains; add it to MODEL_TYPE, or remove it here"
            ));
        }
    }
    let promotable = reader.optional_list("PROMOTABLE_MODEL_TYPES").unwrap_or_else(|| owned(FAMILIES));
    reader.derived("EXPECTED_MODEL_TYPES", expected.join(","));
    reader.derived("PROMOTABLE_MODEL_TYPES", promotable.join(","));
    Judging {
        expected_model_types: expected,
        promotable_model_types: promotable,
        score_weights: score_weights(reader),
        promotion_margin: reader.number("PROMOTION_MARGIN"),
        provisional_promotion: reader.bool("PROVISIONAL_PROMOTION"),
        judge_timeout: reader.millis("JUDGE_TIMEOUT_MS"),
    }
}

fn score_weights(reader: &mut Reader) -> Option<ScoreWeights> {
    let text = reader.optional_text("SCORE_WEIGHTS")?;
    ScoreWeights::parse(&text).map_err(|mistake| reader.mistake(mistake)).ok()
}

fn owned(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| word.to_string()).collect()
}
