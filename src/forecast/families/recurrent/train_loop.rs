//! The training loop of the recurrent nets: a fixed short schedule on all train windows, seeded.

use std::f64::consts::PI;

use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use tch::Tensor;

use crate::forecast::model::{
    InputEncoder, Manifest, ModelError, Progress, TrainSettings, TrainSignal, TrainingData, residual_bins, thinned,
};

use super::checkpoint::Owner;
use super::net::{Net, Sizes, to_tensor};
use super::train_state::TrainState;

/// Steps in which the learning rate rises; a ninth of all steps where those are few.
const WARM_UP_STEPS: usize = 100;

/// Steps in which it falls along a cosine.
const COSINE_STEPS: usize = 800;

/// Largest norm of a gradient.
const GRADIENT_NORM_MAX: f64 = 1.0;

/// Windows in one forward pass of the residuals.
const RESIDUAL_BATCH: usize = 1_024;

/// Windows whose residuals are kept for the way back to original units.
const RESIDUAL_WINDOWS: usize = 20_000;

/// Optimiser steps between two reports of progress.
const REPORT_EVERY: usize = 5;

/// The train part as tensors' food.
pub(crate) struct Rows {
    /// rows x width, standardised.
    inputs: Tensor,
    /// rows x targets, standardised.
    outputs: Tensor,
    input_rows: usize,
    output_rows: usize,
    targets: usize,
}

impl Rows {
    /// Standardises the train rows as a manifest says.
    pub(crate) fn of(manifest: &Manifest, data: &TrainingData) -> Result<Rows, ModelError> {
        let encoder = InputEncoder::of(manifest);
        let encoded = encoder.encode_train(data)?;
        let encoded: Vec<f32> = encoded.into_iter().map(|value| value as f32).collect();
        let (rows, targets) = (data.train.rows(), manifest.targets.len());
        let mut outputs = vec![0f32; rows * targets];
        for (place, transform) in manifest.outputs.iter().enumerate() {
            let values = data.column(&transform.column)?;
            for (row, value) in values.iter().enumerate() {
                outputs[row * targets + place] = transform.apply(*value) as f32;
            }
        }
        Ok(Rows {
            inputs: to_tensor(&encoded, &[rows, encoder.width()])?,
            outputs: to_tensor(&outputs, &[rows, targets])?,
            input_rows: manifest.input_rows,
            output_rows: manifest.output_rows,
            targets,
        })
    }

    /// Inputs (windows x input_rows x width) and truth (windows x answers) of some windows.
    fn batch(&self, origins: &[usize]) -> Result<(Tensor, Tensor), ModelError> {
        let windows = origins.len() as i64;
        let before = |origin: &usize| (origin + 1 - self.input_rows) as i64..=*origin as i64;
        let after = |origin: &usize| (origin + 1) as i64..=(origin + self.output_rows) as i64;
        let inputs: Vec<i64> = origins.iter().flat_map(before).collect();
        let outputs: Vec<i64> = origins.iter().flat_map(after).collect();
        let inputs = self.inputs.f_index_select(0, &Tensor::f_from_slice(&inputs)?)?.f_view([
            windows,
            self.input_rows as i64,
            -1,
        ])?;
        let outputs = self
            .outputs
            .f_index_select(0, &Tensor::f_from_slice(&outputs)?)?
            .f_view([windows, (self.output_rows * self.targets) as i64])?;
        Ok((inputs, outputs))
    }

    /// Weight of every answer in the loss, with mean 1: 1/h for h steps ahead, because near steps are asked for most.
    fn answer_weights(&self) -> Result<Tensor, ModelError> {
        let by_step = (1..=self.output_rows).map(|step| 1.0 / step as f64);
        let sum: f64 = by_step.clone().sum();
        let weights: Vec<f32> =
            by_step.flat_map(|weight| vec![(weight / sum * self.output_rows as f64) as f32; self.targets]).collect();
        to_tensor(&weights, &[1, self.output_rows * self.targets])
    }
}

/// What a training ends with.
pub(crate) struct Trained {
    /// The net.
    pub net: Net,
    /// Residual bins on train, output_rows x targets x bins.
    pub residuals: Vec<f64>,
}

/// Runs the schedule, from where an earlier attempt stood if it left that behind, and measures the residuals.
pub(crate) fn run(
    sizes: Sizes,
    rows: &Rows,
    origins: &[usize],
    settings: &TrainSettings,
    owner: &Owner,
    progress: &mut dyn Progress,
) -> Result<Trained, ModelError> {
    let steps = step_count(settings, origins.len());
    let mut course = TrainState::start(sizes, settings.seed, steps, owner, progress)?;
    let began_at = course.adam.steps;
    let mut windows = Shuffled::new(origins, settings.seed);
    windows.skip(began_at, settings.batch_size);
    let weights = rows.answer_weights()?;
    for step in began_at..steps {
        progress.alive();
        if step % REPORT_EVERY == 0 {
            let next = progress.report(step as f64 / steps as f64);
            if next != TrainSignal::GoOn && step > began_at {
                progress.keep(step, course.checkpoint()?.encode(owner)?);
            }
            if next == TrainSignal::Stop {
                return Err(ModelError::Cancelled);
            }
        }
        let (inputs, truth) = rows.batch(windows.next(settings.batch_size))?;
        let missed = course.net.forward(&inputs)?.f_sub(&truth)?;
        let loss = missed.f_square()?.f_mul(&weights)?.f_mean(None)?;
        course.adam.step(&loss, settings.learning_rate * rate_share(step, steps), GRADIENT_NORM_MAX)?;
    }
    let residuals = residuals(&course.net, rows, &thinned(origins, RESIDUAL_WINDOWS), progress)?;
    Ok(Trained { net: course.net, residuals })
}

