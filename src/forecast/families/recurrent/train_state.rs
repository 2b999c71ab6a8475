//! The state that a training step changes, the net and its optimiser: at the beginning, or as a checkpoint has them.

use tch::Tensor;

use crate::forecast::model::{ModelError, Precision, Progress, Weights};

use super::adam::Adam;
use super::checkpoint::{Checkpoint, Owner};
use super::net::{Net, Sizes, to_tensor};

/// Names of Adam's two moments among the tensors of a checkpoint.
const FIRST: &str = "adam.first";
const SECOND: &str = "adam.second";

/// A net and its optimiser between two steps.
pub(super) struct TrainState {
    /// The net.
    pub net: Net,
    /// Its optimiser, which counts the steps.
    pub adam: Adam,
}

impl TrainState {
    /// The state that an earlier attempt's checkpoint holds, else the beginning; `progress` learns which, if there was a checkpoint.
    pub(super) fn start(
        sizes: Sizes,
        seed: u64,
        steps: usize,
        owner: &Owner,
        progress: &mut dyn Progress,
    ) -> Result<TrainState, ModelError> {
        if let Some(bytes) = progress.left_behind() {
            let resumed = Checkpoint::decode(&bytes, owner).and_then(|found| TrainState::resume(sizes, steps, found));
            progress.resumed(resumed.as_ref().map(|state| state.adam.steps).map_err(ModelError::to_string));
            if let Ok(state) = resumed {
                return Ok(state);
            }
        }
        TrainState::of(Net::random(sizes, seed)?)
    }

    /// This state as a checkpoint.
    pub(super) fn checkpoint(&self) -> Result<Checkpoint, ModelError> {
        let mut tensors = Weights::default();
        self.net.export(&mut tensors)?;
        for (name, moments) in [(FIRST, &self.adam.first), (SECOND, &self.adam.second)] {
            let values = Vec::<f32>::try_from(moments)?;
            let values: Vec<f64> = values.into_iter().map(f64::from).collect();
            tensors.insert(name, Precision::Single, &[values.len()], values);
        }
        Ok(Checkpoint { step: self.adam.steps, tensors })
    }

    fn resume(sizes: Sizes, steps: usize, checkpoint: Checkpoint) -> Result<TrainState, ModelError> {
        let Checkpoint { step, mut tensors } = checkpoint;
        if step > steps {
            return Err(ModelError::Checkpoint(format!("it stands at step {step} of {steps}")));
        }
        let mut state = TrainState::of(Net::load(sizes, &mut tensors)?)?;
        for (name, moments) in [(FIRST, &mut state.adam.first), (SECOND, &mut state.adam.second)] {
            *moments = moments_of(&mut tensors, name, moments.numel())?;
        }
        tensors.finish()?;
        state.adam.steps = step;
        Ok(state)
    }

    fn of(net: Net) -> Result<TrainState, ModelError> {
        let adam = Adam::new(net.parameters()?)?;
        Ok(TrainState { net, adam })
    }
}

fn moments_of(tensors: &mut Weights, name: &str, count: usize) -> Result<Tensor, ModelError> {
    let values = tensors.take(name, &[count])?;
    let values: Vec<f32> = values.into_iter().map(|value| value as f32).collect();
    to_tensor(&values, &[count])
}
