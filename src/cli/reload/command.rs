//! `flts reload`: asks the running node to read the promotion pointer now.

use std::time::Duration;

use clap::ArgMatches;

use crate::cli::command::Command;
use crate::cli::exit::Exit;
use crate::cli::flags::Environment;
use crate::cli::{flags, help};
use crate::config::{Config, Setting};

use super::node_call;

/// Longer than the route itself takes.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(150);

/// The command and its flags.
pub fn command() -> clap::Command {
    clap::Command::new("reload")
        .about("Ask the running node to read the promotion pointer now")
        .after_help(help::RULES)
        .arg(flags::json())
        .args(flags::settings(is_about_the_node))
}

/// Whether the setting says where the node is, or who calls.
fn is_about_the_node(setting: &Setting) -> bool {
    ["DATA_DIR", "HTTP_ADDR", "ADMIN_TOKEN", "TLS_CERT", "TLS_KEY", "LOG_LEVEL"].contains(&setting.name)
}

/// From the parsed flags to the command.
pub fn parse(matches: &ArgMatches, environment: &Environment) -> Result<Command, Exit> {
    let json = matches.get_flag("json");
    Ok(Command::Reload { config: flags::config(matches, environment, None)?, json })
}

/// What the node serves now, as text.
///
/// # Errors
/// No node answers, or it does not follow the pointer.
pub async fn work(config: &Config, json: bool) -> anyhow::Result<String> {
    let answer = node_call::post(config, "/reload_latest", ANSWER_TIMEOUT).await?;
    if json {
        return Ok(format!("{answer:#}"));
    }
    let said = |name: &str| answer[name].as_str().unwrap_or_default();
    let generation = &answer["generation"];
    Ok(format!("{}: {} of run {}, generation {generation}", said("status"), said("model_type"), said("run_id")))
}
