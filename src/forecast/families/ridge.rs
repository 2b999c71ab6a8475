//! Ridge regression on lagged rows: logs of what is heavy-tailed, one set of coefficients per step ahead.

use tch::{Kind, Tensor};

use crate::forecast::model::{
    Artifact, Blend, Context, Family, FamilyTraits, FittedBy, Forecast, Forecaster, InputEncoder, Lineage, Link,
    Manifest, ModelError, Precision, Progress, RESIDUAL_BINS, TrainSettings, TrainingData, Weights, check_contexts,
    is_heavy_tailed, residual_bins, thinned, train_origins,
};

use super::row::FamilyRow;

/// Rows of the context that are inputs; more do not make forecasts better.
const LAG_ROWS: usize = 10;

/// Penalty per train window on standardised inputs; three orders of magnitude around it make no difference.
const PENALTY: f64 = 1e-3;

/// Windows whose products are added up at once, which bounds the memory of a fit.
const CHUNK_WINDOWS: usize = 8_192;

/// Windows whose residuals are kept for the way back to original units.
const RESIDUAL_WINDOWS: usize = 20_000;

impl Family {
    /// Ridge regression on lagged rows, one set of coefficients per step ahead.
    pub const RIDGE: Family = Family::new(&FamilyTraits {
        name: "RIDGE",
        fitted_by: FittedBy::Round,
        naive: false,
        learned: true,
        recipe: 1,
        settings: &["input_rows", "output_rows"],
    });
}

pub const ROW: FamilyRow = FamilyRow { family: Family::RIDGE, fit, load };

struct Ridge {
    manifest: Manifest,
    encoder: InputEncoder,
    blend: Blend,
    lag_rows: usize,
    /// (output_rows x targets) x (inputs + 1), row-major; the last input is the constant 1.
    coefficients: Vec<f64>,
    /// output_rows x targets x bins, row-major.
    residuals: Vec<f64>,
}

/// Solves the normal equations of every step ahead at once, in f64.
fn fit(
    family: Family,
    data: &TrainingData,
    settings: &TrainSettings,
    lineage: Lineage,
    _: &mut dyn Progress,
) -> Result<Artifact, ModelError> {
    // only the logs of heavy-tailed columns are linear in their lags
    let link = |values: &[f64]| if is_heavy_tailed(values) { Link::Log1p } else { Link::Sqrt };
    let mut manifest = Manifest::learned(family, data, settings, lineage, link)?;
    let (input_rows, output_rows) = (settings.input_rows, settings.output_rows);
    let origins = train_origins(data, manifest.steps(), input_rows, output_rows)?;
    let lag_rows = LAG_ROWS.min(input_rows);
    manifest.lag_rows = Some(lag_rows);

    let design = Design::of(&manifest, data, lag_rows)?;
    let coefficients = tch::no_grad(|| design.solve(&origins))?;
    let kept = thinned(&origins, RESIDUAL_WINDOWS);
    let residuals = tch::no_grad(|| design.residuals(&kept, &coefficients))?;

    let width = design.width as i64;
    let cells = (output_rows * data.targets.len()) as i64;
    let mut weights = Weights::default();
    weights.insert(
        "coefficients",
        Precision::Double,
        &[cells as usize, width as usize],
        Vec::<f64>::try_from(coefficients.f_transpose(0, 1)?.f_reshape([-1])?)?,
    );
    weights.insert("residuals", Precision::Double, &[output_rows, data.targets.len(), RESIDUAL_BINS], residuals);
    manifest.seal(&weights)
}

/// A forecaster of what a manifest and its tensors describe.
fn load(manifest: &Manifest, mut weights: Weights) -> Result<Box<dyn Forecaster>, ModelError> {
    let encoder = InputEncoder::of(manifest);
    let lag_rows = manifest
        .lag_rows
        .filter(|rows| (1..=manifest.input_rows).contains(rows))
        .ok_or_else(|| ModelError::Artifact("lag_rows is missing or out of range".into()))?;
    let blend = manifest.blend.clone().ok_or_else(|| ModelError::Artifact("the seasonal blend is missing".into()))?;
    let (steps, targets) = (manifest.output_rows, manifest.targets.len());
    let width = design_width(&encoder, lag_rows);
    let coefficients = weights.take("coefficients", &[steps * targets, width])?;
    let residuals = weights.take("residuals", &[steps, targets, RESIDUAL_BINS])?;
    weights.finish()?;
    Ok(Box::new(Ridge { manifest: manifest.clone(), encoder, blend, lag_rows, coefficients, residuals }))
}

impl Forecaster for Ridge {
    fn forecast(&self, contexts: &[Context], horizon: usize) -> Result<Vec<Forecast>, ModelError> {
        check_contexts(&self.manifest, contexts, horizon)?;
        let shape = self.manifest.context_shape();
        let answers = contexts.iter().map(|context| {
            let mut inputs = Vec::new();
            self.encoder.push_context(context, self.lag_rows, &mut inputs);
            let row = design_row(&self.encoder, &inputs);
            let steps = horizon.min(self.manifest.output_rows);
            let mut forecast = Vec::with_capacity(horizon * self.manifest.targets.len());
            for cell in 0..steps * self.manifest.targets.len() {
                let coefficients = &self.coefficients[cell * row.len()..(cell + 1) * row.len()];
                let z: f64 = coefficients.iter().zip(&row).map(|(c, x)| c * x).sum();
                let output = &self.manifest.outputs[cell % self.manifest.targets.len()];
                let residuals = &self.residuals[cell * RESIDUAL_BINS..(cell + 1) * RESIDUAL_BINS];
                forecast.push(output.mean_of(z, residuals));
            }
            self.blend.extend(&shape, context, horizon, &mut forecast);
            forecast
        });
        Ok(answers.collect())
    }
}

