//! Scores every run of a data set on the same test window, and makes the decision from the scores.
//!
//! The caller's thread must have called [`use_one_torch_thread`](crate::forecast::use_one_torch_thread): the last bits of a score depend on the
//! number of libtorch threads.

use crate::actors::shared::{FetchError, Services, TrainingError, ensure_run, fetch_model, is_finished};
use crate::forecast::{
    Candidate, Family, Metrics, ModelError, PromotionChoice, ScoreWeights, TestWindow, TrainSignal, Verdict,
    VerifiedModel, evaluate, judge, test_window,
};
use crate::runtime::beat;
use crate::storage::{
    ArtifactRef, Dataset, DatasetRecord, Decision, DecisionKind, Pointer, Promotion, RunRecord, StorageError, now,
};

use super::settings::JudgingSettings;

/// Why a round was not finished; it is retried.
#[derive(Debug, thiserror::Error)]
pub enum JudgingError {
    /// The store is unreachable or refuses.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// A baseline could not be stored.
    #[error(transparent)]
    Training(#[from] TrainingError),
}

/// A data set, and the score of every run on it.
pub struct Scoring {
    dataset: Dataset,
    targets: Vec<String>,
    window: TestWindow,
    scored_runs: Vec<ScoredRun>,
}

struct ScoredRun {
    run: RunRecord,
    candidate: Candidate,
}

impl Scoring {
    /// Fits the baselines, and scores them and every finished run. Blocks.
    pub fn prepare(
        services: &Services,
        settings: &JudgingSettings,
        record: &DatasetRecord,
        runs: &[RunRecord],
    ) -> Result<Self, JudgingError> {
        let dataset = services.stored(services.datasets.load(record))?;
        let mut finished: Vec<RunRecord> =
            runs.iter().filter(|run| is_finished(run) && !run.model_type.is_fitted_in_round()).cloned().collect();
        for family in Family::fitted_in_round() {
            match ensure_run(services, &dataset, family, &settings.recipe, &mut beat_and_go_on) {
                Ok(run) => finished.push(run),
                Err(TrainingError::Model(error)) => {
                    tracing::info!(event = "baseline_skipped", service = "eval", model_type = %family, reason = %error);
                }
                Err(error) => return Err(error.into()),
            }
        }
        let targets = settings.recipe.targets(record);
        let window = test_window(
            &dataset.train,
            &dataset.test,
            &dataset.imputed_test,
            &targets,
            settings.recipe.settings.input_rows,
        );
        let mut scoring = Self { dataset, targets, window, scored_runs: Vec::new() };
        for run in finished {
            let Some(artifact) = run.artifact() else { continue };
            beat();
            let metrics = scoring.measure(services, &artifact)?;
            let candidate = candidate(&run.lineage.run_id, run.model_type, metrics, &settings.weights);
            scoring.scored_runs.push(ScoredRun { run, candidate });
        }
        Ok(scoring)
    }

    /// The metrics of a run on the window. The inner error says why the run is not servable: it is damaged, forecasts other columns,
    /// or does not warm up.
    fn measure(
        &self,
        services: &Services,
        artifact: &ArtifactRef,
    ) -> Result<Result<Metrics, ModelError>, JudgingError> {
        match services.stored(fetch_model(&services.runs, artifact, 0)) {
            Ok(model) => Ok(self.evaluate(&model)),
            Err(FetchError::Model(error)) => Ok(Err(error)),
            // an outage says nothing about the model
            Err(FetchError::Store(error)) if error.should_hand_back() => Err(error.into()),
            Err(FetchError::Store(error)) => Ok(Err(ModelError::Artifact(error.to_string()))),
        }
    }

    fn evaluate(&self, model: &VerifiedModel) -> Result<Metrics, ModelError> {
        if model.manifest.targets != self.targets {
            return Err(ModelError::Context("it forecasts other columns than TARGETS asks for".into()));
        }
        model.warm_up()?;
        let (train, test) = (&self.dataset.train, &self.dataset.test);
        evaluate(model.build()?.as_ref(), &model.manifest, train, test, &self.window)
    }

