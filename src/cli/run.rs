//! `flts run`: a node; `--print-topology` draws it instead.

use std::process::ExitCode;

use clap::{Arg, ArgAction, ArgMatches};

use crate::actors::draw;
use crate::config::Config;
use crate::node::plan;

use super::command::Command;
use super::exit::Exit;
use super::flags::Environment;
use super::print::print;
use super::{flags, help};

/// The command and its flags.
pub fn command() -> clap::Command {
    let print_topology = Arg::new("print-topology")
        .long("print-topology")
        .action(ArgAction::SetTrue)
        .help("Draw roles, groups and children, and start nothing");
    clap::Command::new("run")
        .about("Start a node: train, judge, promote and serve, as its roles say")
        .after_help(help::run_short_help())
        .after_long_help(help::run_help())
        .arg(print_topology)
        .args(flags::files())
        .args(flags::settings(flags::all))
}

/// From the parsed flags to the command.
pub fn parse(matches: &ArgMatches, environment: &Environment) -> Result<Command, Exit> {
    let files = flags::given_files(matches);
    let config = flags::config(matches, environment, files.as_ref())?;
    match matches.get_flag("print-topology") {
        true => Ok(Command::PrintTopology { config }),
        false => Ok(Command::Run { config, files }),
    }
}

/// Prints the topology of a node with this configuration, and starts nothing.
pub fn print_topology(config: &Config) -> ExitCode {
    print(&topology(config));
    ExitCode::SUCCESS
}

fn topology(config: &Config) -> String {
    let roles: Vec<&str> = config.roles.iter().map(|role| role.as_str()).collect();
    let of_another = config.join.as_ref().map(|join| format!("that of the node of {}", join.display()));
    let chosen =
        |configured: &Option<String>, own: String| of_another.clone().or_else(|| configured.clone()).unwrap_or(own);
    let broker = chosen(&config.kafka.bootstrap_servers, "embedded, in memory".into());
    let store = format!("embedded, in {}", config.data_dir.join("store").display());
    let store = chosen(&config.object_store.place(), store);
    let mut text =
        format!("roles   {}\nlistens {}\nbroker  {broker}\nstore   {store}\n\n", roles.join(", "), config.http.addr);
    text += &draw(&plan(config));
    text + "\nActors start from top to bottom and stop from bottom to top; those of `serving` stop once the last request is answered. An actor that fails is restarted together with those after it in its group.\n"
}
