//! How far a forecast may be off, by step: the error's usual size, which never shrinks with the steps, times a conformal quantile.

use serde::{Deserialize, Serialize};

/// Members were chosen on the errors that the quantile is of; this makes up for it.
const CHOSEN_ON_THEM: f64 = 1.25;

/// Most scores that are kept.
const SCORES_MAX: usize = 400;

/// The half widths of intervals, by step and level.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Intervals {
    /// Root of the mean squared error per step, rising.
    sizes: Vec<f64>,
    /// Absolute errors by their step's size without their own origin, rising.
    scores: Vec<f64>,
}

impl Intervals {
    /// From the errors at rolling origins, one list of steps an origin, all as long.
    pub fn of(errors: &[Vec<f64>]) -> Intervals {
        let sizes = rising_sizes(errors, None);
        let mut scores = Vec::new();
        for (origin, own) in errors.iter().enumerate() {
            let others = if errors.len() > 1 { rising_sizes(errors, Some(origin)) } else { sizes.clone() };
            let scored = own.iter().zip(&others).filter(|(_, size)| **size > 0.0);
            scores.extend(scored.map(|(error, size)| error.abs() / size));
        }
        scores.sort_by(f64::total_cmp);
        let every = scores.len().div_ceil(SCORES_MAX).max(1);
        // the largest one stays
        let skipped = (scores.len().max(1) - 1) % every;
        Intervals { sizes, scores: scores.into_iter().skip(skipped).step_by(every).collect() }
    }

    /// Half the width of the interval of a level (0 to 1) at a step, 1 the first; it grows with the root of the steps beyond the last
    /// one that was judged. None where nothing was judged.
    pub fn half_width(&self, step: usize, level: f64) -> Option<f64> {
        let judged = self.sizes.len();
        let last = self.sizes.last()?;
        let size = match self.sizes.get(step.max(1) - 1) {
            Some(size) => *size,
            None => last * (step as f64 / judged as f64).sqrt(),
        };
        let rank = ((self.scores.len() + 1) as f64 * level.clamp(0.0, 1.0)).ceil() as usize;
        let score = self.scores.get(rank.max(1) - 1).or(self.scores.last()).copied().unwrap_or(0.0);
        Some(CHOSEN_ON_THEM * score * size)
    }
}

/// Root mean squared error per step over the origins but one, made to rise by pooling neighbours.
fn rising_sizes(errors: &[Vec<f64>], left_out: Option<usize>) -> Vec<f64> {
    let steps = errors.first().map_or(0, Vec::len);
    let used: Vec<&Vec<f64>> =
        errors.iter().enumerate().filter(|(origin, _)| Some(*origin) != left_out).map(|(_, steps)| steps).collect();
    let square =
        |step: usize| used.iter().map(|steps| steps[step] * steps[step]).sum::<f64>() / used.len().max(1) as f64;
    // blocks of (mean, steps); a block that is lower than the one before it is pooled with it
    let mut blocks: Vec<(f64, usize)> = Vec::new();
    for step in 0..steps {
        let mut block = (square(step), 1);
        while let Some((mean, count)) = blocks.last().copied().filter(|(mean, _)| *mean > block.0) {
            let joined = count + block.1;
            block = ((mean * count as f64 + block.0 * block.1 as f64) / joined as f64, joined);
            blocks.pop();
        }
        blocks.push(block);
    }
    blocks.into_iter().flat_map(|(mean, count)| std::iter::repeat_n(mean.sqrt(), count)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_rise_with_steps_and_levels() {
        let errors = vec![vec![1.0, -3.0, 2.0, 4.0], vec![-1.0, 2.0, 1.0, -5.0], vec![0.5, 1.0, -2.0, 3.0]];
        let intervals = Intervals::of(&errors);
        let width = |step, level| intervals.half_width(step, level).expect("judged");
        assert!((1..8).all(|step| width(step, 0.8) <= width(step + 1, 0.8)));
        assert!(width(2, 0.5) <= width(2, 0.95));
        assert!(width(16, 0.8) > 1.9 * width(4, 0.8));
        assert_eq!(Intervals::default().half_width(1, 0.8), None);
    }
}
