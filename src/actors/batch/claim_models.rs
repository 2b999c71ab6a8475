//! The models that answer claims. A claim of a series without one is retried, but not for ever.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::Instant;

use crate::actors::shared::{NoModel, PromotedModels};
use crate::forecast::VerifiedModel;

use super::claim_error::ClaimError;
use super::waiting::MissingModels;

/// Finds the model of a claim.
pub struct ClaimModels {
    models: PromotedModels,
    missing: RefCell<MissingModels>,
}

impl ClaimModels {
    /// These models; no series is known to lack one.
    pub fn new(models: PromotedModels) -> Self {
        Self { models, missing: RefCell::default() }
    }

    /// The model that answers for a series now.
    pub async fn model(&self, identifier: &str) -> Result<Arc<VerifiedModel>, ClaimError> {
        if self.models.is_own(identifier) {
            return self.models.own().ok_or_else(|| ClaimError::NoModel("no model is promoted yet".into()));
        }
        let found = self.models.of_other(identifier).await;
        let mut missing = self.missing.borrow_mut();
        let message = |cause: String| format!("no model can answer for identifier `{identifier}`: {cause}");
        match found {
            Ok(model) => {
                missing.found(identifier);
                Ok(model)
            }
            Err(NoModel::Unknown(cause)) => Err(ClaimError::Retry(message(cause))),
            Err(NoModel::Absent(cause) | NoModel::Unusable(cause)) => {
                match missing.is_given_up(identifier, Instant::now()) {
                    true => Err(ClaimError::rejected(message(cause))),
                    false => Err(ClaimError::NoModel(message(cause))),
                }
            }
        }
    }

    /// Forgets models of other series for as long as other models wait for memory.
    pub async fn free_memory(&self) {
        self.models.free_memory().await;
    }
}
