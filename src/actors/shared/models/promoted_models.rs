//! The models of all series: the one of this node's own series, and those of others, each as its promotion pointer says.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::sync::Mutex as AsyncMutex;
use tokio::time::timeout;

use crate::actors::shared::services::Services;
use crate::actors::shared::serving::Serving;
use crate::forecast::VerifiedModel;
use crate::storage::FetchedPointer;

use super::fetch_model::{FetchError, fetch_promoted};

/// Other series whose models are kept; the memory of models bounds them too.
const OTHERS_MAX: usize = 1024;
/// How old the last read of a pointer may be.
const POINTER_AGE_MAX: Duration = Duration::from_secs(2);
/// How long it may take to read a pointer and load its model; all who ask for the series wait for it.
const REFRESH_MAX: Duration = Duration::from_secs(10);
/// How long the model before it answers where there is no memory for a new one, before that is tried again.
const MEMORY_PAUSE: Duration = Duration::from_secs(30);

/// Why there is no model to answer with. Each has a cause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoModel {
    /// The store is away, or does not let this node in.
    Unknown(String),
    /// None was ever promoted for the series.
    Absent(String),
    /// It cannot be used just now; that may change.
    Unusable(String),
}

/// Finds the model of a series; clones share the models. One caller at a time reads the pointer of a series, and the others wait for it.
#[derive(Clone)]
pub struct PromotedModels {
    services: Services,
    serving: Serving,
    own: Arc<str>,
    others: Arc<Mutex<OtherModels>>,
}

/// The models of other series, the least recently used one forgotten first. The crate moka does not fit: it would also forget a model
/// that is being loaded, and each request for one series too many would load its model again.
#[derive(Default)]
struct OtherModels {
    models: HashMap<String, CachedModel>,
    /// Counts uses, so that each has its place in time.
    clock: u64,
}

struct CachedModel {
    slot: Arc<AsyncMutex<ModelSlot>>,
    last_use: u64,
}

/// The model of another series, as it was last refreshed.
#[derive(Default)]
struct ModelSlot {
    /// With the ETag of its pointer.
    model: Option<(String, Arc<VerifiedModel>)>,
    /// When the last refresh ended, and how: all who ask until the next one share a failure.
    refreshed: Option<(Instant, Result<(), NoModel>)>,
    /// When there was no memory for the model that the pointer names, beside the one that answers.
    no_memory: Option<Instant>,
}

impl From<FetchError> for NoModel {
    fn from(error: FetchError) -> Self {
        let cause = error.to_string();
        match error {
            FetchError::Store(error) if error.should_hand_back() => NoModel::Unknown(cause),
            _ => NoModel::Unusable(cause),
        }
    }
}

impl PromotedModels {
    /// Nothing but the model of the series that this node serves.
    pub fn new(services: Services, serving: Serving, own: &str) -> Self {
        Self { services, serving, own: own.into(), others: Arc::default() }
    }

    /// Whether the series is the one that this node serves.
    pub fn is_own(&self, identifier: &str) -> bool {
        *self.own == *identifier
    }

    /// The model of the series that this node serves; none before its first promotion.
    pub fn own(&self) -> Option<Arc<VerifiedModel>> {
        self.serving.served()
    }

    /// The model that answers for another series now.
    pub async fn of_other(&self, identifier: &str) -> Result<Arc<VerifiedModel>, NoModel> {
        let slot = self.others.lock().slot(identifier);
        let mut slot = slot.lock().await;
        let fresh =
            slot.refreshed.as_ref().filter(|(at, _)| at.elapsed() < POINTER_AGE_MAX).map(|(_, end)| end.clone());
        let end = match fresh {
            Some(end) => end,
            None => {
                let refreshed = timeout(REFRESH_MAX, self.refresh(identifier, &mut slot)).await;
                let late = |_| Err(NoModel::Unknown(format!("no answer within {} s", REFRESH_MAX.as_secs())));
                let end = refreshed.unwrap_or_else(late);
                slot.refreshed = Some((Instant::now(), end.clone()));
                end
            }
        };
        end?;
        let model = slot.model.as_ref().map(|(_, model)| model.clone());
        model.ok_or_else(|| NoModel::Absent("none was promoted; train one and ask again".into()))
    }

    /// Reads the pointer of a series, and loads the model that it names if that is another one.
    async fn refresh(&self, identifier: &str, slot: &mut ModelSlot) -> Result<(), NoModel> {
        if slot.no_memory.is_some_and(|at| at.elapsed() < MEMORY_PAUSE) {
            return Ok(());
        }
        slot.no_memory = None;
        let etag = slot.model.as_ref().map(|(etag, _)| etag.as_str());
        let fetched = self.services.decisions.pointer(identifier, etag).await;
        match fetched.map_err(|error| NoModel::Unknown(error.to_string()))? {
            FetchedPointer::Unchanged => Ok(()),
            FetchedPointer::Absent => {
                slot.model = None;
                Ok(())
            }
            FetchedPointer::Unreadable { reason } => Err(NoModel::Unusable(reason)),
            FetchedPointer::New { pointer, etag } => {
                match fetch_promoted(&self.services.runs, &pointer).await {
                    Ok(model) => slot.model = Some((etag, Arc::new(model))),
                    Err(error) if error.is_about_memory() && slot.model.is_some() => {
                        slot.no_memory = Some(Instant::now());
                        tracing::warn!(
                            event = "model_not_replaced",
                            service = "inference",
                            identifier,
                            %error,
                            "the model before it answers: both must fit into the memory of models; set MEMORY_BUDGET_MB to allow more"
                        );
                    }
                    Err(error) => return Err(error.into()),
                }
                Ok(())
            }
        }
    }

    /// Forgets the model that was used longest ago, each time another one waits for memory.
    pub async fn free_memory(&self) {
        loop {
            self.services.runs.memory().wanted().await;
            self.others.lock().free_memory();
        }
    }
}

impl OtherModels {
    /// Makes room for another series: those without a model go first, so that they cost no other series its own.
    fn make_room(&mut self) {
        self.forget_idle(|has_model| has_model);
    }

    /// Frees the memory of the model that was used longest ago.
    fn free_memory(&mut self) {
        self.forget_idle(|has_model| !has_model);
    }

    /// Forgets the series that `is_later` is false for, or else any, the one used longest ago first. A slot that somebody waits for stays,
    /// so that its model is loaded once.
    fn forget_idle(&mut self, is_later: impl Fn(bool) -> bool) {
        let idle = self.models.iter().filter(|(_, cached)| Arc::strong_count(&cached.slot) == 1);
        let has_model = |cached: &CachedModel| cached.slot.try_lock().is_ok_and(|slot| slot.model.is_some());
        let first = idle.min_by_key(|(_, cached)| (is_later(has_model(cached)), cached.last_use));
        let first = first.map(|(identifier, _)| identifier.clone());
        first.map(|first| self.models.remove(&first));
    }

    fn slot(&mut self, identifier: &str) -> Arc<AsyncMutex<ModelSlot>> {
        self.clock += 1;
        if !self.models.contains_key(identifier) && self.models.len() >= OTHERS_MAX {
            self.make_room();
        }
        let new = || CachedModel { slot: Arc::default(), last_use: 0 };
        let cached = self.models.entry(identifier.to_owned()).or_insert_with(new);
        cached.last_use = self.clock;
        cached.slot.clone()
    }
}
