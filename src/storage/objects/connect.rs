//! The SDK's client for a configuration: protocol, credentials, time limits.

use std::time::Duration;

use aws_config::default_provider::credentials::DefaultCredentialsChain;
use aws_config::provider_config::ProviderConfig;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{
    BehaviorVersion, Config, Credentials, Region, RequestChecksumCalculation, ResponseChecksumValidation,
    SharedCredentialsProvider, SharedHttpClient, StalledStreamProtectionConfig,
};
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};

use super::config::{CaBundle, ObjectStoreConfig, StoreCredentials, StorePatience};

/// One attempt, of those that an operation may make; the body of a read is not counted.
const LONGEST_ATTEMPT: Duration = Duration::from_secs(60);

/// The client; the store is first spoken to by its first call.
pub(crate) fn client(config: &ObjectStoreConfig) -> Client {
    let patience = config.patience;
    let mut sdk = Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .credentials_provider(credentials(config))
        .http_client(http(config))
        .force_path_style(config.path_style)
        .region(Region::new(config.region.clone()))
        .timeout_config(timeouts(patience))
        .retry_config(RetryConfig::standard().with_max_attempts(patience.attempts))
        .stalled_stream_protection(StalledStreamProtectionConfig::enabled().grace_period(patience.read).build())
        // Many S3-compatible stores refuse the newer checksums; the body is signed either way.
        .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
        .response_checksum_validation(ResponseChecksumValidation::WhenSupported);
    sdk.set_endpoint_url(config.endpoint_url.clone());
    Client::from_conf(sdk.build())
}

fn timeouts(patience: StorePatience) -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(patience.connect)
        .read_timeout(patience.read)
        .operation_attempt_timeout(LONGEST_ATTEMPT.min(patience.operation))
        .operation_timeout(patience.operation)
        .build()
}

/// Plain where nothing needs more, so that a store on this machine asks for no certificates of it.
fn http(config: &ObjectStoreConfig) -> SharedHttpClient {
    match config.is_plain() {
        true => aws_smithy_http_client::Builder::new().build_http(),
        false => encrypted(config.ca_bundle.as_ref()),
    }
}

/// One that takes both kinds of addresses, and trusts who the machine trusts.
fn encrypted(ca_bundle: Option<&CaBundle>) -> SharedHttpClient {
    let roots = match ca_bundle {
        Some(bundle) => TrustStore::default().with_pem_certificate(bundle.pem()),
        None => TrustStore::default(),
    };
    let tls = TlsContext::builder().with_trust_store(roots).build().unwrap_or_default();
    aws_smithy_http_client::Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .tls_context(tls)
        .build_https()
}

fn credentials(config: &ObjectStoreConfig) -> SharedCredentialsProvider {
    match &config.credentials {
        StoreCredentials::Keys { access_key, secret_key, session_token } => {
            let keys = Credentials::new(access_key, secret_key, session_token.clone(), None, "settings");
            SharedCredentialsProvider::new(keys)
        }
        StoreCredentials::Found(provider) => provider.clone(),
    }
}

/// The SDK's own chain of sources, none of which is asked yet.
pub(crate) async fn chain(
    region: &str,
    ca_bundle: Option<&CaBundle>,
    patience: StorePatience,
) -> SharedCredentialsProvider {
    let region = Region::new(region.to_owned());
    let sources = ProviderConfig::without_region()
        .with_region(Some(region.clone()))
        .with_http_client(encrypted(ca_bundle))
        .with_timeout_config(timeouts(patience));
    SharedCredentialsProvider::new(DefaultCredentialsChain::builder().region(region).configure(sources).build().await)
}

#[cfg(test)]
mod tests {
    use aws_sdk_s3::presigning::PresigningConfig;

    use super::*;

    async fn url(config: &ObjectStoreConfig) -> String {
        let hour = PresigningConfig::expires_in(Duration::from_secs(3600)).unwrap();
        let signed = client(config).get_object().bucket("bucket").key("a/key").presigned(hour).await.unwrap();
        signed.uri().split('?').next().unwrap().to_owned()
    }

    #[tokio::test]
    async fn aws_is_asked_at_the_regions_address_with_the_bucket_in_the_host_and_others_in_the_path() {
        let own = ObjectStoreConfig::at("https://minio:9000", "access", "secret");
        assert_eq!(url(&own).await, "https://minio:9000/bucket/a/key");
        let virtual_host = ObjectStoreConfig { path_style: false, ..own.clone() };
        assert_eq!(url(&virtual_host).await, "https://bucket.minio:9000/a/key");
        let aws = ObjectStoreConfig { endpoint_url: None, ..virtual_host }.in_region("eu-west-3");
        assert_eq!(url(&aws).await, "https://bucket.s3.eu-west-3.amazonaws.com/a/key");
    }
}
