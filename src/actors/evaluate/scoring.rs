//! A contest on one data set: every run measured on one test window, then the verdict as a decision.

use std::time::Duration;

use crate::actors::shared::{Recipe, Services, TrainingError, ensure_run, is_finished};
use crate::forecast::{
    Candidate, Family, Metrics, ModelError, PromotionChoice, ScoreWeights, TestWindow, TrainSignal, Verdict,
    VerifiedModel, evaluate, judge, test_window,
};
use crate::runtime::beat;
use crate::storage::{
    ArtifactRef, Dataset, DatasetRecord, Decision, Pointer, Promotion, Ruling, RunRecord, StorageError, now,
};

/// How an evaluator judges.
#[derive(Clone)]
pub struct JudgingSettings {
    /// Families that must be heard (a failure counts as heard).
    pub expected: Vec<Family>,
    /// Families that may become champion.
    pub promotable: Vec<Family>,
    /// The score that ranks.
    pub weights: ScoreWeights,
    /// What a challenger must win by, as a share of the champion's score.
    pub margin: f64,
    /// How long a silent family is waited for.
    pub timeout: Duration,
    /// How the baselines are fitted, and what is forecast.
    pub recipe: Recipe,
}

/// Why a round could not be finished; it is tried again.
#[derive(Debug, thiserror::Error)]
pub enum JudgingError {
    /// The store is away or refuses.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// A baseline could not be stored.
    #[error(transparent)]
    Training(#[from] TrainingError),
}

/// A data set with everything that was measured on it.
pub struct Scoring {
    dataset: Dataset,
    targets: Vec<String>,
    window: TestWindow,
    entries: Vec<Entry>,
}

struct Entry {
    run: RunRecord,
    candidate: Candidate,
}

/// A baseline is fitted while the judge's thread shows that it lives.
fn alive(_: f64) -> TrainSignal {
    beat();
    TrainSignal::GoOn
}

impl Scoring {
    /// Fits the baselines and measures every contestant. Blocks.
    pub fn prepare(
        services: &Services,
        settings: &JudgingSettings,
        record: &DatasetRecord,
        runs: &[RunRecord],
    ) -> Result<Self, JudgingError> {
        let dataset = services.stored(services.datasets.load(record))?;
        let mut contestants: Vec<RunRecord> =
            runs.iter().filter(|run| is_finished(run) && !run.model_type.is_baseline()).cloned().collect();
        for family in Family::baselines() {
            match ensure_run(services, &dataset, family, &settings.recipe, &mut alive) {
                Ok(run) => contestants.push(run),
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
        let mut contest = Self { dataset, targets, window, entries: Vec::new() };
        for run in contestants {
            let Some(artifact) = run.artifact() else { continue };
            beat();
            let measured = contest.measure(services, &artifact)?;
            let candidate = candidate(&run.lineage.run_id, run.model_type, measured, &settings.weights);
            contest.entries.push(Entry { run, candidate });
        }
        Ok(contest)
    }

    /// Servable (it loads, is verified, warms up) and scored on the window; `Err` inside means neither.
    fn measure(
        &self,
        services: &Services,
        artifact: &ArtifactRef,
    ) -> Result<Result<Metrics, ModelError>, JudgingError> {
        let files = match services.stored(services.runs.load_artifact(artifact)) {
            Ok(files) => files,
            // what the node may not read now says nothing about the model
            Err(error) if error.is_not_the_record() => return Err(error.into()),
            Err(error) => return Ok(Err(ModelError::Artifact(error.to_string()))),
        };
        let metrics = VerifiedModel::verify(&files.manifest, files.weights, Some(&artifact.manifest_sha256), 0)
            .and_then(|served| {
                if served.manifest.targets != self.targets {
                    return Err(ModelError::Context("it forecasts other columns than TARGETS asks for".into()));
                }
                served.warm_up()?;
                evaluate(
                    served.build()?.as_ref(),
                    &served.manifest,
                    &self.dataset.train,
                    &self.dataset.test,
                    &self.window,
                )
            });
        Ok(metrics)
    }

    /// The verdict on everybody measured, the champion measured again among them. Blocks.
    pub fn decide(
        &self,
        services: &Services,
        settings: &JudgingSettings,
        history: &[Decision],
        missing: &[Family],
    ) -> Result<Decision, JudgingError> {
        let champion = history.iter().rev().find_map(|decision| decision.pointer.clone());
        let seq = history.last().map_or(1, |last| last.seq + 1);
        let rescored = match &champion {
            Some(pointer) => match self.entries.iter().find(|entry| entry.run.lineage.run_id == pointer.run_id) {
                Some(entry) => Some(entry.candidate.clone()),
                None => Some(candidate(
                    &pointer.run_id,
                    pointer.model_type,
                    self.measure(services, &pointer.artifact())?,
                    &settings.weights,
                )),
            },
            None => None,
        };
        let mut candidates: Vec<Candidate> = self.entries.iter().map(|entry| entry.candidate.clone()).collect();
        for candidate in candidates.iter_mut().filter(|known| Decision::is_withdrawn(history, &known.run_id)) {
            // what a person took out of service does not come back by itself
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
            let entry = self.entries.iter().find(|entry| &entry.run.lineage.run_id == run_id)?;
            let promotion = Promotion {
                candidate: &entry.candidate,
                weights: settings.weights,
                seq,
                champion: champion.as_ref(),
                window_hash: &self.window.hash,
                timestamp: &timestamp,
            };
            Pointer::promoting(&entry.run, promotion)
        });
        let ruling = match (verdict.decision, &promoted) {
            (PromotionChoice::Promote, Some(_)) => Ruling::Promoted,
            _ => Ruling::Refused,
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
            decision: ruling,
            reason,
            scoreboard: verdict.scoreboard,
            weights: settings.weights,
            window_hash: self.window.hash.clone(),
            judged_runs: self.entries.iter().map(|entry| entry.run.lineage.run_id.clone()).collect(),
            generation: pointer.as_ref().map_or(0, |pointer| pointer.generation),
            pointer,
            timestamp,
            audit: None,
        }
    }
}

fn candidate(
    run_id: &str,
    model_type: Family,
    measured: Result<Metrics, ModelError>,
    weights: &ScoreWeights,
) -> Candidate {
    match measured {
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
