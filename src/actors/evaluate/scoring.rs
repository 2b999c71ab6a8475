//! Scores every run of a data set on the same origins, and makes the decision from the scores.

use crate::actors::shared::{Services, TrainingError, ensure_run, is_finished};
use crate::forecast::{Champion, Contestant, Family, ModelError, Rules, Standing, TrainSignal, Verdict, judge};
use crate::runtime::beat;
use crate::storage::{DatasetRecord, Decision, DecisionKind, LogSummary, Pointer, Promotion, RunRecord, now};

use super::error::JudgingError;
use super::settings::JudgingSettings;
use super::test_data::TestData;

/// Whether a decision is the last word of its round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finality {
    /// Nothing is served, and families are still missing.
    Provisional,
    /// All expected families were judged, or waited for long enough.
    Final,
}

/// A data set, and the scores of every run on it.
pub struct Scoring {
    data: TestData,
    /// The model in service when the round began, scored on these data.
    champion: Option<Contestant>,
    scored_runs: Vec<ScoredRun>,
}

struct ScoredRun {
    run: RunRecord,
    contestant: Contestant,
}

impl Scoring {
    /// Fits the families of the round, and scores the champion, them and every finished run. Blocks.
    pub fn prepare(
        services: &Services,
        settings: &JudgingSettings,
        record: &DatasetRecord,
        runs: &[RunRecord],
        champion: Option<&Pointer>,
    ) -> Result<Self, JudgingError> {
        let data = TestData::load(services, settings, record)?;
        let mut finished: Vec<RunRecord> =
            runs.iter().filter(|run| is_finished(run) && !run.model_type.is_fitted_in_round()).cloned().collect();
        for family in Family::fitted_in_round() {
            match ensure_run(services, &data.dataset, family, &settings.recipe, &mut beat_and_go_on) {
                Ok(run) => finished.push(run),
                Err(TrainingError::Model(error)) => {
                    tracing::info!(event = "baseline_skipped", service = "eval", model_type = %family, reason = %error);
                }
                Err(error) => return Err(error.into()),
            }
        }
        let mut scoring = Self { data, champion: None, scored_runs: Vec::new() };
        // first: without it nothing is decided
        scoring.champion = champion.map(|pointer| scoring.measure_champion(services, pointer)).transpose()?;
        for run in finished {
            let Some(artifact) = run.artifact() else { continue };
            beat();
            let champion = scoring.champion.as_ref().filter(|champion| champion.candidate.run_id == run.lineage.run_id);
            let contestant = match champion {
                Some(champion) => champion.clone(),
                None => scoring.data.contestant(services, &artifact)?.unwrap_or_else(|error: ModelError| {
                    Contestant::unservable(&artifact.run_id, artifact.model_type, &error)
                }),
            };
            scoring.scored_runs.push(ScoredRun { run, contestant });
        }
        Ok(scoring)
    }

    /// The decision between all scored runs and the champion, which is scored again on these data. Blocks.
    pub fn decide(
        &self,
        services: &Services,
        settings: &JudgingSettings,
        log: &LogSummary,
        missing: &[Family],
        finality: Finality,
    ) -> Result<Decision, JudgingError> {
        let champion = log.champion();
        let rescored = match champion {
            Some(pointer) => {
                let provisional = pointer.standing.provisional;
                Some(Champion { contestant: self.rescore(services, pointer)?, provisional })
            }
            None => None,
        };
        let mut contestants: Vec<Contestant> =
            self.scored_runs.iter().map(|scored| scored.contestant.clone()).collect();
        let candidates = contestants.iter_mut().map(|contestant| &mut contestant.candidate);
        for candidate in candidates.filter(|known| log.is_withdrawn(&known.run_id)) {
            // only a person puts a model back that a person rolled back
            candidate.servable = false;
            candidate.note = Some("rolled back by a person; `flts promotion set` puts it back".into());
        }
        let rules = Rules {
            promotable: &settings.promotable,
            margin: settings.margin,
            weights: settings.weights,
            overlap: self.data.overlap(),
        };
        let verdict = judge(contestants, rescored, &rules);
        Ok(self.record(settings, verdict, log, missing, finality))
    }

    /// The champion on these data.
    fn rescore(&self, services: &Services, champion: &Pointer) -> Result<Contestant, JudgingError> {
        let is_it = |scored: &&Contestant| scored.candidate.run_id == champion.run_id && scored.candidate.servable;
        match self.scored_runs.iter().map(|scored| &scored.contestant).chain(&self.champion).find(is_it) {
            Some(contestant) => Ok(contestant.clone()),
            None => self.measure_champion(services, champion),
        }
    }

    /// Scores the champion. What this process cannot hold is not worse for that than what it can.
    fn measure_champion(&self, services: &Services, champion: &Pointer) -> Result<Contestant, JudgingError> {
        self.data.contestant(services, &champion.artifact())?.map_err(JudgingError::Champion)
    }

    fn scored_run(&self, run_id: &str) -> Option<&ScoredRun> {
        self.scored_runs.iter().find(|scored| scored.run.lineage.run_id == run_id)
    }

    /// The decision record of a verdict.
    fn record(
        &self,
        settings: &JudgingSettings,
        verdict: Verdict,
        log: &LogSummary,
        missing: &[Family],
        finality: Finality,
    ) -> Decision {
        let record = &self.data.dataset.record;
        let (champion, seq, timestamp) = (log.champion(), log.next_seq(), now());
        let standing = Standing { fallback: verdict.fallback, provisional: finality == Finality::Provisional };
        let promoted = verdict.winner.as_ref().and_then(|run_id| {
            let candidate = verdict.scoreboard.iter().find(|candidate| candidate.run_id == *run_id)?;
            let promotion = Promotion {
                candidate,
                weights: settings.weights,
                seq,
                champion,
                window_hash: self.data.hash(),
                timestamp: &timestamp,
                standing,
            };
            Pointer::promoting(&self.scored_run(run_id)?.run, promotion)
        });
        let kind = if promoted.is_some() { DecisionKind::Promoted } else { DecisionKind::Refused };
        let pointer = promoted.or(champion.cloned());
        // what was judged provisionally is judged again
        let judged = self.scored_runs.iter().filter(|_| finality == Finality::Final);
        Decision {
            v: 1,
            seq,
            identifier: record.identifier.clone(),
            dataset_id: record.dataset_id.clone(),
            config_hash: record.config_hash.clone(),
            decision: kind,
            reason: verdict.reason + &left_out(settings, missing, finality),
            scoreboard: verdict.scoreboard,
            weights: settings.weights,
            window_hash: self.data.hash().into(),
            judged_runs: judged.map(|scored| scored.run.lineage.run_id.clone()).collect(),
            generation: pointer.as_ref().map_or(0, |pointer| pointer.generation),
            pointer,
            timestamp,
            audit: None,
            standing,
        }
    }
}

/// The end of a reason: which families were not judged.
fn left_out(settings: &JudgingSettings, missing: &[Family], finality: Finality) -> String {
    let names = missing.iter().map(|family| family.as_str()).collect::<Vec<_>>().join(", ");
    match finality {
        _ if missing.is_empty() => String::new(),
        Finality::Provisional => format!("; provisional, since others are not trained yet: {names}"),
        Finality::Final => format!("; left out after {} s of silence: {names}", settings.timeout.as_secs()),
    }
}

/// Lets a family be fitted to its end, with a beat of the judging thread at each report.
fn beat_and_go_on(_: f64) -> TrainSignal {
    beat();
    TrainSignal::GoOn
}
