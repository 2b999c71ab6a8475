//! The classical families: one model per target, fitted on its last rows alone and answering from the rows of a request, which are joined
//! to the last rows of the fit.
//!
//! * `drift`, `ets`, `theta`, `mstl`, `prophet`, `blend`: their rows of the table of families
//! * `fit`: the fit of any of them, target by target
//! * `budget`: how much a fit may compute, from the shape of the data
//! * `train_rows`: the train rows of a target, gaps included
//! * `forecaster`: a loaded model per target
//! * `document`: a model as a document and a list of numbers

mod blend;
mod budget;
mod document;
mod drift;
mod ets;
mod fit;
mod forecaster;
mod mstl;
mod prophet;
mod theta;
mod train_rows;

pub use blend::ROW as BLEND_ROW;
pub use drift::ROW as DRIFT_ROW;
pub use ets::ROW as ETS_ROW;
pub use fit::fit_seasonal_naive;
pub use forecaster::load;
pub use mstl::ROW as MSTL_ROW;
pub use prophet::ROW as PROPHET_ROW;
pub use theta::ROW as THETA_ROW;
