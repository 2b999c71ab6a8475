//! Listings: every key below a prefix, the keys after one that is known, or what lies directly in a folder.

use super::error::{ObjectError, Subject};
use super::failure::Failure;
use super::observer::StoreOperation;
use super::store::ObjectStore;
use super::types::{Entry, Folder, KeyPage};

/// Keys in one answer of a store at most.
pub(in crate::storage) const PAGE_KEYS: usize = 1000;

impl ObjectStore {
    /// Every object whose key starts with `prefix`, in the order of their keys' bytes.
    pub async fn list(&self, bucket: &str, prefix: &str) -> Result<Vec<Entry>, ObjectError> {
        self.list_after(bucket, prefix, "").await
    }

    /// Every object whose key starts with `prefix` and comes after `after`, which need not exist.
    pub async fn list_after(&self, bucket: &str, prefix: &str, after: &str) -> Result<Vec<Entry>, ObjectError> {
        self.entries(bucket, prefix, after, usize::MAX).await
    }

    /// The first objects, at most so many, whose key starts with `prefix`: for who looks at a store that may be large.
    pub async fn list_at_most(&self, bucket: &str, prefix: &str, at_most: usize) -> Result<Vec<Entry>, ObjectError> {
        self.entries(bucket, prefix, "", at_most).await
    }

    async fn entries(
        &self,
        bucket: &str,
        prefix: &str,
        after: &str,
        at_most: usize,
    ) -> Result<Vec<Entry>, ObjectError> {
        let connection = self.connection.load_full();
        let request = connection.client.list_objects_v2().bucket(bucket).prefix(prefix);
        let keys_max = i32::try_from(at_most).ok().filter(|_| at_most < PAGE_KEYS);
        let request = request.set_start_after(start_after(after)).set_max_keys(keys_max);
        let mut pages = request.into_paginator().send();
        let wanted_pages = async move {
            let mut entries = Vec::new();
            while entries.len() < at_most
                && let Some(page) = pages.next().await
            {
                entries.extend(page.map_err(Failure::of)?.contents.unwrap_or_default().into_iter().map(entry));
            }
            entries.truncate(at_most);
            Ok(entries)
        };
        let listed = self.runner.run(&connection, StoreOperation::List, wanted_pages).await;
        listed.map_err(|failure| failure.about(Subject::object("list", bucket, prefix)))
    }

    /// The first objects, `keys_max` of at most 1,000, whose key starts with `prefix` and comes after `after`; one request.
    pub async fn list_page(
        &self,
        bucket: &str,
        prefix: &str,
        after: &str,
        keys_max: usize,
    ) -> Result<KeyPage, ObjectError> {
        let connection = self.connection.load_full();
        let keys_max = i32::try_from(keys_max.clamp(1, PAGE_KEYS)).unwrap_or(i32::MAX);
        let request = connection.client.list_objects_v2().bucket(bucket).prefix(prefix);
        let request = request.set_start_after(start_after(after)).max_keys(keys_max);
        let call = async move { request.send().await.map_err(Failure::of) };
        let listed = self.runner.run(&connection, StoreOperation::List, call).await;
        let page = listed.map_err(|failure| failure.about(Subject::object("list", bucket, prefix)))?;
        let entries = page.contents.unwrap_or_default().into_iter().map(entry).collect();
        Ok(KeyPage { entries, is_truncated: page.is_truncated.unwrap_or_default() })
    }

    /// What lies directly below `prefix`, which is empty or ends with a slash; what the folders there hold is not read.
    pub async fn list_folder(&self, bucket: &str, prefix: &str) -> Result<Folder, ObjectError> {
        let connection = self.connection.load_full();
        let request = connection.client.list_objects_v2().bucket(bucket).prefix(prefix).delimiter("/");
        let mut pages = request.into_paginator().send();
        let all_pages = async move {
            let mut folder = Folder::default();
            while let Some(page) = pages.next().await {
                let page = page.map_err(Failure::of)?;
                folder.entries.extend(page.contents.unwrap_or_default().into_iter().map(entry));
                folder.folders.extend(page.common_prefixes.unwrap_or_default().into_iter().filter_map(|at| at.prefix));
            }
            Ok(folder)
        };
        let listed = self.runner.run(&connection, StoreOperation::List, all_pages).await;
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

fn start_after(after: &str) -> Option<String> {
    Some(after.to_owned()).filter(|after| !after.is_empty())
}

fn entry(object: aws_sdk_s3::types::Object) -> Entry {
    Entry {
        key: object.key.unwrap_or_default(),
        size: object.size.and_then(|size| u64::try_from(size).ok()).unwrap_or_default(),
        etag: object.e_tag.unwrap_or_default(),
    }
}
