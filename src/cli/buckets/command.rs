//! The command, its flags and its work.

use anyhow::bail;
use clap::{Arg, ArgAction, ArgMatches};
use serde_json::{Value, json};

use crate::cli::backends::{CommandBackends, StoreAccessMode};
use crate::cli::command::{BucketsOptions, Command};
use crate::cli::exit::Exit;
use crate::cli::flags::Environment;
use crate::cli::print::{print, table};
use crate::cli::{flags, help};
use crate::config::Config;
use crate::storage::{BUCKETS, ObjectStore, bucket_about};

/// The command and its flags.
pub fn command() -> clap::Command {
    clap::Command::new("buckets")
        .about("Show the buckets that should exist, and whether they do")
        .after_help(help::RULES)
        .arg(Arg::new("create").long("create").action(ArgAction::SetTrue).help("Create those that are missing"))
        .arg(flags::json())
        .args(flags::settings(flags::is_place))
}

/// From the parsed flags to the command.
pub fn parse(matches: &ArgMatches, environment: &Environment) -> Result<Command, Exit> {
    let options = BucketsOptions { create: matches.get_flag("create"), json: matches.get_flag("json") };
    Ok(Command::Buckets { config: flags::config(matches, environment, None)?, options })
}

enum BucketState {
    There,
    Missing,
    Created,
    /// Why it could not be looked at or created.
    Failed(String),
}

/// The buckets as text.
///
/// # Errors
/// There is no store, or a bucket could not be looked at or created.
pub async fn work(config: &Config, options: BucketsOptions) -> anyhow::Result<String> {
    let backends = CommandBackends::open(config, StoreAccessMode::Read).await?;
    let mut rows = Vec::new();
    for bucket in BUCKETS {
        rows.push((bucket, look(&backends.objects, bucket, options.create).await));
    }
    backends.close().await;
    let text = match options.json {
        true => format!("{:#}", Value::Array(rows.iter().map(|(bucket, state)| state.json(bucket)).collect())),
        false => {
            let cells =
                rows.iter().map(|(bucket, state)| [(*bucket).into(), state.text(), bucket_about(bucket).into()]);
            table(["bucket", "state", "for"], cells)
        }
    };
    let failed: Vec<&str> =
        rows.iter().filter(|(_, state)| matches!(state, BucketState::Failed(_))).map(|(bucket, _)| *bucket).collect();
    if failed.is_empty() {
        return Ok(text);
    }
    print(&text);
    bail!("not usable: {}", failed.join(", "))
}

async fn look(objects: &ObjectStore, bucket: &str, create: bool) -> BucketState {
    let is_there = match objects.has_bucket(bucket).await {
        Ok(is_there) => is_there,
        Err(error) => return BucketState::Failed(error.to_string()),
    };
    match (is_there, create) {
        (true, _) => BucketState::There,
        (false, false) => BucketState::Missing,
        (false, true) => match objects.ensure_bucket(bucket).await {
            Ok(()) => BucketState::Created,
            Err(error) => BucketState::Failed(error.to_string()),
        },
    }
}

impl BucketState {
    fn text(&self) -> String {
        match self {
            BucketState::There => "there".into(),
            BucketState::Missing => "missing".into(),
            BucketState::Created => "created".into(),
            BucketState::Failed(why) => why.clone(),
        }
    }

    fn json(&self, bucket: &str) -> Value {
        let exists = match self {
            BucketState::There | BucketState::Created => Some(true),
            BucketState::Missing => Some(false),
            BucketState::Failed(_) => None,
        };
        json!({"bucket": bucket, "exists": exists, "state": self.text(), "about": bucket_about(bucket)})
    }
}
