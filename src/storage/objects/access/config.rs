//! How a store is reached: its address and region, the credentials, and how long it is waited for.

use super::credentials::StoreCredentials;
use super::patience::StorePatience;
use super::tls::CaBundle;

/// How a store is reached; [`ObjectStoreConfig::at`] makes one for a store with an address and keys of its own.
#[derive(Clone, Debug)]
pub struct ObjectStoreConfig {
    /// `http://host:port` or `https://host:port`; none means AWS itself.
    pub endpoint_url: Option<String>,
    /// The region that requests are signed for.
    pub region: String,
    /// What requests are signed with.
    pub credentials: StoreCredentials,
    /// Whether the bucket is part of the path, and not of the host name.
    pub path_style: bool,
    /// Authorities that are trusted beside those of the machine.
    pub ca_bundle: Option<CaBundle>,
    /// How long each part of a call may take.
    pub patience: StorePatience,
}

impl ObjectStoreConfig {
    /// A store with an address and keys of its own, such as the embedded one or MinIO.
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

    /// The same store with other time limits.
    pub fn waiting(self, patience: StorePatience) -> Self {
        Self { patience, ..self }
    }

    /// The address of the store, for people.
    pub fn place(&self) -> String {
        self.endpoint_url.clone().unwrap_or_else(|| format!("https://s3.{}.amazonaws.com", self.region))
    }

    /// Whether the address is plain HTTP, so that nothing is encrypted.
    pub(in crate::storage::objects) fn is_plain(&self) -> bool {
        self.endpoint_url.as_ref().is_some_and(|url| url.starts_with("http://"))
    }
}
