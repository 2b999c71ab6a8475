//! Opens the real store on what a cut has left, and compares what it serves with what it may serve.

use std::collections::BTreeMap;
use std::path::Path;

use aws_sdk_s3::Client;
use bytes::Bytes;
use flts::embedded::Store;
use futures::future::try_join_all;

use super::super::fixture::*;
use super::history::{Change, Event, Log, Subject};
use super::machine::Cut;
use super::{State, entries_of, scratch};

/// Everything that a store serves: buckets without bytes, objects with their bytes and ETag.
type VerifiedModel = BTreeMap<Subject, (Bytes, String)>;

/// Whether a store on this disk serves what it must and nothing that it must not.
pub async fn check(state: &State, log: &Log, pool: &Path) -> Result<(), String> {
    let folder = scratch();
    state.machine.write(&state.remains, folder.path(), pool);
    let served = served_from(folder.path()).await?;
    for (subject, possible) in state.expected.possible() {
        let is_so = |call: &Option<usize>| match (call.map(|call| log.call(call).change), served.get(subject)) {
            (None | Some(Change::Absent), None) => true,
            // the ETag of a call whose answer never came is not known
            (Some(Change::Present { bytes, etag }), Some(found)) => found.0 == bytes && found.1 == etag,
            _ => false,
        };
        if !possible.iter().any(is_so) {
            let found = served.get(subject).map(|(bytes, etag)| (bytes.len(), etag));
            return Err(format!(
                "{subject:?} may be as after the calls {possible:?}, but bytes and etag are {found:?}"
            ));
        }
    }
    let known: Vec<&Subject> = state.expected.possible().map(|(subject, _)| subject).collect();
    match served.keys().find(|subject| !known.contains(subject)) {
        Some(stranger) => Err(format!("{stranger:?} was never written")),
        None => Ok(()),
    }
}

/// Restarts the killed process on the running machine, reads everything, and cuts the power: it serves the same afterwards.
pub async fn serve_and_cut_again(state: &State, pool: &Path) -> Result<(), String> {
    let folder = scratch();
    state.machine.write(&state.remains, folder.path(), pool);
    let log = Log::default();
    let observer = log.observer(folder.path());
    let root = folder.path().join("store");
    let store = Store::start_observed(&root, any_port(), credentials(), observer).await.map_err(|e| e.to_string())?;
    let before = everything(&sdk_client(store.addr())).await?;
    let mut machine = state.machine.clone();
    for event in log.events() {
        let Event::Did(operation) = event else { unreachable!("nobody calls") };
        machine.apply(&operation);
    }
    drop(store);
    for cut in [Cut::UnsyncedLost, Cut::NamesLost, Cut::DataZeroed] {
        let folder = scratch();
        machine.write(&machine.cut(cut), folder.path(), pool);
        let after = served_from(folder.path()).await?;
        if after != before {
            let missing: Vec<_> = before.keys().filter(|subject| !after.contains_key(*subject)).collect();
            return Err(format!(
                "{cut:?} after the restart: {missing:?} were served before it, or something has changed"
            ));
        }
    }
    Ok(())
}

async fn served_from(folder: &Path) -> Result<VerifiedModel, String> {
    let root = folder.join("store");
    let store = Store::start(&root, any_port(), credentials()).await.map_err(|error| error.to_string())?;
    let served = everything(&sdk_client(store.addr())).await?;
    for folder in ["tmp", "quarantine"] {
        let left = entries_of(&root.join(folder));
        if !left.is_empty() {
            return Err(format!("{folder} holds {left:?}"));
        }
    }
    Ok(served)
}

/// Lists everything and reads what is listed; both must agree.
async fn everything(sdk: &Client) -> Result<VerifiedModel, String> {
    let mut served = VerifiedModel::new();
    for bucket in sdk.list_buckets().send().await.map_err(told)?.buckets.unwrap_or_default() {
        let bucket = bucket.name.unwrap();
        let listing = sdk.list_objects_v2().bucket(&bucket).send().await.map_err(told)?;
        assert_eq!(listing.is_truncated, Some(false));
        let reads = listing.contents.unwrap_or_default().into_iter().map(|object| read(sdk, &bucket, object));
        served.extend(try_join_all(reads).await?);
        served.insert((bucket, None), (Bytes::new(), String::new()));
    }
    Ok(served)
}

async fn read(
    sdk: &Client,
    bucket: &str,
    listed: aws_sdk_s3::types::Object,
) -> Result<(Subject, (Bytes, String)), String> {
    let key = listed.key.unwrap();
    let reply = sdk.get_object().bucket(bucket).key(&key).send().await.map_err(told)?;
    let etag = reply.e_tag.clone().unwrap();
    let bytes = reply.body.collect().await.map_err(|error| error.to_string())?.into_bytes();
    if listed.e_tag.as_ref() != Some(&etag) || listed.size != Some(bytes.len() as i64) {
        return Err(format!("{bucket}/{key} is listed as {:?} and read as {etag}", listed.e_tag));
    }
    Ok(((bucket.to_owned(), Some(key)), (bytes, etag)))
}

fn told(error: impl std::error::Error + 'static) -> String {
    let mut told = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        told = format!("{told}: {error}");
        source = error.source();
    }
    told
}
