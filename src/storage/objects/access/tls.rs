//! The certificates that are trusted, and the HTTPS client that trusts them.

use std::fmt;
use std::path::{Path, PathBuf};

use aws_sdk_s3::config::SharedHttpClient;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use bytes::Bytes;
use tokio_rustls::rustls::RootCertStore;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;

/// Certificates of authorities in PEM form; each of them is usable.
#[derive(Clone, PartialEq, Eq)]
pub struct CaBundle(Bytes);

/// Why a file is no bundle of certificates.
#[derive(Debug, thiserror::Error)]
pub enum CaBundleError {
    /// The file is not there, or this process may not read it.
    #[error("names '{}', which cannot be read: {cause}", path.display())]
    Unreadable {
        /// The path of the file.
        path: PathBuf,
        /// What the operating system says.
        cause: std::io::Error,
    },
    /// The file holds no certificate, or something that is not a certificate.
    #[error("names '{}', which holds no usable certificate in PEM form ({cause})", path.display())]
    Unusable {
        /// The path of the file.
        path: PathBuf,
        /// What is wrong with its content.
        cause: String,
    },
}

impl CaBundle {
    /// Reads and checks a PEM file.
    ///
    /// # Errors
    /// The file cannot be read, or it holds something else than certificates.
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
}

impl fmt::Debug for CaBundle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CaBundle({} bytes)", self.0.len())
    }
}

/// A client for `http` and `https` addresses that trusts the machine's authorities and those of the bundle.
pub(in crate::storage::objects) fn https_client(ca_bundle: Option<&CaBundle>) -> SharedHttpClient {
    let roots = match ca_bundle {
        Some(bundle) => TrustStore::default().with_pem_certificate(&bundle.0[..]),
        None => TrustStore::default(),
    };
    let tls = TlsContext::builder().with_trust_store(roots).build().unwrap_or_default();
    aws_smithy_http_client::Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .tls_context(tls)
        .build_https()
}
