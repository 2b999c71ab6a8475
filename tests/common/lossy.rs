//! A network between a client and its store that loses what it is told to lose.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use super::wire::{Request, refusal, serve};

/// What becomes of a request.
#[derive(Clone, Copy, Debug)]
pub enum Fault {
    /// It arrives, and its answer does not.
    AnswerLost,
    /// It arrives and the store says that it has failed.
    AnswerReplaced,
    /// It does not arrive.
    RequestLost,
    /// Only half of its answer arrives.
    AnswerCut,
    /// The store, which has restarted, knows nothing of the upload.
    UploadGone,
    /// It is never answered.
    Silence,
}

/// The faults of requests whose method and path hold these words, in their order.
type Plan = VecDeque<(&'static str, &'static str, Fault)>;

/// The way to a store.
#[derive(Clone)]
pub struct Lossy {
    pub endpoint: String,
    plan: Arc<Mutex<Plan>>,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Lossy {
    /// The way to the store at this address.
    pub async fn before(endpoint: &str) -> Self {
        let (plan, seen) = (Arc::<Mutex<Plan>>::default(), Arc::<Mutex<Vec<String>>>::default());
        let upstream = endpoint.trim_start_matches("http://").to_owned();
        let (planned, noted) = (plan.clone(), seen.clone());
        let addr = serve(move |request| {
            let (upstream, fault) = (upstream.clone(), due(&planned, &request));
            noted.lock().unwrap().push(format!("{} {}", request.method, request.path));
            async move { carried(&request, fault, &upstream).await }
        });
        Self { endpoint: format!("http://{}", addr.await), plan, seen }
    }

    /// Loses the next request whose method and path hold these words.
    pub fn lose(&self, method: &'static str, path: &'static str, fault: Fault) {
        self.plan.lock().unwrap().push_back((method, path, fault));
    }

    /// Every request so far: its method, and its path with the query.
    pub fn requests(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }

    /// How many requests with this method and this word in their path came by.
    pub fn count(&self, method: &str, path: &str) -> usize {
        let seen = self.seen.lock().unwrap();
        seen.iter().filter(|line| line.starts_with(method) && line.contains(path)).count()
    }
}

fn due(plan: &Mutex<Plan>, request: &Request) -> Option<Fault> {
    let mut plan = plan.lock().unwrap();
    let meant = plan.iter().position(|(method, path, _)| request.method == *method && request.path.contains(path))?;
    plan.remove(meant).map(|(_, _, fault)| fault)
}

async fn carried(request: &Request, fault: Option<Fault>, upstream: &str) -> Option<Vec<u8>> {
    match fault {
        None => Some(request.forwarded_to(upstream).await),
        Some(Fault::AnswerLost) => {
            request.forwarded_to(upstream).await;
            None
        }
        Some(Fault::AnswerReplaced) => {
            request.forwarded_to(upstream).await;
            Some(refusal(500, "InternalError"))
        }
        Some(Fault::RequestLost) => None,
        Some(Fault::AnswerCut) => {
            let whole = request.forwarded_to(upstream).await;
            Some(whole[..whole.len() - 1].to_vec())
        }
        Some(Fault::UploadGone) => Some(refusal(404, "NoSuchUpload")),
        Some(Fault::Silence) => std::future::pending().await,
    }
}
