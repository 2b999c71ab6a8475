//! SIGTERM under load: whoever was accepted is answered, and the exit is clean.

use flts_soak::Arrivals;
use flts_soak::stops::{Stops, run};

fn three_stops(fresh: bool, rate: f64, notice_ms: u64) -> Stops {
    Stops {
        bin: env!("CARGO_BIN_EXE_flts").into(),
        times: 3,
        rate,
        arrivals: Arrivals::Poisson,
        fresh,
        notice_ms,
        around_ms: 200,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_accepted_request_is_lost_on_kept_connections() {
    let stopped = run(&three_stops(false, 200.0, 500)).await.unwrap();
    stopped.check().unwrap_or_else(|error| panic!("{error}\n{stopped}"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_accepted_request_is_lost_on_new_connections_without_a_notice() {
    // so many that some of them wait to be accepted when the socket closes
    let stopped = run(&three_stops(true, 1000.0, 0)).await.unwrap();
    stopped.check().unwrap_or_else(|error| panic!("{error}\n{stopped}"));
}
