//! The command line: arguments and environment in, a command out. Pure, so that it is tested without a process.

use super::config::kind::Kind;
use super::config::later::LATER;
use super::config::table::{SETTINGS, Setting, flag};
use super::config::{Config, Lookup};
use super::help;
use clap::{Arg, ArgMatches, value_parser};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Exit code of wrong usage.
pub const USAGE: u8 = 2;
/// Exit code of a wrong configuration (`EX_CONFIG` of sysexits).
pub const CONFIGURATION: u8 = 78;

/// What a person asked for.
#[derive(Debug, Clone)]
pub enum Command {
    /// Start a node.
    Run {
        /// The whole configuration.
        config: Box<Config>,
        /// A file to put into bucket `dataset` first.
        data: Option<PathBuf>,
        /// Its test part; without it the last fifth of `data` is.
        test: Option<PathBuf>,
    },
    /// Write the synthetic data.
    SampleData {
        /// The folder for it.
        to: PathBuf,
    },
}

/// The end of the program before any work: help, a version, or a mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exit {
    /// The exit code.
    pub code: u8,
    /// What to tell.
    pub message: String,
}

impl Exit {
    /// Tells the message, on stdout where it was asked for and on stderr where it is a mistake.
    pub fn tell(&self) -> ExitCode {
        let message = self.message.trim_end();
        // a reader that went away, such as head, has read what it wanted
        let _ = match self.code {
            0 => writeln!(std::io::stdout(), "{message}"),
            _ => writeln!(std::io::stderr(), "{message}"),
        };
        ExitCode::from(self.code)
    }
}

/// Reads the arguments (the program's name first) and the environment.
pub fn parse(
    args: impl IntoIterator<Item = OsString>,
    environment: impl IntoIterator<Item = (OsString, OsString)>,
) -> Result<Command, Exit> {
    let matches = command_line().try_get_matches_from(args).map_err(usage)?;
    match matches.subcommand() {
        Some(("run", run)) => parse_run(run, environment),
        Some(("sample-data", sample)) => Ok(Command::SampleData { to: path(sample, "TO").unwrap_or_default() }),
        _ => unreachable!("invariant: clap asks for one of the commands above"),
    }
}

fn parse_run(run: &ArgMatches, environment: impl IntoIterator<Item = (OsString, OsString)>) -> Result<Command, Exit> {
    let text = |os: OsString| os.to_string_lossy().into_owned();
    let environment: BTreeMap<String, String> =
        environment.into_iter().map(|(name, value)| (text(name), text(value))).collect();
    let data = path(run, "data");
    let test = path(run, "test");
    let mut flags = given_flags(run);
    name_data_set(&mut flags, data.as_deref(), test.as_deref());

    let lookup: Lookup = &|name| flags.get(name).or_else(|| environment.get(name)).cloned();
    let names: Vec<&str> = environment.keys().map(String::as_str).collect();
    let config = Config::parse_named(lookup, &names)
        .map_err(|errors| Exit { code: CONFIGURATION, message: format!("flts: {errors}") })?;
    Ok(Command::Run { config: Box::new(config), data, test })
}

/// The flags given, under the spelling that the configuration asks for (`--http-addr`).
fn given_flags(run: &ArgMatches) -> BTreeMap<String, String> {
    flags_of_settings()
        .filter_map(|(name, _)| run.get_one::<String>(&name).map(|value| (flag(&name), value.clone())))
        .collect()
}

/// A file given is the data set of this run: it keeps its name in the bucket, unless a flag names it otherwise.
fn name_data_set(flags: &mut BTreeMap<String, String>, data: Option<&Path>, test: Option<&Path>) {
    let Some(data) = data else { return };
    let name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
    let split_off = || {
        let stem = data.file_stem()?.to_string_lossy();
        Some(format!("{stem}_test.{}", data.extension().unwrap_or("csv".as_ref()).to_string_lossy()))
    };
    if let Some(train_file) = name(data) {
        flags.entry(flag("TRAIN_FILE")).or_insert(train_file);
    }
    if let Some(test_file) = test.map_or_else(split_off, name) {
        flags.entry(flag("TEST_FILE")).or_insert(test_file);
    }
}

fn path(matches: &ArgMatches, name: &str) -> Option<PathBuf> {
    matches.get_one::<PathBuf>(name).cloned()
}

fn usage(error: clap::Error) -> Exit {
    let code = if error.use_stderr() { USAGE } else { 0 };
    Exit { code, message: error.render().to_string() }
}

fn command_line() -> clap::Command {
    let files = [
        Arg::new("data")
            .long("data")
            .value_name("FILE")
            .value_parser(value_parser!(PathBuf))
            .help_heading("Input")
            .help("CSV to put into bucket dataset first"),
        Arg::new("test")
            .long("test")
            .value_name("FILE")
            .value_parser(value_parser!(PathBuf))
            .help_heading("Input")
            .requires("data")
            .help("CSV with the test part; without it the last fifth of --data is"),
    ];
    let settings = flags_of_settings().map(|(name, setting)| match setting {
        Some(setting) => setting_flag(name, setting),
        // a flag that is not available yet is told as such by the configuration
        None => Arg::new(name.clone())
            .long(flag(&name)[2..].to_string())
            .num_args(0..=1)
            .default_missing_value("true")
            .hide(true),
    });
    let to = Arg::new("TO")
        .required(true)
        .value_parser(value_parser!(PathBuf))
        .help("the folder for sample.csv and sample_test.csv");
    clap::Command::new("flts")
        .version(env!("CARGO_PKG_VERSION"))
        .about("An actor-based distributed runtime for continuous forecasting")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .after_help(help::EXAMPLES)
        .subcommand(
            clap::Command::new("run")
                .about("Start a node: train, judge, promote and serve, as its roles say")
                .after_help(help::of_run_in_short())
                .after_long_help(help::OF_RUN)
                .args(files)
                .args(settings),
        )
        .subcommand(
            clap::Command::new("sample-data")
                .about("Write synthetic data: seeded, with daily and weekly seasons, bursts and missing cells")
                .arg(to),
        )
}

fn setting_flag(name: String, setting: &Setting) -> Arg {
    let is_main = name == setting.name;
    let missing = matches!(setting.kind, Kind::Bool).then_some("true");
    let arg = Arg::new(name.clone())
        .long(flag(&name)[2..].to_string())
        .value_name(setting.kind.placeholder())
        .help_heading(setting.group.heading())
        .hide(!is_main)
        .hide_short_help(!help::is_main(setting))
        .help(help::of_setting(setting))
        .long_help(help::of_setting_in_full(setting));
    match missing {
        Some(value) => arg.num_args(0..=1).default_missing_value(value),
        None => arg,
    }
}

/// Every name that is a flag: settings with their aliases and files of secrets, and names that are not available yet.
fn flags_of_settings() -> impl Iterator<Item = (String, Option<&'static Setting>)> {
    let settings = SETTINGS.iter().flat_map(|setting| {
        let files = setting.secret.then(|| format!("{}_FILE", setting.name));
        setting.names().map(String::from).chain(files).map(move |name| (name, Some(setting)))
    });
    settings.chain(LATER.iter().map(|later| (later.name.to_string(), None)))
}
