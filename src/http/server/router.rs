//! Finds the route of a request by its method and path.

use percent_encoding::percent_decode_str;
use warp::http::Method;

use super::route::{PathParams, Route, path_param_name, takes_the_rest};

/// The metrics label of requests that match no route.
pub const OTHER: &str = "other";

/// The routes of a node.
pub struct Router {
    /// The table of routes.
    pub routes: Vec<Route>,
}

/// The result of the search for a route.
pub enum RouteMatch<'a> {
    /// The route, with the parameters of the path.
    Route(&'a Route, PathParams),
    /// The path exists, but not with this method.
    OtherMethods {
        /// The metrics label of the path.
        label: &'static str,
        /// The methods of the path, as the header `allow` lists them.
        allow: String,
    },
    /// No route has this path.
    NoRoute,
}

impl Router {
    /// A router over a table of routes.
    pub fn new(routes: Vec<Route>) -> Self {
        Self { routes }
    }

    /// The route of a method and path; HEAD counts as GET.
    pub fn find(&self, method: &Method, path: &str) -> RouteMatch<'_> {
        let method = if method == Method::HEAD { &Method::GET } else { method };
        let matching = self.routes.iter().flat_map(|route| {
            route.paths.iter().filter_map(move |template| Some((route, *template, path_params(template, path)?)))
        });
        let matching: Vec<_> = matching.collect();
        // the template with the fewest parameters wins: a literal segment before a parameter
        let Some(template) =
            matching.iter().min_by_key(|(_, _, params)| params.len()).map(|(_, template, _)| *template)
        else {
            return RouteMatch::NoRoute;
        };
        let same_path = || matching.iter().filter(|(_, other, _)| *other == template);
        if let Some((route, _, params)) = same_path().find(|(route, ..)| route.method == method) {
            return RouteMatch::Route(route, params.clone());
        }
        let label = same_path().map(|(route, ..)| route.label()).next().unwrap_or(OTHER);
        RouteMatch::OtherMethods { label, allow: allow(same_path().map(|(route, ..)| &route.method)) }
    }

    /// The label and the method of every route.
    pub fn labels(&self) -> impl Iterator<Item = (&'static str, &Method)> {
        self.routes.iter().map(|route| (route.label(), &route.method))
    }
}

/// The value of the header `allow`.
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

/// The parameters of the path, if the path matches the template.
fn path_params(template: &'static str, path: &str) -> Option<PathParams> {
    let (mut expected, mut given) = (template.split('/'), path.split('/'));
    let mut params = PathParams::new();
    loop {
        match (expected.next(), given.next()) {
            (None, None) => return Some(params),
            (Some(expected), Some(first)) if takes_the_rest(expected) => {
                let rest = given.fold(first.to_owned(), |rest, segment| rest + "/" + segment);
                params.insert(path_param_name(expected)?, decoded(&rest)?);
                return Some(params);
            }
            (Some(expected), Some(given)) => match path_param_name(expected) {
                Some(name) => _ = params.insert(name, decoded(given)?),
                None if expected == given => {}
                None => return None,
            },
            _ => return None,
        }
    }
}

/// The percent-decoded segment; `None` if it is empty or not UTF-8.
fn decoded(segment: &str) -> Option<String> {
    let text = percent_decode_str(segment).decode_utf8().ok()?;
    (!text.is_empty()).then(|| text.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(method: &str, path: &str) -> String {
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        match Router::new(crate::http::routes::table()).find(&method, path) {
            RouteMatch::Route(route, params) => format!("{} {params:?}", route.label()),
            RouteMatch::OtherMethods { allow, .. } => allow,
            RouteMatch::NoRoute => "nothing".into(),
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
    fn the_path_of_a_file_may_have_folders() {
        assert_eq!(
            found("POST", "/upload/dataset/site/a%20b.csv"),
            r#"/upload/{bucket}/{path...} {"bucket": "dataset", "path": "site/a b.csv"}"#
        );
        assert_eq!(
            found("GET", "/download/dataset/a.csv"),
            r#"/download/{bucket}/{path...} {"bucket": "dataset", "path": "a.csv"}"#
        );
        for path in ["/download/dataset", "/download/dataset/", "/download//a.csv"] {
            assert_eq!(found("GET", path), "nothing", "{path}");
        }
    }

    #[test]
    fn an_unknown_path_means_nothing() {
        for path in ["", "/", "*", "/predict/", "/promotion//history", "/promotion/%FF", "/debug/actors/a/b"] {
            assert_eq!(found("GET", path), "nothing", "{path}");
        }
    }

    #[test]
    fn no_two_routes_are_the_same() {
        let router = Router::new(crate::http::routes::table());
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
