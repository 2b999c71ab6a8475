//! The regression of one step: inputs standardised, the penalty chosen on the latest equations.

use crate::forecast::classical::numeric::cholesky::solve_in_place;
use crate::forecast::classical::numeric::gram::Gram;

/// Penalties per equation on standardised inputs.
const PENALTIES: [f64; 6] = [0.001, 0.01, 0.03, 0.1, 0.3, 1.0];

/// Share of equations, the latest, that choose the penalty.
const JUDGING_SHARE: usize = 5;

/// An input whose variance is below this is constant.
const VARIANCE_MIN: f64 = 1e-18;

/// Coefficients on the inputs as they are; the first input is the constant 1. None where no penalty gives a solution.
///
/// `inputs` holds rows of `width` numbers and is standardised in place, `outputs` one number a row, oldest first. The equations between
/// those that fit and those that judge are left out, `gap` of them, because they overlap in time.
pub fn coefficients(inputs: &mut [f64], outputs: &[f64], width: usize, gap: usize) -> Option<Vec<f64>> {
    let equations = outputs.len();
    let (means, deviations) = standardise(inputs, width);
    let judged_from = equations - equations / JUDGING_SHARE;
    let fitted_to = judged_from - gap.min(equations / 10);
    let early = gram(&inputs[..fitted_to * width], &outputs[..fitted_to], width);
    let late = gram(&inputs[fitted_to * width..], &outputs[fitted_to..], width);
    let mut best: Option<(f64, f64)> = None;
    for penalty in PENALTIES {
        let Some(solution) = solve(&early, penalty * fitted_to as f64) else { continue };
        let judged = inputs[judged_from * width..].chunks_exact(width).zip(&outputs[judged_from..]);
        let missed: f64 = judged.map(|(row, output)| (output - dot(&solution, row)).abs()).sum();
        if best.is_none_or(|(least, _)| missed < least) {
            best = Some((missed, penalty));
        }
    }
    let (_, penalty) = best?;
    let solution = solve(&early.plus(&late), penalty * equations as f64)?;
    let mut plain: Vec<f64> = solution.iter().zip(&deviations).map(|(weight, deviation)| weight / deviation).collect();
    plain[0] = solution[0] - plain[1..].iter().zip(&means[1..]).map(|(weight, mean)| weight * mean).sum::<f64>();
    Some(plain)
}

/// The answer of coefficients to inputs.
pub fn dot(coefficients: &[f64], inputs: &[f64]) -> f64 {
    coefficients.iter().zip(inputs).map(|(coefficient, input)| coefficient * input).sum()
}

fn gram(inputs: &[f64], outputs: &[f64], width: usize) -> Gram {
    let mut gram = Gram::new(width);
    gram.add(inputs, outputs);
    gram
}

fn solve(gram: &Gram, penalty: f64) -> Option<Vec<f64>> {
    let mut matrix = gram.products.clone();
    matrix[0] += 1e-9;
    for place in 1..gram.width {
        matrix[place * gram.width + place] += penalty;
    }
    let mut solution = gram.moments.clone();
    solve_in_place(&mut matrix, &mut solution)?;
    Some(solution)
}

/// Mean and deviation of every input but the constant, which are taken out.
fn standardise(inputs: &mut [f64], width: usize) -> (Vec<f64>, Vec<f64>) {
    let equations = (inputs.len() / width).max(1) as f64;
    let mut means = vec![0.0; width];
    for row in inputs.chunks_exact(width) {
        means.iter_mut().zip(row).for_each(|(mean, input)| *mean += input / equations);
    }
    means[0] = 0.0;
    let mut variances = vec![0.0; width];
    for row in inputs.chunks_exact(width) {
        for ((variance, input), mean) in variances.iter_mut().zip(row).zip(&means) {
            *variance += (input - mean) * (input - mean) / equations;
        }
    }
    // a constant input gets a deviation that leaves nothing of it
    let deviation = |variance: &f64| if *variance > VARIANCE_MIN { variance.sqrt() } else { 1e18 };
    let mut deviations: Vec<f64> = variances.iter().map(deviation).collect();
    deviations[0] = 1.0;
    for row in inputs.chunks_exact_mut(width) {
        for ((input, mean), deviation) in row.iter_mut().zip(&means).zip(&deviations) {
            *input = (*input - mean) / deviation;
        }
    }
    (means, deviations)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_noiseless_line_has_its_coefficients() {
        let rows = 400;
        let mut inputs = Vec::new();
        let mut outputs = Vec::new();
        for row in 0..rows {
            let x = f64::from(row % 17) * 3.0;
            let y = f64::from(row % 5);
            inputs.extend([1.0, x, y]);
            outputs.push(4.0 + 2.0 * x - 3.0 * y);
        }
        let found = coefficients(&mut inputs, &outputs, 3, 1).expect("solved");
        for (found, known) in found.iter().zip([4.0, 2.0, -3.0]) {
            assert!((found - known).abs() < 0.1, "{found} for {known}");
        }
    }
}
