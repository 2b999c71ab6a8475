//! Which model is served next: a pure decision over scores.

use std::cmp::Ordering;

use crate::forecast::model::Family;

use super::verdict::{Candidate, PromotionChoice, Verdict};

/// What the judge goes by, besides scores.
#[derive(Clone, Copy, Debug)]
pub struct Rules<'a> {
    /// Families that may be promoted.
    pub promotable: &'a [Family],
    /// What a challenger must win by, as a share of the champion's score.
    pub margin: f64,
}

/// The served model, scored again on the same rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Champion {
    /// Its scores.
    pub candidate: Candidate,
    /// Whether it was promoted before all expected families were judged: it has nothing to defend.
    pub provisional: bool,
}

/// Ranks the candidates and lets the best one win if it beats the naive methods, and the champion by more than the margin. Where none
/// beats the naive methods the best of those is served.
///
/// Ties go by family name, then by run; NaN never wins.
pub fn judge(candidates: Vec<Candidate>, champion: Option<Champion>, rules: &Rules) -> Verdict {
    let bar = bar(&candidates);
    let mut scoreboard: Vec<Candidate> =
        candidates.into_iter().map(|candidate| annotated(candidate, bar, rules)).collect();
    scoreboard.sort_by(rank);
    let contest = Contest { scoreboard: &scoreboard, bar, rules };
    let Ruling { winner, reason } = contest.rule(champion.as_ref());
    let winner = winner.cloned();
    let decision = if winner.is_some() { PromotionChoice::Promote } else { PromotionChoice::Keep };
    let served = winner.as_ref().or(champion.as_ref().map(|champion| &champion.candidate));
    let served_run = served.map(|served| served.run_id.clone());
    let fallback = served.is_some_and(|served| served.model_type.is_naive());
    if let Some(champion) = champion {
        add_champion(&mut scoreboard, champion.candidate);
    }
    for row in scoreboard.iter_mut().filter(|row| fallback && served_run.as_ref() == Some(&row.run_id)) {
        row.fallback = true;
        *row = with_note(row.clone(), Some("fallback".into()));
    }
    Verdict { decision, winner: winner.map(|winner| winner.run_id), fallback, reason, scoreboard }
}

/// The candidates of a round, best first, and what they must beat.
struct Contest<'a> {
    scoreboard: &'a [Candidate],
    /// The score of the best naive method.
    bar: Option<f64>,
    rules: &'a Rules<'a>,
}

/// Who is served from now on, if it changes, and why.
struct Ruling<'a> {
    winner: Option<&'a Candidate>,
    reason: String,
}

fn promote(winner: &Candidate, reason: String) -> Ruling<'_> {
    Ruling { winner: Some(winner), reason }
}

fn keep<'a>(reason: String) -> Ruling<'a> {
    Ruling { winner: None, reason }
}

impl<'a> Contest<'a> {
    fn rule(&self, champion: Option<&'a Champion>) -> Ruling<'a> {
        match champion {
            None => self.rule_without_champion(),
            Some(champion) if champion.provisional => self.confirm_or_replace(&champion.candidate),
            Some(champion) if champion.candidate.model_type.is_naive() => self.challenge_naive(&champion.candidate),
            Some(champion) => self.challenge(&champion.candidate),
        }
    }

    fn rule_without_champion(&self) -> Ruling<'a> {
        match (self.best(), self.best_naive()) {
            (Some(best), _) => {
                promote(best, format!("{} is the best servable model, and none was served", with_score(best)))
            }
            (None, Some(naive)) => promote(naive, self.fallback_reason(naive)),
            (None, None) => keep(self.why_none_wins()),
        }
    }

