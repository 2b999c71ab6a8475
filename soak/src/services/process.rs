//! A program that ends with the process that started it, even if that process is killed.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// Pause between two checks.
const CHECK_INTERVAL: Duration = Duration::from_millis(10);

/// Starts a program, prints its process id, and kills it when standard input ends: with this process, or by [`Process::kill`].
///
/// The output of the program goes to standard error; the process id is the only line on standard output.
const WARDEN: &str = r#""$@" </dev/null >&2 & echo $!; cat >/dev/null; kill -9 $!; wait $! 2>/dev/null"#;

/// A running program whose output goes to a file.
pub struct Process {
    warden: Child,
    pid: Pid,
    log: PathBuf,
}

impl Process {
    /// Starts a program; its output is appended to `log`.
    pub fn start(program: &str, args: &[String], env: &[(&str, &str)], log: &Path) -> Result<Self> {
        let output: File = OpenOptions::new().create(true).append(true).open(log)?;
        let mut warden = Command::new("sh")
            .args(["-c", WARDEN, "warden", program])
            .args(args)
            .envs(env.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(output)
            .spawn()
            .with_context(|| format!("cannot start {program}"))?;
        let mut first = String::new();
        let output = warden.stdout.take().context("invariant: its output is a pipe")?;
        BufReader::new(output).read_line(&mut first)?;
        let pid = first.trim().parse().with_context(|| format!("{program} has no process id: {first:?}"))?;
        Ok(Self { warden, pid: Pid::from_raw(pid), log: log.to_owned() })
    }

    /// Waits until it accepts connections at `addr`.
    pub fn until_listening(&self, addr: SocketAddr, patience: Duration) -> Result<()> {
        let deadline = Instant::now() + patience;
        while TcpStream::connect(addr).is_err() {
            if !self.is_alive() || Instant::now() > deadline {
                bail!("nobody listens at {addr}; the end of its log:\n{}", self.log_tail());
            }
            std::thread::sleep(CHECK_INTERVAL);
        }
        Ok(())
    }

    /// Sends SIGKILL; the program has ended when this returns.
    pub fn kill(mut self) -> Result<()> {
        self.end().context("the program was not killed")
    }

    /// Sends a signal, such as SIGCONT.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        kill(self.pid, signal).context("cannot signal the program")
    }

    /// Sends SIGSTOP, and returns once every thread has stopped: the signal alone does not wait for that.
    pub fn halt(&self) -> Result<()> {
        self.signal(Signal::SIGSTOP)?;
        while !self.has_stopped()? {
            std::thread::sleep(CHECK_INTERVAL);
        }
        Ok(())
    }

    fn has_stopped(&self) -> Result<bool> {
        for thread in std::fs::read_dir(format!("/proc/{}/task", self.pid))? {
            let status = std::fs::read_to_string(thread?.path().join("status"))?;
            if !status.lines().any(|line| line.starts_with("State:\tT")) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn is_alive(&self) -> bool {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.pid)).unwrap_or_default();
        stat.rsplit(')').next().is_some_and(|rest| !rest.trim_start().starts_with('Z') && !rest.is_empty())
    }

    fn log_tail(&self) -> String {
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }

    fn end(&mut self) -> Result<()> {
        drop(self.warden.stdin.take());
        self.warden.wait()?;
        ensure!(!self.is_alive(), "it is still there");
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // it may have ended already
        let _ = self.end();
    }
}
