//! The decomposition of a history, on logs where every value is positive; methods that share a history share it.

use crate::forecast::classical::error::MethodError;
use crate::forecast::classical::numeric::log_scale::LogScale;
use crate::forecast::classical::rows::{Decomposition, History};
use crate::forecast::classical::work::Work;

/// Operations per row and season, for the count of work.
const OPERATIONS_PER_ROW: usize = 1_500;

/// The history on a scale without the seasons that have two cycles in it; none where no season has.
pub fn decomposed<'h>(
    history: &'h History,
    scale: LogScale,
    seasons: &[usize],
    work: &mut Work,
) -> Result<Option<&'h Decomposition>, MethodError> {
    if history.decomposed.get().is_none() {
        work.spend(history.rows() * seasons.len() * OPERATIONS_PER_ROW)?;
    }
    Ok(decomposition(history, scale, seasons))
}

/// The same without a count of work, for a forecast.
pub fn decomposition<'h>(history: &'h History, scale: LogScale, seasons: &[usize]) -> Option<&'h Decomposition> {
    history.decomposed.get_or_init(|| decompose(&scale.apply(&history.values), seasons)).as_ref()
}

fn decompose(values: &[f64], seasons: &[usize]) -> Option<Decomposition> {
    let fitting: Vec<usize> =
        seasons.iter().copied().filter(|season| *season > 1 && 2 * season <= values.len()).collect();
    if fitting.is_empty() {
        return None;
    }
    // STL keeps its digits on values around zero
    let anchor = values.first().copied().unwrap_or(0.0);
    let around: Vec<f64> = values.iter().map(|value| value - anchor).collect();
    let parts = stlrs::Mstl::fit(&around, &fitting).ok()?;
    let (seasonal, trend, remainder) = parts.into_parts();
    let adjusted = trend.iter().zip(&remainder).map(|(trend, remainder)| trend + remainder + anchor).collect();
    Some(Decomposition { seasonal, adjusted })
}
