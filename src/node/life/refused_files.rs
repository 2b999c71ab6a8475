//! Files of the command line that cannot be used end the node: it would wait for data that never comes.

use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use crate::actors::Event;

/// The outcome of the files of the command line, which the preprocessor tells as an event.
pub struct GivenFiles {
    events: Option<Receiver<Event>>,
}

impl GivenFiles {
    /// Listens to events from now on; without files there is nothing to hear.
    pub fn listen(has_files: bool, subscribe: impl FnOnce() -> Receiver<Event>) -> Self {
        Self { events: has_files.then(subscribe) }
    }

    /// Resolves with the mistakes once the files are refused. Files that were used once may be replaced by others in the bucket,
    /// which end nothing.
    pub async fn refused(&mut self) -> String {
        while let Some(events) = &mut self.events {
            match events.recv().await {
                Ok(Event::DatasetRefused { error }) => return error,
                Ok(Event::DatasetPublished { .. }) | Err(RecvError::Closed) => self.events = None,
                Ok(_) | Err(RecvError::Lagged(_)) => {}
            }
        }
        std::future::pending().await
    }
}
