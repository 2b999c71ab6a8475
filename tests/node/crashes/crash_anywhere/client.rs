//! A client of a node's embedded store that does what no node does: upload in parts, delete, remove a bucket.

use std::collections::BTreeSet;
use std::path::Path;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::{BehaviorVersion, Config, Credentials, Region};
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};

use crate::common::store_access;

const BUCKET: &str = "of-a-client";
const KEY: &str = "joined";

/// A client of the node whose data folder this is.
pub fn connect(home: &Path) -> Client {
    let [endpoint_url, access_key, secret_key] = store_access(home);
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(endpoint_url)
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new(access_key, secret_key, None, None, "node.json"))
        .force_path_style(true)
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .retry_config(RetryConfig::disabled())
        .build();
    Client::from_conf(config)
}

/// From an empty store and back to it, by way of an object uploaded in a part; an error says at which step it ended.
pub async fn come_and_go(client: &Client) -> Result<(), String> {
    // a bucket that an earlier attempt left is as good as a new one
    let _ = client.create_bucket().bucket(BUCKET).send().await;
    upload(client).await?;
    client.delete_object().bucket(BUCKET).key(KEY).send().await.map_err(told)?;
    client.delete_bucket().bucket(BUCKET).send().await.map_err(told)?;
    Ok(())
}

/// The buckets that there are.
pub async fn buckets(client: &Client) -> BTreeSet<String> {
    let listed = client.list_buckets().send().await.unwrap();
    listed.buckets().iter().map(|bucket| bucket.name().unwrap().to_owned()).collect()
}

async fn upload(client: &Client) -> Result<(), String> {
    let upload = client.create_multipart_upload().bucket(BUCKET).key(KEY).send().await.map_err(told)?;
    let id = upload.upload_id.ok_or("the upload has no id")?;
    let bytes = ByteStream::from_static(b"what the object consists of");
    let part = client.upload_part().bucket(BUCKET).key(KEY).upload_id(&id).part_number(1).body(bytes);
    let etag = part.send().await.map_err(told)?.e_tag;
    let parts = CompletedPart::builder().part_number(1).set_e_tag(etag).build();
    let parts = CompletedMultipartUpload::builder().parts(parts).build();
    let complete = client.complete_multipart_upload().bucket(BUCKET).key(KEY).upload_id(&id).multipart_upload(parts);
    complete.send().await.map_err(told)?;
    Ok(())
}

fn told(error: impl std::error::Error) -> String {
    aws_sdk_s3::error::DisplayErrorContext(error).to_string()
}
