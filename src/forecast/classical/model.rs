//! A fitted model, and what is asked of it.

use serde::{Deserialize, Serialize};

use crate::forecast::classical::blend::{Blend, BlendSettings, Limits, fit_blend};
use crate::forecast::classical::error::MethodError;
use crate::forecast::classical::methods::prophet::ProphetSettings;
use crate::forecast::classical::methods::{FittedMethod, Method, ROWS_MAX, Setup};
use crate::forecast::classical::prepare::prepare;
use crate::forecast::classical::rows::{History, Rows, Tail, joined};
use crate::forecast::classical::work::Work;

/// How a model is fitted.
#[derive(Clone, Debug, PartialEq)]
pub struct FitSettings {
    /// Steps ahead that direct methods answer and that a blend is judged on.
    pub horizon: usize,
    /// Seasons in rows; without them they are found.
    pub seasons: Option<Vec<usize>>,
    /// What a blend chooses from.
    pub blend: BlendSettings,
    /// How Prophet is set up.
    pub prophet: ProphetSettings,
}

impl Default for FitSettings {
    fn default() -> Self {
        FitSettings { horizon: 30, seasons: None, blend: BlendSettings::default(), prophet: ProphetSettings::default() }
    }
}

/// What was fitted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fitted {
    /// One method.
    One(FittedMethod),
    /// The blend of several.
    Blend(Blend),
}

/// A fitted model of one target.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Model {
    /// Seasons in rows, the shortest first.
    pub seasons: Vec<usize>,
    /// What was fitted.
    pub fitted: Fitted,
    /// Operations that the fit took, counted.
    pub operations: u64,
    non_negative: bool,
    tail: Tail,
}

impl Model {
    /// Whether the parts of a model that was read fit each other.
    pub fn is_sound(&self) -> bool {
        let are_methods_sound = match &self.fitted {
            Fitted::One(method) => method.is_sound(),
            Fitted::Blend(blend) => blend.members.iter().all(|member| member.method.is_sound()),
        };
        are_methods_sound && self.seasons.iter().all(|season| *season > 0)
    }
}

/// Fits one method.
///
/// # Errors
/// [`MethodError::Data`] says why the rows do not allow it; [`MethodError::Settings`], [`MethodError::Cancelled`].
pub fn fit(method: Method, rows: &Rows, settings: &FitSettings, work: &mut Work) -> Result<Model, MethodError> {
    fit_with(rows, settings, work, |history, setup, _, work| {
        FittedMethod::fit(method, history, setup, work).map(Fitted::One)
    })
}

/// Fits the blend of the pool's methods.
///
/// # Errors
/// As [`fit`].
pub fn fit_blended(rows: &Rows, settings: &FitSettings, work: &mut Work) -> Result<Model, MethodError> {
    fit_with(rows, settings, work, |history, setup, non_negative, work| {
        fit_blend(history, &settings.blend, setup, non_negative, work).map(Fitted::Blend)
    })
}

fn fit_with(
    rows: &Rows,
    settings: &FitSettings,
    work: &mut Work,
    fit: impl FnOnce(&History, &Setup, bool, &mut Work) -> Result<Fitted, MethodError>,
) -> Result<Model, MethodError> {
    if settings.horizon == 0 {
        return Err(MethodError::Settings("the horizon is 0, use at least 1 step".into()));
    }
    let before = work.operations();
    let prepared = prepare(rows, settings.seasons.as_deref())?;
    let setup =
        Setup { seasons: prepared.seasons.clone(), horizon: settings.horizon, prophet: settings.prophet.clone() };
    let fitted = fit(&prepared.history, &setup, prepared.non_negative, work)?;
    Ok(Model {
        seasons: prepared.seasons,
        fitted,
        operations: work.operations() - before,
        non_negative: prepared.non_negative,
        tail: Tail::of(&prepared.history, ROWS_MAX),
    })
}

/// The values of the next `steps` steps after the last of `rows`, in the target's own unit.
///
/// The rows are joined to the last rows of the fit, so that a few are enough; up to 2,000 are used. Known columns must reach `steps`
/// beyond the rows.
///
/// # Errors
/// [`MethodError::Rows`] where the rows do not fit the model, [`MethodError::Diverged`] where an answer is no number.
pub fn forecast(model: &Model, rows: &Rows, steps: usize) -> Result<Vec<f64>, MethodError> {
    if rows.is_empty() {
        return Err(MethodError::Rows("a forecast needs at least one row".into()));
    }
    let season = model.seasons.last().copied();
    let history = joined(&model.tail, season, rows, ROWS_MAX)?;
    let limits = Limits::of(&history.values, model.non_negative);
    match &model.fitted {
        Fitted::One(method) => method.forecast(&history, steps).map(|values| limits.clip(values)),
        Fitted::Blend(blend) => blend.forecast(&history, steps, &limits),
    }
}
