//! Readers that are functions: records, pointers, manifests, Parquet files.

use anyhow::Result;
use bytes::Bytes;
use flts::forecast::{Manifest, ReadOptions, read_file, read_parquet};
use flts::kafka::{
    DataClaim, DlqEnvelope, InferenceClaim, ModelSelected, PerformanceEvent, TrainingClaim, TrainingEvent,
};
use flts::storage::Pointer;

use super::ground::Ground;
use super::reader::Reader;

/// A reader that is a function.
struct Function(fn(&[u8]));

impl Reader for Function {
    fn read(&mut self, input: &[u8]) -> Result<(), String> {
        (self.0)(input);
        Ok(())
    }
}

/// Every record of every topic; each reader gets each input.
pub fn records(_: &Ground) -> Result<Box<dyn Reader>> {
    Ok(Box::new(Function(|input| {
        let _ = DataClaim::parse(input);
        let _ = InferenceClaim::parse(input);
        let _ = TrainingClaim::parse(input);
        let _ = TrainingEvent::parse(input);
        let _ = ModelSelected::parse(input);
        let _ = PerformanceEvent::parse(input);
        let _ = serde_json::from_slice::<DlqEnvelope>(input);
    })))
}

/// `current.json`.
pub fn pointer(_: &Ground) -> Result<Box<dyn Reader>> {
    Ok(Box::new(Function(|input| drop(Pointer::parse(input)))))
}

/// `manifest.json` of a model.
pub fn manifest(_: &Ground) -> Result<Box<dyn Reader>> {
    Ok(Box::new(Function(|input| drop(Manifest::from_json(input)))))
}

/// A Parquet file: of a data set or a claim, and as other programs write them.
pub fn parquet(_: &Ground) -> Result<Box<dyn Reader>> {
    Ok(Box::new(Function(|input| {
        let _ = read_parquet(Bytes::copy_from_slice(input));
        let _ = read_file(input, &ReadOptions::default());
    })))
}
