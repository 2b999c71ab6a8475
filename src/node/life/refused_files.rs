//! Files of the command line that cannot be used end the node where there is nothing else for it to do: it would wait for data that never
//! comes.

use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use crate::actors::{Event, Services};
use crate::storage::{FetchedPointer, StorageError};

/// The name of the files among what is damaged.
const DATA_FILES: &str = "data-files";

/// The outcome of the files of the command line, which the preprocessor tells as an event.
pub struct GivenFiles {
    events: Option<Receiver<Event>>,
    services: Services,
    identifier: String,
}

impl GivenFiles {
    /// Listens to events from now on; without files there is nothing to hear.
    pub fn listen(has_files: bool, services: &Services, identifier: &str) -> Self {
        let events = has_files.then(|| services.events.subscribe());
        Self { events, services: services.clone(), identifier: identifier.to_owned() }
    }

    /// Resolves with the mistakes once the files are refused and the store knows nothing else of the series. Files that were used once
    /// may be replaced by others in the bucket, which end nothing.
    pub async fn refused(&mut self) -> String {
        while let Some(events) = &mut self.events {
            match events.recv().await {
                Ok(Event::DatasetRefused { error }) => {
                    if !is_known(&self.services, &self.identifier).await {
                        return error;
                    }
                    let told = format!(
                        "the files of --data and --test cannot be used: {error}; the node goes on with what the store has"
                    );
                    tracing::warn!(event = "given_files_refused", service = "node", reason = told);
                    self.services.health.damage().found(DATA_FILES, format_args!("{DATA_FILES}: {told}"));
                }
                Ok(Event::DatasetPublished { .. }) | Err(RecvError::Closed) => {
                    self.services.health.damage().mended(DATA_FILES);
                    self.events = None;
                }
                Ok(_) | Err(RecvError::Lagged(_)) => {}
            }
        }
        std::future::pending().await
    }
}

/// Whether the store has a pointer or a data set of the series. A store that does not answer may have one.
async fn is_known(services: &Services, identifier: &str) -> bool {
    has_pointer(services, identifier).await.unwrap_or(true) || has_dataset(services, identifier).await.unwrap_or(true)
}

async fn has_pointer(services: &Services, identifier: &str) -> Result<bool, StorageError> {
    Ok(!matches!(services.decisions.pointer(identifier, None).await?, FetchedPointer::Absent))
}

async fn has_dataset(services: &Services, identifier: &str) -> Result<bool, StorageError> {
    Ok(services.datasets.newest().await?.iter().any(|record| record.identifier == identifier))
}