    /// A provisional champion is one candidate among others.
    fn confirm_or_replace(&self, champion: &'a Candidate) -> Ruling<'a> {
        let ruling = self.rule_without_champion();
        match ruling.winner {
            Some(winner) if winner.run_id == champion.run_id => {
                promote(winner, format!("{} is confirmed: {}", champion.model_type, ruling.reason))
            }
            Some(winner) => {
                promote(winner, format!("{} replaces the provisional {}", with_score(winner), with_score(champion)))
            }
            None => keep(format!("the provisional {} stays: {}", with_score(champion), ruling.reason)),
        }
    }

    fn challenge_naive(&self, champion: &'a Candidate) -> Ruling<'a> {
        match self.best() {
            Some(best) => self.challenge_by(best, champion),
            None => match self.best_naive() {
                Some(naive) => self.challenge_by(naive, champion),
                None => keep(self.why_none_wins()),
            },
        }
    }

    fn challenge(&self, champion: &'a Candidate) -> Ruling<'a> {
        let is_beaten = |bar: f64| sound_score(champion).is_none_or(|score| score >= bar);
        match (self.best(), self.best_naive()) {
            (Some(best), _) if best.run_id != champion.run_id && self.bar.is_some_and(is_beaten) => {
                promote(best, format!("{} replaces {}, which {}", with_score(best), with_score(champion), self.fall(champion)))
            }
            (Some(best), _) => self.challenge_by(best, champion),
            (None, Some(naive)) if self.bar.is_some_and(is_beaten) => promote(
                naive,
                format!(
                    "{} replaces {}, which {}: {}",
                    with_score(naive),
                    with_score(champion),
                    self.fall(champion),
                    self.why_none_wins()
                ),
            ),
            (None, _) => keep(self.why_none_wins()),
        }
    }

    /// Whether a challenger beats the champion by more than the margin.
    fn challenge_by(&self, best: &'a Candidate, champion: &'a Candidate) -> Ruling<'a> {
        let (challenger, served) = (with_score(best), with_score(champion));
        if best.run_id == champion.run_id {
            return keep(format!("{challenger} is the best and is served already"));
        }
        let Some(new) = sound_score(best) else { return keep(self.why_none_wins()) };
        let Some(old) = sound_score(champion) else {
            return promote(best, format!("{challenger} replaces {served}, which {}", self.fall(champion)));
        };
        let percent = self.rules.margin * 100.0;
        if new < old * (1.0 - self.rules.margin) {
            promote(best, format!("{challenger} beats {served} by more than {percent} %"))
        } else {
            keep(format!("{challenger} does not beat {served} by more than {percent} %"))
        }
    }

    /// What became of a champion that falls without a contest.
    fn fall(&self, champion: &Candidate) -> String {
        match (sound_score(champion), self.bar) {
            (Some(_), Some(bar)) => format!("no longer beats the naive methods ({bar:.5})"),
            _ => "can no longer be scored or served".into(),
        }
    }

    /// The best candidate that may win and beats the naive methods.
    fn best(&self) -> Option<&'a Candidate> {
        self.scoreboard.iter().find(|candidate| {
            !candidate.model_type.is_naive() && obstacle(candidate, self.bar, self.rules).is_none()
        })
    }

    /// The best naive method that may be served; one without a score where none has one.
    fn best_naive(&self) -> Option<&'a Candidate> {
        self.scoreboard.iter().find(|candidate| {
            candidate.servable
                && candidate.model_type.is_naive()
                && self.rules.promotable.contains(&candidate.model_type)
        })
    }

    fn fallback_reason(&self, naive: &Candidate) -> String {
        format!("{} is served as a fallback: {}", with_score(naive), self.why_none_wins())
    }

    /// Why no candidate wins.
    fn why_none_wins(&self) -> String {
        if self.scoreboard.is_empty() {
            return "no candidate was there to judge".into();
        }
        let why = match self.bar {
            None => "no naive method has a score, so that nothing can be shown to beat it".into(),
            Some(bar) => {
                format!("no candidate is servable, promotable and better than the naive methods ({bar:.5})")
            }
        };
        if self.rules.promotable.iter().any(|family| family.is_naive()) {
            return why;
        }
        format!("{why}; PROMOTABLE_MODEL_TYPES excludes the naive methods, so that none of them is served instead")
    }
}

/// The score of the best naive method.
fn bar(candidates: &[Candidate]) -> Option<f64> {
    let naive = candidates.iter().filter(|candidate| candidate.model_type.is_naive());
    naive.filter_map(sound_score).min_by(f64::total_cmp)
}

/// Why a candidate cannot win; none if it can.
fn obstacle(candidate: &Candidate, bar: Option<f64>, rules: &Rules) -> Option<String> {
    if !candidate.servable {
        return Some("not servable".into());
    }
    let Some(score) = finite_score(candidate) else {
        return Some("no score".into());
    };
    if candidate.model_type.is_naive() {
        return Some("a naive method, which others must beat".into());
    }
    match bar {
        None => return Some("no naive method has a score to beat".into()),
        Some(bar) if score >= bar => return Some("does not beat the naive methods".into()),
        Some(_) => {}
    }
    if !rules.promotable.contains(&candidate.model_type) {
        return Some("not among the promotable model types".into());
    }
    None
}

/// The candidate with its obstacle written before the note that it came with.
fn annotated(candidate: Candidate, bar: Option<f64>, rules: &Rules) -> Candidate {
    let obstacle = obstacle(&candidate, bar, rules);
    with_note(candidate, obstacle)
}

fn with_note(mut candidate: Candidate, first: Option<String>) -> Candidate {
    candidate.note = match (candidate.note.take(), first) {
        (Some(note), Some(first)) => Some(format!("{first}: {note}")),
        (note, first) => first.or(note),
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

fn sound_score(candidate: &Candidate) -> Option<f64> {
    finite_score(candidate).filter(|_| candidate.servable)
}

/// Family and score, as a reason names a candidate.
fn with_score(candidate: &Candidate) -> String {
    match finite_score(candidate) {
        Some(score) => format!("{} ({score:.5})", candidate.model_type),
        None => format!("{} (no score)", candidate.model_type),
    }
}
