//! One input, and what it came to: its processor time, its memory, and whether anything panicked.

use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use std::{fs, process, thread};

use nix::time::{ClockId, clock_gettime};
use parking_lot::Mutex;

use crate::targets::{Reader, Target};

/// The most processor time that an input may take.
const PROCESSOR_TIME_MAX: Duration = Duration::from_secs(1);
/// An input that is still at work after this time hangs.
const HANG_AFTER: Duration = Duration::from_secs(60);
/// Inputs between two looks at the memory.
const MEMORY_INTERVAL: u64 = 64;

/// The input that is read just now, and since when.
type InHand = Arc<Mutex<Option<(Instant, Vec<u8>)>>>;

/// Counts the panics of this process, whatever thread they are on.
pub fn watch_for_panics() -> Arc<Mutex<Option<String>>> {
    let last = Arc::new(Mutex::new(None));
    let seen = last.clone();
    panic::set_hook(Box::new(move |info| *seen.lock() = Some(info.to_string())));
    last
}

/// What watches the inputs of one target.
pub struct Trial<'a> {
    target: &'a Target,
    panics: Arc<Mutex<Option<String>>>,
    inputs: AtomicU64,
    at_start_bytes: u64,
    current: InHand,
}

impl<'a> Trial<'a> {
    /// Watches from now on; an input that hangs is written to `found`, and ends the process.
    pub fn new(target: &'a Target, found: &Path, panics: Arc<Mutex<Option<String>>>) -> Self {
        let current = Arc::new(Mutex::new(None));
        end_on_hang(current.clone(), found.join(format!("{}-hang.bin", target.name)));
        // the peak is counted from here on
        let _ = fs::write("/proc/self/clear_refs", "5");
        Self { target, panics, inputs: AtomicU64::new(0), at_start_bytes: peak_of("self"), current }
    }

    /// Gives an input to the reader; its processor time, or what is wrong.
    pub fn run(&self, reader: &mut dyn Reader, input: &[u8]) -> Result<Duration, String> {
        *self.current.lock() = Some((Instant::now(), input.to_vec()));
        let before = processor_time();
        let read = panic::catch_unwind(AssertUnwindSafe(|| reader.read(input)));
        let took = processor_time().saturating_sub(before);
        *self.current.lock() = None;
        let panicked = self.panics.lock().take();
        match (read, panicked) {
            (Ok(Err(broken)), _) => return Err(broken),
            (_, Some(text)) if !self.target.may_panic => return Err(text),
            (Err(_), None) => return Err("it panicked".into()),
            _ => {}
        }
        if took > PROCESSOR_TIME_MAX {
            return Err(format!("it took {took:.1?} of processor time"));
        }
        if self.inputs.fetch_add(1, Ordering::Relaxed).is_multiple_of(MEMORY_INTERVAL) {
            let peak = reader.process().map_or_else(|| self.peak_bytes(), |pid| peak_of(&pid.to_string()));
            if peak > self.target.memory_max_bytes {
                return Err(format!("its memory peaked at {} MiB", peak >> 20));
            }
        }
        Ok(took)
    }

    /// The most memory that this process took beyond what it had at the start, in bytes.
    pub fn peak_bytes(&self) -> u64 {
        peak_of("self").saturating_sub(self.at_start_bytes)
    }
}

/// The processor time of this thread.
fn processor_time() -> Duration {
    clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).map(Duration::from).unwrap_or_default()
}

/// The most memory that a process held, in bytes; 0 if it is not there.
fn peak_of(pid: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let kib = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"));
    kib.and_then(|kib| kib.trim().parse::<u64>().ok()).unwrap_or_default() << 10
}

/// Ends the process when an input takes too long: its thread cannot be stopped.
fn end_on_hang(current: InHand, file: PathBuf) {
    thread::spawn(move || {
        loop {
            thread::sleep(Duration::from_secs(1));
            if Arc::strong_count(&current) == 1 {
                return;
            }
            let hangs = current
                .lock()
                .as_ref()
                .filter(|(since, _)| since.elapsed() > HANG_AFTER)
                .map(|(_, input)| input.clone());
            if let Some(input) = hangs {
                let _ = file.parent().map(fs::create_dir_all);
                let _ = fs::write(&file, input);
                println!("{} hangs\n0 passed, 1 failed", file.display());
                process::exit(1);
            }
        }
    });
}
