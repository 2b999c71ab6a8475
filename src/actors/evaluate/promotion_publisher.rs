//! Telling promotions on the topic: the pointer in the store is the truth, and the topic only brings it sooner.

use std::collections::BTreeMap;

use crate::actors::shared::{Services, announce_promotion};
use crate::storage::StorageError;

/// By identifier: number of the decision whose pointer was told last.
pub type Told = BTreeMap<String, u64>;

/// Brings every pointer up to its log, and tells those that `told` does not hold yet; answers with all that are told now.
///
/// What a crash or an outage came before is found again: a projection that is missing, and news that nobody heard.
pub async fn tell_promotions(services: &Services, mut told: Told) -> Result<Told, StorageError> {
    let mut untold = Vec::new();
    // first all projections: a broker that is away must not keep a pointer behind its log
    for identifier in services.decisions.identifiers().await? {
        match services.decisions.project(&identifier).await {
            Ok(pointer) => untold.extend(pointer.filter(|pointer| told.get(&identifier) != Some(&pointer.seq))),
            Err(error) if error.is_outage() => return Err(error),
            // one damaged log concerns its own series alone
            Err(error) => {
                tracing::warn!(event = "promotion_root_pointer_write_fail", service = "eval", identifier, error = %error);
            }
        }
    }
    for pointer in untold {
        if announce_promotion(&services.producer, &pointer).await {
            fail::fail_point!("promotion-told");
            told.insert(pointer.identifier, pointer.seq);
        }
    }
    Ok(told)
}
