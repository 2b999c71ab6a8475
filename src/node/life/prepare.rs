//! Everything before the actors start: lock the folder, reserve the port, find or start broker and store, store the input
//! files. A signal may end it at any time.

use std::path::PathBuf;

use tokio::net::TcpListener;

use crate::config::Config;
use crate::node::backends::{Backends, PendingTopics, RequiredTopics, retry_while_away, store_warnings};
use crate::node::data_dir::{DataDir, InputFiles, NodeFile, NodeFileError, store_input_files};
use crate::node::open_files::Connections;
use crate::node::port::Port;

/// A node that is ready to start its actors.
pub struct PreparedNode {
    /// The locked folder, with `node.json` written.
    pub data_dir: DataDir,
    /// The broker and the store, started or connected to.
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
    /// Connections that the API takes at a time.
    pub max_connections: usize,
}

impl PreparedNode {
    /// Prepares the node. It waits for services that are away.
    ///
    /// # Errors
    /// A service refuses the node, or folder, port or files cannot be used.
    pub async fn prepare(
        config: &Config,
        files: Option<&InputFiles>,
        connections: Connections,
    ) -> anyhow::Result<Self> {
        let input = files.map(|files| files.read(&config.data.read)).transpose()?;
        let mut data_dir = DataDir::lock(&config.data_dir).await?;
        let port = Port::reserve(&config.http.addr, "HTTP_ADDR").await?;
        let joined = joined_node(config).await?;
        let backends = match &joined {
            Some((join, node)) => Backends::join(config, join, node)?,
            None => Backends::start(config, connections.store).await?,
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
        let (has_files, max_connections) = (files.is_some(), connections.api);
        Ok(Self { data_dir, backends, joined, topics, listener, scheme, url, warnings, has_files, max_connections })
    }
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
