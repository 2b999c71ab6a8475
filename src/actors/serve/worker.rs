//! What a worker thread of the pool does: take a batch, ask the model, answer.

use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use crate::actors::shared::{ChunkJob, Job, PredictError, PredictJob, Serving};
use crate::forecast::{Context, Forecaster, ModelError, VerifiedModel, use_one_torch_thread};
use crate::runtime::Watchdog;

/// How workers form batches.
#[derive(Debug, Clone, Copy)]
pub struct BatchSettings {
    /// Forecasts in one batch at most.
    pub max_rows: usize,
    /// How long a worker waits for a fuller batch.
    pub wait: Duration,
}

/// Answers jobs until the thread is stopped, or until the queue is closed and empty.
pub fn work(serving: &Serving, batching: BatchSettings, watchdog: &Watchdog) -> Result<(), String> {
    use_one_torch_thread();
    let queue = serving.queue();
    watchdog.wake_with({
        let queue = queue.clone();
        move || queue.wake_all()
    });
    let mut models = BuiltModels::default();
    let is_void = |job: &Job| job.is_void(Instant::now());
    loop {
        let jobs = {
            let _idle = watchdog.idle();
            queue.pop_batch(batching.max_rows, batching.wait, &is_void, &drop, watchdog.interrupted())
        };
        watchdog.beat();
        let Some(jobs) = jobs else { return Ok(()) };
        let _busy = serving.busy();
        let (requests, chunks) = by_kind(jobs);
        // a beat stands before each batch: a fault that waits for work strikes at a beat with work in hand
        for batch in by_model(requests) {
            watchdog.beat();
            answer(serving, &mut models, batch);
        }
        for chunk in chunks {
            watchdog.beat();
            answer_chunk(serving, &mut models, chunk);
        }
    }
}

fn by_kind(jobs: Vec<Job>) -> (Vec<PredictJob>, Vec<ChunkJob>) {
    let (mut requests, mut chunks) = (Vec::new(), Vec::new());
    for job in jobs {
        match job {
            Job::Request(job) => requests.push(job),
            Job::Chunk(job) => chunks.push(job),
        }
    }
    (requests, chunks)
}

fn answer_chunk(serving: &Serving, models: &mut BuiltModels, mut chunk: ChunkJob) {
    chunk.begin();
    let ChunkJob { served, contexts, horizon, reply, .. } = chunk;
    let started = Instant::now();
    let forecasts = models.get(&served).and_then(|model| model.forecast(&contexts, horizon));
    serving.observe_batch(contexts.len(), started.elapsed());
    reply.send(forecasts.map_err(|error| PredictError::Model(error.to_string())));
}

fn answer(serving: &Serving, models: &mut BuiltModels, batch: Vec<PredictJob>) {
    let Some(first) = batch.first() else { return };
    let (served, horizon) = (first.served.clone(), batch.iter().map(|job| job.horizon).max().unwrap_or(1));
    let started = Instant::now();
    let rows = batch.len();
    batch.iter().for_each(|job| serving.observe_wait(started.saturating_duration_since(job.queued_at)));
    let (contexts, callers): (Vec<Context>, Vec<_>) =
        batch.into_iter().map(|job| (job.context, (job.horizon, job.reply))).unzip();
    match models.get(&served).and_then(|model| model.forecast(&contexts, horizon)) {
        Ok(forecasts) => {
            serving.observe_batch(rows, started.elapsed());
            let targets = served.manifest.targets.len();
            for (mut forecast, (horizon, reply)) in forecasts.into_iter().zip(callers) {
                forecast.truncate(horizon * targets);
                // a caller that left meanwhile needs no answer
                let _ = reply.send(Ok(forecast));
            }
        }
        Err(error) => {
            let error = error.to_string();
            for (_, reply) in callers {
                let _ = reply.send(Err(error.clone()));
            }
        }
    }
}

