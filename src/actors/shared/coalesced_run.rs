//! The state of a job that runs at most once at a time. Requests during a run coalesce into one more run after it.

/// Whether the job runs now, and whether it must run again.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub enum CoalescedRun {
    /// It does not run.
    #[default]
    Idle,
    /// It runs.
    Running,
    /// It runs, and another run was requested since it began.
    RunningAgain,
}

impl CoalescedRun {
    /// Whether the job runs now.
    pub fn is_running(self) -> bool {
        self != CoalescedRun::Idle
    }

    /// Begins a run, unless one is under way; true if the caller must start it. For callers that come back anyway.
    pub fn begin(&mut self) -> bool {
        if self.is_running() {
            return false;
        }
        *self = CoalescedRun::Running;
        true
    }

    /// Begins a run, or asks for another one after the run under way; true if the caller must start it now.
    pub fn request(&mut self) -> bool {
        let begins = self.begin();
        if !begins {
            *self = CoalescedRun::RunningAgain;
        }
        begins
    }

    /// Ends the run; true if another one was requested meanwhile, which the caller must then begin.
    pub fn end(&mut self) -> bool {
        std::mem::take(self) == CoalescedRun::RunningAgain
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_during_a_run_coalesce_into_one_more_run() {
        let mut run = CoalescedRun::default();
        assert!(run.request());
        assert!(!run.request() && !run.request());
        assert!(run.end(), "another run was requested");
        assert!(run.request());
        assert!(!run.end(), "nothing was requested since");
    }

    #[test]
    fn a_begin_during_a_run_asks_for_nothing() {
        let mut run = CoalescedRun::default();
        assert!(run.begin() && run.is_running());
        assert!(!run.begin());
        assert!(!run.end() && !run.is_running());
    }
}
