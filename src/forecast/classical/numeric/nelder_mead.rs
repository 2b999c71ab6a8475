//! A minimum without derivatives, by Nelder and Mead's simplex, with a counted number of iterations.

use crate::forecast::classical::error::MethodError;
use crate::forecast::classical::work::Work;

/// Value of a point that the function cannot be computed at.
pub const INFEASIBLE: f64 = 1e300;

/// A point and the function's value there.
#[derive(Clone, Debug)]
pub struct Minimum {
    /// The point.
    pub at: Vec<f64>,
    /// The value.
    pub value: f64,
}

/// How a search is limited.
#[derive(Clone, Copy, Debug)]
pub struct Search {
    /// Size of the first simplex.
    pub step: f64,
    /// The search ends when the values of the simplex differ by less than this.
    pub tolerance: f64,
    /// Iterations at most.
    pub iterations: usize,
    /// Operations of one evaluation, for the count of work.
    pub operations: usize,
}

/// Minimises `function` from `start`.
///
/// # Errors
/// [`MethodError::Cancelled`].
pub fn minimise(
    mut function: impl FnMut(&[f64]) -> f64,
    start: &[f64],
    search: Search,
    work: &mut Work,
) -> Result<Minimum, MethodError> {
    let size = start.len();
    let mut evaluate = |at: Vec<f64>, work: &mut Work| {
        work.spend(search.operations)?;
        let value = function(&at);
        Ok(Minimum { value: if value.is_finite() { value } else { INFEASIBLE }, at })
    };
    let mut simplex = vec![evaluate(start.to_vec(), work)?];
    for axis in 0..size {
        let mut at = start.to_vec();
        at[axis] += search.step;
        simplex.push(evaluate(at, work)?);
    }
    for _ in 0..search.iterations {
        simplex.sort_by(|a, b| a.value.total_cmp(&b.value));
        let (best, worst) = (simplex[0].value, simplex[size].value);
        if (worst - best).abs() <= search.tolerance.max(1e-14 * best.abs()) {
            break;
        }
        let centre: Vec<f64> =
            (0..size).map(|axis| simplex[..size].iter().map(|p| p.at[axis]).sum::<f64>() / size as f64).collect();
        let towards = |reach: f64, from: &Minimum| -> Vec<f64> {
            centre.iter().zip(&from.at).map(|(centre, worst)| centre + reach * (worst - centre)).collect()
        };
        let reflected = evaluate(towards(-1.0, &simplex[size]), work)?;
        if reflected.value < best {
            let expanded = evaluate(towards(-2.0, &simplex[size]), work)?;
            simplex[size] = if expanded.value < reflected.value { expanded } else { reflected };
            continue;
        }
        if reflected.value < simplex[size - 1].value {
            simplex[size] = reflected;
            continue;
        }
        let reach = if reflected.value < worst { -0.5 } else { 0.5 };
        let contracted = evaluate(towards(reach, &simplex[size]), work)?;
        if contracted.value < worst.min(reflected.value) {
            simplex[size] = contracted;
            continue;
        }
        let best_at = simplex[0].at.clone();
        for point in simplex.iter_mut().skip(1) {
            let halfway = best_at.iter().zip(&point.at).map(|(best, at)| best + 0.5 * (at - best)).collect();
            *point = evaluate(halfway, work)?;
        }
    }
    simplex.sort_by(|a, b| a.value.total_cmp(&b.value));
    Ok(simplex.swap_remove(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forecast::classical::work::Signal;

    #[test]
    fn the_valley_of_rosenbrock_is_found() {
        let mut beat = || Signal::GoOn;
        let valley = |x: &[f64]| (1.0 - x[0]).powi(2) + 100.0 * (x[1] - x[0] * x[0]).powi(2);
        let search = Search { step: 0.5, tolerance: 1e-9, iterations: 500, operations: 10 };
        let found = minimise(valley, &[-1.2, 1.0], search, &mut Work::new(&mut beat)).expect("not cancelled");
        assert!((found.at[0] - 1.0).abs() < 1e-3 && (found.at[1] - 1.0).abs() < 1e-3, "{found:?}");
    }

    #[test]
    fn a_stopped_search_is_cancelled() {
        let mut beat = || Signal::Stop;
        let search = Search { step: 0.5, tolerance: 1e-9, iterations: 500, operations: 5_000_000 };
        let found = minimise(|x| x[0] * x[0], &[1.0], search, &mut Work::new(&mut beat));
        assert_eq!(found.expect_err("stopped"), MethodError::Cancelled);
    }
}
