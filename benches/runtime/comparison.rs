//! Two ways to do the same, measured in turns, so that other load on the machine falls on both.

use std::time::{Duration, Instant};

use futures::future::BoxFuture;

/// Does a fixed number of operations.
pub type Batch = Box<dyn FnMut() -> BoxFuture<'static, ()> + Send>;

/// Batches of each.
const ROUNDS: usize = 100;

/// Two ways to do the same.
pub struct Comparison {
    /// What is done, and from which thread.
    pub what: &'static str,
    /// With the runtime, and how many operations one batch is.
    pub ours: (Batch, u32),
    /// With bare actix, as [`Comparison::ours`].
    pub bare: (Batch, u32),
}

/// The times of one operation, each the median of all batches.
pub struct Medians {
    /// As in [`Comparison::what`].
    pub what: &'static str,
    /// With the runtime.
    pub ours: Duration,
    /// With bare actix.
    pub bare: Duration,
}

impl Comparison {
    /// Measures both in turns; the one that goes first changes with every round.
    pub async fn run(mut self) -> Medians {
        let (mut ours, mut bare) = (Vec::new(), Vec::new());
        timed(&mut self.ours).await;
        timed(&mut self.bare).await;
        for round in 0..ROUNDS {
            if round % 2 == 0 {
                ours.push(timed(&mut self.ours).await);
                bare.push(timed(&mut self.bare).await);
            } else {
                bare.push(timed(&mut self.bare).await);
                ours.push(timed(&mut self.ours).await);
            }
        }
        Medians { what: self.what, ours: median(ours), bare: median(bare) }
    }
}

/// Prints one line for each comparison.
pub fn print(all: &[Medians]) {
    println!("{:44} {:>10} {:>10}  ratio", "ratio to bare actix, medians of turns", "ours", "bare");
    for Medians { what, ours, bare } in all {
        let ratio = ours.as_secs_f64() / bare.as_secs_f64();
        println!("{what:44} {:>10} {:>10} {ratio:6.2}", microseconds(*ours), microseconds(*bare));
    }
}

async fn timed((batch, operations): &mut (Batch, u32)) -> Duration {
    let start = Instant::now();
    batch().await;
    start.elapsed() / *operations
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn microseconds(time: Duration) -> String {
    format!("{:.2} us", time.as_secs_f64() * 1e6)
}
