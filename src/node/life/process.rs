//! Runs the work of the process on a runtime, and reports its failure.

use std::future::Future;
use std::process::ExitCode;
use std::time::Duration;

use crate::node::backends::UnsafeStore;

use super::exit_codes;

/// Runs the work of the process on a new runtime.
pub fn run_on_runtime(work: impl Future<Output = ExitCode>) -> ExitCode {
    let runtime =
        match tokio::runtime::Builder::new_multi_thread().worker_threads(2).thread_name("io").enable_all().build() {
            Ok(runtime) => runtime,
            Err(error) => return report_failure(&anyhow::Error::from(error)),
        };
    let code = runtime.block_on(work);
    // blocking calls of client libraries must not keep the process alive
    runtime.shutdown_timeout(Duration::from_secs(1));
    code
}

/// Writes the error to stderr, and returns the exit code.
pub fn report_failure(error: &anyhow::Error) -> ExitCode {
    eprintln!("error: {error:#}");
    let is_configuration = error.is::<UnsafeStore>();
    ExitCode::from(if is_configuration { exit_codes::CONFIGURATION } else { exit_codes::FAILED })
}
