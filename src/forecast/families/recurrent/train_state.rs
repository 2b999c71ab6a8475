//! What a training step changes, the net and its optimiser: from the beginning, or from where an earlier attempt stood.

use tch::Tensor;

use crate::forecast::model::{ModelError, Precision, Progress, Weights};

use super::adam::Adam;
use super::checkpoint::{Checkpoint, Owner};
use super::net::{Net, Sizes, to_tensor};

/// Names of the moments among the tensors of a checkpoint.
const FIRST: &str = "adam.first";
const SECOND: &str = "adam.second";

/// A net on its way.
pub(crate) struct TrainState {
    /// The net.
    pub net: Net,
    /// Its optimiser, which counts the steps.
    pub adam: Adam,
}

impl TrainState {
    /// Where an earlier attempt stood, or the beginning; `progress` hears which, if there was one.
    pub(crate) fn start(
        sizes: Sizes,
        seed: u64,
        steps: usize,
        owner: &Owner,
        progress: &mut dyn Progress,
    ) -> Result<TrainState, ModelError> {
        if let Some(bytes) = progress.left_behind() {
            let resumed = Checkpoint::decode(&bytes, owner).and_then(|found| TrainState::resume(sizes, steps, found));
            progress.resumed(resumed.as_ref().map(|course| course.adam.steps).map_err(ModelError::to_string));
            if let Ok(course) = resumed {
                return Ok(course);
            }
        }
        TrainState::of(Net::random(sizes, seed)?)
    }

    /// Where it stands.
    pub(crate) fn checkpoint(&self) -> Result<Checkpoint, ModelError> {
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
        let mut course = TrainState::of(Net::load(sizes, &mut tensors)?)?;
        for (name, moments) in [(FIRST, &mut course.adam.first), (SECOND, &mut course.adam.second)] {
            *moments = moments_of(&mut tensors, name, moments.numel())?;
        }
        tensors.finish()?;
        course.adam.steps = step;
        Ok(course)
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
