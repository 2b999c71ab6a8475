//! The models that answer claims: the one that this node serves, and of other series those that claims ask for, each as its pointer says.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Mutex;

use crate::forecast::{IDENTIFIER_RULE, Served, is_identifier};
use crate::storage::FetchedPointer;

use super::super::loading::fetch;
use super::super::services::Services;
use super::super::serving::Serving;
use super::Trouble;

/// Models of other series that are kept.
const OTHERS_MAX: usize = 8;
/// How old the last look at a pointer may be.
const LOOK_INTERVAL: Duration = Duration::from_secs(2);
/// How long a series without a promoted model is waited for: its first one may be in training.
const ABSENCE_MAX: Duration = Duration::from_secs(600);

/// Finds the model of a series.
pub struct Shelf {
    services: Services,
    serving: Serving,
    own: String,
    others: RefCell<HashMap<String, Rc<Mutex<Other>>>>,
}

/// The model of another series.
#[derive(Default)]
struct Other {
    /// With the ETag of its pointer.
    model: Option<(String, Arc<Served>)>,
    looked: Option<Instant>,
    absent_since: Option<Instant>,
}

impl Shelf {
    /// Nothing but the model of the series that this node serves.
    pub fn new(services: Services, serving: Serving, own: String) -> Self {
        Self { services, serving, own, others: RefCell::default() }
    }

    /// The model that answers for a series now.
    pub async fn model(&self, identifier: &str) -> Result<Arc<Served>, Trouble> {
        if identifier == self.own {
            return self.serving.served().ok_or_else(|| Trouble::Later("no model is promoted yet".into()));
        }
        if !is_identifier(identifier) {
            return Err(Trouble::Refused(format!(
                "field `identifier` is {identifier:?}; it must be {IDENTIFIER_RULE}"
            )));
        }
        let other = self.other(identifier);
        // one looks, and who asks meanwhile hears of it
        let mut other = other.lock().await;
        let is_fresh = other.looked.is_some_and(|looked| looked.elapsed() < LOOK_INTERVAL);
        if !is_fresh {
            self.look(identifier, &mut other).await?;
            other.looked = Some(Instant::now());
        }
        match (&other.model, other.absent_since) {
            (Some((_, served)), _) => Ok(served.clone()),
            (None, Some(since)) if since.elapsed() >= ABSENCE_MAX => Err(Trouble::Refused(format!(
                "no model was promoted for identifier `{identifier}`; train one and ask again"
            ))),
            (None, _) => Err(Trouble::Later(format!("no model is promoted for identifier `{identifier}` yet"))),
        }
    }

    async fn look(&self, identifier: &str, other: &mut Other) -> Result<(), Trouble> {
        let known = other.model.as_ref().map(|(etag, _)| etag.as_str());
        let fetched = self.services.decisions.pointer(identifier, known).await;
        match fetched.map_err(|error| Trouble::Later(error.to_string()))? {
            FetchedPointer::Unchanged => {}
            FetchedPointer::Absent => {
                other.model = None;
                other.absent_since.get_or_insert_with(Instant::now);
            }
            FetchedPointer::Unreadable { reason } => return Err(Trouble::Refused(reason)),
            FetchedPointer::New { pointer, etag } => {
                let served =
                    fetch(&self.services, &pointer).await.map_err(|error| Trouble::Later(error.to_string()))?;
                other.absent_since = None;
                other.model = Some((etag, Arc::new(served)));
            }
        }
        Ok(())
    }

    fn other(&self, identifier: &str) -> Rc<Mutex<Other>> {
        let mut others = self.others.borrow_mut();
        if let Some(other) = others.get(identifier) {
            return other.clone();
        }
        if others.len() >= OTHERS_MAX {
            // a model costs one load to have again; who is in use keeps what it has
            others.retain(|_, other| Rc::strong_count(other) > 1);
        }
        others.entry(identifier.to_owned()).or_default().clone()
    }
}
