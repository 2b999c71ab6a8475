//! The keys that requests are signed with, and where they are found.

use std::fmt;

use aws_config::default_provider::credentials::DefaultCredentialsChain;
use aws_config::provider_config::ProviderConfig;
use aws_sdk_s3::config::{Credentials, Region, SharedCredentialsProvider};

use super::key_files::KeyFiles;
use super::patience::StorePatience;
use super::tls::{CaBundle, https_client};

/// The keys of a store, or where they are found.
#[derive(Clone)]
pub enum StoreCredentials {
    /// Fixed keys.
    Keys {
        /// The access key.
        access_key: String,
        /// The secret key.
        secret_key: String,
        /// The session token that belongs to temporary keys.
        session_token: Option<String>,
    },
    /// Keys of which some are in files, and change with them.
    Files(KeyFiles),
    /// The keys that [`StoreCredentials::find`] finds.
    Found(SharedCredentialsProvider),
}

impl StoreCredentials {
    /// Keys from the sources of AWS's own tools: environment, profile, web identity (IRSA), container, instance. The first call to
    /// the store asks these sources, and keys that expire are renewed before they do.
    pub async fn find(region: &str, ca_bundle: Option<&CaBundle>, patience: StorePatience) -> Self {
        let region = Region::new(region.to_owned());
        let sources = ProviderConfig::without_region()
            .with_region(Some(region.clone()))
            .with_http_client(https_client(ca_bundle))
            .with_timeout_config(patience.timeouts());
        let chain = DefaultCredentialsChain::builder().region(region).configure(sources).build().await;
        Self::Found(SharedCredentialsProvider::new(chain))
    }

    /// The same as the SDK takes them.
    pub(in crate::storage::objects) fn provider(&self) -> SharedCredentialsProvider {
        match self {
            StoreCredentials::Keys { access_key, secret_key, session_token } => {
                let keys = Credentials::new(access_key, secret_key, session_token.clone(), None, "settings");
                SharedCredentialsProvider::new(keys)
            }
            StoreCredentials::Files(files) => SharedCredentialsProvider::new(files.clone()),
            StoreCredentials::Found(provider) => provider.clone(),
        }
    }

    /// The keys in files, if they are.
    pub(in crate::storage::objects) fn files(&self) -> Option<&KeyFiles> {
        match self {
            StoreCredentials::Files(files) => Some(files),
            StoreCredentials::Keys { .. } | StoreCredentials::Found(_) => None,
        }
    }
}

impl fmt::Debug for StoreCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            StoreCredentials::Keys { .. } => "Keys",
            StoreCredentials::Files(_) => "Files",
            StoreCredentials::Found(_) => "Found",
        })
    }
}