/// Optimiser steps of a training: `max_steps`, else `epochs`, else the built-in schedule.
fn step_count(settings: &TrainSettings, windows: usize) -> usize {
    match (settings.max_steps, settings.epochs) {
        (Some(steps), _) => steps,
        (None, Some(epochs)) => epochs * windows.div_ceil(settings.batch_size),
        (None, None) => WARM_UP_STEPS + COSINE_STEPS,
    }
}

/// Share of the highest learning rate at a step: a linear rise, then a cosine down to zero.
fn rate_share(step: usize, steps: usize) -> f64 {
    let warm_up = WARM_UP_STEPS.min(steps / 9);
    if step < warm_up {
        return (step + 1) as f64 / (warm_up + 1) as f64;
    }
    let done = (step - warm_up) as f64 / (steps - warm_up).max(1) as f64;
    0.5 * (1.0 + (PI * done).cos())
}

/// Bins of truth less answer per step and target.
fn residuals(net: &Net, rows: &Rows, origins: &[usize], progress: &mut dyn Progress) -> Result<Vec<f64>, ModelError> {
    let answers = rows.output_rows * rows.targets;
    let mut missed = vec![Vec::with_capacity(origins.len()); answers];
    for chunk in origins.chunks(RESIDUAL_BATCH) {
        progress.alive();
        let flat = tch::no_grad(|| -> Result<Vec<f32>, ModelError> {
            let (inputs, truth) = rows.batch(chunk)?;
            let missed = truth.f_sub(&net.forward(&inputs)?)?;
            Ok(Vec::<f32>::try_from(missed.f_reshape([-1])?)?)
        })?;
        for (i, value) in flat.into_iter().enumerate() {
            missed[i % answers].push(f64::from(value));
        }
    }
    Ok(missed.into_iter().flat_map(residual_bins).collect())
}

/// Windows in a seeded random order, shuffled anew whenever all have been given out.
struct Shuffled {
    windows: Vec<usize>,
    next: usize,
    random: StdRng,
}

impl Shuffled {
    fn new(windows: &[usize], seed: u64) -> Shuffled {
        Shuffled {
            windows: windows.to_vec(),
            next: windows.len(),
            // another stream than the initial weights'
            random: StdRng::seed_from_u64(seed ^ 0x5eed_0f0d_ea11),
        }
    }

    /// Passes over batches: the order depends on nothing but the seed and how many were given out.
    fn skip(&mut self, batches: usize, most: usize) {
        for _ in 0..batches {
            self.next(most);
        }
    }

    /// The next batch; the last one of a pass may be smaller.
    fn next(&mut self, most: usize) -> &[usize] {
        if self.next == self.windows.len() {
            self.windows.shuffle(&mut self.random);
            self.next = 0;
        }
        let from = self.next;
        self.next = (from + most).min(self.windows.len());
        &self.windows[from..self.next]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_learning_rate_rises_and_then_falls_to_zero() {
        let shares: Vec<f64> = (0..900).map(|step| rate_share(step, 900)).collect();
        assert!(shares[..100].windows(2).all(|pair| pair[0] < pair[1]));
        assert!(shares[100..].windows(2).all(|pair| pair[0] > pair[1]));
        assert!((shares[100] - 1.0).abs() < 1e-9 && shares[899] < 1e-4);
        assert!(rate_share(0, 1) > 0.0, "one single step still learns");
    }

    #[test]
    fn every_window_is_given_out_once_a_pass() {
        let windows: Vec<usize> = (0..10).collect();
        let mut shuffled = Shuffled::new(&windows, 1);
        for _ in 0..3 {
            let mut pass: Vec<usize> = [4, 4, 2]
                .iter()
                .flat_map(|size| {
                    let batch = shuffled.next(4).to_vec();
                    assert_eq!(batch.len(), *size);
                    batch
                })
                .collect();
            pass.sort_unstable();
            assert_eq!(pass, windows);
        }
    }

    #[test]
    fn whoever_skips_batches_goes_on_with_those_that_come_next() {
        let windows: Vec<usize> = (0..10).collect();
        let mut whole = Shuffled::new(&windows, 1);
        for skipped in 0..9 {
            let mut later = Shuffled::new(&windows, 1);
            later.skip(skipped, 4);
            assert_eq!(later.next(4), whole.next(4), "{skipped}");
        }
    }

    #[test]
    fn max_steps_wins_over_epochs_and_epochs_over_the_schedule() {
        let mut settings = TrainSettings::default();
        assert_eq!(step_count(&settings, 1000), 900);
        settings.epochs = Some(2);
        assert_eq!(step_count(&settings, 1000), 32);
        settings.max_steps = Some(7);
        assert_eq!(step_count(&settings, 1000), 7);
    }
}
