//! Why a model could not be trained, loaded or asked.

/// Why a model could not be trained, loaded or asked.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// The watcher of the training stopped it.
    #[error("the training was cancelled")]
    Cancelled,
    /// A training setting that cannot be used.
    #[error("training settings: {0}")]
    Settings(String),
    /// The train rows do not allow this family.
    #[error("{0}")]
    Data(String),
    /// A manifest or its weights are damaged or do not fit each other.
    #[error("artifact: {0}")]
    Artifact(String),
    /// There is never enough memory for the model.
    #[error("model {name} cannot be held: {cause}")]
    TooLarge {
        /// Family and run.
        name: String,
        /// What it takes, and what there is.
        cause: String,
    },
    /// A checkpoint of an earlier attempt is damaged or of another training, so that the training cannot resume from it.
    #[error("checkpoint: {0}")]
    Checkpoint(String),
    /// The context rows, or the horizon asked for, do not fit the model.
    #[error("{0}")]
    Context(String),
    /// The training ended with numbers that cannot be served.
    #[error("the training diverged: {0}")]
    Diverged(String),
    /// libtorch refused an operation.
    #[error("libtorch: {0}")]
    Torch(#[from] tch::TchError),
}
