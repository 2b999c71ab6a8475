//! Which model is served next: a pure decision over scores and losses.

use crate::forecast::model::Family;

use super::lead::Lead;
use super::ranking::{finite_score, rank, score_on_common_origins};
use super::score::ScoreWeights;
use super::verdict::{Candidate, Contestant, PromotionChoice, Verdict};

/// What the judge goes by, besides losses.
#[derive(Clone, Copy, Debug)]
pub struct Rules<'a> {
    /// Families that may be promoted.
    pub promotable: &'a [Family],
    /// What a challenger must win by, as a share of the champion's loss.
    pub margin: f64,
    /// The weights of the metrics that rank; without them the mean relative loss ranks.
    pub weights: Option<ScoreWeights>,
    /// Origins in a row whose forecasts overlap, so that their losses are correlated.
    pub overlap: usize,
}

/// The served model, scored again on the same origins.
#[derive(Clone, Debug, PartialEq)]
pub struct Champion {
    /// Its scores.
    pub contestant: Contestant,
    /// Whether it was promoted before all expected families were judged: it has nothing to defend.
    pub provisional: bool,
}

/// Ranks the candidates and lets the best one win that is clearly ahead of the naive methods, and of the champion. Where none is
/// ahead of the naive methods the best of those is served.
///
/// Clearly ahead is by the margin and a paired test; on few origins by 5 % and in each of three blocks, which replaces naive methods
/// only. Ties go by family name, then by run; NaN never wins.
pub fn judge(mut candidates: Vec<Contestant>, mut champion: Option<Champion>, rules: &Rules) -> Verdict {
    let of_champion = champion.as_mut().map(|champion| &mut champion.contestant);
    score_on_common_origins(&mut candidates, of_champion, rules.weights.as_ref());
    candidates.sort_by(|one, other| rank(&one.candidate, &other.candidate));
    let contest = Contest { candidates: &candidates, rules };
    let Ruling { winner, reason } = contest.rule(champion.as_ref());
    let winner = winner.map(|winner| winner.candidate.clone());
    let mut scoreboard: Vec<Candidate> = candidates
        .iter()
        .map(|contestant| with_note(contestant.candidate.clone(), contest.obstacle(contestant)))
        .collect();
    let served = winner.as_ref().or(champion.as_ref().map(|champion| &champion.contestant.candidate));
    let served_run = served.map(|served| served.run_id.clone());
    let fallback = served.is_some_and(|served| served.model_type.is_naive());
    if let Some(champion) = champion {
        add_champion(&mut scoreboard, champion.contestant.candidate);
    }
    for row in scoreboard.iter_mut().filter(|row| fallback && served_run.as_ref() == Some(&row.run_id)) {
        row.fallback = true;
        *row = with_note(row.clone(), Some("fallback".into()));
    }
    let decision = if winner.is_some() { PromotionChoice::Promote } else { PromotionChoice::Keep };
    Verdict { decision, winner: winner.map(|winner| winner.run_id), fallback, reason, scoreboard }
}

/// The candidates of a round, best first.
struct Contest<'a> {
    candidates: &'a [Contestant],
    rules: &'a Rules<'a>,
}

/// Who is served from now on, if that changes, and why.
struct Ruling<'a> {
    winner: Option<&'a Contestant>,
    reason: String,
}

fn promote(winner: &Contestant, reason: String) -> Ruling<'_> {
    Ruling { winner: Some(winner), reason }
}

fn keep<'a>(reason: String) -> Ruling<'a> {
    Ruling { winner: None, reason }
}

impl<'a> Contest<'a> {
    fn rule(&self, champion: Option<&'a Champion>) -> Ruling<'a> {
        match champion {
            None => self.rule_without_champion(),
            Some(champion) if champion.provisional => self.confirm_or_replace(&champion.contestant),
            Some(champion) => self.rule_with_champion(&champion.contestant),
        }
    }

    fn rule_without_champion(&self) -> Ruling<'a> {
        match (self.best(), self.best_naive()) {
            (Some(best), _) => {
                promote(best, format!("{} is the best servable model, and none was served", with_score(best)))
            }
            (None, Some(naive)) => {
                promote(naive, format!("{} is served as a fallback: {}", with_score(naive), self.why_none_wins()))
            }
            (None, None) => keep(self.why_none_wins()),
        }
    }

