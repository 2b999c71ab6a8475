//! What the steps of the list say, for the AWS SDK.

use std::collections::HashMap;

use aws_sdk_s3::primitives::{ByteStream, DateTime, DateTimeFormat};
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart, ObjectIdentifier};
use serde_json::Value;

/// What a step says, with everything filled in.
pub struct Told(pub Value);

impl Told {
    pub fn text(&self, name: &str) -> Option<String> {
        self.0[name].as_str().map(str::to_owned)
    }

    pub fn number(&self, name: &str) -> Option<i32> {
        self.0[name].as_i64().map(|number| number.try_into().unwrap())
    }

    pub fn flag(&self, name: &str) -> Option<bool> {
        self.0[name].as_bool()
    }

    pub fn time(&self, name: &str) -> Option<DateTime> {
        self.text(name).map(|time| DateTime::from_str(&time, DateTimeFormat::DateTime).unwrap())
    }

    pub fn body(&self) -> ByteStream {
        ByteStream::from(self.text("body").unwrap().into_bytes())
    }

    pub fn metadata(&self) -> Option<HashMap<String, String>> {
        let pairs = self.0["metadata"].as_object()?.iter();
        Some(pairs.map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned())).collect())
    }

    /// Sources travel in a header and are percent-encoded.
    pub fn source(&self, bucket: &str) -> String {
        let key = self.text("copy_source").unwrap();
        let key: String = key.bytes().map(|byte| format!("%{byte:02X}")).collect();
        format!("{bucket}/{key}")
    }

    pub fn parts(&self) -> CompletedMultipartUpload {
        let part = |part: &Value| {
            let number = i32::try_from(part[0].as_i64().unwrap()).unwrap();
            CompletedPart::builder().part_number(number).e_tag(part[1].as_str().unwrap()).build()
        };
        let parts = self.0["parts"].as_array().unwrap().iter().map(part).collect();
        CompletedMultipartUpload::builder().set_parts(Some(parts)).build()
    }

    pub fn identifiers(&self) -> Vec<ObjectIdentifier> {
        let identifier = |key: &Value| {
            let (key, etag) = (key.as_str().or(key[0].as_str()), key[1].as_str());
            ObjectIdentifier::builder().key(key.unwrap()).set_e_tag(etag.map(str::to_owned)).build().unwrap()
        };
        self.0["keys"].as_array().unwrap().iter().map(identifier).collect()
    }
}

/// The value with what was kept in place of $names, and long strings written out.
pub fn filled(value: &Value, kept: &HashMap<String, Value>) -> Value {
    match value {
        Value::String(text) => text.strip_prefix('$').map_or_else(|| value.clone(), |name| kept[name].clone()),
        Value::Array(inner) => inner.iter().map(|inner| filled(inner, kept)).collect(),
        Value::Object(inner) => match (inner.get("byte"), inner.get("times")) {
            (Some(byte), Some(times)) => byte.as_str().unwrap().repeat(times.as_u64().unwrap() as usize).into(),
            _ => inner.iter().map(|(name, inner)| (name.clone(), filled(inner, kept))).collect(),
        },
        other => other.clone(),
    }
}
