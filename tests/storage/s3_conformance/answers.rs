//! Answers of the AWS SDK in the words of the list.

use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::operation::head_object::HeadObjectOutput;
use aws_sdk_s3::operation::list_objects::ListObjectsOutput;
use aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Output;
use aws_sdk_s3::primitives::{DateTime, DateTimeFormat};
use aws_sdk_s3::types::{CommonPrefix, Object};
use serde_json::{Map, Value, json};

/// What a call gave, by the names of the list; a refusal has a `status` and mostly a `code`.
pub type Answer = Map<String, Value>;

pub fn fields(value: Value) -> Answer {
    let Value::Object(fields) = value else { unreachable!("fields are an object") };
    fields
}

pub fn refusal<E: ProvideErrorMetadata + std::fmt::Debug>(
    error: SdkError<E, aws_sdk_s3::config::http::HttpResponse>,
) -> Answer {
    let response = error.raw_response().unwrap_or_else(|| panic!("the store did not answer: {error:?}"));
    fields(json!({"status": response.status().as_u16(), "code": error.code()}))
}

/// What GET and HEAD tell of an object besides its bytes.
macro_rules! object {
    ($reply:expr) => {
        fields(json!({
            "etag": $reply.e_tag(),
            "content_length": $reply.content_length(),
            "content_range": $reply.content_range(),
            "content_type": $reply.content_type(),
            "content_encoding": $reply.content_encoding(),
            "content_language": $reply.content_language(),
            "content_disposition": $reply.content_disposition(),
            "cache_control": $reply.cache_control(),
            "metadata": $reply.metadata(),
            "last_modified": $reply.last_modified().map(time),
        }))
    };
}

pub async fn object(reply: GetObjectOutput) -> Answer {
    let mut answer = object!(reply);
    let bytes = reply.body.collect().await.unwrap().into_bytes();
    answer.insert("body".into(), String::from_utf8(bytes.into()).unwrap().into());
    answer
}

pub fn head(reply: HeadObjectOutput) -> Answer {
    object!(reply)
}

pub fn listing(reply: ListObjectsOutput) -> Answer {
    page(reply.contents(), reply.common_prefixes(), reply.is_truncated(), reply.next_marker())
}

pub fn listing_v2(reply: ListObjectsV2Output) -> Answer {
    page(reply.contents(), reply.common_prefixes(), reply.is_truncated(), reply.next_continuation_token())
}

fn page(contents: &[Object], prefixes: &[CommonPrefix], truncated: Option<bool>, next: Option<&str>) -> Answer {
    fields(json!({
        "keys": contents.iter().map(Object::key).collect::<Vec<_>>(),
        "sizes": contents.iter().map(Object::size).collect::<Vec<_>>(),
        "etags": contents.iter().map(Object::e_tag).collect::<Vec<_>>(),
        "prefixes": prefixes.iter().map(CommonPrefix::prefix).collect::<Vec<_>>(),
        "truncated": truncated,
        "next": next,
    }))
}

fn time(time: &DateTime) -> String {
    time.fmt(DateTimeFormat::DateTime).unwrap()
}

/// What is not as expected; a step that expects no status has to succeed.
pub fn difference(expected: &Value, answer: &Answer) -> Option<String> {
    let refused = answer.get("status").and_then(Value::as_u64).unwrap_or(200) >= 300;
    if refused && expected.get("status").is_none() {
        return Some(format!("refused with {answer:?}"));
    }
    let absent = Value::Null;
    let expected = expected.as_object().into_iter().flatten();
    let wrong = expected.filter_map(|(name, expected)| {
        let told = answer.get(name).unwrap_or(&absent);
        (told != expected).then(|| format!("{name} is {}, not {}", short(told), short(expected)))
    });
    let wrong: Vec<String> = wrong.collect();
    (!wrong.is_empty()).then(|| wrong.join("; "))
}

fn short(value: &Value) -> String {
    let text = value.to_string();
    let length = text.chars().count();
    if length < 200 { text } else { format!("{}... ({length} characters)", text.chars().take(100).collect::<String>()) }
}
