//! Files and sockets that the process may have open: the limit is raised to what is allowed, and connections must fit in it.

use nix::sys::resource::{Resource, getrlimit, setrlimit};

use crate::http::{Limits, RESERVED_CONNECTIONS};

/// Open files kept for everything but connections of the API: store, broker, their clients, data files and logs.
const OTHER_FILES: usize = 256;

/// Raises the soft limit of open files to the hard one, and lowers the limit of connections to what fits. Both are logged.
pub fn fit_connections(limits: Limits) -> Limits {
    let Some(open_files) = raise() else { return limits };
    let fitting = fitting_connections(open_files).min(limits.max_connections);
    tracing::info!(event = "open_files", service = "node", limit = open_files, connections = fitting);
    if fitting < limits.max_connections {
        tracing::warn!(
            event = "connections_limited",
            service = "node",
            "the process may have {open_files} files open, so HTTP_MAX_CONNECTIONS is {fitting} instead of {}; raise the limit \
             (ulimit -n, LimitNOFILE) for more",
            limits.max_connections
        );
    }
    Limits { max_connections: fitting, ..limits }
}

/// The connections that so many open files have room for, beside the reserve and everything else. A small limit is halved.
fn fitting_connections(open_files: usize) -> usize {
    (open_files - (OTHER_FILES + RESERVED_CONNECTIONS).min(open_files / 2)).max(1)
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

    #[test]
    fn connections_leave_files_for_everything_else() {
        assert_eq!(fitting_connections(1024), 1024 - OTHER_FILES - RESERVED_CONNECTIONS);
        assert_eq!(fitting_connections(256), 128);
        assert_eq!(fitting_connections(0), 1);
    }
}
