//! A real Apache Kafka broker (KRaft, one node), which keeps its topics and offsets when it is killed and restarted.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use tempfile::TempDir;

use super::process::Process;
use super::{KAFKA_HOME, fetched, free_ports};

/// A killed broker waits until its own old registration has expired.
const PATIENCE: Duration = Duration::from_secs(60);
const CLUSTER: &str = "MkU3OEVBNTcwNTJENDM2Qg";

/// What a broker has beside its plain listener.
#[derive(Debug, Clone, Default)]
pub struct KafkaSettings {
    /// Further listeners by name and security protocol; each gets a port of its own.
    pub listeners: Vec<(String, String)>,
    /// More lines of `server.properties`.
    pub properties: Vec<String>,
    /// More arguments for formatting its storage, as `--add-scram`.
    pub format_args: Vec<String>,
}

/// A running broker in a folder of its own; killed and forgotten where it is dropped.
pub struct Kafka {
    folder: TempDir,
    jars: PathBuf,
    /// The plain listener first, then those of the settings in their order.
    ports: Vec<u16>,
    settings: KafkaSettings,
    process: Option<Process>,
}

impl Kafka {
    /// A broker with a plain listener.
    pub fn start() -> Result<Self> {
        Self::start_with(&KafkaSettings::default())
    }

    /// A broker with these settings; it answers when this returns.
    pub fn start_with(settings: &KafkaSettings) -> Result<Self> {
        let jars = PathBuf::from(fetched(KAFKA_HOME)?);
        let folder = tempfile::tempdir()?;
        let [controller, plain] = free_ports()?;
        let mut ports = vec![plain];
        for _ in &settings.listeners {
            ports.extend(free_ports::<1>()?);
        }
        let mut broker = Self { folder, jars, ports, settings: settings.clone(), process: None };
        std::fs::write(broker.properties(), broker.server_properties(controller, settings))?;
        broker.format()?;
        broker.restart()?;
        Ok(broker)
    }

    /// The address of the plain-text listener.
    pub fn bootstrap_servers(&self) -> String {
        self.address(0).to_string()
    }

    /// The address of a listener: 0 is the plain one, then those of the settings.
    pub fn address(&self, listener: usize) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], self.ports[listener]))
    }

    /// Sends SIGKILL, as in a crash of its machine.
    pub fn kill(&mut self) -> Result<()> {
        self.process.take().map_or(Ok(()), Process::kill)
    }

    /// Starts it again on the same ports and data; it answers when this returns.
    pub fn restart(&mut self) -> Result<()> {
        self.kill()?;
        let args = self.java("512m", "info", &["kafka.Kafka", &self.properties().to_string_lossy()]);
        let process = Process::start("java", &args, &[], &self.log_file())?;
        process.until_listening(self.address(0), PATIENCE)?;
        self.process = Some(process);
        Ok(())
    }

    /// The output of one of Kafka's command line tools, such as `org.apache.kafka.tools.consumer.group.ConsumerGroupCommand`.
    pub fn tool(&self, class: &str, args: &[&str]) -> Result<String> {
        let servers = self.bootstrap_servers();
        run(&self.java("128m", "warn", &[&[class, "--bootstrap-server", &servers], args].concat()))
    }

    /// Kills it and starts a new broker at the same address, without topics, records and groups.
    pub fn wipe(&mut self) -> Result<()> {
        self.kill()?;
        std::fs::remove_dir_all(data(self.folder.path()))?;
        self.format()?;
        self.restart()
    }

    /// Its log.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.log_file()).unwrap_or_default()
    }

    fn log_file(&self) -> PathBuf {
        self.folder.path().join("broker.log")
    }

    fn format(&self) -> Result<()> {
        let properties = self.properties();
        let properties = properties.to_string_lossy();
        let mut what = vec!["kafka.tools.StorageTool", "format", "-t", CLUSTER, "-c", &properties];
        what.extend(self.settings.format_args.iter().map(String::as_str));
        run(&self.java("128m", "warn", &what)).map(drop)
    }

    fn java(&self, heap: &str, log_level: &str, what: &[&str]) -> Vec<String> {
        let class_path = self.jars.join("*").to_string_lossy().into_owned();
        let heap = format!("-Xmx{heap}");
        let level = format!("-Dorg.slf4j.simpleLogger.defaultLogLevel={log_level}");
        let fixed = [&heap, "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", &level, "-cp", &class_path];
        fixed.iter().chain(what).map(|&word| word.to_owned()).collect()
    }

    fn properties(&self) -> PathBuf {
        self.folder.path().join("server.properties")
    }

    fn server_properties(&self, controller: u16, settings: &KafkaSettings) -> String {
        let named = settings.listeners.iter().map(|(name, protocol)| (name.as_str(), protocol.as_str()));
        let named: Vec<(&str, &str)> = std::iter::once(("PLAINTEXT", "PLAINTEXT")).chain(named).collect();
        let join = |lines: Vec<String>| lines.join(",");
        let open = named.iter().zip(&self.ports).map(|((name, _), port)| format!("{name}://127.0.0.1:{port}"));
        let open: Vec<String> = open.collect();
        let protocols = named.iter().map(|(name, protocol)| format!("{name}:{protocol}"));
        let lines = [
            FIXED.trim().to_owned(),
            format!("controller.quorum.voters=1@127.0.0.1:{controller}"),
            format!("listeners={},CONTROLLER://127.0.0.1:{controller}", join(open.clone())),
            format!("advertised.listeners={}", join(open)),
            format!("listener.security.protocol.map={},CONTROLLER:PLAINTEXT", join(protocols.collect())),
            format!("log.dirs={}", data(self.folder.path()).display()),
        ];
        lines.into_iter().chain(settings.properties.iter().cloned()).map(|line| line + "\n").collect()
    }
}

fn data(folder: &Path) -> PathBuf {
    folder.join("data")
}

fn run(args: &[String]) -> Result<String> {
    let output = Command::new("java").args(args).output().context("cannot run java")?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    ensure!(output.status.success(), "{}\n{}", text(&output.stdout), text(&output.stderr));
    Ok(text(&output.stdout))
}

/// A single small node that notices its own crash quickly.
const FIXED: &str = "
process.roles=broker,controller
node.id=1
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
num.partitions=1
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
broker.session.timeout.ms=2000
broker.heartbeat.interval.ms=500
message.max.bytes=8388608
replica.fetch.max.bytes=8388608
num.network.threads=2
num.io.threads=2
log.cleaner.dedupe.buffer.size=16777216
";
