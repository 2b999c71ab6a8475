//! What a node does before it serves: lock its folder, reserve its port, find or start what it stands on, store the
//! files it was given. A signal may end all of it at any time.

use std::net::SocketAddr;
use std::path::PathBuf;

use tokio::net::{TcpListener, TcpSocket};

use crate::config::Config;
use crate::node::backends::{Awaited, Backing, Needed, store_check, until_it_answers};
use crate::node::data_dir::{DataDir, InputFiles, NodeFile, NodeFileError, hints, upload};

/// Connections that wait until they are accepted.
const BACKLOG: u32 = 1024;

/// What a node serves on.
pub struct Ground {
    /// Its folder, locked and announced.
    pub data_dir: DataDir,
    /// Broker and store.
    pub backing: Backing,
    /// The node that it joined, and the place that `JOIN` names.
    pub joined: Option<(PathBuf, NodeFile)>,
    /// Topics that are still to be made sure of, because the broker is away.
    pub topics: Option<Awaited>,
    /// Where the API listens.
    pub listener: TcpListener,
    /// How the API is spoken to: http or https.
    pub scheme: &'static str,
    /// The address of the API.
    pub url: String,
    /// What operators should go on seeing.
    pub warnings: Vec<String>,
}

impl Ground {
    /// Does all of it; what is away is waited for, and whoever refuses ends the start.
    pub async fn prepare(config: &Config, files: Option<&InputFiles>) -> anyhow::Result<Self> {
        let input = files.map(InputFiles::read).transpose()?;
        let mut data_dir = DataDir::lock(&config.data_dir).await?;
        let port = Port::reserve(config.http.addr)?;
        let joined = joined_node(config).await?;
        let backing = match &joined {
            Some((join, node)) => Backing::join(config, join, node)?,
            None => Backing::start(config).await?,
        };
        let warnings = store_check::warnings(config, &backing.objects).await?;
        if let Some((train, test)) = input {
            let store = || upload::store(&backing.objects, &config.data.preprocess, train.clone(), test.clone());
            match backing.has_own_store() {
                true => store().await?,
                false => until_it_answers(store).await?,
            }
        }
        let has_all_topics = backing.has_own_broker() || joined.iter().any(|(_, node)| node.broker_in_memory);
        let topics = match has_all_topics {
            true => None,
            false => Needed::by(&config.roles, config.kafka.topics).at_start(backing.brokers.access()).await?,
        };
        let listener = port.listen()?;
        let scheme = if config.http.tls.is_some() { "https" } else { "http" };
        let url = format!("{scheme}://{}", listener.local_addr()?);
        data_dir.announce(&backing.node_file(url.clone()))?;
        Ok(Self { data_dir, backing, joined, topics, listener, scheme, url, warnings })
    }
}

/// A port that is ours, but refuses connections until there is somebody to answer them.
struct Port {
    socket: TcpSocket,
    addr: SocketAddr,
}

impl Port {
    /// Fails at once where another program listens.
    fn reserve(addr: SocketAddr) -> anyhow::Result<Self> {
        let bound = || {
            let socket = if addr.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
            socket.set_reuseaddr(true)?;
            socket.bind(addr)?;
            Ok(socket)
        };
        let socket = bound().map_err(|error| anyhow::anyhow!(hints::cannot_listen(addr, &error)))?;
        Ok(Self { socket, addr })
    }

    fn listen(self) -> anyhow::Result<TcpListener> {
        self.socket.listen(BACKLOG).map_err(|error| anyhow::anyhow!(hints::cannot_listen(self.addr, &error)))
    }
}

/// The node that `JOIN` names, waited for as long as that may help.
async fn joined_node(config: &Config) -> Result<Option<(PathBuf, NodeFile)>, NodeFileError> {
    let Some(join) = &config.join else { return Ok(None) };
    let node = NodeFile::wait_for(join, |reason| {
        tracing::warn!(event = "waiting_for_node", service = "node", join = %join.display(), reason = %reason);
    });
    let node = node.await?;
    // a node without a store cannot be joined, and waiting does not change that
    node.object_store(&config.object_store.region, join)?;
    Ok(Some((join.clone(), node)))
}
