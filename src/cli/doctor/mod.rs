//! `flts doctor`: checks what a node stands on and what it has stored, and says what to do. It ends with 1 if something is broken.
//!
//! * `broker`: the broker and its topics
//! * `clocks`: the clock of the store and that of this machine
//! * `datasets`: data sets and their files
//! * `finding`: one line of the report
//! * `leases`: leases that no owner renews
//! * `machine`: the configuration, the memory budget and the data folder
//! * `open_files`: the limit of open files
//! * `records`: damaged runs, data sets, decisions and leases
//! * `series`: decision log, pointer and model of each series
//! * `store`: the object store: buckets, rights, conditional writes
//! * `strays`: objects that FLTS did not name
//! * `versions`: this program, and records of a newer one

mod broker;
mod clocks;
mod datasets;
mod finding;
mod leases;
mod machine;
mod open_files;
mod records;
mod series;
mod store;
mod strays;
mod versions;

use anyhow::bail;
use clap::ArgMatches;
use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::{Value, json};

use crate::config::Config;
use crate::storage::{ObjectStore, Survey, survey};

use super::backends::{CommandBackends, NothingStored, StoreAccessMode};
use super::command::Command;
use super::exit::Exit;
use super::flags::Environment;
use super::print::{print, table};
use super::{flags, help};
use finding::{Finding, Level};

/// The checks of this machine and of the configuration, one a row.
const OF_THE_MACHINE: &[fn(&Config) -> Vec<Finding>] =
    &[versions::of_the_program, machine::configuration, machine::memory, open_files::check, machine::data_dir];

/// A check of a store: the store, and what a survey of it found.
type StoreCheck = for<'a> fn(&'a ObjectStore, &'a Survey) -> BoxFuture<'a, Vec<Finding>>;

/// The checks of a store that is usable, one a row.
const OF_THE_STORE: &[StoreCheck] = &[
    |objects, _| datasets::check(objects).boxed(),
    |objects, _| series::check(objects).boxed(),
    |_, survey| async { records::check(survey) }.boxed(),
    |_, survey| async { versions::of_records(survey) }.boxed(),
    |_, survey| async { strays::check(survey) }.boxed(),
    |objects, _| leases::check(objects).boxed(),
];

/// The command and its flags.
pub fn command() -> clap::Command {
    clap::Command::new("doctor")
        .about("Check store, broker, decisions, models and limits, and say what to do")
        .after_help(help::RULES)
        .arg(flags::json())
        .args(flags::settings(flags::is_place))
}

/// From the parsed flags to the command.
pub fn parse(matches: &ArgMatches, environment: &Environment) -> Result<Command, Exit> {
    Ok(Command::Doctor { config: flags::config(matches, environment, None)?, json: matches.get_flag("json") })
}

/// Runs every check. Returns the report if nothing is broken.
///
/// # Errors
/// Something is broken; the report is printed.
pub async fn work(config: &Config, json: bool) -> anyhow::Result<String> {
    let mut findings: Vec<Finding> = OF_THE_MACHINE.iter().flat_map(|check| check(config)).collect();
    findings.extend(broker::check(config).await);
    match CommandBackends::open(config, StoreAccessMode::Read).await {
        Ok(backends) => {
            findings.extend(of_the_store(&backends.objects).await);
            backends.close().await;
        }
        // a machine on which nothing ran yet
        Err(error) if error.is::<NothingStored>() => findings.push(Finding::warning(store::SUBJECT, error.to_string())),
        Err(error) => findings.push(Finding::broken(store::SUBJECT, format!("{error:#}"))),
    }
    let text = match json {
        true => format!("{:#}", Value::Array(findings.iter().map(|finding| json!(finding)).collect())),
        false => table(["", "what", "finding"], findings.iter().map(Finding::cells)),
    };
    match findings.iter().filter(|finding| finding.level == Level::Broken).count() {
        0 => Ok(text),
        broken => {
            print(&text);
            bail!("{broken} of {} checks found something broken", findings.len())
        }
    }
}

/// The checks of a store. One that is not usable is not looked into.
async fn of_the_store(objects: &ObjectStore) -> Vec<Finding> {
    let mut findings = clocks::check(objects).await;
    findings.extend(store::check(objects).await);
    if findings.iter().any(|finding| finding.level == Level::Broken) {
        return findings;
    }
    let survey = match survey(objects).await {
        Ok(survey) => survey,
        Err(error) => {
            return findings.into_iter().chain([Finding::broken(store::SUBJECT, error.to_string())]).collect();
        }
    };
    for check in OF_THE_STORE {
        findings.extend(check(objects, &survey).await);
    }
    findings
}
