//! Supervised actors come back, nobody who asks hangs, and giving up is told with a reason.

mod alive;
mod budgets;
mod crew;
mod deaths;
mod faults;
mod foreman;
mod reports;
mod restarts;
mod stopping;
mod threads;
