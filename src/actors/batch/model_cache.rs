//! The models that answer claims: the one that this node serves, and of other series those that claims ask for, each as its pointer says.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Mutex;
use tokio::time::timeout;

use crate::actors::shared::{FetchError, Services, Serving, fetch_promoted};
use crate::forecast::{IDENTIFIER_RULE, VerifiedModel, is_identifier};
use crate::storage::FetchedPointer;

use super::missing_models::Patience;
use super::settings::Trouble;

/// Models of other series that are kept.
const OTHERS_MAX: usize = 8;
/// How old the last look at a pointer may be.
const LOOK_INTERVAL: Duration = Duration::from_secs(2);
/// How long a look may take; claims of the series wait for it.
const LOOK_MAX: Duration = Duration::from_secs(10);

/// Finds the model of a series.
pub struct ModelCache {
    services: Services,
    serving: Serving,
    own: String,
    others: RefCell<Others>,
    patience: RefCell<Patience>,
}

/// The models of other series.
#[derive(Default)]
struct Others {
    models: HashMap<String, Place>,
    /// Counts uses: what was used longest ago goes first.
    clock: u64,
}

struct Place {
    other: Rc<Mutex<Other>>,
    used: u64,
}

/// The model of another series.
#[derive(Default)]
struct Other {
    /// With the ETag of its pointer.
    model: Option<(String, Arc<VerifiedModel>)>,
    /// When the last look ended, and with what; a failure is told to all who ask until the next one.
    looked: Option<(Instant, Result<(), Trouble>)>,
}

/// Why there is no model to answer with.
enum NoModel {
    /// The store is away, or does not let this node in.
    Unknown(String),
    /// It is not there, or cannot be used; that may change.
    Unusable(String),
}

impl From<FetchError> for NoModel {
    fn from(error: FetchError) -> Self {
        let cause = error.to_string();
        match error {
            FetchError::Store(error) if error.is_not_the_record() => NoModel::Unknown(cause),
            _ => NoModel::Unusable(cause),
        }
    }
}

impl ModelCache {
    /// Nothing but the model of the series that this node serves.
    pub fn new(services: Services, serving: Serving, own: String) -> Self {
        Self { services, serving, own, others: RefCell::default(), patience: RefCell::default() }
    }

    /// The model that answers for a series now.
    pub async fn model(&self, identifier: &str) -> Result<Arc<VerifiedModel>, Trouble> {
        if identifier == self.own {
            return self.serving.served().ok_or_else(|| Trouble::Later("no model is promoted yet".into()));
        }
        if !is_identifier(identifier) {
            return Err(Trouble::Refused(format!(
                "field `identifier` is {identifier:?}; it must be {IDENTIFIER_RULE}"
            )));
        }
        let other = self.others.borrow_mut().get(identifier);
        // one looks, and who asks meanwhile hears of it
        let mut other = other.lock().await;
        let fresh = other.looked.as_ref().filter(|(at, _)| at.elapsed() < LOOK_INTERVAL).map(|(_, end)| end.clone());
        let end = match fresh {
            Some(end) => end,
            None => {
                let late = || NoModel::Unknown(format!("no answer within {} s", LOOK_MAX.as_secs()));
                let looked = timeout(LOOK_MAX, self.look(identifier, &mut other)).await.unwrap_or_else(|_| Err(late()));
                let end = self.judged(identifier, looked);
                other.looked = Some((Instant::now(), end.clone()));
                end
            }
        };
        end?;
        let model = other.model.as_ref().map(|(_, served)| served.clone());
        model.ok_or_else(|| Trouble::Later(format!("no model is promoted for identifier `{identifier}` yet")))
    }

    /// What a look means for the claims: what is not there, or broken, is waited for, but not for ever.
    fn judged(&self, identifier: &str, looked: Result<(), NoModel>) -> Result<(), Trouble> {
        let mut patience = self.patience.borrow_mut();
        let told = |cause: String| format!("no model can answer for identifier `{identifier}`: {cause}");
        match looked {
            Ok(()) => {
                patience.met(identifier);
                Ok(())
            }
            Err(NoModel::Unknown(cause)) => Err(Trouble::Later(told(cause))),
            Err(NoModel::Unusable(cause)) => match patience.is_gone(identifier, Instant::now()) {
                true => Err(Trouble::Refused(told(cause))),
                false => Err(Trouble::Later(told(cause))),
            },
        }
    }

    async fn look(&self, identifier: &str, other: &mut Other) -> Result<(), NoModel> {
        let known = other.model.as_ref().map(|(etag, _)| etag.as_str());
        let fetched = self.services.decisions.pointer(identifier, known).await;
        match fetched.map_err(|error| NoModel::Unknown(error.to_string()))? {
            FetchedPointer::Unchanged => Ok(()),
            FetchedPointer::Absent => {
                other.model = None;
                Err(NoModel::Unusable("none was promoted; train one and ask again".into()))
            }
            FetchedPointer::Unreadable { reason } => Err(NoModel::Unusable(reason)),
            FetchedPointer::New { pointer, etag } => {
                other.model = Some((etag, Arc::new(fetch_promoted(&self.services.runs, &pointer).await?)));
                Ok(())
            }
        }
    }
}

impl Others {
    fn get(&mut self, identifier: &str) -> Rc<Mutex<Other>> {
        self.clock += 1;
        if !self.models.contains_key(identifier) && self.models.len() >= OTHERS_MAX {
            // a model costs one load to have again; who is in use keeps what it has
            let idle = self.models.iter().filter(|(_, place)| Rc::strong_count(&place.other) == 1);
            let oldest = idle.min_by_key(|(_, place)| place.used).map(|(identifier, _)| identifier.clone());
            oldest.map(|oldest| self.models.remove(&oldest));
        }
        let place = self.models.entry(identifier.to_owned()).or_insert_with(|| Place { other: Rc::default(), used: 0 });
        place.used = self.clock;
        place.other.clone()
    }
}
