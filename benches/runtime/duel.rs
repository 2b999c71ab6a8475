//! Two ways to do the same, measured in turns: what else the machine does then falls on both alike.

use std::time::{Duration, Instant};

use futures::future::BoxFuture;

/// Does a fixed number of operations.
pub type Batch = Box<dyn FnMut() -> BoxFuture<'static, ()> + Send>;

/// Batches of each way.
const ROUNDS: usize = 100;

/// Two ways to do the same.
pub struct Duel {
    /// What is done, and from where.
    pub what: &'static str,
    /// Ours, and how many operations one batch is.
    pub ours: (Batch, u32),
    /// The bare one, as [`Duel::ours`].
    pub bare: (Batch, u32),
}

/// Times of one operation, each the median of all batches.
pub struct Outcome {
    /// As in [`Duel::what`].
    pub what: &'static str,
    /// Ours.
    pub ours: Duration,
    /// The bare one.
    pub bare: Duration,
}

impl Duel {
    /// Lets them take turns; the one who goes first changes with every round.
    pub async fn fight(mut self) -> Outcome {
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
        Outcome { what: self.what, ours: median(ours), bare: median(bare) }
    }
}

/// One line a duel.
pub fn print(outcomes: &[Outcome]) {
    println!("{:44} {:>10} {:>10}  ratio", "ratio to bare actix, medians of turns", "ours", "bare");
    for Outcome { what, ours, bare } in outcomes {
        let ratio = ours.as_secs_f64() / bare.as_secs_f64();
        println!("{what:44} {:>10} {:>10} {ratio:6.2}", told(*ours), told(*bare));
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

fn told(time: Duration) -> String {
    format!("{:.2} us", time.as_secs_f64() * 1e6)
}
