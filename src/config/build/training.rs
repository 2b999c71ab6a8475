//! How model families are trained.

use crate::config::reader::Reader;
use crate::config::tree::Training;
use crate::forecast::TrainSettings;

/// Reads the settings of training.
pub fn read(reader: &mut Reader) -> Training {
    let training = Training {
        model_types: reader.list("MODEL_TYPE"),
        settings: train_settings(reader),
        concurrency: reader.whole("TRAINING_CONCURRENCY"),
        checkpoint_interval: reader.millis("CHECKPOINT_INTERVAL_MS"),
        lease_ttl: reader.millis("LEASE_TTL_MS"),
    };
    if training.settings.epochs.is_some() && training.settings.max_steps.is_some() {
        reader.mistake("EPOCHS and MAX_STEPS are both set; set one of them");
    }
    training
}

fn train_settings(reader: &mut Reader) -> TrainSettings {
    TrainSettings {
        input_rows: reader.whole("INPUT_SEQ_LEN"),
        output_rows: reader.whole("OUTPUT_SEQ_LEN"),
        hidden_size: reader.whole("HIDDEN_SIZE"),
        num_layers: reader.whole("NUM_LAYERS"),
        batch_size: reader.whole("BATCH_SIZE"),
        max_steps: reader.optional_whole("MAX_STEPS").map(|steps| steps as usize),
        epochs: reader.optional_whole("EPOCHS").map(|epochs| epochs as usize),
        learning_rate: reader.number("LEARNING_RATE"),
        seed: reader.whole("SEED"),
        threads: 1,
    }
}
