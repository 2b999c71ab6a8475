//! A real MinIO server, which keeps its objects when it is killed and restarted.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use nix::sys::signal::Signal;
use tempfile::TempDir;

use super::process::Process;
use super::{MINIO_PROGRAM, fetched, free_ports};

const PATIENCE: Duration = Duration::from_secs(30);
/// Pause between two checks.
const CHECK_INTERVAL: Duration = Duration::from_millis(20);

/// A running store in a folder of its own; both are removed when this is dropped.
pub struct Minio {
    folder: TempDir,
    program: String,
    addr: SocketAddr,
    certificates: Option<PathBuf>,
    process: Option<Process>,
}

impl Minio {
    /// Its access key.
    pub const ACCESS_KEY: &str = "flts-test";
    /// Its secret key.
    pub const SECRET_KEY: &str = "flts-test-secret";

    /// A store without buckets; it answers when this returns.
    pub fn start() -> Result<Self> {
        Self::start_with(None)
    }

    /// A store that speaks HTTPS with the `public.crt` and the `private.key` of this folder.
    pub fn start_encrypted(certificates: PathBuf) -> Result<Self> {
        Self::start_with(Some(certificates))
    }

    fn start_with(certificates: Option<PathBuf>) -> Result<Self> {
        let [port] = free_ports()?;
        let addr = SocketAddr::from(([127, 0, 0, 1], port));
        let (folder, program) = (tempfile::tempdir()?, fetched(MINIO_PROGRAM)?);
        let mut store = Self { folder, program, addr, certificates, process: None };
        store.restart()?;
        Ok(store)
    }

    /// Its address in the form of `S3_ENDPOINT_URL`.
    pub fn endpoint_url(&self) -> String {
        let scheme = if self.certificates.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.addr)
    }

    /// The settings with which a node uses it.
    pub fn env(&self) -> [(&'static str, String); 3] {
        [
            ("S3_ENDPOINT_URL", self.endpoint_url()),
            ("AWS_ACCESS_KEY_ID", Self::ACCESS_KEY.into()),
            ("AWS_SECRET_ACCESS_KEY", Self::SECRET_KEY.into()),
        ]
    }

    /// Sends SIGKILL: connections are refused until the restart.
    pub fn kill(&mut self) -> Result<()> {
        self.process.take().map_or(Ok(()), Process::kill)
    }

    /// Sends SIGSTOP: connections are accepted, and nothing is answered until [`Minio::thaw`].
    pub fn freeze(&self) -> Result<()> {
        self.process.iter().try_for_each(Process::halt)
    }

    /// Sends SIGCONT.
    pub fn thaw(&self) -> Result<()> {
        self.process.iter().try_for_each(|process| process.signal(Signal::SIGCONT))
    }

    /// Starts it again at the same address and on the same data; it answers when this returns.
    pub fn restart(&mut self) -> Result<()> {
        self.kill()?;
        let data = self.folder.path().join("data");
        std::fs::create_dir_all(&data)?;
        let args = ["server", "--quiet", "--address", &self.addr.to_string(), &data.to_string_lossy()];
        let mut args: Vec<String> = args.map(str::to_owned).into();
        if let Some(certificates) = &self.certificates {
            args.splice(1..1, ["--certs-dir".to_owned(), certificates.to_string_lossy().into_owned()]);
        }
        let env = [
            ("MINIO_ROOT_USER", Self::ACCESS_KEY),
            ("MINIO_ROOT_PASSWORD", Self::SECRET_KEY),
            ("MINIO_BROWSER", "off"),
            ("MINIO_UPDATE", "off"),
            // its data may lie on the disk of the system
            ("MINIO_CI_CD", "1"),
        ];
        let process = Process::start(&self.program, &args, &env, &self.folder.path().join("log"))?;
        process.until_listening(self.addr, PATIENCE)?;
        self.process = Some(process);
        self.until_ready()
    }

    /// Waits until it serves, which is a moment after it listens. An encrypted store is not checked: its clients retry.
    fn until_ready(&self) -> Result<()> {
        if self.certificates.is_some() {
            return Ok(());
        }
        let deadline = Instant::now() + PATIENCE;
        loop {
            let mut connection = TcpStream::connect(self.addr)?;
            connection.write_all(b"GET /minio/health/cluster HTTP/1.0\r\n\r\n")?;
            let mut answer = String::new();
            // a truncated answer is not the expected one
            let _ = connection.read_to_string(&mut answer);
            if answer.split(' ').nth(1) == Some("200") {
                return Ok(());
            }
            ensure!(Instant::now() < deadline, "minio does not get ready: {answer}");
            std::thread::sleep(CHECK_INTERVAL);
        }
    }
}
