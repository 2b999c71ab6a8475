//! The order of the scoreboard, and the origins that all candidates could score.

use std::cmp::Ordering;

use super::score::ScoreWeights;
use super::verdict::{Candidate, Contestant};

/// A candidate that reaches fewer of the origins than this share of the most that one reaches is left out.
const REACH_MIN: f64 = 0.5;

/// Scores all candidates on the origins that every one of them could score; the champion on those of them that it could.
///
/// The score is the mean relative loss, or the weighted sum of the metrics where weights are set.
pub(super) fn score_on_common_origins(
    candidates: &mut [Contestant],
    champion: Option<&mut Contestant>,
    weights: Option<&ScoreWeights>,
) {
    let reach = |contestant: &Contestant| contestant.losses.iter().flatten().count();
    let widest = candidates.iter().filter(|contestant| contestant.candidate.servable).map(reach).max().unwrap_or(0);
    for contestant in candidates.iter_mut() {
        let reached = reach(contestant);
        if reached > 0 && (reached as f64) < REACH_MIN * widest as f64 {
            let note =
                format!("it reaches {reached} of {widest} origins: too few rows without a gap come before the others");
            contestant.candidate.note = Some(note);
            contestant.losses.fill(None);
        }
    }
    let scored = candidates.iter().filter(|contestant| contestant.candidate.servable && reach(contestant) > 0);
    let origins = candidates.iter().map(|contestant| contestant.losses.len()).max().unwrap_or(0);
    let mut common = vec![true; origins];
    for contestant in scored {
        for (common, loss) in common.iter_mut().zip(&contestant.losses) {
            *common &= loss.is_some();
        }
    }
    for contestant in candidates.iter_mut().chain(champion) {
        let losses: Vec<f64> =
            common.iter().zip(&contestant.losses).filter_map(|(common, loss)| loss.filter(|_| *common)).collect();
        let Contestant { candidate, .. } = contestant;
        candidate.origins = Some(losses.len()).filter(|origins| *origins > 0);
        candidate.loss = candidate.origins.map(|origins| losses.iter().sum::<f64>() / origins as f64);
        candidate.score = match (weights, &candidate.metrics) {
            (Some(weights), Some(metrics)) => candidate.loss.map(|_| weights.score(metrics)),
            (_, _) => candidate.loss,
        };
    }
}

/// Best score first; scores that are no numbers last; then by family name and run.
pub(super) fn rank(a: &Candidate, b: &Candidate) -> Ordering {
    let score = |candidate: &Candidate| finite_score(candidate).unwrap_or(f64::INFINITY);
    score(a)
        .total_cmp(&score(b))
        .then_with(|| a.model_type.as_str().cmp(b.model_type.as_str()))
        .then_with(|| a.run_id.cmp(&b.run_id))
}

pub(super) fn finite_score(candidate: &Candidate) -> Option<f64> {
    candidate.score.filter(|score| score.is_finite())
}
