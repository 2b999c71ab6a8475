//! The routes of a node as values, and which of them a request means.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;

use percent_encoding::percent_decode_str;
use warp::http::Method;
use warp::reply::Response;

use crate::http::api::InferenceApi;
use crate::http::openapi::Operation;

use super::body::Body;
use super::error::ApiError;
use super::request::ApiRequest;

/// An answer under way.
pub type Pending = Pin<Box<dyn Future<Output = Result<Response, ApiError>> + Send>>;

/// The words of a path that its template names.
pub type Parts = BTreeMap<&'static str, String>;

/// What answers, and which role it needs.
pub enum Handler {
    /// Any node answers.
    Node(Box<dyn Fn(ApiRequest) -> Pending + Send + Sync>),
    /// A node with the role `inference` answers.
    Inference(Box<dyn Fn(InferenceApi, ApiRequest) -> Pending + Send + Sync>),
}

/// One row of the table.
pub struct Route {
    /// The method.
    pub method: Method,
    /// Path templates of one meaning; the first names the route in metrics.
    pub paths: &'static [&'static str],
    /// What answers.
    pub handler: Handler,
    /// What it is, for the OpenAPI document.
    pub operation: fn() -> Operation,
    /// What it takes.
    pub body: Body,
    /// Whether it changes something, and so is not for everybody.
    pub changes: bool,
}

/// All routes.
pub struct Router {
    /// The table.
    pub routes: Vec<Route>,
}

/// What a request means.
pub enum Found<'a> {
    /// This route, with the parts of the path.
    Route(&'a Route, Parts),
    /// A path that is known under other methods.
    OtherMethods {
        /// The label of the path.
        label: &'static str,
        /// Its methods, as the header `allow` names them.
        allow: String,
    },
    /// Nothing.
    Nothing,
}

impl Route {
    /// How metrics call it.
    pub fn label(&self) -> &'static str {
        self.paths[0]
    }
}

impl Router {
    /// A router over a table.
    pub fn of(routes: Vec<Route>) -> Self {
        Self { routes }
    }

    /// What a request of this method and path means; HEAD is answered as GET.
    pub fn find(&self, method: &Method, path: &str) -> Found<'_> {
        let method = if method == Method::HEAD { &Method::GET } else { method };
        let matching = self.routes.iter().flat_map(|route| {
            route.paths.iter().filter_map(move |template| Some((route, *template, parts(template, path)?)))
        });
        let matching: Vec<_> = matching.collect();
        // a template in words is meant rather than one that takes any word
        let Some(template) = matching.iter().min_by_key(|(_, _, parts)| parts.len()).map(|(_, template, _)| *template)
        else {
            return Found::Nothing;
        };
        let meant = || matching.iter().filter(|(_, other, _)| *other == template);
        if let Some((route, _, parts)) = meant().find(|(route, ..)| route.method == method) {
            return Found::Route(route, parts.clone());
        }
        let label = meant().map(|(route, ..)| route.label()).next().unwrap_or(OTHER);
        Found::OtherMethods { label, allow: allow(meant().map(|(route, ..)| &route.method)) }
    }

    /// Every route and method that metrics may name.
    pub fn labels(&self) -> impl Iterator<Item = (&'static str, &Method)> {
        self.routes.iter().map(|route| (route.label(), &route.method))
    }
}

/// The label of requests that mean no route.
pub const OTHER: &str = "other";

fn allow<'a>(methods: impl Iterator<Item = &'a Method>) -> String {
    let mut allowed = Vec::new();
    for method in methods {
        allowed.push(method.as_str());
        if method == Method::GET {
            allowed.push("HEAD");
        }
    }
    allowed.push("OPTIONS");
    allowed.join(", ")
}

/// The parts of the path, if it has the form of the template.
fn parts(template: &'static str, path: &str) -> Option<Parts> {
    let (mut wanted, mut given) = (template.split('/'), path.split('/'));
    let mut parts = Parts::new();
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return Some(parts),
            (Some(wanted), Some(given)) => match name_of(wanted) {
                Some(name) => _ = parts.insert(name, word(given)?),
                None if wanted == given => {}
                None => return None,
            },
            _ => return None,
        }
    }
}

/// The name between the braces of a part that takes any word.
pub fn name_of(part: &'static str) -> Option<&'static str> {
    part.strip_prefix('{')?.strip_suffix('}')
}

fn word(given: &str) -> Option<String> {
    let word = percent_decode_str(given).decode_utf8().ok()?;
    (!word.is_empty()).then(|| word.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(method: &str, path: &str) -> String {
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        match Router::of(crate::http::routes::table()).find(&method, path) {
            Found::Route(route, parts) => format!("{} {parts:?}", route.label()),
            Found::OtherMethods { allow, .. } => allow,
            Found::Nothing => "nothing".into(),
        }
    }

    #[test]
    fn words_are_meant_before_parts() {
        assert_eq!(found("GET", "/promotion/history"), "/promotion/history {}");
        assert_eq!(found("GET", "/promotion/site%2D1"), r#"/promotion {"identifier": "site-1"}"#);
        assert_eq!(found("GET", "/promotion/site/history"), r#"/promotion/history {"identifier": "site"}"#);
    }

    #[test]
    fn a_known_path_tells_its_methods() {
        assert_eq!(found("HEAD", "/healthz"), "/healthz {}");
        assert_eq!(found("TRACE", "/healthz"), "GET, HEAD, OPTIONS");
        assert_eq!(found("BREW", "/predict"), "POST, OPTIONS");
        assert_eq!(found("POST", "/promotion/history"), "GET, HEAD, OPTIONS");
    }

    #[test]
    fn an_unknown_path_means_nothing() {
        for path in ["", "/", "*", "/predict/", "/promotion//history", "/promotion/%FF", "/debug/actors/a/b"] {
            assert_eq!(found("GET", path), "nothing", "{path}");
        }
    }

    #[test]
    fn no_two_routes_are_the_same() {
        let router = Router::of(crate::http::routes::table());
        let mut rows: Vec<String> = router
            .routes
            .iter()
            .flat_map(|route| route.paths.iter().map(move |path| format!("{} {path}", route.method)))
            .collect();
        let count = rows.len();
        rows.sort_unstable();
        rows.dedup();
        assert_eq!(rows.len(), count);
    }
}
