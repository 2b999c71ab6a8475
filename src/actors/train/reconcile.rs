//! The search for what a crash or a lost record left undone. It compares objects only: no topic is needed to find missing work.

use std::time::Duration;

use crate::actors::shared::{CHECKPOINT_PATIENCE, Recipe, Services, has_lost_files};
use crate::forecast::{Family, Lineage};
use crate::storage::{CheckpointError, LeaseStatus, StorageError};

use super::known_ids::KnownIds;
use super::messages::Train;

/// Trainings whose runs are missing.
#[derive(Default)]
pub struct MissingRuns {
    /// Those that no trainer works on.
    pub free: Vec<Train>,
    /// Those that another trainer holds the lease of, and the time after which the lease may have run out.
    pub held: Vec<(Train, Duration)>,
}

/// Families without a recorded run on the newest data set of a series, or whose run has lost its files and may get them back. Data sets
/// that are too large for this process are left out.
pub async fn find_missing_runs(
    services: &Services,
    families: &[Family],
    recipe: &Recipe,
    unrepairable: &KnownIds,
    too_large: &KnownIds,
) -> Result<MissingRuns, StorageError> {
    let mut missing = MissingRuns::default();
    let newest = services.datasets.newest().await?;
    for record in newest.into_iter().filter(|record| !too_large.contains(&record.dataset_id)) {
        for &family in families {
            let train = Train { dataset: record.key(), family, delivery: None };
            match work_left(services, family, &recipe.lineage(family, &record), unrepairable).await {
                Ok(None) => {}
                Ok(Some(LeaseStatus::Held(look_again))) => missing.held.push((train, look_again)),
                Ok(Some(_)) => missing.free.push(train),
                Err(error) if error.is_outage() => return Err(error),
                // one unreadable record must not stop the search for the others
                Err(error) => {
                    tracing::warn!(event = "gap_search_fail", service = "train", model_type = %family, %error);
                }
            }
        }
    }
    Ok(missing)
}

/// The lease of a training that is left to do; none where its run is recorded and has its files, or cannot get them back.
async fn work_left(
    services: &Services,
    family: Family,
    lineage: &Lineage,
    unrepairable: &KnownIds,
) -> Result<Option<LeaseStatus>, StorageError> {
    let run = services.runs.find(family, lineage).await?;
    if let Some(run) = &run
        && (unrepairable.contains(&run.lineage.run_id) || !has_lost_files(services, run).await?)
    {
        return Ok(None);
    }
    let lease = services.leases.look(family, lineage).await?;
    Ok(Some(lease).filter(|lease| *lease != LeaseStatus::BeyondRepair || run.is_none()))
}

/// Removes checkpoints of recorded runs, which a trainer that crashed or lost its lease may leave behind. It looks at one page of them,
/// after the place where the last sweep ended, and answers with the place where the next one goes on. Failures are only logged: a
/// checkpoint that stays does no harm.
pub async fn sweep_checkpoints(services: &Services, after: Option<String>) -> Option<String> {
    let page = match services.checkpoints.page(after.as_deref()).await {
        Ok(page) => page,
        Err(error) => {
            tracing::warn!(event = "checkpoint_remove_fail", service = "train", %error);
            return after;
        }
    };
    for (family, lineage) in page.trainings {
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
    page.next
}

/// Why a checkpoint was not removed.
#[derive(Debug, thiserror::Error)]
enum SweepError {
    #[error(transparent)]
    Storage(#[from] StorageError),
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
}
