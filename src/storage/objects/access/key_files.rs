//! Keys in files, which are read again when the store refuses those that it was shown: so they change without a restart.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials, future};
use aws_sdk_s3::config::interceptors::InterceptorContext;
use aws_sdk_s3::config::retry::{ClassifyRetry, RetryAction};
use parking_lot::Mutex;

/// Where the keys of a store come from. Clones share what was read last.
#[derive(Clone)]
pub struct KeyFiles(Arc<Shared>);

struct Shared {
    access_key: KeySource,
    secret_key: KeySource,
    session_token: Option<KeySource>,
    keys: ArcSwap<Credentials>,
    changed: Mutex<Option<Instant>>,
}

/// How long after a change requests with the old keys may still be refused.
const OLD_KEYS_IN_FLIGHT: Duration = Duration::from_secs(10);

/// A key, and the file that it was read from.
#[derive(Clone)]
pub struct KeySource {
    /// The key as it was read at the start.
    pub text: String,
    /// The file; without one the key never changes.
    pub file: Option<PathBuf>,
}

impl KeyFiles {
    /// The keys as they were read at the start, and their files.
    pub fn new(access_key: KeySource, secret_key: KeySource, session_token: Option<KeySource>) -> Self {
        let keys = credentials(
            access_key.text.clone(),
            secret_key.text.clone(),
            session_token.as_ref().map(|token| token.text.clone()),
        );
        let keys = ArcSwap::from_pointee(keys);
        Self(Arc::new(Shared { access_key, secret_key, session_token, keys, changed: Mutex::default() }))
    }

    /// Reads the files again after a refusal; says whether it may be due to keys that have changed since. Files that cannot be read, as
    /// while they are replaced, change nothing.
    pub(in crate::storage::objects) fn read_again(&self) -> bool {
        let mut changed = self.0.changed.lock();
        if self.have_changed() {
            *changed = Some(Instant::now());
        }
        changed.is_some_and(|at| at.elapsed() < OLD_KEYS_IN_FLIGHT)
    }

    fn have_changed(&self) -> bool {
        let shared = &*self.0;
        let token = shared.session_token.as_ref().map(KeySource::now);
        let (Some(access_key), Some(secret_key)) = (shared.access_key.now(), shared.secret_key.now()) else {
            return false;
        };
        if token == Some(None) {
            return false;
        }
        let (before, now) = (shared.keys.load(), credentials(access_key, secret_key, token.flatten()));
        let is_same = before.access_key_id() == now.access_key_id()
            && before.secret_access_key() == now.secret_access_key()
            && before.session_token() == now.session_token();
        if is_same {
            return false;
        }
        shared.keys.store(Arc::new(now));
        tracing::info!(event = "store_keys_read_again", service = "node");
        true
    }
}

impl KeySource {
    fn now(&self) -> Option<String> {
        let Some(file) = &self.file else { return Some(self.text.clone()) };
        let text = std::fs::read_to_string(file).ok()?;
        Some(text.trim().to_owned()).filter(|text| !text.is_empty())
    }
}

fn credentials(access_key: String, secret_key: String, session_token: Option<String>) -> Credentials {
    Credentials::new(access_key, secret_key, session_token, None, "files")
}

impl ProvideCredentials for KeyFiles {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::ready(Ok(Credentials::clone(&self.0.keys.load())))
    }
}

/// A request that was refused is sent again if the files have other keys by now. It is asked twice for each answer.
impl ClassifyRetry for KeyFiles {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let status = context.response().map(|response| response.status().as_u16());
        // unknown keys are a 403, and with some stores a 400 or 401
        match matches!(status, Some(400 | 401 | 403)) && self.read_again() {
            true => RetryAction::transient_error(),
            false => RetryAction::NoActionIndicated,
        }
    }

    fn name(&self) -> &'static str {
        "keys in files"
    }
}

impl fmt::Debug for KeyFiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyFiles")
    }
}
