//! `flts preprocess`: the batch job. It makes a data set of two files, publishes its claims, and ends.

use std::sync::Arc;

use anyhow::{Context as _, anyhow, bail};
use clap::ArgMatches;

use crate::actors::{Metrics, Role, Roles, ScanResult, scan_once};
use crate::config::{Config, Group};
use crate::node::{
    InputFiles, RequiredTopics, TopicsNotReady, configured_broker_access, preprocessor_settings, services,
    store_input_files, temporary_lease_owner,
};

use super::backends::{CommandBackends, StoreAccessMode};
use super::command::Command;
use super::exit::Exit;
use super::flags::Environment;
use super::{flags, help};

/// The command and its flags.
pub fn command() -> clap::Command {
    clap::Command::new("preprocess")
        .about("Make a data set of the train and the test file, announce it, and exit")
        .after_help(help::RULES)
        .args(flags::files())
        .args(flags::settings(|setting| flags::is_place(setting) || setting.group == Group::Preprocess))
}

/// From the parsed flags to the command.
pub fn parse(matches: &ArgMatches, environment: &Environment) -> Result<Command, Exit> {
    let files = flags::given_files(matches);
    let config = flags::config(matches, environment, files.as_ref())?;
    Ok(Command::Preprocess { config, files })
}

/// Makes the data set and publishes its claims. Returns the result as text.
///
/// # Errors
/// Files, store or broker cannot be used.
pub async fn work(config: &Config, files: Option<InputFiles>) -> anyhow::Result<String> {
    let input = files.as_ref().map(|files| files.read(&config.data.read)).transpose()?;
    let backends = CommandBackends::open(config, StoreAccessMode::Write).await?;
    if let Some((train, test)) = input {
        store_input_files(&backends.objects, &config.data.preprocess, train, test).await?;
    }
    ensure_topics(config).await?;
    let services = services(
        config,
        &backends.objects,
        backends.producer.clone(),
        &Arc::new(Metrics::new()?),
        temporary_lease_owner(),
    );
    let settings = preprocessor_settings(config);
    let scan = tokio::task::spawn_blocking(move || scan_once(&services, &settings)).await;
    let refusal = backends.producer.refusal().map_or_else(String::new, |reason| format!(" ({reason})"));
    let claims = if backends.producer.has_broker() { "claims published" } else { "no broker to publish claims to" };
    backends.close().await;
    match scan.context("the preparation died")? {
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

/// Creates the topics of claims on a configured broker. If the broker is away, sending the claims will fail.
async fn ensure_topics(config: &Config) -> anyhow::Result<()> {
    let Some(servers) = &config.kafka.bootstrap_servers else { return Ok(()) };
    let topics = RequiredTopics::of(&Roles::named(&[Role::Preprocess.as_str().to_owned()]), config.kafka.topics);
    match topics.ensure(configured_broker_access(config, servers)).await {
        Err(TopicsNotReady::Refused(reason)) => Err(anyhow!(reason)),
        Ok(()) | Err(TopicsNotReady::BrokerAway(_)) => Ok(()),
    }
}
