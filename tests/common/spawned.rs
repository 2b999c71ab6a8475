//! A node that does not serve yet.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::common::{PATIENCE, QUICK};

/// `flts run` as a process whose log is read line by line.
pub struct Spawned {
    child: Child,
    lines: Receiver<String>,
}

impl Spawned {
    pub fn run(data_dir: &Path, env: &[(&str, &str)]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_flts"));
        command.arg("run").env("DATA_DIR", data_dir).envs(QUICK).envs(env.iter().copied());
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let stderr = child.stderr.take().unwrap();
        let (line, lines) = channel();
        // the pipe is emptied to its end, so that the process never waits for us
        std::thread::spawn(move || {
            BufReader::new(stderr).lines().map_while(Result::ok).for_each(|text| _ = line.send(text))
        });
        Self { child, lines }
    }

    pub fn await_line(&self, text: &str) -> String {
        loop {
            let line = self.lines.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("no line with {text:?}"));
            if line.contains(text) {
                return line;
            }
        }
    }

    pub fn terminate(mut self) -> ExitStatus {
        kill(Pid::from_raw(self.child.id() as i32), Signal::SIGTERM).unwrap();
        self.child.wait().unwrap()
    }
}

impl Drop for Spawned {
    fn drop(&mut self) {
        // a test that failed leaves no process behind
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
