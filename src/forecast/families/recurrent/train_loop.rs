//! The training loop of the recurrent nets: a fixed short schedule on all train windows, seeded.

use std::f64::consts::PI;

use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;

use crate::forecast::model::{ModelError, Progress, TrainSettings, TrainSignal, residual_bins, thinned};

use super::checkpoint::Owner;
use super::net::{Net, Sizes};
use super::train_state::TrainState;
use super::train_tensors::TrainTensors;

/// Steps in which the learning rate rises; a ninth of all steps where those are few.
const WARM_UP_STEPS: usize = 100;

/// Steps in which the learning rate then falls along a cosine.
const COSINE_STEPS: usize = 800;

/// Largest norm of a gradient.
const GRADIENT_NORM_MAX: f64 = 1.0;

/// Windows in one forward pass of the residuals.
const RESIDUAL_BATCH: usize = 1_024;

/// Windows whose residuals are kept for the way back to original units.
const RESIDUAL_WINDOWS: usize = 20_000;

/// Optimiser steps between two reports of progress.
const REPORT_EVERY: usize = 5;

/// What a training ends with.
pub(super) struct Trained {
    /// The net.
    pub net: Net,
    /// Residual bins on train, output_rows x targets x bins.
    pub residuals: Vec<f64>,
}

/// Runs the schedule, from the checkpoint of an earlier attempt if there is one, and measures the residuals.
pub(super) fn run(
    sizes: Sizes,
    tensors: &TrainTensors,
    origins: &[usize],
    settings: &TrainSettings,
    owner: &Owner,
    progress: &mut dyn Progress,
) -> Result<Trained, ModelError> {
    let steps = step_count(settings, origins.len());
    let mut state = TrainState::start(sizes, settings.seed, steps, owner, progress)?;
    let began_at = state.adam.steps;
    let mut windows = Shuffled::new(origins, settings.seed);
    windows.skip(began_at, settings.batch_size);
    let weights = tensors.answer_weights()?;
    for step in began_at..steps {
        progress.alive();
        if step % REPORT_EVERY == 0 {
            let signal = progress.report(step as f64 / steps as f64);
            if signal != TrainSignal::GoOn && step > began_at {
                progress.keep(step, state.checkpoint()?.encode(owner)?);
            }
            if signal == TrainSignal::Stop {
                return Err(ModelError::Cancelled);
            }
        }
        let (inputs, truth) = tensors.batch(windows.next(settings.batch_size))?;
        let errors = state.net.forward(&inputs)?.f_sub(&truth)?;
        let loss = errors.f_square()?.f_mul(&weights)?.f_mean(None)?;
        state.adam.step(&loss, settings.learning_rate * rate_share(step, steps), GRADIENT_NORM_MAX)?;
    }
    let residuals = residuals(&state.net, tensors, &thinned(origins, RESIDUAL_WINDOWS), progress)?;
    Ok(Trained { net: state.net, residuals })
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

/// Histograms of the residuals (measured less forecast), one per step and target.
fn residuals(
    net: &Net,
    tensors: &TrainTensors,
    origins: &[usize],
    progress: &mut dyn Progress,
) -> Result<Vec<f64>, ModelError> {
    let answers = tensors.answers();
    let mut residuals = vec![Vec::with_capacity(origins.len()); answers];
    for chunk in origins.chunks(RESIDUAL_BATCH) {
        progress.alive();
        let flat = tch::no_grad(|| -> Result<Vec<f32>, ModelError> {
            let (inputs, truth) = tensors.batch(chunk)?;
            let residuals = truth.f_sub(&net.forward(&inputs)?)?;
            Ok(Vec::<f32>::try_from(residuals.f_reshape([-1])?)?)
        })?;
        for (i, value) in flat.into_iter().enumerate() {
            residuals[i % answers].push(f64::from(value));
        }
    }
    Ok(residuals.into_iter().flat_map(residual_bins).collect())
}

/// Windows in a seeded random order, shuffled anew at every pass.
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

    /// Skips batches that an earlier attempt took; the order depends on the seed and on the number of batches alone.
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
