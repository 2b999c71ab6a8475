//! How a model earns its scores: from each origin at several steps ahead, against the naive methods' errors on the train part.

use serde::{Deserialize, Serialize};

use crate::forecast::data::Series;
use crate::forecast::model::{Forecaster, Manifest, ModelError};

use super::origins::TestOrigins;
use super::score::Metrics;
use super::test_window::JoinedSeries;

/// Most contexts in one forward pass.
const BATCH: usize = 512;
/// Most values in the contexts and forecasts of one pass, which bounds the memory of an evaluation.
const BATCH_VALUES: usize = 1_000_000;

/// Errors at one step ahead, pooled over targets.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct StepMetrics {
    /// Steps ahead.
    pub step: usize,
    /// Mean absolute error, on the train's min-max scale.
    pub mae: f64,
    /// Root of the mean squared error, on the train's min-max scale.
    pub rmse: f64,
    /// Share of the variance that is explained.
    pub r2: f64,
    /// Mean absolute error over the mean absolute change within a season of the train part; none where nothing changes there.
    pub mase: Option<f64>,
}

/// What a model scored on the origins.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// Errors one step ahead; none where no origin could be scored.
    pub metrics: Option<Metrics>,
    /// By step scored.
    pub by_step: Vec<StepMetrics>,
    /// The mean over the steps; none where nothing changes in the train part.
    pub mase: Option<f64>,
    /// By origin: the mean relative loss over steps and targets; none where too few rows without a gap come before.
    pub losses: Vec<Option<f64>>,
}

/// Scores a model from every origin that its context reaches; `progress` is called once a pass.
pub fn measure(
    model: &dyn Forecaster,
    manifest: &Manifest,
    train: &Series,
    test: &Series,
    origins: &TestOrigins,
    progress: &mut dyn FnMut(),
) -> Result<Measured, ModelError> {
    let joined = JoinedSeries::checked(train, test, manifest)?;
    let columns = joined.columns(&manifest.columns)?;
    let Some(yardsticks) = &origins.yardsticks else {
        return Err(ModelError::Data("the train part has no values of a target".into()));
    };
    let (targets, horizon) = (yardsticks.len(), origins.horizon());
    let reached = |at: &usize| joined.rows_before(origins.rows[*at]) >= manifest.input_rows;
    let places: Vec<usize> = (0..origins.rows.len()).filter(reached).collect();
    let mut tally = Tally::new(origins, targets);
    let values_each = (manifest.input_rows * columns.len() + horizon * targets).max(1);
    for batch in places.chunks((BATCH_VALUES / values_each).clamp(1, BATCH)) {
        progress();
        let mut contexts = Vec::with_capacity(batch.len());
        for at in batch {
            contexts.push(joined.context(&columns, origins.rows[*at], manifest.input_rows)?);
        }
        for (at, forecast) in batch.iter().zip(model.forecast(&contexts, horizon)?) {
            if !forecast.iter().all(|value| value.is_finite()) {
                let row = origins.rows[*at];
                return Err(ModelError::Artifact(format!("a forecast before test row {row} holds no finite numbers")));
            }
            tally.add(*at, &forecast);
        }
    }
    Ok(tally.finish())
}

/// Sums over the origins so far.
struct Tally<'a> {
    origins: &'a TestOrigins,
    targets: usize,
    /// By step: truth and forecast on the min-max scale.
    pairs: Vec<Vec<(f64, f64)>>,
    /// By step: sum and number of errors over the season's change.
    scaled: Vec<(f64, usize)>,
    losses: Vec<Option<f64>>,
}

impl<'a> Tally<'a> {
    fn new(origins: &'a TestOrigins, targets: usize) -> Self {
        let steps = origins.steps.len();
        Self {
            origins,
            targets,
            pairs: vec![Vec::new(); steps],
            scaled: vec![(0.0, 0); steps],
            losses: vec![None; origins.rows.len()],
        }
    }

    /// Adds a forecast of horizon x targets.
    fn add(&mut self, origin: usize, forecast: &[f64]) {
        let (mut sum, mut cells) = (0.0, 0);
        let yardsticks = self.origins.yardsticks.as_deref().unwrap_or_default();
        for (place, truths) in self.origins.truth(origin, self.targets).chunks(self.targets).enumerate() {
            let row = (self.origins.steps[place] - 1) * self.targets;
            for ((yardstick, truth), forecast) in yardsticks.iter().zip(truths).zip(&forecast[row..]) {
                if !truth.is_finite() {
                    continue;
                }
                sum += yardstick.loss(place, *truth, *forecast);
                cells += 1;
                self.pairs[place].push((yardstick.range.scale(*truth), yardstick.range.scale(*forecast)));
                if let Some(change) = yardstick.season_change {
                    self.scaled[place].0 += (truth - forecast).abs() / change;
                    self.scaled[place].1 += 1;
                }
            }
        }
        self.losses[origin] = (cells > 0).then(|| sum / cells as f64);
    }

    fn finish(self) -> Measured {
        let metrics = self.pairs.first().and_then(|pairs| Metrics::of(pairs));
        let mut by_step = Vec::with_capacity(self.pairs.len());
        for ((step, pairs), (sum, cells)) in self.origins.steps.iter().zip(&self.pairs).zip(&self.scaled) {
            let Some(metrics) = Metrics::of(pairs) else { continue };
            let mase = (*cells > 0).then(|| sum / *cells as f64);
            by_step.push(StepMetrics { step: *step, mae: metrics.mae, rmse: metrics.rmse, r2: metrics.r2, mase });
        }
        let mases: Vec<f64> = by_step.iter().filter_map(|step| step.mase).collect();
        let mase = (!mases.is_empty()).then(|| mases.iter().sum::<f64>() / mases.len() as f64);
        Measured { metrics, by_step, mase, losses: self.losses }
    }
}
