//! How long a call to the store is waited for, and the pauses between its attempts.

use std::time::Duration;

use aws_sdk_s3::config::Builder;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use backon::ExponentialBuilder;

/// The longest that one attempt of a call may take; the body of a read is not counted.
const ATTEMPT_MAX: Duration = Duration::from_secs(60);

/// How long each part of a call may take; a call that takes longer ends as an outage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StorePatience {
    /// Until a connection is established.
    pub connect: Duration,
    /// From the start of a request to the first byte of its answer, and between two parts of a body.
    pub read: Duration,
    /// A whole call with all its attempts; the body of a read is not counted.
    pub operation: Duration,
    /// How many attempts a call has.
    pub attempts: u32,
}

impl Default for StorePatience {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(3),
            read: Duration::from_secs(20),
            operation: Duration::from_secs(150),
            attempts: 3,
        }
    }
}

impl StorePatience {
    /// The same limits as the SDK takes them.
    pub(in crate::storage::objects) fn timeouts(self) -> TimeoutConfig {
        TimeoutConfig::builder()
            .connect_timeout(self.connect)
            .read_timeout(self.read)
            .operation_attempt_timeout(ATTEMPT_MAX.min(self.operation))
            .operation_timeout(self.operation)
            .build()
    }
}

/// The pauses between attempts whose outcome is unknown, or whose body broke off.
pub(in crate::storage::objects) fn retry_pauses() -> ExponentialBuilder {
    ExponentialBuilder::default().with_min_delay(Duration::from_millis(100)).without_max_times().with_jitter()
}

/// The settings of one request whose retries differ from the client's; none keeps the client's.
pub(in crate::storage::objects) fn retry_override(retries: Option<RetryConfig>) -> Builder {
    let mut settings = Builder::new();
    settings.set_retry_config(retries);
    settings
}
