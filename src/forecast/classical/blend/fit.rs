//! The choice of a blend's members on rolling origins, and their fit on all rows.

use crate::forecast::classical::error::MethodError;
use crate::forecast::classical::methods::{FittedMethod, Method, ROWS_MAX, Setup};
use crate::forecast::classical::rows::History;
use crate::forecast::classical::work::Work;

use super::intervals::Intervals;
use super::limits::Limits;
use super::model::{Blend, Member, MethodScore};
use super::origins::{OriginPlan, rolling_origins};
use super::settings::BlendSettings;
use super::weights::blend_weights;

/// Fits every method of the pool at every rolling origin, weighs the best, and fits those on all rows.
///
/// # Errors
/// [`MethodError::Data`] where no method can be fitted, [`MethodError::Cancelled`].
pub fn fit_blend(
    history: &History,
    settings: &BlendSettings,
    setup: &Setup,
    non_negative: bool,
    work: &mut Work,
) -> Result<Blend, MethodError> {
    let pool = settings.pool.as_slice();
    let dropped = history.rows().saturating_sub(ROWS_MAX);
    let longest = setup.longest_season().unwrap_or(1);
    let mut plan = rolling_origins(history.rows() - dropped, setup.horizon, longest, settings.origins_max);
    plan.origins.iter_mut().for_each(|origin| *origin += dropped);
    let tried = judge(history, pool, &plan, setup, non_negative, work)?;
    let errors: Vec<Option<f64>> = tried.iter().map(|tried| tried.as_ref().ok().map(Trial::mae)).collect();
    let mut weights = blend_weights(&errors, settings.members_max);
    if plan.origins.is_empty() {
        // too few rows to judge: the last value
        weights =
            pool.iter().position(|method| *method == Method::Naive).map_or(Vec::new(), |place| vec![(place, 1.0)]);
    }
    let mut members = Vec::new();
    for (place, weight) in &weights {
        match FittedMethod::fit(pool[*place], history, setup, work) {
            Ok(method) => members.push(Member { name: pool[*place], weight: *weight, method }),
            Err(MethodError::Cancelled) => return Err(MethodError::Cancelled),
            Err(_) => {}
        }
    }
    if members.is_empty() {
        return Err(MethodError::Data(format!("no method can be fitted on the {} rows", history.rows())));
    }
    let scores = pool.iter().zip(&tried).map(|(method, tried)| MethodScore {
        method: *method,
        mae: tried.as_ref().ok().map(Trial::mae),
        reason: tried.as_ref().err().map(ToString::to_string),
    });
    Ok(Blend { members, scores: scores.collect(), intervals: intervals(&tried, &weights) })
}

/// Errors of a method: one list of steps an origin.
struct Trial {
    errors: Vec<Vec<f64>>,
}

impl Trial {
    fn mae(&self) -> f64 {
        let cells = self.errors.iter().flatten();
        cells.clone().map(|error| error.abs()).sum::<f64>() / cells.count().max(1) as f64
    }
}

/// The errors of every method at every origin; a method that fails at one of them is out.
fn judge(
    history: &History,
    pool: &[Method],
    plan: &OriginPlan,
    setup: &Setup,
    non_negative: bool,
    work: &mut Work,
) -> Result<Vec<Result<Trial, MethodError>>, MethodError> {
    let setup = Setup { horizon: plan.steps.max(1), ..setup.clone() };
    let mut tried: Vec<Result<Trial, MethodError>> = pool.iter().map(|_| Ok(Trial { errors: Vec::new() })).collect();
    for origin in &plan.origins {
        let mut past = history.first_rows(*origin).last_rows(ROWS_MAX);
        past.fitted_rows = Some(past.rows());
        let limits = Limits::of(&past.values, non_negative);
        let truth = &history.values[*origin..origin + plan.steps];
        for (method, tried) in pool.iter().zip(&mut tried) {
            let Ok(trial) = tried else { continue };
            let fitted = FittedMethod::fit(*method, &past, &setup, work);
            match fitted.and_then(|method| method.forecast(&past, plan.steps)) {
                Ok(values) => {
                    let errors = truth.iter().zip(limits.clip(values)).map(|(truth, value)| truth - value);
                    trial.errors.push(errors.collect());
                }
                Err(MethodError::Cancelled) => return Err(MethodError::Cancelled),
                Err(error) => *tried = Err(error),
            }
        }
    }
    Ok(tried)
}

/// From the errors of the weighted mean.
fn intervals(tried: &[Result<Trial, MethodError>], weights: &[(usize, f64)]) -> Intervals {
    let members: Vec<(&Trial, f64)> =
        weights.iter().filter_map(|(place, weight)| Some((tried.get(*place)?.as_ref().ok()?, *weight))).collect();
    let Some((first, _)) = members.first() else { return Intervals::default() };
    let blended = first.errors.iter().enumerate().map(|(origin, steps)| {
        let error =
            |step: usize| members.iter().map(|(trial, weight)| weight * trial.errors[origin][step]).sum::<f64>();
        (0..steps.len()).map(error).collect()
    });
    Intervals::of(&blended.collect::<Vec<Vec<f64>>>())
}
