//! The running store: it starts, serves connections and stops.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use s3s::auth::{S3Auth, SecretKey};
use s3s::config::{S3Config, StaticConfigProvider};
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s::{S3Result, s3_error};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;

use crate::embedded::store::backend::Backend;
use crate::embedded::store::disk::{Disk, Observer};
use crate::embedded::store::service::Service;
use crate::limits;

use super::early_responses;

/// How long open requests may take to end after `stop`.
const STOP_DEADLINE: Duration = Duration::from_secs(2);
/// Pause after a failed `accept`, which mostly means that file descriptors have run out.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The one pair of keys that may use the store.
#[derive(Clone)]
pub struct Credentials {
    /// The access key, sent in every request.
    pub access_key: String,
    /// The secret key, with which requests are signed (SigV4).
    pub secret_key: String,
}

struct SinglePair(Credentials);

#[async_trait::async_trait]
impl S3Auth for SinglePair {
    async fn get_secret_key(&self, access_key: &str) -> S3Result<SecretKey> {
        match access_key == self.0.access_key {
            true => Ok(SecretKey::from(self.0.secret_key.as_str())),
            false => Err(s3_error!(InvalidAccessKeyId, "the access key is not the one of this store")),
        }
    }
}

/// The store cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum StoreStartError {
    /// The folder of the store cannot be used.
    #[error("cannot open the embedded object store in {root}: {source}")]
    Open {
        /// The store's folder.
        root: PathBuf,
        /// The error of the file system, with the path.
        source: io::Error,
    },
    /// The store cannot listen on its address.
    #[error("cannot listen on {addr} for the embedded object store: {source}; free the address or set another one")]
    Listen {
        /// The configured address.
        addr: String,
        /// The error of the operating system.
        source: io::Error,
    },
}

/// A running store. Dropping it without [`Store::stop`] cuts its connections; acknowledged writes are safe either way.
///
/// Only one store at a time may have `root` open: the caller holds the lock on the data folder.
pub struct Store {
    addr: SocketAddr,
    stop: CancellationToken,
    server: JoinHandle<()>,
}

impl Store {
    /// Opens the store under `root` and serves it on `addr` (port 0 picks a free one) from the current tokio runtime.
    pub async fn start(root: &Path, addr: SocketAddr, credentials: Credentials) -> Result<Self, StoreStartError> {
        Self::start_with(root, addr, credentials, Disk::default()).await
    }

    /// As [`start`](Store::start); `observer` is called after every change of a file.
    pub async fn start_observed(
        root: &Path,
        addr: SocketAddr,
        credentials: Credentials,
        observer: Observer,
    ) -> Result<Self, StoreStartError> {
        Self::start_with(root, addr, credentials, Disk::observed(observer)).await
    }

    /// As [`start`](Store::start), on a listener that is bound already, and with at most so many connections at a time.
    pub async fn start_on(
        root: &Path,
        listener: TcpListener,
        credentials: Credentials,
        max_connections: usize,
    ) -> Result<Self, StoreStartError> {
        Self::serve_on(open(root, Disk::default()).await?, listener, credentials, max_connections)
    }

    async fn start_with(
        root: &Path,
        addr: SocketAddr,
        credentials: Credentials,
        disk: Disk,
    ) -> Result<Self, StoreStartError> {
        let backend = open(root, disk).await?;
        let listener = TcpListener::bind(addr)
            .await
            .map_err(|source| StoreStartError::Listen { addr: addr.to_string(), source })?;
        Self::serve_on(backend, listener, credentials, limits::STORE_CONNECTIONS.max_usize())
    }

    fn serve_on(
        backend: Backend,
        listener: TcpListener,
        credentials: Credentials,
        max_connections: usize,
    ) -> Result<Self, StoreStartError> {
        let no_address = |source| StoreStartError::Listen { addr: "a bound port".into(), source };
        let addr = listener.local_addr().map_err(no_address)?;
        let mut builder = S3ServiceBuilder::new(Service::new(backend));
        builder.set_auth(SinglePair(credentials));
        builder.set_config(Arc::new(StaticConfigProvider::new(Arc::new(protocol_limits()))));
        let stop = CancellationToken::new();
        let server = tokio::spawn(serve(listener, builder.build(), stop.clone(), max_connections));
        Ok(Self { addr, stop, server })
    }

    /// The address it listens on.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Stops listening, lets open requests end for at most two seconds, and returns.
    pub async fn stop(mut self) {
        self.stop.cancel();
        if tokio::time::timeout(STOP_DEADLINE, &mut self.server).await.is_err() {
            tracing::warn!("embedded object store: open requests did not end in time and were cut");
        }
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn open(root: &Path, disk: Disk) -> Result<Backend, StoreStartError> {
    let folder = root.to_owned();
    let opened = tokio::task::spawn_blocking(move || Backend::open(&folder, disk)).await;
    let failed = |source| StoreStartError::Open { root: root.to_owned(), source };
    opened.map_err(io::Error::other).and_then(|opened| opened).map_err(failed)
}

/// The limits of the protocol layer.
fn protocol_limits() -> S3Config {
    let mut config = S3Config::default();
    config.xml_max_body_size = limits::STORE_XML_BODY.max_usize();
    // browser forms, which no client of the store sends
    config.post_object_max_file_size = limits::STORE_XML_BODY.max;
    config.form_max_fields_size = limits::STORE_XML_BODY.max_usize();
    config
}

/// Accepts connections until `stop` is cancelled, and then waits until they end. Aborting it closes them at once.
async fn serve(listener: TcpListener, service: S3Service, stop: CancellationToken, max_connections: usize) {
    let mut connections = JoinSet::new();
    let free = Arc::new(Semaphore::new(max_connections));
    loop {
        tokio::select! {
            accepted = accept(&listener, &free) => match accepted {
                Ok((stream, permit)) => {
                    let serving = serve_connection(stream, service.clone(), stop.clone());
                    connections.spawn(async move {
                        serving.await;
                        drop(permit);
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "embedded object store: cannot accept a connection");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            },
            Some(_) = connections.join_next() => {}
            () = stop.cancelled() => break,
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

/// The next connection, once there are fewer than the limit; further ones wait in the backlog of the listener.
async fn accept(listener: &TcpListener, free: &Arc<Semaphore>) -> io::Result<(TcpStream, OwnedSemaphorePermit)> {
    let permit = free.clone().acquire_owned().await.map_err(io::Error::other)?;
    let (stream, _) = listener.accept().await?;
    Ok((stream, permit))
}

async fn serve_connection(stream: TcpStream, service: S3Service, stop: CancellationToken) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "embedded object store: no tcp_nodelay");
    }
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new());
    let mut connection = pin!(
        builder
            .serve_connection(TokioIo::new(stream), service_fn(|request| early_responses::answer(&service, request)))
    );
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "embedded object store: a connection ended early");
    }
}
