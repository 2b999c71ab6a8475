//! The train part as standardised tensors, and batches of windows from them.

use tch::Tensor;

use crate::forecast::model::{InputEncoder, Manifest, ModelError, TrainingData};

use super::net::to_tensor;

/// The train part as standardised tensors.
pub(super) struct TrainTensors {
    /// rows x width, standardised.
    inputs: Tensor,
    /// rows x targets, standardised.
    outputs: Tensor,
    input_rows: usize,
    output_rows: usize,
    targets: usize,
}

impl TrainTensors {
    /// Standardises the train rows as a manifest says.
    pub(super) fn of(manifest: &Manifest, data: &TrainingData) -> Result<TrainTensors, ModelError> {
        let encoder = InputEncoder::of(manifest);
        let encoded = encoder.encode_train(data)?;
        let encoded: Vec<f32> = encoded.into_iter().map(|value| value as f32).collect();
        let (rows, targets) = (data.train.rows(), manifest.targets.len());
        let mut outputs = vec![0f32; rows * targets];
        for (place, transform) in manifest.outputs.iter().enumerate() {
            let values = data.column(&transform.column)?;
            for (row, value) in values.iter().enumerate() {
                outputs[row * targets + place] = transform.apply(*value) as f32;
            }
        }
        Ok(TrainTensors {
            inputs: to_tensor(&encoded, &[rows, encoder.width()])?,
            outputs: to_tensor(&outputs, &[rows, targets])?,
            input_rows: manifest.input_rows,
            output_rows: manifest.output_rows,
            targets,
        })
    }

    /// Inputs (windows x input_rows x width) and truth (windows x answers) of some windows.
    pub(super) fn batch(&self, origins: &[usize]) -> Result<(Tensor, Tensor), ModelError> {
        let windows = origins.len() as i64;
        let before = |origin: &usize| (origin + 1 - self.input_rows) as i64..=*origin as i64;
        let after = |origin: &usize| (origin + 1) as i64..=(origin + self.output_rows) as i64;
        let inputs: Vec<i64> = origins.iter().flat_map(before).collect();
        let outputs: Vec<i64> = origins.iter().flat_map(after).collect();
        let inputs = self.inputs.f_index_select(0, &Tensor::f_from_slice(&inputs)?)?.f_view([
            windows,
            self.input_rows as i64,
            -1,
        ])?;
        let outputs = self
            .outputs
            .f_index_select(0, &Tensor::f_from_slice(&outputs)?)?
            .f_view([windows, self.answers() as i64])?;
        Ok((inputs, outputs))
    }

    /// Answers per window: steps x targets.
    pub(super) fn answers(&self) -> usize {
        self.output_rows * self.targets
    }

    /// Weight of every answer in the loss, with mean 1: 1/h for h steps ahead, because near steps are asked for most.
    pub(super) fn answer_weights(&self) -> Result<Tensor, ModelError> {
        let by_step = (1..=self.output_rows).map(|step| 1.0 / step as f64);
        let sum: f64 = by_step.clone().sum();
        let weights: Vec<f32> =
            by_step.flat_map(|weight| vec![(weight / sum * self.output_rows as f64) as f32; self.targets]).collect();
        to_tensor(&weights, &[1, self.answers()])
    }
}
