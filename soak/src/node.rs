//! A node as a child process: start, wait, stop.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::peer::{Ask, Connections, Peer};

/// Longest time a node may take to bind, to get ready, or to stop.
const PATIENCE: Duration = Duration::from_secs(120);
/// Pause between two checks.
const CHECK_INTERVAL: Duration = Duration::from_millis(5);

/// Settings that make a node quick to train, on a free port.
const QUICK: [(&str, &str); 3] = [("HTTP_ADDR", "127.0.0.1:0"), ("MAX_STEPS", "60"), ("HIDDEN_SIZE", "8")];

/// A running `flts run`, which is killed when this is dropped.
pub struct Node {
    child: Child,
    lines: Receiver<String>,
    /// The URL of its API.
    pub url: String,
}

impl Node {
    /// Starts a node on a data folder, with these arguments and settings; it has bound its port when this returns.
    pub fn start(program: &Path, data_dir: &Path, args: &[&Path], env: &[(&str, &str)]) -> Result<Self> {
        let mut child = Command::new(program)
            .arg("run")
            .args(args)
            .env("DATA_DIR", data_dir)
            .envs(QUICK)
            .envs(env.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        let (line, lines) = channel();
        child.stdout.take().into_iter().for_each(|stream| follow(stream, line.clone()));
        child.stderr.take().into_iter().for_each(|stream| follow(stream, line.clone()));
        let mut node = Self { child, lines, url: String::new() };
        node.url = node.bound()?;
        Ok(node)
    }

    /// Waits until `GET /readyz` says that it is ready.
    pub async fn until_ready(&self) -> Result<()> {
        let peer = Peer::new(&self.url, Connections::Kept, PATIENCE)?;
        let deadline = Instant::now() + PATIENCE;
        while let Err(error) = peer.good(&Ask::get("/readyz")).await {
            if Instant::now() > deadline {
                return Err(error.context("the node does not get ready"));
            }
            tokio::time::sleep(CHECK_INTERVAL).await;
        }
        Ok(())
    }

    /// Sends SIGTERM.
    pub fn terminate(&self) -> Result<()> {
        kill(Pid::from_raw(self.child.id() as i32), Signal::SIGTERM).context("cannot signal the node")
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits for its end, and gives its exit status.
    pub async fn ended(&mut self) -> Result<ExitStatus> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.child.try_wait()? {
                Some(status) => return Ok(status),
                None if Instant::now() > deadline => bail!("the node does not end"),
                None => tokio::time::sleep(CHECK_INTERVAL).await,
            }
        }
    }

    /// The lines of its log that came since the last call.
    pub fn log(&self) -> Vec<String> {
        self.lines.try_iter().collect()
    }

    fn bound(&self) -> Result<String> {
        let mut lines = Vec::new();
        loop {
            let line = self.lines.recv_timeout(PATIENCE);
            let line = line.with_context(|| format!("the node does not say its address:\n{}", lines.join("\n")))?;
            if let Some((_, rest)) = line.split_once(" on http://") {
                return Ok(format!("http://{}", rest.split(',').next().unwrap_or_default()));
            }
            lines.push(line);
        }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // it may have ended already
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads a pipe to its end, so that the node never blocks on it.
fn follow(stream: impl Read + Send + 'static, line: Sender<String>) {
    std::thread::spawn(move || {
        BufReader::new(stream).lines().map_while(Result::ok).for_each(|text| _ = line.send(text));
    });
}
