//! The routes: one a file, and one table of them.
//!
//! * `config`: `GET /debug/config`: the settings that hold, secrets redacted
//! * `debug`: `GET /debug/actors[/{name}]`: what an operator looks at when something is wrong
//! * `faults`: `POST /debug/faults/{actor}`: break an actor or a thread on purpose, only where that is enabled
//! * `health`: Probes
//! * `log_level`: `PUT /debug/log-level`: other log directives, without a restart
//! * `metrics`: `GET /metrics` for Prometheus and in the JSON of the system FLTS replaces, `GET /queue_stats`, `GET /predict_ping`
//! * `predict`: `POST /predict`: rows in, forecast out
//! * `promotion`: `/promotion`: the pointer, its history, and rollback
//! * `publish`: `POST /publish_inference_claims`: puts claims on `inference-data`, for tests of load and of other systems
//! * `reload`: `POST /reload_latest`: read the pointer now instead of at the next poll, and say what came of it
//! * `scale`: `POST /scale_workers`: grow or shrink the pool of this pod
//! * `table`: The table of routes: the one place that says what there is

mod config;
mod debug;
mod faults;
mod health;
mod log_level;
mod metrics;
pub(crate) mod predict;
mod promotion;
mod publish;
mod reload;
pub(crate) mod scale;
mod table;

pub use table::table;
