//! `flts preprocess`: the batch job. Two files become a data set and its claims, and the program ends.

use std::sync::Arc;

use anyhow::{Context as _, anyhow, bail};
use clap::ArgMatches;

use crate::actors::{Metrics, Role, Roles, ScanResult, scan_once};
use crate::config::{Config, Group};
use crate::node::data_dir::{identity, upload};
use crate::node::{InputFiles, Lack, Needed, blueprint, configured_brokers};

use super::access::{Access, Intent};
use super::command::Command;
use super::exit::Exit;
use super::flags::Environment;
use super::{flags, help};

/// Its flags.
pub fn command() -> clap::Command {
    clap::Command::new("preprocess")
        .about("Make a data set of the train and the test file, announce it, and exit")
        .after_help(help::RULES)
        .args(flags::files())
        .args(flags::settings(|setting| flags::places(setting) || setting.group == Group::Preprocess))
}

/// From the flags to the command.
pub fn parse(matches: &ArgMatches, environment: &Environment) -> Result<Command, Exit> {
    let files = flags::given_files(matches);
    let config = flags::config(matches, environment, files.as_ref())?;
    Ok(Command::Preprocess { config, files })
}

/// Reads, writes and announces; the text says what became of it.
pub async fn work(config: &Config, files: Option<InputFiles>) -> anyhow::Result<String> {
    let input = files.as_ref().map(InputFiles::read).transpose()?;
    let access = Access::open(config, Intent::Write).await?;
    if let Some((train, test)) = input {
        upload::store(&access.objects, &config.data.preprocess, train, test).await?;
    }
    make_sure_of_topics(config).await?;
    let services = blueprint::services(
        config,
        &access.objects,
        access.producer.clone(),
        &Arc::new(Metrics::new()?),
        identity::passing(),
    );
    let settings = blueprint::preprocessor(config);
    let look = tokio::task::spawn_blocking(move || scan_once(&services, &settings)).await;
    let refusal = access.producer.refusal().map_or_else(String::new, |reason| format!(" ({reason})"));
    let claims = if access.producer.has_broker() { "claims published" } else { "no broker to publish claims to" };
    access.close().await;
    match look.context("the preparation died")? {
        ScanResult::Published { dataset_id, fresh: true } => Ok(format!("data set {dataset_id} written, {claims}")),
        ScanResult::Published { dataset_id, fresh: false } => {
            Ok(format!("data set {dataset_id} was there already and stays as it is, {claims}"))
        }
        ScanResult::Waiting { missing } => {
            bail!("{missing} is not in bucket dataset; name the files with --data and --test, or set DATASET_NAME")
        }
        ScanResult::Refused { error } | ScanResult::Outage { error } => Err(anyhow!("{error}{refusal}")),
        ScanResult::Unchanged => bail!("the files did not change; this is a mistake of the program"),
    }
}

/// The topics of claims, on a broker that was configured; one that is away shows when the claims are sent.
async fn make_sure_of_topics(config: &Config) -> anyhow::Result<()> {
    let Some(servers) = &config.kafka.bootstrap_servers else { return Ok(()) };
    let needed = Needed::by(&Roles::named(&[Role::Preprocess.as_str().to_owned()]), config.kafka.topics);
    match needed.ensure(configured_brokers(config, servers)).await {
        Err(Lack::Refused(reason)) => Err(anyhow!(reason)),
        Ok(()) | Err(Lack::Silent(_)) => Ok(()),
    }
}
