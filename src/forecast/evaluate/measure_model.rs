//! The scores of a loaded model: that of a run in a round, or that of a file that is fitted at once.

use crate::forecast::data::Series;
use crate::forecast::families::VerifiedModel;
use crate::forecast::model::ModelError;

use super::measure::{Measured, measure};
use super::origins::TestOrigins;

/// Warms a model up and scores it from the origins; `progress` is called once a pass.
///
/// # Errors
/// It forecasts other columns than `targets`, does not warm up, or its forecasts are no numbers.
pub fn measure_model(
    model: &VerifiedModel,
    targets: &[String],
    (train, test): (&Series, &Series),
    origins: &TestOrigins,
    progress: &mut dyn FnMut(),
) -> Result<Measured, ModelError> {
    if model.manifest.targets != targets {
        return Err(ModelError::Context("it forecasts other columns than TARGETS asks for".into()));
    }
    model.warm_up()?;
    measure(model.build()?.as_ref(), &model.manifest, train, test, origins, progress)
}
