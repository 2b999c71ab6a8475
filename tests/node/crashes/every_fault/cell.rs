//! One cell of the table: what breaks, how, and when; and what came of it.

use std::time::Duration;

/// Every way to break.
pub const FAULTS: [&str; 4] = ["panic", "fail", "exit", "hang"];

/// When a fault strikes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// At the next start, which an end without a word brings about.
    Start,
    /// With nothing to do.
    Idle,
    /// With requests coming in and a new data set on its way.
    Load,
}

impl When {
    pub const ALL: [When; 3] = [When::Start, When::Idle, When::Load];
}

/// What breaks, how, and when.
pub struct Cell {
    pub target: String,
    pub fault: &'static str,
    pub when: When,
}

/// What came of it.
pub struct Told {
    /// From the request to break to the successor at work (of a hang: to the end of the process).
    pub back: Duration,
    /// As the operator sees it.
    pub exit: String,
}

impl Cell {
    pub fn header() -> String {
        format!("{:<28} {:<6} {:<6} {:>8} {:>8}  told", "target", "fault", "when", "back ms", "job ms")
    }

    /// The word for it in reports and metrics.
    pub fn cause(&self) -> &'static str {
        match self.fault {
            "panic" => "panicked",
            "fail" => "failed",
            "exit" => "finished",
            _ => "unresponsive",
        }
    }

    /// What the exit must say.
    pub fn message(&self) -> Option<String> {
        (self.fault != "exit").then(|| format!("fault injected into {}", self.target))
    }
}

impl Told {
    pub fn row(&self, cell: &Cell, service: Option<Duration>) -> String {
        let when = format!("{:?}", cell.when).to_lowercase();
        let service = service.map_or_else(|| "-".into(), |took| took.as_millis().to_string());
        let back = self.back.as_millis();
        format!("{:<28} {:<6} {:<6} {back:>8} {service:>8}  {}", cell.target, cell.fault, when, self.exit)
    }
}
