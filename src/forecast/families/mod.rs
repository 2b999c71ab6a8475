//! The families of models, and the one table of them. A family is one file (here, or with a folder beside it), its `mod` line here, and
//! its line in `table`.
//!
//! * `classical`: drift, ETS, Theta, MSTL, Prophet, and their blend
//! * `copied_rows`: what the families share that copy rows of the context
//! * `fit`: training any family
//! * `gru`: GRU
//! * `lstm`: LSTM
//! * `model_memory`: the memory of a loaded model, from its manifest and the size of its weights
//! * `persistence`: the last row, again and again
//! * `recurrent`: the nets of GRU and LSTM, their training and their forecaster
//! * `ridge`: ridge regression on lagged rows
//! * `row`: what a row of the table holds
//! * `seasonal_naive`: the value of the same time yesterday
//! * `table`: the table of families
//! * `torch_threads`: how many threads libtorch uses
//! * `verified_model`: a model whose files were verified, and the forecasters built from it

mod classical;
mod copied_rows;
mod fit;
mod gru;
mod lstm;
mod model_memory;
mod persistence;
mod recurrent;
mod ridge;
mod row;
mod seasonal_naive;
mod table;
mod torch_threads;
mod verified_model;

pub use fit::fit;
pub use model_memory::ModelMemory;
pub use table::{FAMILY_NAMES, TRAINED_NAMES};
pub use torch_threads::use_one_torch_thread;
pub use verified_model::{HeldMemory, VerifiedModel};
