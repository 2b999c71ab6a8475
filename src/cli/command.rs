//! A parsed command line: the command with its options.

use std::path::PathBuf;

use crate::config::Config;
use crate::node::InputFiles;
use crate::storage::Audit;

/// One command with its arguments.
#[derive(Debug, Clone)]
pub enum Command {
    /// Start a node.
    Run {
        /// The whole configuration.
        config: Box<Config>,
        /// Files to put into bucket `dataset` first.
        files: Option<InputFiles>,
    },
    /// Draw what `run` would start.
    PrintTopology {
        /// The whole configuration.
        config: Box<Config>,
    },
    /// Make a data set of two files, and exit.
    Preprocess {
        /// The whole configuration.
        config: Box<Config>,
        /// Files to put into bucket `dataset` first.
        files: Option<InputFiles>,
    },
    /// Forecast the rows after those of a file or a data set.
    Forecast {
        /// The whole configuration.
        config: Box<Config>,
        /// Input, horizon and format.
        options: ForecastOptions,
    },
    /// Show how good each family is on a file.
    Backtest {
        /// The whole configuration.
        config: Box<Config>,
        /// The file, and how the errors are shown.
        options: BacktestOptions,
    },
    /// Show what is understood of a file.
    Inspect {
        /// The whole configuration.
        config: Box<Config>,
        /// The file, and how it is shown.
        options: InspectOptions,
    },
    /// Show or move the pointer.
    Promotion {
        /// The whole configuration.
        config: Box<Config>,
        /// Which action, and how it is shown.
        options: PromotionOptions,
    },
    /// Have the running node read the pointer.
    Reload {
        /// The whole configuration.
        config: Box<Config>,
        /// Whether the output is JSON.
        json: bool,
    },
    /// Show or create the topics.
    Topics {
        /// The whole configuration.
        config: Box<Config>,
        /// Whether missing topics are created, and how they are shown.
        options: TopicsOptions,
    },
    /// Show or create the buckets.
    Buckets {
        /// The whole configuration.
        config: Box<Config>,
        /// Whether missing buckets are created, and how they are shown.
        options: BucketsOptions,
    },
    /// Check store, broker, decisions, models and limits.
    Doctor {
        /// The whole configuration.
        config: Box<Config>,
        /// Whether the output is JSON.
        json: bool,
    },
    /// Show the configuration.
    Config {
        /// The whole configuration.
        config: Box<Config>,
        /// Whether the output is JSON.
        json: bool,
    },
    /// Write the synthetic data.
    SampleData {
        /// The folder for it.
        to: PathBuf,
    },
}

/// Options of `flts forecast`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForecastOptions {
    /// The file with the rows to forecast from; `None` means the newest data set.
    pub data: Option<PathBuf>,
    /// Whether a family is fitted to the file, instead of the promoted model.
    pub fit: bool,
    /// Steps to forecast; `None` means as many as the model forecasts at once.
    pub horizon: Option<usize>,
    /// How the forecast is written.
    pub format: Format,
}

/// Options of `flts backtest`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BacktestOptions {
    /// The file.
    pub file: PathBuf,
    /// Whether the output is JSON.
    pub json: bool,
}

/// Options of `flts inspect`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InspectOptions {
    /// The file.
    pub file: PathBuf,
    /// Whether the output is JSON.
    pub json: bool,
}

/// How a forecast is written to stdout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// One row a step.
    Csv,
    /// Lineage and predictions.
    Json,
    /// A chart of the first target and its history.
    Chart,
}

/// Options of `flts promotion`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PromotionOptions {
    /// The action.
    pub action: PromotionAction,
    /// Whether the output is JSON.
    pub json: bool,
}

/// What `flts promotion` does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PromotionAction {
    /// Show the pointer.
    Show,
    /// Show the newest decisions.
    History {
        /// The largest number of decisions shown.
        limit: usize,
    },
    /// Serve an earlier model again.
    Rollback {
        /// Its generation; `None` means the model before the present one.
        to_generation: Option<u64>,
        /// Who rolls back and why.
        audit: Audit,
    },
    /// Serve a given run.
    Set {
        /// The run.
        run_id: String,
        /// Who sets it and why.
        audit: Audit,
    },
}

/// Options of `flts topics`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TopicsOptions {
    /// Whether missing topics are created.
    pub create: bool,
    /// Whether the output is JSON.
    pub json: bool,
}

/// Options of `flts buckets`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BucketsOptions {
    /// Whether missing buckets are created.
    pub create: bool,
    /// Whether the output is JSON.
    pub json: bool,
}
