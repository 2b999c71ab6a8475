//! The contest of the families, and the winner fitted to all rows.

use crate::forecast::data::Series;
use crate::forecast::evaluate::{Candidate, Contestant, Rules, TestOrigins, Verdict, judge};
use crate::forecast::families::VerifiedModel;
use crate::forecast::model::{Family, MinMax, Standing, TrainSettings};

use super::error::SelectionError;
use super::fitted::{Fitted, fit_and_measure, fit_model};
use super::parts::Parts;
use super::settings::SelectionSettings;
use super::side_by_side::side_by_side;

/// The families of a round, fitted to the first four fifths of a series and judged on the last fifth, as a round of the evaluator does.
pub struct Selection {
    parts: Parts,
    train: TrainSettings,
    /// What became of each family, in the order of the table of families.
    pub fitted: Vec<Fitted>,
    /// The scoreboard, best first, and who wins.
    pub verdict: Verdict,
    /// Origins in the test part.
    pub origins: usize,
    /// Steps ahead that were scored, rising.
    pub steps: Vec<usize>,
}

impl Selection {
    /// Fits the families and judges them. Blocks, with `threads` threads of its own.
    ///
    /// # Errors
    /// The rows are too few or cannot be prepared, or a target is not among the columns.
    pub fn of(identifier: &str, series: &Series, settings: &SelectionSettings) -> Result<Self, SelectionError> {
        let parts = Parts::of(identifier, series, settings)?;
        let train = parts.train_settings(&settings.train);
        let prepared = &parts.prepared;
        let origins = TestOrigins::of(&prepared.train, &prepared.test, &prepared.imputed_test, &parts.targets);
        let families: Vec<Family> = Family::fitted_in_round().collect();
        let contest = |family: Family| fit_and_measure(family, &parts, &train, &origins);
        let (mut fitted, mut contestants): (Vec<Fitted>, Vec<Contestant>) = (Vec::new(), Vec::new());
        for (family, contestant) in side_by_side(&families, settings.threads, contest) {
            fitted.push(family);
            contestants.extend(contestant);
        }
        let rules = Rules {
            promotable: &settings.promotable,
            margin: settings.margin,
            weights: settings.weights,
            overlap: origins.overlap(),
        };
        let verdict = judge(contestants, None, &rules);
        Ok(Self { train, fitted, verdict, origins: origins.rows.len(), steps: origins.steps, parts })
    }

    /// The family that won, with its scores; none where none can be served.
    pub fn winner(&self) -> Option<&Candidate> {
        let run_id = self.verdict.winner.as_ref()?;
        self.verdict.scoreboard.iter().find(|candidate| candidate.run_id == *run_id)
    }

    /// The range of the train part, where one target is forecast: errors on its scale become those of the column's unit.
    pub fn target_range(&self) -> Option<f64> {
        let [target] = self.parts.targets.as_slice() else { return None };
        let range = MinMax::fit(&self.parts.prepared.train.column(target)?.values)?;
        Some(range.max - range.min)
    }

    /// The winner, fitted to all rows.
    ///
    /// # Errors
    /// No family can be served, or the winner cannot be fitted to all rows.
    pub fn refit(&self) -> Result<VerifiedModel, SelectionError> {
        let Some(winner) = self.winner() else {
            return Err(SelectionError::NoneChosen(self.verdict.reason.clone()));
        };
        let data = self.parts.training_data(self.parts.all_rows()?);
        let mut model = fit_model(winner.model_type, &data, &self.train, &self.parts.identifier)?;
        model.standing = Standing { fallback: self.verdict.fallback, provisional: false };
        Ok(model)
    }
}
