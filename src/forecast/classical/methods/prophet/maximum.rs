//! The exact maximum of the additive posterior: for a given noise it is a lasso with ridges, solved on the products of the columns by an
//! active set; the noise has a closed form; both take turns.

use crate::forecast::classical::error::MethodError;
use crate::forecast::classical::numeric::cholesky::solve_in_place;
use crate::forecast::classical::work::Work;

use super::posterior::{Point, Posterior};

/// Turns of weights and noise at most.
const TURNS_MAX: usize = 200;

/// Moves of the active set at most, over all turns.
const MOVES_MAX: usize = 20_000;

/// The noise has settled when it changes by less than this share.
const SETTLED: f64 = 1e-12;

/// First guess of the noise's variance, on outputs scaled to 1.
const FIRST_NOISE_VARIANCE: f64 = 0.01;

/// The likeliest weights and noise.
///
/// # Errors
/// [`MethodError::Diverged`] where the columns cannot be told apart, [`MethodError::Cancelled`].
pub fn maximum(posterior: &Posterior, work: &mut Work) -> Result<Point, MethodError> {
    let columns = posterior.columns();
    let mut search = ActiveSet {
        posterior,
        free: (0..columns)
            .filter(|at| !posterior.changes.contains(at) && posterior.products[at * columns + at] > 0.0)
            .collect(),
        signs: vec![0.0; columns],
        weights: vec![0.0; columns],
        moves: 0,
    };
    let mut noise_variance = FIRST_NOISE_VARIANCE;
    for _ in 0..TURNS_MAX {
        search.solve(noise_variance, work)?;
        let settled = posterior.noise_variance(&search.weights);
        let change = (settled - noise_variance).abs() / settled;
        noise_variance = settled;
        if change < SETTLED {
            break;
        }
    }
    Ok(Point { weights: search.weights, noise_variance })
}

struct ActiveSet<'p> {
    posterior: &'p Posterior,
    /// Columns without a Laplace prior.
    free: Vec<usize>,
    /// -1, 0 or 1 per column: the sign of a change of slope, 0 where the trend does not turn.
    signs: Vec<f64>,
    weights: Vec<f64>,
    moves: usize,
}

impl ActiveSet<'_> {
    /// The likeliest weights for a noise: Newton's step on the columns with a sign, shortened where one of them reaches zero.
    fn solve(&mut self, noise_variance: f64, work: &mut Work) -> Result<(), MethodError> {
        let threshold = noise_variance / self.posterior.change_scale;
        let mut joined = None;
        loop {
            self.moves += 1;
            let active = self.active();
            work.spend(active.len().pow(3) / 3 + self.weights.len() * self.weights.len())?;
            let target = self.newton(&active, noise_variance, threshold)?;
            let (share, zeroed) = self.first_zero(&active, &target);
            for (at, target) in active.iter().zip(&target) {
                self.weights[*at] += share * (target - self.weights[*at]);
            }
            if let Some(at) = zeroed {
                self.weights[at] = 0.0;
                self.signs[at] = 0.0;
                // a column that joins and leaves at once only differs by rounding
                if joined == Some(at) && share <= 0.0 {
                    return Ok(());
                }
            } else {
                joined = self.strongest_outside(threshold);
                match joined {
                    Some(at) => self.signs[at] = self.posterior.with_errors(&self.weights, at).signum(),
                    None => return Ok(()),
                }
            }
            if self.moves > MOVES_MAX {
                return Err(MethodError::Diverged("the trend of Prophet does not settle".into()));
            }
        }
    }

    fn active(&self) -> Vec<usize> {
        let turning = self.posterior.changes.clone().filter(|at| self.signs[*at] != 0.0);
        self.free.iter().copied().chain(turning).collect()
    }

    fn newton(&self, active: &[usize], noise_variance: f64, threshold: f64) -> Result<Vec<f64>, MethodError> {
        let columns = self.posterior.columns();
        let mut matrix = Vec::with_capacity(active.len() * active.len());
        for (row, at) in active.iter().enumerate() {
            matrix.extend(active.iter().map(|other| self.posterior.products[at * columns + other]));
            let own = self.posterior.products[at * columns + at];
            matrix[row * active.len() + row] += self.posterior.precisions[*at] * noise_variance + 1e-12 * own;
        }
        let mut solution: Vec<f64> =
            active.iter().map(|at| self.posterior.moments[*at] - threshold * self.signs[*at]).collect();
        match solve_in_place(&mut matrix, &mut solution) {
            Some(()) => Ok(solution),
            None => Err(MethodError::Diverged("columns of Prophet cannot be told apart".into())),
        }
    }

    /// The share of the step after which the first change of slope reaches zero.
    fn first_zero(&self, active: &[usize], target: &[f64]) -> (f64, Option<usize>) {
        let mut first = (1.0, None);
        for (at, target) in active.iter().zip(target) {
            if self.signs[*at] != 0.0 && target * self.signs[*at] < 0.0 {
                let share = self.weights[*at] / (self.weights[*at] - target);
                if share < first.0 {
                    first = (share, Some(*at));
                }
            }
        }
        first
    }

    /// The change of slope that the errors ask for most, where they ask for more than the prior holds back.
    fn strongest_outside(&self, threshold: f64) -> Option<usize> {
        let columns = self.posterior.columns();
        let outside = self.posterior.changes.clone().filter(|at| self.signs[*at] == 0.0);
        outside
            .filter(|at| self.posterior.products[at * columns + at] > 0.0)
            .map(|at| (at, self.posterior.with_errors(&self.weights, at).abs()))
            .max_by(|a, b| a.1.total_cmp(&b.1))
            .filter(|(_, pull)| *pull > threshold * (1.0 + 1e-9))
            .map(|(at, _)| at)
    }
}