/// Inputs of one equation: the columns of every lag row, the calendar of the last row, the constant 1.
fn design_width(encoder: &InputEncoder, lag_rows: usize) -> usize {
    lag_rows * (encoder.width() - encoder.calendar_width()) + encoder.calendar_width() + 1
}

/// One equation's inputs from encoded rows, oldest first.
fn design_row(encoder: &InputEncoder, encoded: &[f64]) -> Vec<f64> {
    let columns = encoder.width() - encoder.calendar_width();
    let rows = encoded.chunks_exact(encoder.width());
    let mut row: Vec<f64> = rows.flat_map(|row| &row[..columns]).copied().collect();
    row.extend(&encoded[encoded.len() - encoder.calendar_width()..]);
    row.push(1.0);
    row
}

/// The train rows as equations, made in chunks.
struct Design {
    encoder: InputEncoder,
    lag_rows: usize,
    output_rows: usize,
    width: usize,
    /// rows x encoder width.
    inputs: Vec<f64>,
    /// One transformed column per target.
    outputs: Vec<Vec<f64>>,
}

impl Design {
    fn of(manifest: &Manifest, data: &TrainingData, lag_rows: usize) -> Result<Design, ModelError> {
        let encoder = InputEncoder::of(manifest);
        let inputs = encoder.encode_train(data)?;
        let mut outputs = Vec::with_capacity(manifest.outputs.len());
        for transform in &manifest.outputs {
            let values = data.column(&transform.column)?;
            outputs.push(values.iter().map(|value| transform.apply(*value)).collect());
        }
        Ok(Design {
            width: design_width(&encoder, lag_rows),
            encoder,
            lag_rows,
            output_rows: manifest.output_rows,
            inputs,
            outputs,
        })
    }

    /// Left side (windows x width) and right side (windows x cells) of some windows' equations.
    fn equations(&self, origins: &[usize]) -> Result<(Tensor, Tensor), ModelError> {
        let encoded = self.encoder.width();
        let mut left = Vec::with_capacity(origins.len() * self.width);
        let mut right = Vec::new();
        for origin in origins {
            let from = (origin + 1 - self.lag_rows) * encoded;
            let rows = &self.inputs[from..(origin + 1) * encoded];
            left.extend(design_row(&self.encoder, rows));
            for step in 1..=self.output_rows {
                right.extend(self.outputs.iter().map(|output| output[origin + step]));
            }
        }
        let windows = origins.len() as i64;
        let left = Tensor::from_slice(&left).f_view([windows, self.width as i64])?;
        let right = Tensor::from_slice(&right).f_view([windows, -1])?;
        Ok((left, right))
    }

    /// Coefficients, width x cells.
    fn solve(&self, origins: &[usize]) -> Result<Tensor, ModelError> {
        let width = self.width as i64;
        let cells = (self.output_rows * self.outputs.len()) as i64;
        let cpu = (Kind::Double, tch::Device::Cpu);
        let mut gram = Tensor::f_zeros([width, width], cpu)?;
        let mut moments = Tensor::f_zeros([width, cells], cpu)?;
        for chunk in origins.chunks(CHUNK_WINDOWS) {
            let (left, right) = self.equations(chunk)?;
            let transposed = left.f_t_copy()?;
            gram = gram.f_add(&transposed.f_matmul(&left)?)?;
            moments = moments.f_add(&transposed.f_matmul(&right)?)?;
        }
        // the constant is not penalised, but a trace keeps the system definite
        let mut penalty = vec![PENALTY * origins.len() as f64; self.width];
        penalty[self.width - 1] = 1e-9 * origins.len() as f64;
        gram = gram.f_add(&Tensor::from_slice(&penalty).f_diag(0)?)?;
        Ok(Tensor::f_linalg_solve(&gram, &moments, true)?)
    }

    /// Residual bins, output_rows x targets x bins.
    fn residuals(&self, origins: &[usize], coefficients: &Tensor) -> Result<Vec<f64>, ModelError> {
        let cells = self.output_rows * self.outputs.len();
        let mut residuals = vec![Vec::with_capacity(origins.len()); cells];
        for chunk in origins.chunks(CHUNK_WINDOWS) {
            let (left, right) = self.equations(chunk)?;
            let of_chunk = right.f_sub(&left.f_matmul(coefficients)?)?;
            let flat = Vec::<f64>::try_from(of_chunk.f_contiguous()?.f_view([-1])?)?;
            for (i, value) in flat.into_iter().enumerate() {
                residuals[i % cells].push(value);
            }
        }
        Ok(residuals.into_iter().flat_map(residual_bins).collect())
    }
}
