//! A request as handlers see it.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;
use utoipa::openapi::OpenApi;
use warp::http::{HeaderMap, Method};
use warp::reply::{Reply, Response};

use crate::forecast::{IDENTIFIER_RULE, is_identifier};
use crate::http::api::Api;
use crate::limits::{ERROR_QUOTE, LimitExceeded, QUERY_PARAMETERS, QUERY_TEXT};

use super::body::{self, HeldMemory, RequestMemory};
use super::error::ApiError;

/// A request that was routed and authorized, with its body read.
pub struct ApiRequest {
    /// The handles of the node.
    pub api: Arc<Api>,
    /// The OpenAPI document of all routes, which one route answers.
    pub document: Arc<OpenApi>,
    /// The id of the request.
    pub request_id: String,
    /// The method.
    pub method: Method,
    /// The parameters of the path.
    pub path_params: BTreeMap<&'static str, String>,
    /// The parameters of the query string.
    pub query: BTreeMap<String, String>,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, empty where the route takes none.
    pub body: Bytes,
    /// The memory that is reserved for the body.
    pub held: HeldMemory,
    /// The memory of all requests.
    pub memory: RequestMemory,
}

impl ApiRequest {
    /// A parameter of the path.
    pub fn path_param(&self, name: &str) -> Option<&str> {
        self.path_params.get(name).map(String::as_str)
    }

    /// The identifier in the path, else the node's own.
    pub fn identifier(&self) -> Result<String, ApiError> {
        let Some(name) = self.path_param("identifier") else { return Ok(self.api.identifier.clone()) };
        // the identifier becomes part of a key in the store
        let malformed = || ApiError::unknown_identifier(format!("an identifier has {IDENTIFIER_RULE}"));
        is_identifier(name).then(|| name.to_owned()).ok_or_else(malformed)
    }

    /// The parameter `limit` of the query, from 1 to `most`.
    pub fn limit(&self, default: usize, most: usize) -> Result<usize, ApiError> {
        let Some(text) = self.query.get("limit") else { return Ok(default) };
        let limit = text.parse().ok().filter(|limit| (1..=most).contains(limit));
        limit.ok_or_else(|| ApiError::invalid_field(format!("`limit` must be a whole number from 1 to {most}")))
    }

    /// The body as JSON of this type; the error shows `example`.
    pub fn json<T: DeserializeOwned>(&self, example: &str) -> Result<T, ApiError> {
        serde_json::from_slice(&self.body).map_err(|error| {
            if error.is_data() {
                ApiError::invalid_field(format!("{error}; send {example}"))
            } else {
                ApiError::bad_request(format!("the body is not JSON ({error}); send {example}"))
            }
        })
    }

    /// Whether the content type is JSON or missing.
    pub fn is_json(&self) -> bool {
        !self.headers.contains_key(warp::http::header::CONTENT_TYPE) || body::is_json(&self.headers)
    }
}

/// A response with this value as its JSON body.
pub fn json_response(value: &impl Serialize) -> Result<Response, ApiError> {
    Ok(warp::reply::json(value).into_response())
}

/// The parameters of a query string. A name given twice is an error, because one value would be ignored.
pub fn parse_query(text: &str) -> Result<BTreeMap<String, String>, ApiError> {
    let mut query = BTreeMap::new();
    let too_much = |exceeded: LimitExceeded| ApiError::bad_request(exceeded.to_string());
    for (name, value) in form_urlencoded::parse(text.as_bytes()) {
        for text in [&name, &value] {
            QUERY_TEXT.check(text.chars().count() as u64).map_err(too_much)?;
        }
        if query.insert(name.clone().into_owned(), value.into_owned()).is_some() {
            let name = ERROR_QUOTE.cut(&name);
            return Err(ApiError::bad_request(format!("the query names `{name}` twice; send it once")));
        }
        QUERY_PARAMETERS.check(query.len() as u64).map_err(too_much)?;
    }
    Ok(query)
}
