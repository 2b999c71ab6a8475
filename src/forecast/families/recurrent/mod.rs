//! The recurrent nets of GRU and LSTM: one training and one forecaster for both kinds of cell.
//!
//! * `adam`: Adam on plain tensors, as libtorch computes it, with moments that a checkpoint can hold
//! * `checkpoint`: the state of a training as bytes: tensors, owner, checksum
//! * `forecaster`: from training data to an artifact, and from an artifact to forecasts
//! * `net`: the net on tch: its cell, its sizes, its tensors, its forward pass
//! * `train_loop`: the training loop: a fixed short schedule on all train windows, seeded
//! * `train_state`: the net and its optimiser, at the beginning or as a checkpoint has them
//! * `train_tensors`: the train part as standardised tensors, and batches of windows from them

mod adam;
mod checkpoint;
mod forecaster;
mod net;
mod train_loop;
mod train_state;
mod train_tensors;

pub use forecaster::{SETTINGS, fit, load};
pub use net::CellKind;
