//! Files and sockets that the process may have open: the limit is raised to what is allowed, and connections must fit in it.

use nix::sys::resource::{Resource, getrlimit, setrlimit};

use crate::config::Config;
use crate::http::{LEAVING_CONNECTIONS, RESERVED_CONNECTIONS};
use crate::limits::STORE_CONNECTIONS;

/// Open files kept for everything but connections: clients of store and broker, the embedded broker, data files and logs.
const OTHER_FILES: usize = 256;
/// Open files of one connection to the embedded store: the socket, and the object that is read or written.
const FILES_PER_STORE_CONNECTION: usize = 2;

/// Connections that the process takes at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Connections {
    /// To the API, without its reserve.
    pub api: usize,
    /// To the embedded store; 0 without one.
    pub store: usize,
}

/// What a process with some configuration may have open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenFiles {
    /// The limit of the operating system.
    pub limit: usize,
    /// The connections that fit in it.
    pub fitting: Connections,
    /// The connections that the configuration asks for.
    pub wanted: Connections,
}

impl OpenFiles {
    /// What is smaller than the configuration asks for, and what to do; none if all of it fits.
    pub fn shortage(&self) -> Option<String> {
        let OpenFiles { limit, fitting, wanted } = self;
        let api = (fitting.api < wanted.api)
            .then(|| format!("HTTP_MAX_CONNECTIONS is {} instead of {}", fitting.api, wanted.api));
        let store = (fitting.store < wanted.store)
            .then(|| format!("the embedded store takes {} connections instead of {}", fitting.store, wanted.store));
        let short: Vec<String> = api.into_iter().chain(store).collect();
        let told = || {
            format!(
                "the process may have {limit} files open, so {}; raise the limit (ulimit -n, LimitNOFILE) for more",
                short.join(" and ")
            )
        };
        (!short.is_empty()).then(told)
    }
}

/// Raises the soft limit of open files to the hard one, and lowers the limits of connections to what fits. Both are logged.
pub fn fit_connections(config: &Config) -> Connections {
    let raised = open_files(config);
    let OpenFiles { limit, fitting, .. } = raised;
    tracing::info!(event = "open_files", service = "node", limit, connections = fitting.api);
    if let Some(shortage) = raised.shortage() {
        tracing::warn!(event = "connections_limited", service = "node", "{shortage}");
    }
    fitting
}

/// Raises the soft limit of open files to the hard one, and says which connections of a node fit in it.
pub fn open_files(config: &Config) -> OpenFiles {
    let has_store = !config.object_store.is_s3 && config.join.is_none();
    let store = if has_store { STORE_CONNECTIONS.max_usize() } else { 0 };
    let wanted = Connections { api: config.http.limits.max_connections, store };
    let limit = raise().unwrap_or(usize::MAX);
    OpenFiles { limit, fitting: fitting(limit, wanted), wanted }
}

/// The connections that so many open files have room for, beside everything else. Of a small limit connections get half, and the
/// embedded store a quarter of that.
fn fitting(limit: usize, wanted: Connections) -> Connections {
    let kept = OTHER_FILES + RESERVED_CONNECTIONS + LEAVING_CONNECTIONS;
    let files = limit - kept.min(limit / 2);
    let store_files = wanted.store.saturating_mul(FILES_PER_STORE_CONNECTION);
    let store_files = match wanted.api.saturating_add(store_files) <= files {
        true => store_files,
        false => store_files.min(files / 4),
    };
    let store = (store_files / FILES_PER_STORE_CONNECTION).max(usize::from(wanted.store > 0));
    Connections { api: (files - store_files).clamp(1, wanted.api.max(1)), store }
}

/// Raises the limit, and gives the one that holds now; none where the operating system does not say.
fn raise() -> Option<usize> {
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).ok()?;
    let raised = soft < hard && setrlimit(Resource::RLIMIT_NOFILE, hard, hard).is_ok();
    usize::try_from(if raised { hard } else { soft }).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const WANTED: Connections = Connections { api: 1024, store: 1024 };

    /// The files that are open when all connections are.
    fn all_open(connections: Connections) -> usize {
        let Connections { api, store } = connections;
        api + RESERVED_CONNECTIONS + LEAVING_CONNECTIONS + store * FILES_PER_STORE_CONNECTION + OTHER_FILES
    }

    #[test]
    fn all_connections_together_leave_files_for_everything_else() {
        for limit in [640, 1024, 2000, 4096, 65_536] {
            let fitting = fitting(limit, WANTED);
            assert!(all_open(fitting) <= limit, "{limit}: {fitting:?}");
        }
        assert_eq!(fitting(4096, WANTED), WANTED);
        assert_eq!(fitting(1024, WANTED), Connections { api: 528, store: 88 });
        assert_eq!(fitting(1024, Connections { store: 0, ..WANTED }), Connections { api: 704, store: 0 });
        assert_eq!(fitting(256, WANTED), Connections { api: 96, store: 16 });
        assert_eq!(fitting(0, WANTED), Connections { api: 1, store: 1 });
    }
}
