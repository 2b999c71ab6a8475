//! One request as handlers see it: who asks, for what, with which words.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;
use utoipa::openapi::OpenApi;
use warp::http::HeaderMap;
use warp::reply::{Reply, Response};

use crate::forecast::{IDENTIFIER_RULE, is_identifier};
use crate::http::api::Api;

use super::body;
use super::error::ApiError;

/// A request that was let in.
pub struct ApiRequest {
    /// What the node offers.
    pub api: Arc<Api>,
    /// What all routes say of themselves, for the one that tells it.
    pub document: Arc<OpenApi>,
    /// The id of the request.
    pub request_id: String,
    /// The parts of the path that the route's template names.
    pub path: BTreeMap<&'static str, String>,
    /// The query string, by name.
    pub query: BTreeMap<String, String>,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, empty where the route takes none.
    pub body: Bytes,
}

impl ApiRequest {
    /// A part of the path.
    pub fn part(&self, name: &str) -> Option<&str> {
        self.path.get(name).map(String::as_str)
    }

    /// The identifier in the path, else the node's own.
    pub fn identifier(&self) -> Result<String, ApiError> {
        let Some(name) = self.part("identifier") else { return Ok(self.api.identifier.clone()) };
        // what is no name would be a path in the store
        let is_nobodys = || ApiError::unknown_identifier(format!("an identifier has {IDENTIFIER_RULE}"));
        is_identifier(name).then(|| name.to_owned()).ok_or_else(is_nobodys)
    }

    /// The body as JSON of this form; `like` shows what to send.
    pub fn json<T: DeserializeOwned>(&self, like: &str) -> Result<T, ApiError> {
        serde_json::from_slice(&self.body).map_err(|error| {
            if error.is_data() {
                ApiError::invalid_field(format!("{error}; send {like}"))
            } else {
                ApiError::bad_request(format!("the body is not JSON ({error}); send {like}"))
            }
        })
    }

    /// Whether the body is announced as JSON, or not at all.
    pub fn is_json(&self) -> bool {
        !self.headers.contains_key(warp::http::header::CONTENT_TYPE) || body::is_json(&self.headers)
    }
}

/// A value as the answer.
pub fn json(value: &impl Serialize) -> Result<Response, ApiError> {
    Ok(warp::reply::json(value).into_response())
}

/// The query string by name; a name given twice is a mistake, because one of the two would be ignored.
pub fn query(text: &str) -> Result<BTreeMap<String, String>, ApiError> {
    let mut query = BTreeMap::new();
    for (name, value) in form_urlencoded::parse(text.as_bytes()) {
        if query.insert(name.clone().into_owned(), value.into_owned()).is_some() {
            return Err(ApiError::bad_request(format!("the query names `{name}` twice; send it once")));
        }
    }
    Ok(query)
}
