//! The search for what a crash or a lost topic left undone. Objects are the truth: whatever lies between two
//! of them can be found again.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::actors::shared::{CHECKPOINT_PATIENCE, Recipe, Services, has_lost_files, newest_datasets};
use crate::forecast::Family;
use crate::storage::{CheckpointError, LeaseStatus, StorageError};

use super::messages::Train;

/// What a search for trainings found.
#[derive(Default)]
pub struct Untrained {
    /// What nobody works on.
    pub work: Vec<Train>,
    /// What somebody works on, and when to look at it again, should nothing more be heard of him.
    pub held: Vec<(Train, Duration)>,
}

/// Families without a finished or failed run on the newest data sets, or without its files, as work for the trainer. Runs that are
/// `beyond_repair` need no other attempt.
pub async fn untrained(
    services: &Services,
    families: &[Family],
    recipe: &Recipe,
    beyond_repair: &BTreeSet<String>,
) -> Result<Untrained, StorageError> {
    let mut found = Untrained::default();
    for record in newest_datasets(services).await? {
        for &family in families {
            let lineage = recipe.lineage(family, &record);
            let run = match services.runs.find(family, &lineage).await {
                Ok(run) => run,
                Err(error) if error.is_outage() => return Err(error),
                // one record that cannot be read is no reason to leave everything else undone
                Err(error) => {
                    tracing::warn!(event = "gap_search_fail", service = "train", model_type = %family, %error);
                    continue;
                }
            };
            if let Some(run) = &run
                && (beyond_repair.contains(&run.lineage.run_id) || !has_lost_files(services, run).await?)
            {
                continue;
            }
            let train = Train { dataset: record.key(), family, delivery: None };
            match services.leases.look(family, &lineage).await? {
                LeaseStatus::Held(look_again) => found.held.push((train, look_again)),
                LeaseStatus::BeyondRepair if run.is_some() => {}
                LeaseStatus::BeyondRepair | LeaseStatus::Free => found.work.push(train),
            }
        }
    }
    Ok(found)
}

/// Removes checkpoints whose work is recorded: a trainer that had lost its lease, or died, may have left one behind the run.
///
/// One that stays is of no harm, so that this only warns.
pub async fn sweep_checkpoints(services: &Services) {
    let left = match services.checkpoints.list().await {
        Ok(left) => left,
        Err(error) => return tracing::warn!(event = "checkpoint_remove_fail", service = "train", %error),
    };
    for (family, lineage) in left {
        let swept = async {
            if services.runs.find(family, &lineage).await?.is_some() {
                services.checkpoints.remove(family, &lineage, CHECKPOINT_PATIENCE).await?;
            }
            Ok::<_, SweepError>(())
        };
        if let Err(error) = swept.await {
            tracing::warn!(event = "checkpoint_remove_fail", service = "train", model_type = %family, %error);
        }
    }
}

/// Why a checkpoint is still there.
#[derive(Debug, thiserror::Error)]
enum SweepError {
    #[error(transparent)]
    Storage(#[from] StorageError),
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
}
