//! Which requests wait for their answer now: what a node that stops still owes.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::router::{Route, Router};

/// How many requests of each route have arrived and are not answered.
pub struct OpenRequests {
    by_label: Vec<(&'static str, AtomicUsize)>,
}

/// One of them, until it is dropped.
pub struct Open<'a>(Option<&'a AtomicUsize>);

impl OpenRequests {
    /// None of any route.
    pub fn of(router: &Router) -> Self {
        let mut labels: Vec<&'static str> = router.labels().map(|(label, _)| label).collect();
        labels.sort_unstable();
        labels.dedup();
        Self { by_label: labels.into_iter().map(|label| (label, AtomicUsize::new(0))).collect() }
    }

    /// A request that has arrived as a whole: a caller who is still sending is owed nothing.
    pub fn begin(&self, route: &Route) -> Open<'_> {
        let found = self.by_label.binary_search_by_key(&route.label(), |(label, _)| label);
        let count = found.ok().map(|at| &self.by_label[at].1);
        count.inspect(|count| _ = count.fetch_add(1, Ordering::Relaxed));
        Open(count)
    }

    /// Those that wait, route by route, for people: `2 requests of /predict`.
    pub fn told(&self) -> Vec<String> {
        let open = self.by_label.iter().map(|(label, count)| (label, count.load(Ordering::Relaxed)));
        let told = open.filter(|(_, count)| *count > 0).map(|(label, count)| match count {
            1 => format!("1 request of {label}"),
            _ => format!("{count} requests of {label}"),
        });
        told.collect()
    }
}

impl Drop for Open<'_> {
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
        let router = Router::of(crate::http::routes::table());
        let open = OpenRequests::of(&router);
        let route = |label: &str| router.routes.iter().find(|route| route.label() == label).expect("a route");
        assert_eq!(open.told(), Vec::<String>::new());
        let first = open.begin(route("/predict"));
        let others = (open.begin(route("/predict")), open.begin(route("/healthz")));
        assert_eq!(open.told(), ["1 request of /healthz", "2 requests of /predict"]);
        drop(others);
        assert_eq!(open.told(), ["1 request of /predict"]);
        drop(first);
        assert_eq!(open.told(), Vec::<String>::new());
    }
}
