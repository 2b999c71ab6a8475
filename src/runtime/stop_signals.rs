//! The signals that ask the process to stop.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// A signal that asks the node to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopSignal {
    /// SIGTERM, as Kubernetes sends it.
    Terminate,
    /// SIGINT, as Ctrl-C sends it.
    Interrupt,
}

/// Receives SIGTERM and SIGINT: the first signal asks for a drain, the second for an exit at once.
pub struct StopSignals {
    terminate: Signal,
    interrupt: Signal,
}

impl StopSignals {
    /// Starts to listen; from here on neither signal kills the process. Call it within a tokio runtime.
    pub fn listen() -> io::Result<StopSignals> {
        Ok(StopSignals { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    /// The next signal: call it once for the first, and again for the second.
    pub async fn next(&mut self) -> StopSignal {
        tokio::select! {
            Some(()) = self.terminate.recv() => StopSignal::Terminate,
            Some(()) = self.interrupt.recv() => StopSignal::Interrupt,
            // both streams live as long as the process
            else => std::future::pending().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nix::sys::signal::{Signal as Unix, raise};

    #[tokio::test]
    async fn the_first_and_the_second_signal_are_told_apart_by_kind() {
        let mut signals = StopSignals::listen().expect("signals can be heard");
        raise(Unix::SIGTERM).expect("a signal to ourselves");
        assert_eq!(signals.next().await, StopSignal::Terminate);
        raise(Unix::SIGINT).expect("a signal to ourselves");
        assert_eq!(signals.next().await, StopSignal::Interrupt);
    }
}
