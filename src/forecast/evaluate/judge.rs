//! Which model is served next: a pure decision over scores.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use crate::forecast::model::Family;

use super::score::Metrics;

/// One model on the scoreboard.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// The training run.
    pub run_id: String,
    /// Its family.
    pub model_type: Family,
    /// Metrics on the shared window; none where it could not be scored.
    pub metrics: Option<Metrics>,
    /// Weighted score, lower is better; none where it could not be scored.
    pub score: Option<f64>,
    /// Whether it loads, warms up and answers finite numbers of the right shape.
    pub servable: bool,
    /// What a reader of the scoreboard should know about it, above all why it cannot win.
    pub note: Option<String>,
}

/// What happens to the served model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PromotionChoice {
    /// The winner becomes the served model.
    Promote,
    /// Everything stays as it is.
    Keep,
}

/// A judgement with its reason.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// What happens to the served model.
    pub decision: PromotionChoice,
    /// Run of the model to be served from now on; none where nothing is promoted.
    pub winner: Option<String>,
    /// Why, in one sentence.
    pub reason: String,
    /// Candidates and champion, best first, each with its note.
    pub scoreboard: Vec<Candidate>,
}

/// Ranks the candidates and lets the best one win if it beats persistence, and the champion by more than `margin` (a share of its score).
///
/// `champion` is the served model scored again on the same window. Ties go by family name, then by run; NaN never wins.
pub fn judge(
    candidates: Vec<Candidate>,
    champion: Option<Candidate>,
    persistence_score: f64,
    promotable: &[Family],
    margin: f64,
) -> Verdict {
    let mut scoreboard: Vec<Candidate> = candidates
        .into_iter()
        .map(|candidate| {
            let obstacle = obstacle(&candidate, persistence_score, promotable);
            with_note(candidate, obstacle)
        })
        .collect();
    scoreboard.sort_by(rank);
    let best =
        scoreboard.iter().find(|candidate| obstacle(candidate, persistence_score, promotable).is_none()).cloned();
    let (decision, reason) = match (&best, &champion) {
        (None, _) => (PromotionChoice::Keep, why_none_wins(&scoreboard, persistence_score)),
        (Some(best), None) => {
            (PromotionChoice::Promote, format!("{} is the best servable model, and none was served", with_score(best)))
        }
        (Some(best), Some(champion)) => challenge(best, champion, persistence_score, margin),
    };
    if let Some(champion) = champion {
        add_champion(&mut scoreboard, champion);
    }
    let winner = match decision {
        PromotionChoice::Promote => best.map(|best| best.run_id),
        PromotionChoice::Keep => None,
    };
    Verdict { decision, winner, reason, scoreboard }
}

/// Whether the best candidate replaces the champion, and why.
fn challenge(best: &Candidate, champion: &Candidate, persistence_score: f64, margin: f64) -> (PromotionChoice, String) {
    if best.run_id == champion.run_id {
        return (PromotionChoice::Keep, format!("{} is the best and is served already", with_score(best)));
    }
    let sound = |candidate: &Candidate| finite_score(candidate).filter(|_| candidate.servable);
    let (Some(new), Some(old)) = (sound(best), sound(champion)) else {
        return (
            PromotionChoice::Promote,
            format!("{} replaces {}, which can no longer be scored or served", with_score(best), champion.model_type),
        );
    };
    if old >= persistence_score {
        return (
            PromotionChoice::Promote,
            format!(
                "{} replaces {}, which no longer beats persistence ({persistence_score:.5})",
                with_score(best),
                with_score(champion)
            ),
        );
    }
    let bar = old * (1.0 - margin);
    let percent = margin * 100.0;
    if new < bar {
        (
            PromotionChoice::Promote,
            format!("{} beats {} by more than {percent} %", with_score(best), with_score(champion)),
        )
    } else {
        (
            PromotionChoice::Keep,
            format!("{} does not beat {} by more than {percent} %", with_score(best), with_score(champion)),
        )
    }
}

/// Why a candidate cannot win; none if it can.
fn obstacle(candidate: &Candidate, persistence_score: f64, promotable: &[Family]) -> Option<String> {
    if !candidate.servable {
        return Some("not servable".into());
    }
    let Some(score) = finite_score(candidate) else {
        return Some("no score".into());
    };
    if candidate.model_type == Family::PERSISTENCE {
        return Some("the bar that others must beat".into());
    }
    if !persistence_score.is_finite() {
        return Some("persistence has no score to beat".into());
    }
    if score >= persistence_score {
        return Some("does not beat persistence".into());
    }
    if !promotable.contains(&candidate.model_type) {
        return Some("not among the promotable model types".into());
    }
    None
}

/// The candidate with an obstacle written before the note that it came with.
fn with_note(mut candidate: Candidate, obstacle: Option<String>) -> Candidate {
    candidate.note = match (candidate.note.take(), obstacle) {
        (Some(note), Some(obstacle)) => Some(format!("{obstacle}: {note}")),
        (note, obstacle) => obstacle.or(note),
    };
    candidate
}

/// Adds the champion to the scoreboard: as a row, or as a mark on the row of the same run.
fn add_champion(scoreboard: &mut Vec<Candidate>, champion: Candidate) {
    let same_run = scoreboard.iter_mut().find(|candidate| candidate.run_id == champion.run_id);
    match same_run {
        Some(candidate) => *candidate = with_note(candidate.clone(), Some("champion".into())),
        None => {
            scoreboard.push(with_note(champion, Some("champion".into())));
            scoreboard.sort_by(rank);
        }
    }
}

/// Why no candidate wins.
fn why_none_wins(scoreboard: &[Candidate], persistence_score: f64) -> String {
    if scoreboard.is_empty() {
        return "no candidate was there to judge".into();
    }
    if !persistence_score.is_finite() {
        return "persistence has no score, so that nothing can be shown to beat it".into();
    }
    format!("no candidate is servable, promotable and better than persistence ({persistence_score:.5})")
}

/// Best score first; scores that are no numbers last; then by family name and run.
fn rank(a: &Candidate, b: &Candidate) -> Ordering {
    let score = |candidate: &Candidate| finite_score(candidate).unwrap_or(f64::INFINITY);
    score(a)
        .total_cmp(&score(b))
        .then_with(|| a.model_type.as_str().cmp(b.model_type.as_str()))
        .then_with(|| a.run_id.cmp(&b.run_id))
}

fn finite_score(candidate: &Candidate) -> Option<f64> {
    candidate.score.filter(|score| score.is_finite())
}

/// Family and score, as a reason names a candidate.
fn with_score(candidate: &Candidate) -> String {
    match finite_score(candidate) {
        Some(score) => format!("{} ({score:.5})", candidate.model_type),
        None => format!("{} (no score)", candidate.model_type),
    }
}
