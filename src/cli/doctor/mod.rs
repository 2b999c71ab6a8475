//! `flts doctor`: checks what a node stands on and what it has stored, and says what to do. It ends with 1 if something is broken.
//!
//! * `broker`: the broker and its topics
//! * `finding`: one line of the report
//! * `machine`: the limits of the process and the data folder
//! * `series`: decision log, pointer and model of each series
//! * `store`: the object store: buckets, rights, conditional writes, data sets

mod broker;
mod finding;
mod machine;
mod series;
mod store;

use anyhow::bail;
use clap::ArgMatches;
use serde_json::{Value, json};

use crate::config::Config;

use super::backends::{CommandBackends, StoreAccessMode};
use super::command::Command;
use super::exit::Exit;
use super::flags::Environment;
use super::print::{print, table};
use super::{flags, help};
use finding::{Finding, Level};

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
    let mut findings = machine::check(config);
    findings.extend(broker::check(config).await);
    match CommandBackends::open(config, StoreAccessMode::Read).await {
        Ok(backends) => {
            let usable = store::check(&backends.objects).await;
            let is_usable = usable.iter().all(|finding| finding.level != Level::Broken);
            findings.extend(usable);
            if is_usable {
                findings.extend(series::check(&backends.objects).await);
            }
            backends.close().await;
        }
        Err(error) => findings.push(Finding::broken("object store", format!("{error:#}"))),
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
