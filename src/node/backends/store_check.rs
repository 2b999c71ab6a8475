//! Checks whether a configured store supports conditional writes. Leases, the decision log and the pointer depend on them, so a
//! node that judges or trains does not start without them, unless a setting allows it.

use crate::actors::{Role, Roles};
use crate::config::Config;
use crate::storage::{ConditionSupport, ObjectError, ObjectStore, PROMOTION_BUCKET};

use super::clients::retry_while_away;

/// The store ignores conditional writes, and this node needs them.
#[derive(Debug, thiserror::Error)]
#[error(
    "the object store at {place} cannot be used: {broken}, so that two evaluators could promote at once and a training could be \
     done twice; use a store that keeps to conditional writes (the embedded one, MinIO, AWS S3), or set ALLOW_UNSAFE_POINTER=1 \
     with one evaluator, one trainer and nobody who promotes by hand"
)]
pub struct UnsafeStore {
    place: String,
    broken: &'static str,
}

/// Checks a configured store as soon as it answers, and returns warnings for operators.
///
/// # Errors
/// [`UnsafeStore`], or an error of the store.
pub async fn store_warnings(config: &Config, objects: &ObjectStore) -> anyhow::Result<Vec<String>> {
    // a joined or own store is an embedded one, which supports conditional writes
    let Some(place) = config.object_store.place() else { return Ok(Vec::new()) };
    if !uses_conditional_writes(&config.roles) {
        return Ok(Vec::new());
    }
    let is_needed = config.roles.has(Role::Evaluator) || config.roles.has(Role::Trainer);
    let probed = match retry_while_away(|| objects.probe_conditions(PROMOTION_BUCKET)).await {
        // a node that only serves needs no write access
        Err(ObjectError::Refused { reason, .. }) if !is_needed => {
            let warning = format!(
                "the object store at {place} did not let conditional writes be tried ({reason}): this node serves, and cannot roll back"
            );
            tracing::warn!(event = "unsafe_store", service = "node", reason = warning);
            return Ok(vec![warning]);
        }
        probed => probed?,
    };
    let ConditionSupport::Broken(broken) = probed else { return Ok(Vec::new()) };
    if is_needed && !config.object_store.allow_unsafe_pointer {
        return Err(UnsafeStore { place, broken }.into());
    }
    let warning = format!(
        "the object store at {place} ignores conditional writes ({broken}): run one evaluator and one trainer, and let nobody \
         promote by hand meanwhile"
    );
    tracing::warn!(event = "unsafe_store", service = "node", reason = warning);
    Ok(vec![warning])
}

/// The check of a command that moves the pointer.
///
/// # Errors
/// [`UnsafeStore`], or an error of the store.
pub async fn require_conditional_writes(config: &Config, objects: &ObjectStore) -> anyhow::Result<()> {
    let Some(place) = config.object_store.place().filter(|_| !config.object_store.allow_unsafe_pointer) else {
        return Ok(());
    };
    match objects.probe_conditions(PROMOTION_BUCKET).await? {
        ConditionSupport::Kept => Ok(()),
        ConditionSupport::Broken(broken) => Err(UnsafeStore { place, broken }.into()),
    }
}

/// Whether a role uses conditional writes: evaluators for decisions, trainers for leases, inference for a rollback.
fn uses_conditional_writes(roles: &Roles) -> bool {
    [Role::Evaluator, Role::Trainer, Role::Inference].into_iter().any(|role| roles.has(role))
}
