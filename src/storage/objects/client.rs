//! How the S3 client is made, and where its calls run.

use std::fmt;
use std::future::Future;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{
    BehaviorVersion, Config, Credentials, Region, RequestChecksumCalculation, ResponseChecksumValidation,
};
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use crate::runtime::Dependency;

use super::error::{Failure, ObjectError};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// Until the first byte of an answer.
const READ_TIMEOUT: Duration = Duration::from_secs(20);
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(60);
const OPERATION_TIMEOUT: Duration = Duration::from_secs(150);
const MAX_ATTEMPTS: u32 = 3;

/// Where the store is and who is asking.
#[derive(Clone)]
pub struct ObjectStoreConfig {
    /// `http://host:port`; none means AWS itself.
    pub endpoint_url: Option<String>,
    /// The region that requests are signed for.
    pub region: String,
    /// The access key.
    pub access_key: String,
    /// The secret key.
    pub secret_key: String,
    /// The token of temporary credentials.
    pub session_token: Option<String>,
}

impl fmt::Debug for ObjectStoreConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObjectStoreConfig")
            .field("endpoint_url", &self.endpoint_url)
            .field("region", &self.region)
            .finish_non_exhaustive()
    }
}

/// One place where the store is, and the client for it.
#[derive(Debug)]
pub(super) struct Link {
    client: Result<Client, ObjectError>,
    /// The region that buckets are created in.
    pub region: String,
    /// Where it is, for people.
    place: String,
    left: CancellationToken,
}

impl Link {
    pub(super) fn new(config: ObjectStoreConfig) -> Self {
        let place = endpoint(&config).to_owned();
        Self { client: connect(&config), region: config.region, place, left: CancellationToken::new() }
    }

    /// The client, or why there cannot be one.
    pub(super) fn client(&self) -> Result<&Client, ObjectError> {
        self.client.as_ref().map_err(Clone::clone)
    }

    /// Gives up what is under way: nobody is there to answer.
    pub(super) fn leave(&self) {
        self.left.cancel();
    }
}

fn endpoint(config: &ObjectStoreConfig) -> &str {
    config.endpoint_url.as_deref().unwrap_or("https://s3.amazonaws.com")
}

/// The client for this configuration, or why there cannot be one.
fn connect(config: &ObjectStoreConfig) -> Result<Client, ObjectError> {
    let endpoint = endpoint(config);
    if !endpoint.starts_with("http://") {
        return Err(ObjectError::Endpoint { endpoint: endpoint.to_owned() });
    }
    let credentials =
        Credentials::new(&config.access_key, &config.secret_key, config.session_token.clone(), None, "settings");
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(READ_TIMEOUT)
        .operation_attempt_timeout(ATTEMPT_TIMEOUT)
        .operation_timeout(OPERATION_TIMEOUT)
        .build();
    let config = Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .endpoint_url(endpoint)
        .force_path_style(true)
        .region(Region::new(config.region.clone()))
        .credentials_provider(credentials)
        .timeout_config(timeouts)
        .retry_config(RetryConfig::standard().with_max_attempts(MAX_ATTEMPTS))
        // Many S3-compatible stores refuse the newer checksums; the body is signed either way.
        .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
        .response_checksum_validation(ResponseChecksumValidation::WhenSupported)
        .build();
    Ok(Client::from_conf(config))
}

/// The runtime that calls run on, and who hears whether the store answers.
#[derive(Clone, Debug)]
pub(super) struct Home {
    runtime: Option<Handle>,
    listener: Arc<OnceLock<Dependency>>,
}

impl Home {
    /// The current runtime; outside of one, calls run wherever they are awaited.
    pub(super) fn here() -> Self {
        Self { runtime: Handle::try_current().ok(), listener: Arc::default() }
    }

    /// Who hears of every call from now on; the first one stays.
    pub(super) fn tell(&self, listener: Dependency) {
        // a second listener leaves with what it was given
        let _ = self.listener.set(listener);
    }

    /// Runs a call there, until it ends or its link is left. Dropping the returned future abandons the answer, not the call.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        link: &Link,
        call: impl Future<Output = Result<T, Failure>> + Send + 'static,
    ) -> Result<T, Failure> {
        let left = link.left.clone();
        let call = async move {
            tokio::select! {
                biased;
                answer = call => answer,
                () = left.cancelled() => Err(Failure::moved()),
            }
        };
        let home = self.clone();
        let (place, left) = (link.place.clone(), link.left.clone());
        let call = async move {
            let answer = call.await;
            // a place that was left says nothing about the present one
            if let (Some(listener), false) = (home.listener.get(), left.is_cancelled()) {
                match answer.as_ref().err().and_then(Failure::absence) {
                    Some(cause) => listener.away(format_args!("no good answer from {place} ({cause})")),
                    None => listener.here(),
                }
            }
            answer
        };
        match &self.runtime {
            None => call.await,
            Some(runtime) => runtime.spawn(call).await.unwrap_or_else(|error| Err(Failure::not_run(&error))),
        }
    }
}
