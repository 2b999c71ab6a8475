//! GRU and LSTM.
//!
//! * `adam`: Adam on plain tensors, as libtorch computes it, with moments that can be kept and put back: tch's optimiser shows none of its state
//! * `checkpoint`: Where a training stands, as bytes: safetensors of everything that a step changes, whose training it is, and a checksum
//! * `forecaster`: GRU and LSTM: fitting, the artifact, and the forecaster; `net` is the net, `training` the loop
//! * `net`: The recurrent net on tch: its sizes, its tensors, its forward pass
//! * `train_loop`: The training loop of the recurrent nets: a fixed short schedule on all train windows, seeded
//! * `train_state`: What a training step changes, the net and its optimiser: from the beginning, or from where an earlier attempt stood

mod adam;
mod checkpoint;
pub(crate) mod forecaster;
mod net;
mod train_loop;
mod train_state;
