//! Reads: the whole body, as long as its answer said, its checksum verified where the store keeps one.

use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::operation::get_object::GetObjectOutput;
use backon::BackoffBuilder;

use super::Object;
use super::client::{Home, Link};
use super::error::Failure;
use super::observer::StoreOperation;
use super::write::pauses;

/// Reads an object; a body that broke off, or that is not what was stored, is read again.
pub(super) async fn whole(
    home: &Home,
    link: &Link,
    bucket: &str,
    key: &str,
    known_etag: Option<&str>,
) -> Result<Object, Failure> {
    let mut pauses = pauses().build();
    let mut attempts = 1;
    loop {
        match once(home, link, bucket, key, known_etag, None).await {
            Err(failure) if failure.is_about_the_body() && attempts < link.patience.attempts => {
                attempts += 1;
                tokio::time::sleep(pauses.next().unwrap_or_default()).await;
            }
            end => return end,
        }
    }
}

/// Reads an object once, with the retries of the SDK or others.
pub(super) async fn once(
    home: &Home,
    link: &Link,
    bucket: &str,
    key: &str,
    known_etag: Option<&str>,
    retries: Option<RetryConfig>,
) -> Result<Object, Failure> {
    let request = link.client.get_object().bucket(bucket).key(key).set_if_none_match(known_etag.map(str::to_owned));
    let mut overrides = aws_sdk_s3::config::Builder::new();
    overrides.set_retry_config(retries);
    let request = request.customize().config_override(overrides);
    let call = async move {
        let reply: GetObjectOutput = request.send().await.map_err(Failure::of)?;
        let said = reply.content_length.and_then(|bytes| usize::try_from(bytes).ok());
        let bytes = reply.body.collect().await.map_err(Failure::broken_body)?.into_bytes();
        match said.filter(|said| *said != bytes.len()) {
            Some(said) => Err(Failure::damaged(format!("{} bytes instead of {said}", bytes.len()))),
            None => Ok(Object { bytes, etag: reply.e_tag.unwrap_or_default() }),
        }
    };
    home.run(link, StoreOperation::Get, call).await
}
