//! The routes: one topic a file, and one table of them. A new route is a file here and a row in `table`.
//!
//! * `config`: `GET /debug/config`
//! * `debug`: `GET /debug/actors[/{name}]`
//! * `faults`: `POST /debug/faults/{actor}`
//! * `files`: `POST /upload/{bucket}/{path}` and `GET /download/{bucket}/{path}`
//! * `health`: `GET /healthz` and `GET /readyz`
//! * `log_level`: `PUT /debug/log-level`
//! * `metrics`: `GET /metrics`, `GET /prometheus`, `GET /queue_stats` and `GET /predict_ping`
//! * `openapi`: `GET /openapi.json`
//! * `predict`: `POST /predict` and `GET /forecast[/{identifier}]`
//! * `promotion`: `/promotion`: the pointer, its history, and rollback
//! * `publish`: `POST /publish_inference_claims`
//! * `reload`: `POST /reload_latest`
//! * `scale`: `POST /scale_workers`
//! * `series`: `GET /series`
//! * `table`: the table of routes

mod config;
mod debug;
mod faults;
mod files;
mod health;
mod log_level;
mod metrics;
mod openapi;
mod predict;
mod promotion;
mod publish;
mod reload;
mod scale;
mod series;
mod table;

pub use table::table;
