//! The bodies of `POST /predict`, sent to a node with a small memory budget that has a model.

use std::net::SocketAddr;

use anyhow::{Context as _, Result};
use flts_soak::home::Home;
use flts_soak::node::Node;

use super::ground::Ground;
use super::http::{connect, read_to_end, send, status};
use super::reader::Reader;

struct Predict {
    node: Node,
    addr: SocketAddr,
    // removed after the node has ended
    _home: Home,
}

/// Starts a node on synthetic data, and waits for its model.
pub fn open(ground: &Ground) -> Result<Box<dyn Reader>> {
    let mut home = Home::new(&ground.program)?;
    let node = ground.runtime.block_on(home.start(&[("MEMORY_BUDGET_MB", "512")]))?;
    let addr = node.url.trim_start_matches("http://").parse().context("the node has no address")?;
    Ok(Box::new(Predict { node, addr, _home: home }))
}

impl Reader for Predict {
    fn read(&mut self, body: &[u8]) -> Result<(), String> {
        let head = format!(
            "POST /predict HTTP/1.1\r\nhost: {}\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            self.addr,
            body.len()
        );
        let mut stream = connect(self.addr)?;
        send(&mut stream, &[head.as_bytes(), body].concat());
        match status(&read_to_end(&mut stream)?) {
            None => Err("no answer".into()),
            Some(status @ (500 | 502 | 504..)) => Err(format!("the answer is {status}")),
            Some(_) => Ok(()),
        }
    }

    fn process(&self) -> Option<u32> {
        Some(self.node.pid())
    }
}
