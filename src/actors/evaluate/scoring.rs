//! Scores every run of a data set on the same test window, and makes the decision from the scores.
//!
//! The caller's thread must have called [`use_one_torch_thread`](crate::forecast::use_one_torch_thread): the last bits of a score depend on the
//! number of libtorch threads.

use crate::actors::shared::{FetchError, Services, TrainingError, ensure_run, fetch_model, is_finished};
use crate::forecast::{
    Candidate, Champion, Family, Metrics, ModelError, Rules, ScoreWeights, Standing, TestWindow, TrainSignal, Verdict,
    VerifiedModel, evaluate, judge, test_window,
};
use crate::runtime::beat;
use crate::storage::{
    ArtifactRef, Dataset, DatasetRecord, Decision, DecisionKind, LogSummary, Pointer, Promotion, RunRecord,
    StorageError, now,
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
    /// This process cannot hold the champion. That says nothing about the champion, and without it nothing is decided.
    #[error("the champion cannot be judged, so nothing is promoted: {0}")]
    Champion(ModelError),
}

impl JudgingError {
    /// Whether the same round fails again until a setting, the data set or the champion is another.
    pub fn is_permanent(&self) -> bool {
        match self {
            JudgingError::Storage(error) | JudgingError::Training(TrainingError::Storage(error)) => {
                error.is_permanent()
            }
            JudgingError::Training(TrainingError::Model(_)) => false,
            JudgingError::Champion(_) => true,
        }
    }
}

/// A data set, and the score of every run on it.
pub struct Scoring {
    dataset: Dataset,
    targets: Vec<String>,
    window: TestWindow,
    /// The model in service when the round began, scored on this window.
    champion: Option<Candidate>,
    scored_runs: Vec<ScoredRun>,
}

struct ScoredRun {
    run: RunRecord,
    candidate: Candidate,
}

impl Scoring {
    /// Fits the baselines, and scores the champion, the baselines and every finished run. Blocks.
    pub fn prepare(
        services: &Services,
        settings: &JudgingSettings,
        record: &DatasetRecord,
        runs: &[RunRecord],
        champion: Option<&Pointer>,
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
        let mut scoring = Self { dataset, targets, window, champion: None, scored_runs: Vec::new() };
        // first: without it nothing is decided
        scoring.champion = champion.map(|pointer| scoring.measure_champion(services, settings, pointer)).transpose()?;
        for run in finished {
            let Some(artifact) = run.artifact() else { continue };
            beat();
            let champion = scoring.champion.as_ref().filter(|champion| champion.run_id == run.lineage.run_id);
            let candidate = match champion {
                Some(champion) => champion.clone(),
                None => {
                    let metrics = scoring.measure(services, &artifact)?;
                    candidate(&run.lineage.run_id, run.model_type, metrics, &settings.weights)
                }
            };
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
            Err(FetchError::Model(error)) => {
                if matches!(error, ModelError::Artifact(_)) {
                    services.runs.pass_over_artifact(artifact, &error);
                }
                Ok(Err(error))
            }
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
        log: &LogSummary,
        missing: &[Family],
    ) -> Result<Decision, JudgingError> {
        let (champion, seq) = (log.champion().cloned(), log.next_seq());
        let rescored = match &champion {
            Some(pointer) => Some(self.rescore(services, settings, pointer)?),
            None => None,
        };
        let mut candidates: Vec<Candidate> = self.scored_runs.iter().map(|scored| scored.candidate.clone()).collect();
        for candidate in candidates.iter_mut().filter(|known| log.is_withdrawn(&known.run_id)) {
            // only a person puts a model back that a person rolled back
            candidate.servable = false;
            candidate.note = Some("rolled back by a person; `flts promotion set` puts it back".into());
        }
        let is_provisional = champion.as_ref().is_some_and(|pointer| pointer.standing.provisional);
        let rescored = rescored.map(|candidate| Champion { candidate, provisional: is_provisional });
        let verdict =
            judge(candidates, rescored, &Rules { promotable: &settings.promotable, margin: settings.margin });
        Ok(self.record(settings, verdict, champion, seq, missing))
    }

    /// The champion as a candidate on this window.
    fn rescore(
        &self,
        services: &Services,
        settings: &JudgingSettings,
        champion: &Pointer,
    ) -> Result<Candidate, JudgingError> {
        let is_it = |candidate: &&Candidate| candidate.run_id == champion.run_id && candidate.servable;
        match self.scored_runs.iter().map(|scored| &scored.candidate).chain(&self.champion).find(is_it) {
            Some(candidate) => Ok(candidate.clone()),
            None => self.measure_champion(services, settings, champion),
        }
    }

    /// Scores the champion. What this process cannot hold is not worse for that than what it can.
    fn measure_champion(
        &self,
        services: &Services,
        settings: &JudgingSettings,
        champion: &Pointer,
    ) -> Result<Candidate, JudgingError> {
        let metrics = match self.measure(services, &champion.artifact())? {
            Err(error @ ModelError::TooLarge { .. }) => return Err(JudgingError::Champion(error)),
            metrics => metrics,
        };
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
        let standing = Standing { fallback: verdict.fallback, provisional: false };
        let promoted = verdict.winner.as_ref().and_then(|run_id| {
            let scored = self.scored_run(run_id)?;
            let promotion = Promotion {
                candidate: &scored.candidate,
                weights: settings.weights,
                seq,
                champion: champion.as_ref(),
                window_hash: &self.window.hash,
                timestamp: &timestamp,
                standing,
            };
            Pointer::promoting(&scored.run, promotion)
        });
        let kind = if promoted.is_some() { DecisionKind::Promoted } else { DecisionKind::Refused };
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
            standing,
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
            fallback: false,
        },
        Err(error) => Candidate {
            run_id: run_id.into(),
            model_type,
            score: None,
            metrics: None,
            servable: false,
            note: Some(error.to_string()),
            fallback: false,
        },
    }
}
