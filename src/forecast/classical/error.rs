//! Why a method could not be fitted, or could not answer.

/// Why a method could not be fitted, or could not answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MethodError {
    /// The watcher of the work stopped it.
    #[error("the fit was cancelled")]
    Cancelled,
    /// A setting that cannot be used.
    #[error("fit settings: {0}")]
    Settings(String),
    /// The train rows do not allow this method.
    #[error("{0}")]
    Data(String),
    /// The rows of a request do not fit the model.
    #[error("{0}")]
    Rows(String),
    /// The fit or the forecast ended with numbers that cannot be served.
    #[error("the numbers diverged: {0}")]
    Diverged(String),
}
