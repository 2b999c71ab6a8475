//! The state of a training as bytes: safetensors of everything that a step changes, the owner, and a checksum.

use std::collections::HashMap;

use safetensors::tensor::SafeTensors;
use serde::{Deserialize, Serialize};

use crate::forecast::data::sha256_hex;
use crate::forecast::model::{Family, Manifest, ModelError, Weights, check_header};

const VERSION: u32 = 1;
const HEAD: &str = "checkpoint";
const CHECKSUM: &str = "sha256";

/// The training that a checkpoint belongs to; no other may resume from it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Owner {
    model_type: Family,
    dataset_id: String,
    train_hash: String,
}

#[derive(Serialize, Deserialize)]
struct Head {
    v: u32,
    #[serde(flatten)]
    owner: Owner,
    step: usize,
}

/// A training between two steps.
#[derive(Debug)]
pub(super) struct Checkpoint {
    /// Steps taken; the order of windows follows from it.
    pub step: usize,
    /// The tensors of the net and of the optimiser.
    pub tensors: Weights,
}

impl Owner {
    /// The owner of the training that a manifest describes.
    pub(super) fn of(manifest: &Manifest) -> Owner {
        Owner {
            model_type: manifest.model_type,
            dataset_id: manifest.lineage.dataset_id.clone(),
            train_hash: manifest.lineage.train_hash.clone(),
        }
    }
}

impl Checkpoint {
    /// The bytes; tensors with numbers that are not finite are refused, because such a training has diverged.
    pub(super) fn encode(&self, owner: &Owner) -> Result<Vec<u8>, ModelError> {
        let head = Head { v: VERSION, owner: owner.clone(), step: self.step };
        let head = serde_json::to_string(&head).map_err(|error| unusable(error.to_string()))?;
        let checksum = self.checksum(&head)?;
        self.tensors.encode_with(HashMap::from([(HEAD.to_owned(), head), (CHECKSUM.to_owned(), checksum)]))
    }

    /// Reads what [`encode`](Checkpoint::encode) wrote; refuses a damaged one, and one of another training.
    pub(super) fn decode(bytes: &[u8], owner: &Owner) -> Result<Checkpoint, ModelError> {
        check_header(bytes)?;
        let (_, file) = SafeTensors::read_metadata(bytes).map_err(|error| unusable(error.to_string()))?;
        let entry = |key: &str| {
            let value = file.metadata().as_ref().and_then(|entries| entries.get(key));
            value.ok_or_else(|| unusable(format!("it has no {key:?}")))
        };
        let head_json = entry(HEAD)?;
        let head: Head = serde_json::from_str(head_json).map_err(|error| unusable(error.to_string()))?;
        if head.v != VERSION {
            return Err(unusable(format!("it has version {}, this program reads {VERSION}", head.v)));
        }
        if head.owner != *owner {
            return Err(unusable(format!("it is of another training: {head_json}")));
        }
        let checkpoint = Checkpoint { step: head.step, tensors: Weights::decode(bytes)? };
        if checkpoint.checksum(head_json)? != *entry(CHECKSUM)? {
            return Err(unusable("its checksum is not that of its tensors".into()));
        }
        Ok(checkpoint)
    }

    /// SHA-256 over the tensors with their names and shapes, and the head.
    fn checksum(&self, head: &str) -> Result<String, ModelError> {
        let mut all = self.tensors.encode()?;
        all.extend_from_slice(head.as_bytes());
        Ok(sha256_hex(&all))
    }
}

fn unusable(why: String) -> ModelError {
    ModelError::Checkpoint(why)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forecast::model::Precision;

    fn owner(train_hash: &str) -> Owner {
        Owner { model_type: Family::GRU, dataset_id: "d".into(), train_hash: train_hash.into() }
    }

    fn checkpoint() -> Checkpoint {
        let mut tensors = Weights::default();
        tensors.insert("a", Precision::Single, &[3], vec![0.1f32.into(), f64::from(f32::MIN_POSITIVE) / 2.0, -0.0]);
        tensors.insert("b", Precision::Single, &[2, 1], vec![1.0, 2.0]);
        Checkpoint { step: 7, tensors }
    }

    #[test]
    fn every_bit_comes_back() {
        let bytes = checkpoint().encode(&owner("t")).expect("bytes");
        let mut read = Checkpoint::decode(&bytes, &owner("t")).expect("a checkpoint");
        assert_eq!(read.step, 7);
        let bits = |values: Vec<f64>| values.into_iter().map(|value| (value as f32).to_bits()).collect::<Vec<_>>();
        let wanted = [0.1f32, f32::MIN_POSITIVE / 2.0, -0.0].map(f32::to_bits);
        assert_eq!(bits(read.tensors.take("a", &[3]).expect("a")), wanted);
    }

    #[test]
    fn one_byte_changed_anywhere_or_a_lost_end_is_refused() {
        let bytes = checkpoint().encode(&owner("t")).expect("bytes");
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 4;
            let read = Checkpoint::decode(&damaged, &owner("t"));
            // the padding of the header says nothing
            assert!(read.is_err() || bytes[at] == b' ', "byte {at} of {}", bytes.len());
            assert!(Checkpoint::decode(&bytes[..at], &owner("t")).is_err(), "{at} bytes of {}", bytes.len());
        }
    }

    #[test]
    fn that_of_another_training_is_refused() {
        let bytes = checkpoint().encode(&owner("t")).expect("bytes");
        let error = Checkpoint::decode(&bytes, &owner("u")).expect_err("other settings");
        assert!(error.to_string().contains("another training"), "{error}");
    }
}
