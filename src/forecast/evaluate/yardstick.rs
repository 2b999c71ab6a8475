//! What the errors of a target are measured by: those of the naive methods on the train part.

use crate::forecast::model::MinMax;

/// Most pairs of rows that a yardstick is made from.
const PAIRS_MAX: usize = 20_000;
/// Fewer pairs than these say too little: the yardstick of a shorter step is taken.
const PAIRS_MIN: usize = 8;
/// The share of the largest errors that does not decide the scale, and the least number of them.
const TRIMMED_SHARE: f64 = 0.01;
const TRIMMED_MIN: usize = 4;
/// Errors count up to so many times the scale.
const WINSOR_SCALES: f64 = 10.0;
/// Where the train part is constant, forecasts within this share of the truth are right.
const CONSTANT_TOLERANCE: f64 = 1e-9;

/// The errors of the better naive method on the train part, at one step ahead; in the target's unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct StepYardstick {
    /// Errors above this count as this.
    most: f64,
    /// Mean absolute error.
    mae: f64,
    /// Mean squared error.
    mse: f64,
}

/// What the errors of one target are measured by.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct TargetYardstick {
    /// The range of the train part.
    pub range: MinMax,
    /// Mean absolute change over a season, or over a row where there is no season; none where nothing changes.
    pub season_change: Option<f64>,
    /// By step scored; none where the train part is constant.
    pub steps: Vec<Option<StepYardstick>>,
}

impl StepYardstick {
    /// The relative loss of a forecast: 1 is as good as the better naive method was on the train part.
    fn loss(&self, truth: f64, forecast: f64) -> f64 {
        let error = (truth - forecast).abs().min(self.most);
        (error / self.mae + error * error / self.mse) / 2.0
    }
}

impl TargetYardstick {
    /// The yardstick of a target's values on the train part; none where it has no value.
    ///
    /// `starts` holds the first row of the run without a gap that each row is in, `season` the rows of a season.
    pub(super) fn of(values: &[f64], starts: &[usize], steps: &[usize], season: Option<usize>) -> Option<Self> {
        let range = MinMax::fit(values)?;
        let changes = |back: usize| changes(values, starts, back);
        let mut known: Option<StepYardstick> = None;
        let mut yardsticks = Vec::with_capacity(steps.len());
        for step in steps {
            let persistence = errors(changes(*step));
            let seasonal = season.and_then(|season| errors(changes(season * step.div_ceil(season))));
            let better = match (persistence, seasonal) {
                (Some(one), Some(other)) if other.mae < one.mae => Some(other),
                (one, other) => one.or(other),
            };
            known = better.or(known);
            yardsticks.push(known);
        }
        let mean =
            |changes: Vec<f64>| Some(changes.iter().sum::<f64>() / changes.len() as f64).filter(|mean| *mean > 0.0);
        let season_change = season.and_then(|season| mean(changes(season))).or_else(|| mean(changes(1)));
        Some(Self { range, season_change, steps: yardsticks })
    }

    /// The relative loss of a forecast at the step of this place.
    pub(super) fn loss(&self, step: usize, truth: f64, forecast: f64) -> f64 {
        match self.steps.get(step).copied().flatten() {
            Some(yardstick) => yardstick.loss(truth, forecast),
            // a constant: right, or wrong
            None if (truth - forecast).abs() <= CONSTANT_TOLERANCE * truth.abs().max(f64::MIN_POSITIVE) => 1.0,
            None => 2.0,
        }
    }
}

/// Absolute changes over `back` rows without a gap, evenly spread over the rows.
fn changes(values: &[f64], starts: &[usize], back: usize) -> Vec<f64> {
    let stride = values.len().div_ceil(PAIRS_MAX).max(1);
    let rows = (back..values.len()).step_by(stride).filter(|row| row - back >= starts[*row]);
    rows.map(|row| (values[row] - values[row - back]).abs()).filter(|change| change.is_finite()).collect()
}

/// Winsorised errors of a naive method; none where they are too few, or all zero.
fn errors(mut changes: Vec<f64>) -> Option<StepYardstick> {
    if changes.len() < PAIRS_MIN {
        return None;
    }
    changes.sort_by(f64::total_cmp);
    let trimmed = (changes.len() as f64 * TRIMMED_SHARE).ceil() as usize;
    let trimmed = trimmed.max(TRIMMED_MIN.min(changes.len() / 4));
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let scale = Some(mean(&changes[..changes.len() - trimmed])).filter(|scale| *scale > 0.0);
    // rare changes are all that there is
    let scale = scale.unwrap_or_else(|| mean(&changes));
    let most = scale * WINSOR_SCALES;
    changes.iter_mut().for_each(|change| *change = change.min(most));
    let squares: f64 = changes.iter().map(|change| change * change).sum();
    let (mae, mse) = (mean(&changes), squares / changes.len() as f64);
    (mae > 0.0 && mse > 0.0 && mse.is_finite()).then_some(StepYardstick { most, mae, mse })
}
