//! Lists of objects and of uploads.

use s3s::dto::{
    CommonPrefix, EncodingType, ListMultipartUploadsInput, ListMultipartUploadsOutput, ListObjectsInput,
    ListObjectsOutput, ListObjectsV2Input, ListObjectsV2Output, MultipartUpload, Object,
};
use s3s::{S3Request, S3Response, S3Result, s3_error};

use crate::embedded::store::page;
use crate::embedded::store::page::Query;
use crate::embedded::store::record::ObjectDescription;

use super::inputs::refuse;
use super::operations::Service;
use super::values::{count, etag, page_size, timestamp};

/// How names are written into an answer: as they are, or percent-encoded if the client asked for that.
#[derive(Clone)]
struct Names(Option<EncodingType>);

/// One page of objects, in the types of answers.
struct ObjectPage {
    contents: Vec<Object>,
    common_prefixes: Vec<CommonPrefix>,
    next_after: Option<String>,
}

impl Service {
    pub(super) async fn list_v1(
        &self,
        request: S3Request<ListObjectsInput>,
    ) -> S3Result<S3Response<ListObjectsOutput>> {
        let input = request.input;
        let max_keys = page_size(input.max_keys)?;
        let names = Names(input.encoding_type);
        let (prefix, delimiter) = (input.prefix.as_deref(), input.delimiter.as_deref());
        let page = self.page(&input.bucket, prefix, delimiter, input.marker.as_deref(), max_keys, &names)?;
        // as S3: without a delimiter the last key of a page is the marker of the next.
        let next_marker = page.next_after.as_ref().filter(|_| is_set(delimiter)).map(|name| names.write(name));
        Ok(S3Response::new(ListObjectsOutput {
            is_truncated: Some(page.next_after.is_some()),
            next_marker,
            contents: Some(page.contents),
            common_prefixes: Some(page.common_prefixes),
            max_keys: Some(max_keys),
            marker: Some(names.write(&input.marker.unwrap_or_default())),
            prefix: Some(names.write(&input.prefix.unwrap_or_default())),
            delimiter: input.delimiter.map(|delimiter| names.write(&delimiter)),
            name: Some(input.bucket),
            encoding_type: names.0,
            ..Default::default()
        }))
    }

    pub(super) async fn list_v2(
        &self,
        request: S3Request<ListObjectsV2Input>,
    ) -> S3Result<S3Response<ListObjectsV2Output>> {
        let input = request.input;
        let max_keys = page_size(input.max_keys)?;
        let names = Names(input.encoding_type);
        // the token of the next page is the last name of this one.
        let token = input.continuation_token.as_deref().map(name_of_token).transpose()?;
        let after = token.as_deref().or(input.start_after.as_deref());
        let (prefix, delimiter) = (input.prefix.as_deref(), input.delimiter.as_deref());
        let page = self.page(&input.bucket, prefix, delimiter, after, max_keys, &names)?;
        Ok(S3Response::new(ListObjectsV2Output {
            key_count: i32::try_from(page.contents.len() + page.common_prefixes.len()).ok(),
            is_truncated: Some(page.next_after.is_some()),
            next_continuation_token: page.next_after.map(hex::encode),
            contents: Some(page.contents),
            common_prefixes: Some(page.common_prefixes),
            max_keys: Some(max_keys),
            prefix: Some(names.write(&input.prefix.unwrap_or_default())),
            delimiter: input.delimiter.map(|delimiter| names.write(&delimiter)),
            start_after: input.start_after.map(|name| names.write(&name)),
            continuation_token: input.continuation_token,
            name: Some(input.bucket),
            encoding_type: names.0,
            ..Default::default()
        }))
    }

    pub(super) async fn list_uploads(
        &self,
        request: S3Request<ListMultipartUploadsInput>,
    ) -> S3Result<S3Response<ListMultipartUploadsOutput>> {
        refuse!(request.input; delimiter);
        let input = request.input;
        let max_uploads = page_size(input.max_uploads)?;
        let names = Names(input.encoding_type);
        self.backend.index.in_bucket(&input.bucket, |_| ())?;
        let prefix = input.prefix.unwrap_or_default();
        let after_key = input.key_marker.unwrap_or_default();
        // without an id, all uploads of the marked key lie before the page.
        let after_id = input.upload_id_marker.filter(|id| !id.is_empty());
        let is_after = |key: &String, id: &String| match &after_id {
            Some(after_id) => (key, id) > (&after_key, after_id),
            None => *key > after_key,
        };
        let mut uploads = self.backend.uploads.list(&input.bucket);
        uploads.retain(|(key, id, _)| key.starts_with(&prefix) && is_after(key, id));
        let page = usize::try_from(max_uploads).unwrap_or_default();
        let is_truncated = uploads.len() > page;
        uploads.truncate(page);
        let last = uploads.last().filter(|_| is_truncated).cloned();
        let upload = |(key, id, initiated_ms): (String, String, i64)| MultipartUpload {
            key: Some(names.write(&key)),
            upload_id: Some(id),
            initiated: Some(timestamp(initiated_ms)),
            ..Default::default()
        };
        Ok(S3Response::new(ListMultipartUploadsOutput {
            is_truncated: Some(is_truncated),
            next_key_marker: last.as_ref().map(|(key, ..)| names.write(key)),
            next_upload_id_marker: last.map(|(_, id, _)| id),
            uploads: Some(uploads.into_iter().map(upload).collect()),
            max_uploads: Some(max_uploads),
            prefix: Some(names.write(&prefix)),
            key_marker: Some(names.write(&after_key)),
            upload_id_marker: after_id,
            bucket: Some(input.bucket),
            encoding_type: names.0,
            ..Default::default()
        }))
    }

    fn page(
        &self,
        bucket: &str,
        prefix: Option<&str>,
        delimiter: Option<&str>,
        after: Option<&str>,
        max_names: i32,
        names: &Names,
    ) -> S3Result<ObjectPage> {
        let query = Query {
            prefix: prefix.unwrap_or_default(),
            delimiter: delimiter.filter(|delimiter| !delimiter.is_empty()),
            after: after.filter(|after| !after.is_empty()),
            max_names: usize::try_from(max_names).unwrap_or_default(),
        };
        let page = self.backend.index.in_bucket(bucket, |objects| page::page(objects, &query))?;
        let object = |description: &ObjectDescription| Object {
            key: Some(names.write(&description.key)),
            size: Some(count(description.size)),
            e_tag: etag(&description.etag),
            last_modified: Some(timestamp(description.modified_ms)),
            ..Default::default()
        };
        let prefix = |prefix: &String| CommonPrefix { prefix: Some(names.write(prefix)) };
        Ok(ObjectPage {
            contents: page.objects.iter().map(|entry| object(&entry.description)).collect(),
            common_prefixes: page.common_prefixes.iter().map(prefix).collect(),
            next_after: page.next_after,
        })
    }
}

impl Names {
    fn write(&self, name: &str) -> String {
        if self.0.is_none() {
            return name.to_owned();
        }
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~/*".contains(&byte);
        let encode = |byte: u8| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
        name.bytes().map(encode).collect()
    }
}

fn is_set(delimiter: Option<&str>) -> bool {
    delimiter.is_some_and(|delimiter| !delimiter.is_empty())
}

/// The name in a continuation token, which is in hex because XML and URLs may change names.
fn name_of_token(token: &str) -> S3Result<String> {
    let name = hex::decode(token).ok().and_then(|name| String::from_utf8(name).ok());
    name.ok_or_else(|| s3_error!(InvalidArgument, "the continuation token is not one that this store gave"))
}
