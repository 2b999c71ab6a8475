//! Whether a configured store keeps to conditional writes. Leases, the decision log and the pointer stand on them, so that a node
//! that judges or trains does not start without, unless it is told to.

use crate::actors::{Role, Roles};
use crate::config::Config;
use crate::storage::{Conditions, ObjectError, ObjectStore, PROMOTION_BUCKET};

use super::backends::until_it_answers;

/// A store that ignores conditions, where somebody needs them.
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

/// Probes a configured store once it answers; what operators should go on seeing comes back.
pub async fn warnings(config: &Config, objects: &ObjectStore) -> anyhow::Result<Vec<String>> {
    // the store of a node that is joined, or our own, is an embedded one, which keeps to them
    let Some(place) = config.object_store.place() else { return Ok(Vec::new()) };
    if !writes_under_conditions(&config.roles) {
        return Ok(Vec::new());
    }
    let is_needed = config.roles.has(Role::Evaluator) || config.roles.has(Role::Trainer);
    let found = match until_it_answers(|| objects.probe_conditions(PROMOTION_BUCKET)).await {
        // whoever only serves needs no right to write
        Err(ObjectError::Refused { reason, .. }) if !is_needed => {
            let warning = format!(
                "the object store at {place} did not let conditional writes be tried ({reason}): this node serves, and cannot roll back"
            );
            tracing::warn!(event = "unsafe_store", service = "node", reason = warning);
            return Ok(vec![warning]);
        }
        found => found?,
    };
    let Conditions::Broken(broken) = found else { return Ok(Vec::new()) };
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

/// The command that moves the pointer: as a node that judges.
pub async fn before_moving_the_pointer(config: &Config, objects: &ObjectStore) -> anyhow::Result<()> {
    let Some(place) = config.object_store.place().filter(|_| !config.object_store.allow_unsafe_pointer) else {
        return Ok(());
    };
    match objects.probe_conditions(PROMOTION_BUCKET).await? {
        Conditions::Kept => Ok(()),
        Conditions::Broken(broken) => Err(UnsafeStore { place, broken }.into()),
    }
}

/// Whoever judges writes decisions, whoever trains writes leases, and whoever serves may be told to roll back.
fn writes_under_conditions(roles: &Roles) -> bool {
    [Role::Evaluator, Role::Trainer, Role::Inference].into_iter().any(|role| roles.has(role))
}