    /// A provisional champion is one candidate among others.
    fn confirm_or_replace(&self, champion: &'a Contestant) -> Ruling<'a> {
        let ruling = self.rule_without_champion();
        match ruling.winner {
            Some(winner) if is_same_run(winner, champion) => {
                promote(winner, format!("{} is confirmed: {}", champion.candidate.model_type, ruling.reason))
            }
            Some(winner) => {
                promote(winner, format!("{} replaces the provisional {}", with_score(winner), with_score(champion)))
            }
            None => keep(format!("the provisional {} stays: {}", with_score(champion), ruling.reason)),
        }
    }

    fn rule_with_champion(&self, champion: &'a Contestant) -> Ruling<'a> {
        let Some(best) = self.best().or(self.best_naive()) else { return keep(self.why_none_wins()) };
        let (challenger, served) = (with_score(best), with_score(champion));
        if is_same_run(best, champion) {
            return keep(format!("{challenger} is the best and is served already"));
        }
        if finite_score(&best.candidate).is_none() {
            return keep(self.why_none_wins());
        }
        let lead = self.lead(best, champion);
        if champion.candidate.servable && lead.origins() == 0 {
            return keep(format!("{challenger} and {served} cannot both be scored on any origin"));
        }
        if sound_score(champion).is_none() {
            return promote(best, format!("{challenger} replaces {served}, which can no longer be scored or served"));
        }
        if let Some(naive) = self.bar().filter(|naive| self.is_beaten(champion, naive)) {
            let lead = self.lead(naive, champion).described();
            return promote(
                best,
                format!("{challenger} replaces {served}, which no longer beats {}: that is {lead}", with_score(naive)),
            );
        }
        let told = lead.described();
        if lead.is_of_few() && !champion.candidate.model_type.is_naive() {
            return keep(format!("{challenger} is {told}: too few origins to replace {served}"));
        }
        match lead.is_clear(self.rules.margin) {
            true => promote(best, format!("{challenger} beats {served}: {told}")),
            false => keep(format!("{challenger} does not clearly beat {served}: {told}")),
        }
    }

    fn lead(&self, one: &Contestant, other: &Contestant) -> Lead {
        Lead::over(&one.losses, &other.losses, self.rules.overlap)
    }

    /// Whether a model no longer beats a naive method; on few origins the naive method must be clearly ahead.
    fn is_beaten(&self, champion: &Contestant, naive: &Contestant) -> bool {
        let lead = self.lead(naive, champion);
        let is_ahead = if lead.is_of_few() { lead.is_clear(0.0) } else { lead.gain() >= 0.0 };
        !champion.candidate.model_type.is_naive() && is_ahead
    }

    /// The best candidate that may win.
    fn best(&self) -> Option<&'a Contestant> {
        let mut models = self.candidates.iter().filter(|contestant| !contestant.candidate.model_type.is_naive());
        models.find(|contestant| self.obstacle(contestant).is_none())
    }

    /// The best naive method that may be served; one without a score where none has one.
    fn best_naive(&self) -> Option<&'a Contestant> {
        self.candidates.iter().find(|Contestant { candidate, .. }| {
            candidate.servable
                && candidate.model_type.is_naive()
                && self.rules.promotable.contains(&candidate.model_type)
        })
    }

    /// The naive method with the least loss.
    fn bar(&self) -> Option<&'a Contestant> {
        let naive = self
            .candidates
            .iter()
            .filter(|contestant| contestant.candidate.model_type.is_naive() && sound_score(contestant).is_some());
        let loss = |contestant: &Contestant| contestant.candidate.loss.unwrap_or(f64::INFINITY);
        naive.min_by(|one, other| loss(one).total_cmp(&loss(other)))
    }

    /// Why a candidate cannot win; none if it can.
    fn obstacle(&self, contestant: &Contestant) -> Option<String> {
        let candidate = &contestant.candidate;
        if !candidate.servable {
            return Some("not servable".into());
        }
        if finite_score(candidate).is_none() {
            return Some("no score".into());
        }
        let Some(bar) = self.bar() else { return Some("no naive method has a score to beat".into()) };
        if is_same_run(contestant, bar) {
            return Some("the bar that others must beat".into());
        }
        if candidate.model_type.is_naive() {
            return Some("a naive method, no better than another one".into());
        }
        let lead = self.lead(contestant, bar);
        if lead.gain() <= 0.0 {
            return Some("does not beat the naive methods".into());
        }
        if !lead.is_clear(self.rules.margin) {
            return Some(format!("does not clearly beat the naive methods: {}", lead.described()));
        }
        if !self.rules.promotable.contains(&candidate.model_type) {
            return Some("not among the promotable model types".into());
        }
        None
    }

    /// Why no candidate wins.
    fn why_none_wins(&self) -> String {
        if self.candidates.is_empty() {
            return "no candidate was there to judge".into();
        }
        let why = match self.bar() {
            None => "no naive method has a score, so that nothing can be shown to beat it".into(),
            Some(bar) => {
                format!("no candidate is servable, promotable and clearly better than {}", with_score(bar))
            }
        };
        if self.rules.promotable.iter().any(|family| family.is_naive()) {
            return why;
        }
        format!("{why}; PROMOTABLE_MODEL_TYPES excludes the naive methods, so that none of them is served instead")
    }
}

fn is_same_run(one: &Contestant, other: &Contestant) -> bool {
    one.candidate.run_id == other.candidate.run_id
}

/// The candidate with a remark written before the note that it came with.
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

fn sound_score(contestant: &Contestant) -> Option<f64> {
    finite_score(&contestant.candidate).filter(|_| contestant.candidate.servable)
}

/// Family and score, as a reason names a candidate.
fn with_score(contestant: &Contestant) -> String {
    let candidate = &contestant.candidate;
    match finite_score(candidate) {
        Some(score) => format!("{} ({score:.5})", candidate.model_type),
        None => format!("{} (no score)", candidate.model_type),
    }
}
