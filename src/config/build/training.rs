//! How model families are trained.

use crate::config::reader::Reader;
use crate::config::tree::Training;

/// Reads the settings of training.
pub fn read(reader: &mut Reader) -> Training {
    let training = Training {
        model_types: reader.list("MODEL_TYPE"),
        input_rows: reader.whole("INPUT_SEQ_LEN"),
        output_rows: reader.whole("OUTPUT_SEQ_LEN"),
        hidden_size: reader.whole("HIDDEN_SIZE"),
        num_layers: reader.whole("NUM_LAYERS"),
        batch_size: reader.whole("BATCH_SIZE"),
        epochs: reader.optional_whole("EPOCHS").map(|epochs| epochs as usize),
        max_steps: reader.optional_whole("MAX_STEPS").map(|steps| steps as usize),
        learning_rate: reader.number("LEARNING_RATE"),
        concurrency: reader.whole("TRAINING_CONCURRENCY"),
        checkpoint_interval: reader.millis("CHECKPOINT_INTERVAL_MS"),
        lease_ttl: reader.millis("LEASE_TTL_MS"),
        seed: reader.whole("SEED"),
    };
    if training.epochs.is_some() && training.max_steps.is_some() {
        reader.mistake("EPOCHS and MAX_STEPS are both set; set one of them");
    }
    training
}
