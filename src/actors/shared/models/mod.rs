//! Models: fetched from the store, loaded by the actor that serves them, and those of other series.
//!
//! * `fetch_model`: fetches a model from the store and verifies it
//! * `model_loader`: asks the actor that loads models
//! * `promoted_models`: the models of all series, each as its promotion pointer says

mod fetch_model;
mod model_loader;
mod promoted_models;

pub use fetch_model::{FetchError, fetch_model, fetch_promoted};
pub use model_loader::ModelLoader;
pub use promoted_models::{NoModel, PromotedModels};
