//! Steady load on a node that runs already, or on one that is started for it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::home::Home;
use crate::node::Node;
use crate::open_loop::{Answer, Arrivals, OpenLoop, Pace};
use crate::peer::{Ask, Connections, Peer};
use crate::report::Report;

/// Longer than the default deadline of a request.
pub const PATIENCE: Duration = Duration::from_secs(40);

/// The load, and the node that it is put on.
#[derive(Debug, Clone, clap::Args)]
pub struct Load {
    /// Where the node's API is; without it a node of our own is started
    #[arg(long)]
    pub url: Option<String>,
    /// The program of a node of our own
    #[arg(long, default_value = "target/release/flts")]
    pub bin: PathBuf,
    /// Requests a second
    #[arg(long, default_value_t = 200.0)]
    pub rate: f64,
    /// How long each run takes
    #[arg(long, default_value_t = 60.0)]
    pub seconds: f64,
    /// How requests are spread over time
    #[arg(long, value_enum, default_value = "poisson")]
    pub arrivals: Arrivals,
    /// A new connection for each request
    #[arg(long)]
    pub fresh: bool,
    /// Body of POST /predict; without it the example in the node's /openapi.json
    #[arg(long)]
    pub body: Option<PathBuf>,
}

/// The node that the load is put on, and the request.
pub struct Target {
    /// The node.
    pub peer: Peer,
    /// A request for a forecast that it can answer.
    pub ask: Ask,
    /// The node that was started for this load; it ends with it.
    _own: Option<(Node, Home)>,
}

impl Load {
    /// The node that runs already, or a new one that accepts injected faults.
    pub async fn target(&self) -> Result<Target> {
        let own = match self.url {
            Some(_) => None,
            None => {
                let mut home = Home::new(&self.bin)?;
                Some((home.start(&[("ENABLE_FAULTS", "1")]).await?, home))
            }
        };
        let url = own.as_ref().map(|(node, _)| &node.url).or(self.url.as_ref());
        let peer = peer(url.context("there is no node")?, self.fresh)?;
        Ok(Target { ask: forecast(&peer, self.body.as_deref()).await?, peer, _own: own })
    }

    /// The pace.
    pub fn pace(&self) -> Pace {
        Pace { rate: self.rate, arrivals: self.arrivals }
    }

    /// The length of a run.
    pub fn length(&self) -> Duration {
        Duration::from_secs_f64(self.seconds)
    }

    /// Sends requests for the length of a run, and gives every answer.
    pub async fn answers(&self, target: &Target) -> Vec<Answer> {
        let running = OpenLoop::start(target.peer.clone(), target.ask.clone(), self.pace());
        tokio::time::sleep(self.length()).await;
        running.finish().await
    }
}

/// The node at `http://host:port`.
pub fn peer(url: &str, fresh: bool) -> Result<Peer> {
    Peer::new(url, if fresh { Connections::Fresh } else { Connections::Kept }, PATIENCE)
}

/// A request for a forecast: from a file, else the example in the node's OpenAPI document.
pub async fn forecast(peer: &Peer, body: Option<&Path>) -> Result<Ask> {
    let Some(file) = body else {
        let document = peer.good(&Ask::get("/openapi.json")).await?;
        let content = &document["paths"]["/predict"]["post"]["requestBody"]["content"]["application/json"];
        return Ok(Ask::predict(&content["example"]));
    };
    let text = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    let body: Value = serde_json::from_slice(&text).with_context(|| format!("{} is no JSON", file.display()))?;
    Ok(Ask::predict(&body))
}

/// Runs the load.
pub async fn run(load: &Load) -> Result<Report> {
    Ok(Report::of(&load.answers(&load.target().await?).await))
}
