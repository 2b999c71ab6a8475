//! The beginning of a listing: for who looks at a store that may be large.

use crate::storage::objects::error::{ObjectError, Subject};
use crate::storage::objects::failure::Failure;
use crate::storage::objects::list::{PAGE_KEYS, entry};
use crate::storage::objects::observer::StoreOperation;
use crate::storage::objects::store::ObjectStore;
use crate::storage::objects::types::Entry;

impl ObjectStore {
    /// The first objects, at most so many, whose key starts with `prefix`, in the order of their keys' bytes.
    ///
    /// # Errors
    /// The store is away or refuses.
    pub async fn list_at_most(&self, bucket: &str, prefix: &str, at_most: usize) -> Result<Vec<Entry>, ObjectError> {
        let connection = self.connection.load_full();
        let keys = i32::try_from(at_most.min(PAGE_KEYS)).unwrap_or(i32::MAX);
        let list = connection.client.list_objects_v2().bucket(bucket).prefix(prefix).max_keys(keys);
        let mut pages = list.into_paginator().send();
        let first_pages = async move {
            let mut entries: Vec<Entry> = Vec::new();
            while entries.len() < at_most
                && let Some(page) = pages.next().await
            {
                entries.extend(page.map_err(Failure::of)?.contents.unwrap_or_default().into_iter().map(entry));
            }
            entries.truncate(at_most);
            Ok(entries)
        };
        let listed = self.runner.run(&connection, StoreOperation::List, first_pages).await;
        listed.map_err(|failure| failure.about(Subject::object("list", bucket, prefix)))
    }

    /// The names before the first `/` in keys of a bucket, at most a thousand: `default` of `default/current.json`. Keys without `/` have
    /// none.
    ///
    /// # Errors
    /// The store is away or refuses.
    pub async fn list_folders(&self, bucket: &str) -> Result<Vec<String>, ObjectError> {
        let connection = self.connection.load_full();
        let list = connection.client.list_objects_v2().bucket(bucket).delimiter("/");
        let call = async move { list.send().await.map_err(Failure::of) };
        let listed = self.runner.run(&connection, StoreOperation::List, call).await;
        let page = listed.map_err(|failure| failure.about(Subject::object("list", bucket, "")))?;
        let prefixes = page.common_prefixes.unwrap_or_default().into_iter().filter_map(|common| common.prefix);
        Ok(prefixes.map(|prefix| prefix.trim_end_matches('/').to_owned()).collect())
    }
}
