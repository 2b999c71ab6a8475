//! Steady load on a node that runs already.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::open_loop::{Answer, Arrivals, OpenLoop, Pace};
use crate::peer::{Ask, Connections, Peer};
use crate::report::Report;

/// Longer than the deadline that a node gives a request by itself.
const PATIENCE: Duration = Duration::from_secs(40);

/// Which load, and on whom.
#[derive(Debug, Clone, clap::Args)]
pub struct Load {
    /// Where the node's API is
    #[arg(long, default_value = "http://127.0.0.1:8000")]
    pub url: String,
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

impl Load {
    /// The node.
    pub fn peer(&self) -> Result<Peer> {
        Peer::new(&self.url, if self.fresh { Connections::Fresh } else { Connections::Kept }, PATIENCE)
    }

    /// The pace.
    pub fn pace(&self) -> Pace {
        Pace { rate: self.rate, arrivals: self.arrivals }
    }

    /// How long.
    pub fn length(&self) -> Duration {
        Duration::from_secs_f64(self.seconds)
    }

    /// The request.
    pub async fn ask(&self, peer: &Peer) -> Result<Ask> {
        let Some(file) = &self.body else {
            let document = peer.good(&Ask::get("/openapi.json")).await?;
            let content = &document["paths"]["/predict"]["post"]["requestBody"]["content"]["application/json"];
            return Ok(Ask::predict(&content["example"]));
        };
        let text = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
        let body: Value = serde_json::from_slice(&text).with_context(|| format!("{} is no JSON", file.display()))?;
        Ok(Ask::predict(&body))
    }

    /// Sends for the whole length, and gives every answer.
    pub async fn answers(&self, peer: &Peer, ask: &Ask) -> Vec<Answer> {
        let running = OpenLoop::start(peer.clone(), ask.clone(), self.pace());
        tokio::time::sleep(self.length()).await;
        running.finish().await
    }
}

/// Runs it.
pub async fn run(load: &Load) -> Result<Report> {
    let peer = load.peer()?;
    let ask = load.ask(&peer).await?;
    Ok(Report::of(&load.answers(&peer, &ask).await))
}
