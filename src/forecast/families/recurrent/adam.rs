//! Adam on plain tensors, as libtorch computes it, with moments that a checkpoint can hold: tch's optimiser shows none of its
//! state.

use tch::{Device, Kind, TchError, Tensor};

/// How much of the mean of gradients a step keeps.
const BETA_1: f64 = 0.9;

/// How much of the mean of squared gradients a step keeps.
const BETA_2: f64 = 0.999;

/// Keeps the divisor above zero.
const EPSILON: f64 = 1e-8;

/// The optimiser of some parameters; its moments are flat, parameter after parameter.
pub(super) struct Adam {
    parameters: Vec<Tensor>,
    /// Running mean of gradients.
    pub first: Tensor,
    /// Running mean of squared gradients.
    pub second: Tensor,
    /// Steps taken.
    pub steps: usize,
}

impl Adam {
    /// An optimiser that has taken no step.
    pub(super) fn new(parameters: Vec<Tensor>) -> Result<Adam, TchError> {
        let zeros = || Tensor::f_zeros([count(&parameters)], (Kind::Float, Device::Cpu));
        let (first, second) = (zeros()?, zeros()?);
        Ok(Adam { parameters, first, second, steps: 0 })
    }

    /// One step against the gradient of `loss`, which is shortened to `norm_max`.
    pub(super) fn step(&mut self, loss: &Tensor, rate: f64, norm_max: f64) -> Result<(), TchError> {
        let gradients = Tensor::f_run_backward(&[loss], &self.parameters, false, false)?;
        tch::no_grad(|| {
            let mut gradient = flat(&gradients)?;
            shorten(&mut gradient, norm_max)?;
            self.descend(&gradient, rate)
        })
    }

    /// Moves the parameters along a flat gradient.
    fn descend(&mut self, gradient: &Tensor, rate: f64) -> Result<(), TchError> {
        self.steps += 1;
        let steps = self.steps as f64;
        let (unbias_1, unbias_2) = (1.0 - BETA_1.powf(steps), 1.0 - BETA_2.powf(steps));
        let _ = self.first.f_lerp_(gradient, 1.0 - BETA_1)?;
        let _ = self.second.f_mul_scalar_(BETA_2)?.f_addcmul_(gradient, &gradient.f_mul_scalar(1.0 - BETA_2)?)?;
        let mut divisor = self.second.f_sqrt()?;
        let divisor = divisor.f_div_scalar_(unbias_2.sqrt())?.f_add_scalar_(EPSILON)?;
        let moved = self.first.f_div(&divisor)?.f_mul_scalar_(rate / unbias_1)?;
        let mut from = 0;
        for parameter in &mut self.parameters {
            let numbers = parameter.numel() as i64;
            let _ = parameter.f_sub_(&moved.f_narrow(0, from, numbers)?.f_view_as(parameter)?)?;
            from += numbers;
        }
        Ok(())
    }
}

/// Numbers in all tensors.
fn count(tensors: &[Tensor]) -> i64 {
    tensors.iter().map(|tensor| tensor.numel() as i64).sum()
}

/// All tensors as one row of numbers.
fn flat(tensors: &[Tensor]) -> Result<Tensor, TchError> {
    let rows: Result<Vec<Tensor>, TchError> = tensors.iter().map(|tensor| tensor.f_reshape([-1])).collect();
    Tensor::f_cat(&rows?, 0)
}

/// Shortens a gradient that is longer than `norm_max` to that length.
fn shorten(gradient: &mut Tensor, norm_max: f64) -> Result<(), TchError> {
    let share = norm_max / (gradient.f_norm()?.f_double_value(&[])? + 1e-6);
    if share < 1.0 {
        let _ = gradient.f_mul_scalar_(share)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::nn::{self, OptimizerConfig, VarStore};

    /// Two parameters, the first row of which has gradients far longer than the second's.
    fn start() -> [Tensor; 2] {
        let ramp = |from: f32, count: i64| Tensor::from_slice(&(0..count).map(|i| from + i as f32).collect::<Vec<_>>());
        [ramp(-3.0, 6).view([2, 3]) * 0.3, ramp(1.0, 4) * 0.01]
    }

    fn loss(parameters: &[Tensor]) -> Tensor {
        let bowl = parameters[0].square().sum(None) * 40.0;
        bowl + (&parameters[1] - 0.5).square().sum(None) + parameters[1].sin().sum(None)
    }

    #[test]
    fn fifty_steps_end_where_those_of_libtorch_end() {
        let store = VarStore::new(Device::Cpu);
        let theirs: Vec<Tensor> =
            start().iter().enumerate().map(|(at, tensor)| store.root().var_copy(&at.to_string(), tensor)).collect();
        let mut optimizer = nn::Adam::default().build(&store, 0.01).expect("an optimiser");
        let ours: Vec<Tensor> = start().into_iter().map(|tensor| tensor.set_requires_grad(true)).collect();
        let mut adam = Adam::new(ours.iter().map(Tensor::shallow_clone).collect()).expect("an optimiser");
        for step in 0..50 {
            let rate = 0.05 / f64::from(step + 1);
            optimizer.set_lr(rate);
            optimizer.backward_step_clip_norm(&loss(&theirs), 1.0);
            adam.step(&loss(&ours), rate, 1.0).expect("a step");
        }
        for ((ours, theirs), start) in ours.iter().zip(&theirs).zip(start()) {
            let apart = f64::try_from((ours - theirs).abs().max()).expect("a number");
            assert!(apart < 1e-6, "{apart}");
            assert!(f64::try_from((ours - start).abs().max()).expect("a number") > 0.01, "they have moved");
        }
    }

    #[test]
    fn what_libtorch_refuses_is_an_error_and_no_panic() {
        let alone = Tensor::from_slice(&[1f32]);
        let mut adam = Adam::new(vec![alone.shallow_clone()]).expect("an optimiser");
        assert!(adam.step(&alone.square(), 0.1, 1.0).is_err(), "nothing here has a gradient");
    }
}