    /// The decision between all scored runs and the champion, which is scored again on this window. Blocks.
    pub fn decide(
        &self,
        services: &Services,
        settings: &JudgingSettings,
        history: &[Decision],
        missing: &[Family],
    ) -> Result<Decision, JudgingError> {
        let champion = Decision::champion(history).cloned();
        let seq = Decision::next_seq(history);
        let rescored = match &champion {
            Some(pointer) => Some(self.rescore(services, settings, pointer)?),
            None => None,
        };
        let mut candidates: Vec<Candidate> = self.scored_runs.iter().map(|scored| scored.candidate.clone()).collect();
        for candidate in candidates.iter_mut().filter(|known| Decision::is_withdrawn(history, &known.run_id)) {
            // only a person puts a model back that a person rolled back
            candidate.servable = false;
            candidate.note = Some("rolled back by a person; `flts promotion set` puts it back".into());
        }
        let persistence = candidates
            .iter()
            .find(|candidate| candidate.model_type == Family::PERSISTENCE)
            .and_then(|candidate| candidate.score)
            .unwrap_or(f64::INFINITY);
        let verdict = judge(candidates, rescored, persistence, &settings.promotable, settings.margin);
        Ok(self.record(settings, verdict, champion, seq, missing))
    }

    /// The champion as a candidate on this window.
    fn rescore(
        &self,
        services: &Services,
        settings: &JudgingSettings,
        champion: &Pointer,
    ) -> Result<Candidate, JudgingError> {
        if let Some(scored) = self.scored_run(&champion.run_id) {
            return Ok(scored.candidate.clone());
        }
        let metrics = self.measure(services, &champion.artifact())?;
        Ok(candidate(&champion.run_id, champion.model_type, metrics, &settings.weights))
    }

    fn scored_run(&self, run_id: &str) -> Option<&ScoredRun> {
        self.scored_runs.iter().find(|scored| scored.run.lineage.run_id == run_id)
    }

    /// The decision record of a verdict.
    fn record(
        &self,
        settings: &JudgingSettings,
        verdict: Verdict,
        champion: Option<Pointer>,
        seq: u64,
        missing: &[Family],
    ) -> Decision {
        let record = &self.dataset.record;
        let timestamp = now();
        let promoted = verdict.winner.as_ref().and_then(|run_id| {
            let scored = self.scored_run(run_id)?;
            let promotion = Promotion {
                candidate: &scored.candidate,
                weights: settings.weights,
                seq,
                champion: champion.as_ref(),
                window_hash: &self.window.hash,
                timestamp: &timestamp,
            };
            Pointer::promoting(&scored.run, promotion)
        });
        let kind = match (verdict.decision, &promoted) {
            (PromotionChoice::Promote, Some(_)) => DecisionKind::Promoted,
            _ => DecisionKind::Refused,
        };
        let pointer = promoted.or(champion);
        let mut reason = verdict.reason;
        if !missing.is_empty() {
            let silent: Vec<&str> = missing.iter().map(|family| family.as_str()).collect();
            reason.push_str(&format!(
                "; left out after {} s of silence: {}",
                settings.timeout.as_secs(),
                silent.join(", ")
            ));
        }
        Decision {
            v: 1,
            seq,
            identifier: record.identifier.clone(),
            dataset_id: record.dataset_id.clone(),
            config_hash: record.config_hash.clone(),
            decision: kind,
            reason,
            scoreboard: verdict.scoreboard,
            weights: settings.weights,
            window_hash: self.window.hash.clone(),
            judged_runs: self.scored_runs.iter().map(|scored| scored.run.lineage.run_id.clone()).collect(),
            generation: pointer.as_ref().map_or(0, |pointer| pointer.generation),
            pointer,
            timestamp,
            audit: None,
        }
    }
}

/// Lets a baseline be fitted to its end, with a beat of the judging thread at each report.
fn beat_and_go_on(_: f64) -> TrainSignal {
    beat();
    TrainSignal::GoOn
}

/// A candidate from its metrics; one without is not servable, and its note says why.
fn candidate(
    run_id: &str,
    model_type: Family,
    metrics: Result<Metrics, ModelError>,
    weights: &ScoreWeights,
) -> Candidate {
    match metrics {
        Ok(metrics) => Candidate {
            run_id: run_id.into(),
            model_type,
            score: Some(weights.score(&metrics)),
            metrics: Some(metrics),
            servable: true,
            note: None,
        },
        Err(error) => Candidate {
            run_id: run_id.into(),
            model_type,
            score: None,
            metrics: None,
            servable: false,
            note: Some(error.to_string()),
        },
    }
}
