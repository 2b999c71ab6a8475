//! What happens when: follows from the length and the seed alone.

use std::fmt;
use std::time::Duration;

/// The size of a run.
pub struct Plan {
    /// Seconds from the first blow to the last.
    pub seconds: u64,
    /// Claims over that time.
    pub claims: usize,
    /// Decides who is killed.
    pub seed: u64,
}

/// Times in seconds from the start.
pub struct Times {
    pub every: u64,
    pub first: u64,
}

impl Plan {
    pub fn from_env() -> Self {
        let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
        let seconds = number("LEDGER_SECONDS").unwrap_or(60);
        let claims = number("LEDGER_CLAIMS").unwrap_or(seconds * 20_000 / 300);
        Self { seconds, claims: claims as usize, seed: number("LEDGER_SEED").unwrap_or(6) }
    }

    pub fn length(&self) -> Duration {
        Duration::from_secs(self.seconds)
    }

    /// A process is killed.
    pub fn kills(&self) -> Vec<Duration> {
        self.times(Times { first: 5, every: 10 })
    }

    /// The broker is killed and started again: five times in 300 s.
    pub fn broker_kills(&self) -> Vec<Duration> {
        self.times(Times { first: 32, every: 60 })
    }

    /// The store goes away: three times in 300 s.
    pub fn store_outages(&self) -> Vec<Duration> {
        self.times(Times { first: 12, every: 100 })
    }

    /// For how long it does.
    pub fn store_outage(&self) -> Duration {
        Duration::from_secs((self.seconds / 5).min(20))
    }

    /// One more inference process joins the group, and leaves it again.
    pub fn rebalances(&self) -> Vec<Duration> {
        self.times(Times { first: 15, every: 25 })
    }

    /// A new data set is announced.
    pub fn datasets(&self) -> Vec<Duration> {
        self.times(Times { first: 2, every: 20 })
    }

    /// Somebody has another model served, so that claims are answered by more than one generation.
    pub fn moves(&self) -> Vec<Duration> {
        self.times(Times { first: 22, every: 45 })
    }

    fn times(&self, Times { first, every }: Times) -> Vec<Duration> {
        (first..self.seconds).step_by(every as usize).map(Duration::from_secs).collect()
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "{} claims in {} s, seed {}: {} processes killed, {} times the broker, {} outages of the store of {} s, {} rebalances, {} data sets, {} models set by hand",
            self.claims,
            self.seconds,
            self.seed,
            self.kills().len(),
            self.broker_kills().len(),
            self.store_outages().len(),
            self.store_outage().as_secs(),
            self.rebalances().len(),
            self.datasets().len(),
            self.moves().len(),
        )
    }
}
