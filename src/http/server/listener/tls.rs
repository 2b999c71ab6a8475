//! Certificate and key of the listener, read and checked before the port is bound.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::net::TcpStream;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::{TlsAcceptor, TlsConnector, client, rustls, server};

use super::tls_client::trusting;

/// Why certificate and key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("{setting} names '{path}', which cannot be read: {cause}", path = path.display())]
    Unreadable {
        /// The setting that names the file.
        setting: &'static str,
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        cause: std::io::Error,
    },
    /// A file holds no certificate or key.
    #[error("{setting} names '{path}', which holds no {wanted} in PEM form", path = path.display())]
    Empty {
        /// The setting that names the file.
        setting: &'static str,
        /// The file.
        path: PathBuf,
        /// What the file should hold.
        wanted: &'static str,
    },
    /// The key does not belong to the certificate, or either is unusable.
    #[error("TLS_CERT and TLS_KEY cannot be used: {0}; the key must be that of the first certificate")]
    Unusable(#[from] rustls::Error),
}

/// A certificate chain and its key, ready for handshakes.
#[derive(Clone)]
pub struct Tls {
    config: Arc<ServerConfig>,
    first: CertificateDer<'static>,
    certificate: PathBuf,
}

impl Tls {
    /// Reads both from PEM files.
    ///
    /// # Errors
    /// A file that cannot be read or holds something else, or a key of another certificate.
    pub fn read(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        const CERT: &str = "TLS_CERT";
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes(CERT, certificate)?).collect();
        let chain = chain.ok().filter(|chain| !chain.is_empty());
        let chain = chain.ok_or_else(|| TlsError::Empty {
            setting: CERT,
            path: certificate.to_owned(),
            wanted: "certificate",
        })?;
        let first = chain[0].clone();
        let key = private_key(key)?;
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(chain, key)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { config: Arc::new(config), first, certificate: certificate.to_owned() })
    }

    /// The TLS handshake on a connection.
    pub async fn accept(&self, stream: TcpStream) -> std::io::Result<server::TlsStream<TcpStream>> {
        TlsAcceptor::from(self.config.clone()).accept(stream).await
    }

    /// The handshake of a caller with the node that has this certificate.
    ///
    /// # Errors
    /// The node has another one, or none.
    pub async fn connect(&self, stream: TcpStream) -> std::io::Result<client::TlsStream<TcpStream>> {
        let config = trusting(self.first.clone()).map_err(std::io::Error::other)?;
        // the certificate itself is looked at, and not its names
        let name = ServerName::IpAddress(IpAddr::V4(Ipv4Addr::LOCALHOST).into());
        TlsConnector::from(Arc::new(config)).connect(name, stream).await
    }
}

fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
    const KEY: &str = "TLS_KEY";
    let key: Result<_, pem::Error> = PrivateKeyDer::from_pem_slice(&bytes(KEY, path)?);
    key.map_err(|_| TlsError::Empty { setting: KEY, path: path.to_owned(), wanted: "private key" })
}

fn bytes(setting: &'static str, path: &Path) -> Result<Vec<u8>, TlsError> {
    std::fs::read(path).map_err(|cause| TlsError::Unreadable { setting, path: path.to_owned(), cause })
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").field("certificate", &self.certificate).finish_non_exhaustive()
    }
}
