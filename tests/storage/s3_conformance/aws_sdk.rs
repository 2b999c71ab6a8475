//! Runs the list with the AWS SDK for Rust.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::{
    BehaviorVersion, Credentials, Region, RequestChecksumCalculation, ResponseChecksumValidation,
};
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::types::{
    BucketLocationConstraint, CreateBucketConfiguration, Delete, MetadataDirective, ObjectCannedAcl,
    ServerSideEncryption, StorageClass,
};
use serde_json::{Value, json};

use super::answers::{Answer, difference, fields, head, listing, listing_v2, object, refusal};
use super::told::{Told, filled};
use super::{Target, cases};

/// Sends a request and gives the fields of its answer, or the refusal.
macro_rules! send {
    ($request:expr, $reply:ident => $answer:expr) => {
        match $request.send().await {
            Ok($reply) => $answer,
            Err(error) => refusal(error),
        }
    };
}

/// Runs every case of the list and panics with those that failed.
pub async fn passes(target: &Target, only_required: bool) {
    let driver = Driver::new(target, only_required);
    let mut failures = Vec::new();
    for case in cases(target) {
        let name = format!("{:2} {}", case["number"].as_u64().unwrap(), case["name"].as_str().unwrap());
        match driver.run(&case).await {
            None => println!("ok      {name}"),
            Some(failure) => failures.push(format!("{name}: {failure}")),
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

struct Driver {
    owner: Client,
    stranger: Client,
    unknown: Client,
    region: String,
}

impl Driver {
    fn new(target: &Target, only_required: bool) -> Self {
        let client = |access_key: &str, secret_key: &str| {
            let mut config = aws_sdk_s3::Config::builder()
                .behavior_version(BehaviorVersion::v2026_01_12())
                .http_client(aws_smithy_http_client::Builder::new().build_http())
                .endpoint_url(&target.endpoint)
                .force_path_style(true)
                .region(Region::new(target.region.clone()))
                .retry_config(RetryConfig::disabled())
                .credentials_provider(Credentials::new(access_key, secret_key, None, None, "test"));
            if only_required {
                config = config
                    .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
                    .response_checksum_validation(ResponseChecksumValidation::WhenRequired);
            }
            Client::from_conf(config.build())
        };
        Self {
            owner: client(&target.access_key, &target.secret_key),
            stranger: client(&target.access_key, "a wrong secret"),
            unknown: client("nobody", &target.secret_key),
            region: target.region.clone(),
        }
    }

    /// Why the case failed, if it did.
    async fn run(&self, case: &Value) -> Option<String> {
        let bucket = format!("flts-conformance-{}", uuid::Uuid::new_v4().simple());
        let mut kept = HashMap::from([("bucket".to_owned(), Value::from(bucket.as_str()))]);
        self.answer("create_bucket", &Told(json!({"bucket": bucket})), &self.owner).await;
        let mut failure = None;
        for (number, step) in case["steps"].as_array().unwrap().iter().enumerate() {
            let client = match step["as"].as_str() {
                Some("stranger") => &self.stranger,
                Some("unknown") => &self.unknown,
                _ => &self.owner,
            };
            let call = step["call"].as_str().unwrap();
            let mut told = filled(&step["with"], &kept);
            told.as_object_mut().unwrap().entry("bucket").or_insert_with(|| bucket.as_str().into());
            let answer = self.answer(call, &Told(told), client).await;
            if let Some(difference) = difference(&filled(&step["expect"], &kept), &answer) {
                failure = Some(format!("step {}, {call}: {difference}", number + 1));
                break;
            }
            for (field, name) in step["keep"].as_object().into_iter().flatten() {
                kept.insert(name.as_str().unwrap().to_owned(), answer[field].clone());
            }
        }
        self.clean(&bucket).await;
        failure
    }

    async fn answer(&self, call: &str, told: &Told, client: &Client) -> Answer {
        let bucket = told.text("bucket").unwrap();
        match call {
            "create_bucket" => {
                send!(client.create_bucket().bucket(bucket).set_create_bucket_configuration(self.location()), _r => Answer::new())
            }
            "delete_bucket" => send!(client.delete_bucket().bucket(bucket), _r => Answer::new()),
            "head_bucket" => send!(client.head_bucket().bucket(bucket), _r => Answer::new()),
            "get_bucket_location" => send!(client.get_bucket_location().bucket(bucket), r => {
                let named = r.location_constraint().map(BucketLocationConstraint::as_str).filter(|name| !name.is_empty());
                fields(json!({"location": named}))
            }),
            "list_buckets" => send!(client.list_buckets(), r => {
                let is_there = r.buckets().iter().any(|it| it.name() == Some(&bucket));
                fields(json!({"holds": is_there.then_some(bucket)}))
            }),
            "put_object" => {
                let put = client.put_object().bucket(bucket).set_key(told.text("key")).body(told.body());
                let put = put.set_if_match(told.text("if_match")).set_if_none_match(told.text("if_none_match"));
                let put = put.set_content_md5(told.text("content_md5")).set_content_type(told.text("content_type"));
                let put = put.set_checksum_crc32(told.text("checksum_crc32"));
                let put = put.set_checksum_sha256(told.text("checksum_sha256"));
                let put = put.set_content_encoding(told.text("content_encoding"));
                let put = put.set_content_language(told.text("content_language"));
                let put = put.set_content_disposition(told.text("content_disposition"));
                let put = put.set_cache_control(told.text("cache_control")).set_metadata(told.metadata());
                let encryption = told.text("server_side_encryption").map(|it| ServerSideEncryption::from(it.as_str()));
                let put = put.set_tagging(told.text("tagging")).set_server_side_encryption(encryption);
                let put = put.set_acl(told.text("acl").map(|it| ObjectCannedAcl::from(it.as_str())));
                let put = put.set_storage_class(told.text("storage_class").map(|it| StorageClass::from(it.as_str())));
                send!(put, r => fields(json!({"etag": r.e_tag()})))
            }
            "get_object" => {
                let get = client.get_object().bucket(bucket).set_key(told.text("key")).set_range(told.text("range"));
                let get = get.set_if_match(told.text("if_match")).set_if_none_match(told.text("if_none_match"));
                let get = get.set_if_modified_since(told.time("if_modified_since"));
                let get = get.set_if_unmodified_since(told.time("if_unmodified_since"));
                send!(get.set_version_id(told.text("version_id")), r => object(r).await)
            }
            "head_object" => {
                let get = client.head_object().bucket(bucket).set_key(told.text("key")).set_range(told.text("range"));
                let get = get.set_if_match(told.text("if_match")).set_if_none_match(told.text("if_none_match"));
                send!(get.set_if_modified_since(told.time("if_modified_since")), r => head(r))
            }
            "get_object_acl" => {
                send!(client.get_object_acl().bucket(bucket).set_key(told.text("key")), _r => Answer::new())
            }
            "delete_object" => {
                let delete = client.delete_object().bucket(bucket).set_key(told.text("key"));
                send!(delete.set_if_match(told.text("if_match")), _r => Answer::new())
            }
            "delete_objects" => {
                let delete = Delete::builder().set_objects(Some(told.identifiers())).set_quiet(told.flag("quiet"));
                send!(client.delete_objects().bucket(bucket).delete(delete.build().unwrap()), r => {
                    let mut deleted: Vec<_> = r.deleted().iter().map(|it| it.key()).collect();
                    let mut errors: Vec<_> = r.errors().iter().map(|it| [it.key(), it.code()]).collect();
                    deleted.sort_unstable();
                    errors.sort_unstable();
                    fields(json!({"deleted": deleted, "errors": errors}))
                })
            }
            "copy_object" => {
                let copy =
                    client.copy_object().bucket(&bucket).set_key(told.text("key")).copy_source(told.source(&bucket));
                let copy = copy.set_copy_source_if_match(told.text("copy_source_if_match"));
                let copy = copy.set_copy_source_if_none_match(told.text("copy_source_if_none_match"));
                let copy = copy.set_if_match(told.text("if_match")).set_if_none_match(told.text("if_none_match"));
                let directive = told.text("metadata_directive").map(|it| MetadataDirective::from(it.as_str()));
                let copy = copy.set_metadata_directive(directive).set_metadata(told.metadata());
                send!(copy.set_content_type(told.text("content_type")), r => {
                    fields(json!({"etag": r.copy_object_result().and_then(|result| result.e_tag())}))
                })
            }
            "list_objects" => {
                let list = client.list_objects().bucket(bucket).set_prefix(told.text("prefix"));
                let list = list.set_delimiter(told.text("delimiter")).set_marker(told.text("marker"));
                send!(list.set_max_keys(told.number("max_keys")), r => listing(r))
            }
            "list_objects_v2" => {
                let list = client.list_objects_v2().bucket(bucket).set_prefix(told.text("prefix"));
                let list = list.set_delimiter(told.text("delimiter")).set_start_after(told.text("start_after"));
                let list = list.set_continuation_token(told.text("continuation_token"));
                send!(list.set_max_keys(told.number("max_keys")), r => listing_v2(r))
            }
            "presigned_get" => {
                let get = client.get_object().bucket(bucket).set_key(told.text("key"));
                fetch(reqwest::Method::GET, get.presigned(a_minute()).await.unwrap().uri(), None).await
            }
            "presigned_put" => {
                let put = client.put_object().bucket(bucket).set_key(told.text("key"));
                fetch(reqwest::Method::PUT, put.presigned(a_minute()).await.unwrap().uri(), told.text("body")).await
            }
            "unsigned_get" => {
                let get = client.get_object().bucket(bucket).set_key(told.text("key"));
                let signed = get.presigned(a_minute()).await.unwrap();
                fetch(reqwest::Method::GET, signed.uri().split('?').next().unwrap(), None).await
            }
            _ => self.multipart(call, told, client, bucket).await,
        }
    }

    async fn multipart(&self, call: &str, told: &Told, client: &Client, bucket: String) -> Answer {
        let (key, id) = (told.text("key"), told.text("upload_id"));
        match call {
            "create_multipart_upload" => {
                let create = client.create_multipart_upload().bucket(bucket).set_key(key);
                let create = create.set_content_type(told.text("content_type")).set_metadata(told.metadata());
                send!(create, r => fields(json!({"upload_id": r.upload_id()})))
            }
            "upload_part" => {
                let put = client.upload_part().bucket(bucket).set_key(key).set_upload_id(id).body(told.body());
                let put = put.set_part_number(told.number("part_number")).set_content_md5(told.text("content_md5"));
                send!(put, r => fields(json!({"etag": r.e_tag()})))
            }
            "upload_part_copy" => {
                let copy = client.upload_part_copy().copy_source(told.source(&bucket)).bucket(bucket).set_key(key);
                let copy = copy.set_upload_id(id).set_part_number(told.number("part_number"));
                let copy = copy.set_copy_source_range(told.text("copy_source_range"));
                let copy = copy.set_copy_source_if_none_match(told.text("copy_source_if_none_match"));
                send!(copy, r => fields(json!({"etag": r.copy_part_result().and_then(|result| result.e_tag())})))
            }
            "list_parts" => {
                let list = client.list_parts().bucket(bucket).set_key(key).set_upload_id(id);
                let list = list.set_max_parts(told.number("max_parts"));
                send!(list.set_part_number_marker(told.text("part_number_marker")), r => {
                    let part = |it: &aws_sdk_s3::types::Part| json!([it.part_number(), it.size(), it.e_tag()]);
                    let parts: Vec<_> = r.parts().iter().map(part).collect();
                    fields(json!({"parts": parts, "truncated": r.is_truncated()}))
                })
            }
            "complete_multipart_upload" => {
                let complete = client.complete_multipart_upload().bucket(bucket).set_key(key).set_upload_id(id);
                let complete = complete.multipart_upload(told.parts()).set_if_match(told.text("if_match"));
                let complete = complete.set_if_none_match(told.text("if_none_match"));
                send!(complete, r => fields(json!({"etag": r.e_tag()})))
            }
            "abort_multipart_upload" => {
                let abort = client.abort_multipart_upload().bucket(bucket).set_key(key).set_upload_id(id);
                send!(abort, _r => Answer::new())
            }
            "list_multipart_uploads" => {
                let list = client.list_multipart_uploads().bucket(bucket).set_prefix(told.text("prefix"));
                let list = list.set_key_marker(told.text("key_marker")).set_max_uploads(told.number("max_uploads"));
                send!(list, r => {
                    let uploads: Vec<_> = r.uploads().iter().map(|it| [it.key(), it.upload_id()]).collect();
                    fields(json!({"uploads": uploads, "truncated": r.is_truncated()}))
                })
            }
            _ => panic!("the list has a call that this driver does not know: {call}"),
        }
    }

    fn location(&self) -> Option<CreateBucketConfiguration> {
        let constraint = BucketLocationConstraint::from(self.region.as_str());
        let configuration = CreateBucketConfiguration::builder().location_constraint(constraint).build();
        (self.region != "us-east-1").then_some(configuration)
    }

    async fn clean(&self, bucket: &str) {
        let client = &self.owner;
        let Ok(listing) = client.list_objects_v2().bucket(bucket).send().await else { return };
        for object in listing.contents() {
            client.delete_object().bucket(bucket).set_key(object.key.clone()).send().await.unwrap();
        }
        for upload in client.list_multipart_uploads().bucket(bucket).send().await.unwrap().uploads() {
            let abort = client.abort_multipart_upload().bucket(bucket).set_key(upload.key.clone());
            abort.set_upload_id(upload.upload_id.clone()).send().await.unwrap();
        }
        client.delete_bucket().bucket(bucket).send().await.unwrap();
    }
}

async fn fetch(method: reqwest::Method, url: &str, body: Option<String>) -> Answer {
    let reply = reqwest::Client::new().request(method, url).body(body.unwrap_or_default()).send().await.unwrap();
    let status = reply.status().as_u16();
    fields(json!({"status": status, "body": reply.text().await.unwrap()}))
}

fn a_minute() -> PresigningConfig {
    PresigningConfig::expires_in(Duration::from_secs(60)).unwrap()
}
