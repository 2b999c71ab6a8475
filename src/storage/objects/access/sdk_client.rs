//! The SDK's client for a configuration: protocol, credentials, time limits.

use aws_sdk_s3::Client;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::{
    BehaviorVersion, Config, IdentityCache, Region, RequestChecksumCalculation, ResponseChecksumValidation,
    SharedHttpClient, StalledStreamProtectionConfig,
};

use super::config::ObjectStoreConfig;
use super::tls::https_client;

/// Makes the client; it does not connect before its first call.
pub(in crate::storage::objects) fn sdk_client(config: &ObjectStoreConfig) -> Client {
    let patience = config.patience;
    let mut sdk = Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .credentials_provider(config.credentials.provider())
        .http_client(http_client(config))
        .force_path_style(config.path_style)
        .region(Region::new(config.region.clone()))
        .timeout_config(patience.timeouts())
        .retry_config(RetryConfig::standard().with_max_attempts(patience.attempts))
        .stalled_stream_protection(StalledStreamProtectionConfig::enabled().grace_period(patience.read).build())
        // Many S3-compatible stores refuse the newer checksums; the body is signed either way.
        .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
        .response_checksum_validation(ResponseChecksumValidation::WhenSupported);
    if let Some(files) = config.credentials.files() {
        // keys that changed are used by the next request
        sdk = sdk.identity_cache(IdentityCache::no_cache()).retry_classifier(files.clone());
    }
    sdk.set_endpoint_url(config.endpoint_url.clone());
    Client::from_conf(sdk.build())
}

/// A plain HTTP address gets a client without TLS, which needs no trusted certificates on this machine.
fn http_client(config: &ObjectStoreConfig) -> SharedHttpClient {
    match config.is_plain() {
        true => aws_smithy_http_client::Builder::new().build_http(),
        false => https_client(config.ca_bundle.as_ref()),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use aws_sdk_s3::presigning::PresigningConfig;

    use super::*;

    async fn url(config: &ObjectStoreConfig) -> String {
        let hour = PresigningConfig::expires_in(Duration::from_secs(3600)).unwrap();
        let signed = sdk_client(config).get_object().bucket("bucket").key("a/key").presigned(hour).await.unwrap();
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
