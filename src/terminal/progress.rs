//! Progress bars on a terminal; elsewhere nothing is drawn, and the log has the progress.

use std::collections::BTreeMap;
use std::io::Write;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use parking_lot::{Mutex, MutexGuard};

use super::display::Display;

/// Steps of a full bar.
const STEPS: u64 = 1000;

/// Prints texts and progress bars; any thread may use it.
pub struct Terminal {
    display: Display,
    all: MultiProgress,
    bars: Mutex<BTreeMap<String, ProgressBar>>,
}

impl Terminal {
    /// Draws as stdout of this process allows.
    pub fn detect() -> Terminal {
        Terminal::new(Display::detect())
    }

    /// Draws bars only for a person.
    pub fn new(display: Display) -> Terminal {
        let target = if display.person { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        Terminal { display, all: MultiProgress::with_draw_target(target), bars: Mutex::new(BTreeMap::new()) }
    }

    /// How texts are to be drawn.
    pub fn look(&self) -> &Display {
        &self.display
    }

    /// Shows that the work named `label` is done to `ratio` (0 to 1).
    pub fn progress(&self, label: &str, ratio: f64) {
        self.bar(label).set_position(position(ratio));
    }

    /// Removes the bar of `label` and prints its outcome.
    pub fn finish(&self, label: &str, outcome: &str) {
        if let Some(bar) = self.bars().remove(label) {
            bar.finish_and_clear();
        }
        self.print(&format!("{label} {outcome}"));
    }

    /// Prints a text on stdout, above the bars.
    pub fn print(&self, text: &str) {
        self.all.suspend(|| {
            let mut stdout = std::io::stdout().lock();
            // the node goes on without a reader of stdout
            let _ = writeln!(stdout, "{text}").and_then(|()| stdout.flush());
        });
    }

    fn bar(&self, label: &str) -> ProgressBar {
        let add = || {
            let bar = ProgressBar::new(STEPS).with_style(style(&self.display)).with_prefix(label.to_string());
            self.all.add(bar)
        };
        self.bars().entry(label.into()).or_insert_with(add).clone()
    }

    fn bars(&self) -> MutexGuard<'_, BTreeMap<String, ProgressBar>> {
        self.bars.lock()
    }
}

fn position(ratio: f64) -> u64 {
    (ratio.clamp(0.0, 1.0) * STEPS as f64) as u64
}

/// One line: label, bar, percentage, time so far and time to go.
fn style(display: &Display) -> ProgressStyle {
    let colour = if display.colour { ".cyan" } else { "" };
    let characters = if display.unicode { "█▉▊▋▌▍▎▏ " } else { "=> " };
    ProgressStyle::with_template(&format!(
        "{{prefix:>8}} [{{bar:32{colour}}}] {{percent:>3}} % {{elapsed:>4}}, about {{eta}} to go"
    ))
    .expect("invariant: the template above is well formed")
    .progress_chars(characters)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_follows_its_label_and_a_finished_one_is_forgotten() {
        let terminal = Terminal::new(Display::PLAIN);
        terminal.progress("GRU", 0.5);
        terminal.progress("LSTM", 0.25);
        assert_eq!(terminal.bar("GRU").position(), 500);
        terminal.finish("GRU", "done");
        assert_eq!(terminal.bars().len(), 1);
        terminal.progress("LSTM", f64::NAN);
        assert_eq!(terminal.bar("LSTM").position(), 0, "a ratio that is no number is no progress");
        terminal.progress("LSTM", 7.0);
        assert_eq!(terminal.bar("LSTM").position(), STEPS);
    }
}
