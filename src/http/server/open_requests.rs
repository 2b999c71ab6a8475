//! Counts the requests without an answer yet, by route: a stopping node waits for them.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::route::Route;
use super::router::Router;

/// The number of requests of each route that have arrived and are not answered.
pub struct OpenRequests {
    by_label: Vec<(&'static str, AtomicUsize)>,
}

/// One open request, until it is dropped.
pub struct OpenRequest<'a>(Option<&'a AtomicUsize>);

impl OpenRequests {
    /// No open request of any route.
    pub fn new(router: &Router) -> Self {
        let mut labels: Vec<&'static str> = router.labels().map(|(label, _)| label).collect();
        labels.sort_unstable();
        labels.dedup();
        Self { by_label: labels.into_iter().map(|label| (label, AtomicUsize::new(0))).collect() }
    }

    /// Counts a request that has arrived completely; one that is still being sent does not count.
    pub fn begin(&self, route: &Route) -> OpenRequest<'_> {
        let found = self.by_label.binary_search_by_key(&route.label(), |(label, _)| label);
        let count = found.ok().map(|at| &self.by_label[at].1);
        count.inspect(|count| _ = count.fetch_add(1, Ordering::Relaxed));
        OpenRequest(count)
    }

    /// The open requests by route, in words: `2 requests of /predict`.
    pub fn summary(&self) -> Vec<String> {
        let open = self.by_label.iter().map(|(label, count)| (label, count.load(Ordering::Relaxed)));
        let lines = open.filter(|(_, count)| *count > 0).map(|(label, count)| match count {
            1 => format!("1 request of {label}"),
            _ => format!("{count} requests of {label}"),
        });
        lines.collect()
    }
}

impl Drop for OpenRequest<'_> {
    fn drop(&mut self) {
        if let Some(count) = self.0 {
            count.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn open_requests_are_told_by_route_until_they_are_answered() {
        let router = Router::new(crate::http::routes::table());
        let open = OpenRequests::new(&router);
        let route = |label: &str| router.routes.iter().find(|route| route.label() == label).expect("a route");
        assert_eq!(open.summary(), Vec::<String>::new());
        let first = open.begin(route("/predict"));
        let others = (open.begin(route("/predict")), open.begin(route("/healthz")));
        assert_eq!(open.summary(), ["1 request of /healthz", "2 requests of /predict"]);
        drop(others);
        assert_eq!(open.summary(), ["1 request of /predict"]);
        drop(first);
        assert_eq!(open.summary(), Vec::<String>::new());
    }
}
