//! A call to the API of the node that runs here: the one of DATA_DIR, else the one of HTTP_ADDR.

use std::future::poll_fn;
use std::pin::Pin;
use std::time::Duration;

use anyhow::{Context as _, bail};
use hyper::body::{Body, Incoming};
use hyper::client::conn::http1;
use hyper::{Method, Request, header};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::config::{Config, Secret};
use crate::node::NodeFile;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// The largest answer that is read.
const ANSWER_MAX_BYTES: usize = 1 << 20;

/// Sends a call without fields, with the admin token if one is set, and returns the JSON of the answer.
///
/// # Errors
/// No node answers there, or it refuses: then the error is what it says.
pub async fn post(config: &Config, path: &str, within: Duration) -> anyhow::Result<Value> {
    let (host, port) = address(config)?;
    let place = format!("{host}:{port}");
    let nobody = || format!("no node answers at {place}; start one, or set DATA_DIR or HTTP_ADDR as it has them");
    let stream = timeout(CONNECT_TIMEOUT, TcpStream::connect((host.as_str(), port)));
    let stream = stream.await.ok().and_then(Result::ok).with_context(nobody)?;
    let request = request(config, &place, path)?;
    let call = async {
        match &config.http.tls {
            Some(tls) => exchange(tls.connect(stream).await?, request).await,
            None => exchange(stream, request).await,
        }
    };
    let late = || format!("the node at {place} did not answer within {} s", within.as_secs());
    let (status, body) = timeout(within, call).await.with_context(late)?.with_context(nobody)?;
    let answer: Value = serde_json::from_slice(&body)
        .with_context(|| format!("what answers at {place} is no node of FLTS: status {status}, and no JSON"))?;
    if (200..300).contains(&status) {
        return Ok(answer);
    }
    let said = |name: &str| answer[name].as_str().unwrap_or_default().to_owned();
    bail!("the node at {place} refuses: {} ({}, {status})", said("detail"), said("code"))
}

/// Host and port of the API: as the running node of DATA_DIR says, else as HTTP_ADDR says.
fn address(config: &Config) -> anyhow::Result<(String, u16)> {
    let (host, port) = match NodeFile::read_here(&config.data_dir) {
        Ok(node) => {
            let (_, authority) = node.http.split_once("://").unwrap_or_default();
            let (host, port) = authority.rsplit_once(':').unwrap_or_default();
            (host.to_owned(), port.parse().unwrap_or_default())
        }
        Err(error) if !error.is_temporary() => return Err(error.into()),
        Err(_) => {
            let text = config.http.addr.to_string();
            (text.rsplit_once(':').map(|(host, _)| host.to_owned()).unwrap_or_default(), config.http.addr.port())
        }
    };
    if port == 0 {
        bail!("no node runs on {}, and HTTP_ADDR names no port; start a node there", config.data_dir.display());
    }
    Ok((reachable(&host), port))
}

/// The host to connect to: a listener of every address is reached on this machine.
fn reachable(host: &str) -> String {
    match host.trim_matches(['[', ']']) {
        "0.0.0.0" | "::" => "127.0.0.1".into(),
        other => other.into(),
    }
}

fn request(config: &Config, place: &str, path: &str) -> anyhow::Result<Request<String>> {
    let mut request = Request::builder()
        .method(Method::POST)
        .uri(path)
        .header(header::HOST, place)
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::CONNECTION, "close");
    if let Some(token) = config.http.admin_token.as_ref().map(Secret::expose) {
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    request.body(String::new()).context("ADMIN_TOKEN cannot be sent: it has characters that no header may have")
}

async fn exchange<S>(stream: S, request: Request<String>) -> anyhow::Result<(u16, Vec<u8>)>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let exchange = async {
        let answer = sender.send_request(request).await?;
        let status = answer.status().as_u16();
        Ok((status, collect(answer.into_body()).await?))
    };
    // the connection ends with the exchange; where it breaks, the exchange does too
    let (answer, _) = tokio::join!(exchange, connection);
    answer
}

async fn collect(mut body: Incoming) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    while let Some(frame) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        if let Ok(data) = frame?.into_data() {
            bytes.extend_from_slice(&data);
        }
        if bytes.len() > ANSWER_MAX_BYTES {
            bail!("the answer is too long");
        }
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listener_of_every_address_is_reached_on_this_machine() {
        assert_eq!(reachable("[::]"), "127.0.0.1");
        assert_eq!(reachable("0.0.0.0"), "127.0.0.1");
        assert_eq!(reachable("[::1]"), "::1");
        assert_eq!(reachable("10.0.0.1"), "10.0.0.1");
        assert_eq!(reachable("flts.local"), "flts.local");
    }
}
