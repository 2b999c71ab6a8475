//! Everything before the actors start: lock the folder, reserve the port, find or start broker and store, store the input
//! files. A signal may end it at any time.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;

use nix::errno::Errno;
use socket2::SockRef;
use tokio::net::{TcpListener, TcpSocket};

use crate::config::Config;
use crate::node::backends::{Backends, PendingTopics, RequiredTopics, retry_while_away, store_warnings};
use crate::node::data_dir::{DataDir, InputFiles, NodeFile, NodeFileError, store_input_files};
use crate::node::os_errors::cannot_listen;

/// Connections that wait until they are accepted.
const BACKLOG: u32 = 1024;

/// A node that is ready to start its actors.
pub struct PreparedNode {
    /// The locked folder, with `node.json` written.
    pub data_dir: DataDir,
    /// Broker and store.
    pub backends: Backends,
    /// The path that `JOIN` names, and the joined node.
    pub joined: Option<(PathBuf, NodeFile)>,
    /// Topics that are not created yet, because the broker is away.
    pub topics: Option<PendingTopics>,
    /// The listener of the API.
    pub listener: TcpListener,
    /// The scheme of the API: http or https.
    pub scheme: &'static str,
    /// The URL of the API.
    pub url: String,
    /// Warnings for operators.
    pub warnings: Vec<String>,
    /// Whether files of the command line were stored.
    pub has_files: bool,
}

impl PreparedNode {
    /// Prepares the node. It waits for services that are away.
    ///
    /// # Errors
    /// A service refuses the node, or folder, port or files cannot be used.
    pub async fn prepare(config: &Config, files: Option<&InputFiles>) -> anyhow::Result<Self> {
        let input = files.map(|files| files.read(&config.data.read)).transpose()?;
        let mut data_dir = DataDir::lock(&config.data_dir).await?;
        let port = Port::reserve(config.http.addr)?;
        let joined = joined_node(config).await?;
        let backends = match &joined {
            Some((join, node)) => Backends::join(config, join, node)?,
            None => Backends::start(config).await?,
        };
        let warnings = store_warnings(config, &backends.objects).await?;
        if let Some((train, test)) = input {
            let store = || store_input_files(&backends.objects, &config.data.preprocess, train.clone(), test.clone());
            match backends.has_embedded_store() {
                true => store().await?,
                false => retry_while_away(store).await?,
            }
        }
        let has_all_topics = backends.has_embedded_broker() || joined.iter().any(|(_, node)| node.broker_in_memory);
        let topics = match has_all_topics {
            true => None,
            false => RequiredTopics::of(&config.roles, config.kafka.topics).at_start(backends.brokers.access()).await?,
        };
        let listener = port.listen()?;
        let scheme = if config.http.tls.is_some() { "https" } else { "http" };
        let url = format!("{scheme}://{}", listener.local_addr()?);
        data_dir.announce(&backends.node_file(url.clone()))?;
        Ok(Self { data_dir, backends, joined, topics, listener, scheme, url, warnings, has_files: files.is_some() })
    }
}

/// A bound port that refuses connections until the node is ready to answer them.
struct Port {
    socket: TcpSocket,
    addr: SocketAddr,
}

impl Port {
    /// Binds the port; fails at once if another program uses it.
    fn reserve(addr: SocketAddr) -> anyhow::Result<Self> {
        let bound = || {
            let socket = if addr.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
            if addr.ip() == Ipv6Addr::UNSPECIFIED {
                // every address of the machine, those of IPv4 too
                SockRef::from(&socket).set_only_v6(false)?;
            }
            socket.set_reuseaddr(true)?;
            socket.bind(addr)?;
            Ok(socket)
        };
        match bound() {
            Ok(socket) => Ok(Self { socket, addr }),
            // a machine without IPv6
            Err(error) if addr.ip() == Ipv6Addr::UNSPECIFIED && lacks_ipv6(&error) => {
                Self::reserve((Ipv4Addr::UNSPECIFIED, addr.port()).into())
            }
            Err(error) => Err(anyhow::anyhow!(cannot_listen(addr, &error))),
        }
    }

    /// Begins to accept connections into the backlog.
    fn listen(self) -> anyhow::Result<TcpListener> {
        self.socket.listen(BACKLOG).map_err(|error| anyhow::anyhow!(cannot_listen(self.addr, &error)))
    }
}

/// Whether a socket cannot be made or bound because IPv6 is off.
fn lacks_ipv6(error: &std::io::Error) -> bool {
    let families = [Errno::EAFNOSUPPORT, Errno::EPFNOSUPPORT].map(|errno| errno as i32);
    error.kind() == ErrorKind::AddrNotAvailable || error.raw_os_error().is_some_and(|code| families.contains(&code))
}

/// The node that `JOIN` names. It waits while the node cannot be read yet.
async fn joined_node(config: &Config) -> Result<Option<(PathBuf, NodeFile)>, NodeFileError> {
    let Some(join) = &config.join else { return Ok(None) };
    let node = NodeFile::wait_for(join, |reason| {
        tracing::warn!(event = "waiting_for_node", service = "node", join = %join.display(), reason = %reason);
    });
    let node = node.await?;
    // a node without a store can never be joined, so this is an error at once
    node.object_store(&config.object_store.region, join)?;
    Ok(Some((join.clone(), node)))
}