/// Splits a batch so that every part is for one model, and short horizons do not wait for long ones.
fn by_model(jobs: Vec<PredictJob>) -> Vec<Vec<PredictJob>> {
    let mut parts: Vec<Vec<PredictJob>> = Vec::new();
    for job in jobs {
        let head = job.served.manifest.output_rows;
        let fits = |part: &&mut Vec<PredictJob>| {
            part.first().is_some_and(|other| {
                is_same(&other.served, &job.served) && (other.horizon <= head) == (job.horizon <= head)
            })
        };
        match parts.iter_mut().find(fits) {
            Some(part) => part.push(job),
            None => parts.push(vec![job]),
        }
    }
    parts
}

/// Whether both are the same promotion of the same model; it may have been fetched twice.
fn is_same(one: &VerifiedModel, other: &VerifiedModel) -> bool {
    one.generation == other.generation && one.manifest_sha256 == other.manifest_sha256
}

/// Built models that a thread keeps: the model in service, its predecessor, and those of other series that claims name.
const BUILT_MAX: usize = 8;

/// The models that this thread has built, the latest used one first. Threads cannot share tensors, so each worker builds its own.
#[derive(Default)]
struct BuiltModels {
    built: Vec<BuiltModel>,
}

struct BuiltModel {
    /// A model that is out of service is not kept for the sake of its tensors: they go before the next one is built.
    of: Weak<VerifiedModel>,
    generation: u64,
    manifest_sha256: String,
    forecaster: Box<dyn Forecaster>,
}

impl BuiltModels {
    fn get(&mut self, served: &Arc<VerifiedModel>) -> Result<&dyn Forecaster, ModelError> {
        let is_known = |built: &BuiltModel| {
            built.generation == served.generation && built.manifest_sha256 == served.manifest_sha256
        };
        match self.built.iter().position(is_known) {
            Some(at) => {
                self.built[..=at].rotate_right(1);
                // it may have been fetched again
                self.built[0].of = Arc::downgrade(served);
                self.drop_out_of_service();
            }
            None => {
                self.drop_out_of_service();
                self.built.truncate(BUILT_MAX - 1);
                let (generation, manifest_sha256) = (served.generation, served.manifest_sha256.clone());
                let (of, forecaster) = (Arc::downgrade(served), served.build()?);
                self.built.insert(0, BuiltModel { of, generation, manifest_sha256, forecaster });
            }
        }
        Ok(self.built[0].forecaster.as_ref())
    }

    fn drop_out_of_service(&mut self) {
        self.built.retain(|built| built.of.strong_count() > 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forecast::{Family, Lineage, TrainSettings, TrainSignal, TrainingData, fit, measured_columns, sample};

    fn model(generation: u64) -> Arc<VerifiedModel> {
        let mut train = sample(7, 5);
        // nothing is imputed here
        let missing = train.columns.iter_mut().flat_map(|column| &mut column.values).filter(|value| value.is_nan());
        missing.for_each(|value| *value = 1.0);
        let measured = measured_columns(&train);
        let means = measured.iter().map(|name| (name.clone(), 1.0)).collect();
        let data = TrainingData { targets: vec![measured[0].clone()], measured, means, calendar: false, train };
        let [run_id, identifier, config_hash, dataset_id, train_hash] = ["r", "i", "c", "d", "t"].map(str::to_owned);
        let lineage = Lineage { run_id, identifier, series: None, config_hash, dataset_id, train_hash };
        let artifact = fit(Family::PERSISTENCE, &data, &TrainSettings::default(), lineage, &mut |_| TrainSignal::GoOn);
        Arc::new(VerifiedModel::of(&artifact.expect("it is fitted"), generation).expect("it is sound"))
    }

    #[test]
    fn a_thread_that_has_built_a_model_keeps_neither_it_nor_its_memory_once_it_is_out_of_service() {
        let mut models = BuiltModels::default();
        let (first, second) = (model(1), model(2));
        for served in [&first, &second, &first] {
            models.get(served).expect("it is built");
        }
        assert_eq!(models.built.len(), 2, "claims and requests may take turns");
        let out_of_service = Arc::downgrade(&first);
        drop(first);
        assert_eq!(out_of_service.strong_count(), 0, "its memory is free for its successor");
        models.get(&second).expect("it is built");
        assert_eq!(models.built.len(), 1);
    }
}
