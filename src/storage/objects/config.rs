//! Where the store is, who is asking, and how long it is waited for.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use aws_sdk_s3::config::SharedCredentialsProvider;
use bytes::Bytes;
use tokio_rustls::rustls::RootCertStore;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;

/// How a store is reached; [`ObjectStoreConfig::at`] is one with an address and keys of its own.
#[derive(Clone, Debug)]
pub struct ObjectStoreConfig {
    /// `http://host:port` or `https://host:port`; none means AWS itself.
    pub endpoint_url: Option<String>,
    /// The region that requests are signed for.
    pub region: String,
    /// Who is asking.
    pub credentials: StoreCredentials,
    /// Whether the bucket stands in the path, and not in the host name.
    pub path_style: bool,
    /// More authorities whose certificates are good.
    pub ca_bundle: Option<CaBundle>,
    /// How long it is waited for.
    pub patience: StorePatience,
}

/// The keys of a store, or where they are found.
#[derive(Clone)]
pub enum StoreCredentials {
    /// These keys.
    Keys {
        /// The access key.
        access_key: String,
        /// The secret key.
        secret_key: String,
        /// The token of temporary keys.
        session_token: Option<String>,
    },
    /// Those that [`StoreCredentials::find`] finds.
    Found(SharedCredentialsProvider),
}

/// How long each part of a call may take; when it is over, the call ends as an outage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StorePatience {
    /// Until a connection stands.
    pub connect: Duration,
    /// From the start of a request to the first byte of its answer, and between two parts of a body.
    pub read: Duration,
    /// A whole call with all its attempts; the body of a read is not counted.
    pub operation: Duration,
    /// How often a call is tried.
    pub attempts: u32,
}

impl Default for StorePatience {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(3),
            read: Duration::from_secs(20),
            operation: Duration::from_secs(150),
            attempts: 3,
        }
    }
}

impl ObjectStoreConfig {
    /// A store at an address, with keys of its own, as the embedded one and MinIO are.
    pub fn at(endpoint_url: impl Into<String>, access_key: impl Into<String>, secret_key: impl Into<String>) -> Self {
        let (access_key, secret_key) = (access_key.into(), secret_key.into());
        Self {
            endpoint_url: Some(endpoint_url.into()),
            region: "us-east-1".into(),
            credentials: StoreCredentials::Keys { access_key, secret_key, session_token: None },
            path_style: true,
            ca_bundle: None,
            patience: StorePatience::default(),
        }
    }

    /// The same store in another region.
    pub fn in_region(self, region: impl Into<String>) -> Self {
        Self { region: region.into(), ..self }
    }

    /// The same store, waited for as long as this.
    pub fn waiting(self, patience: StorePatience) -> Self {
        Self { patience, ..self }
    }

    /// Where the store is, for people.
    pub fn place(&self) -> String {
        self.endpoint_url.clone().unwrap_or_else(|| format!("https://s3.{}.amazonaws.com", self.region))
    }

    /// Whether nothing is encrypted on the way.
    pub(crate) fn is_plain(&self) -> bool {
        self.endpoint_url.as_ref().is_some_and(|url| url.starts_with("http://"))
    }
}

impl StoreCredentials {
    /// Keys from where AWS's own tools look: environment, profile, web identity (IRSA), container, instance. They are looked for
    /// by the first call, and renewed before they expire.
    pub async fn find(region: &str, ca_bundle: Option<&CaBundle>, patience: StorePatience) -> Self {
        Self::Found(super::connect::chain(region, ca_bundle, patience).await)
    }
}

impl fmt::Debug for StoreCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            StoreCredentials::Keys { .. } => "Keys",
            StoreCredentials::Found(_) => "Found",
        })
    }
}

/// Certificates of authorities in PEM form, each of which can be used.
#[derive(Clone, PartialEq, Eq)]
pub struct CaBundle(Bytes);

/// Why a file is no bundle of certificates.
#[derive(Debug, thiserror::Error)]
pub enum CaBundleError {
    /// It is not there, or may not be read.
    #[error("names '{}', which cannot be read: {cause}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// It holds no certificate, or one that is none.
    #[error("names '{}', which holds no usable certificate in PEM form ({cause})", path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: String,
    },
}

impl CaBundle {
    /// Reads and checks a PEM file.
    ///
    /// # Errors
    /// A file that cannot be read, or that holds something else.
    pub fn read(path: &Path) -> Result<Self, CaBundleError> {
        let bytes = std::fs::read(path).map_err(|cause| CaBundleError::Unreadable { path: path.to_owned(), cause })?;
        let unusable = |cause: String| CaBundleError::Unusable { path: path.to_owned(), cause };
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(&bytes) {
            let certificate = certificate.map_err(|error| unusable(error.to_string()))?;
            roots.add(certificate).map_err(|error| unusable(error.to_string()))?;
        }
        match roots.is_empty() {
            true => Err(unusable("it is empty".into())),
            false => Ok(Self(bytes.into())),
        }
    }

    /// The PEM text.
    pub(crate) fn pem(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for CaBundle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CaBundle({} bytes)", self.0.len())
    }
}
