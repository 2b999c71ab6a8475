//! Settings as flags: every command takes all of them, and its help lists those that it uses.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::{Arg, ArgAction, ArgMatches, value_parser};

use crate::config::{Config, Group, Kind, LATER, SETTINGS, Setting, SettingLookup, flag};
use crate::node::{CONFIGURATION, InputFiles};

use super::exit::Exit;
use super::help;

/// The environment of the process, as text.
pub type Environment = BTreeMap<String, String>;

/// Accepts every setting.
pub fn all(_: &Setting) -> bool {
    true
}

/// Whether the setting says where broker and store are, or which series a command is about.
pub fn is_place(setting: &Setting) -> bool {
    const OF_NODE: [&str; 4] = ["DATA_DIR", "JOIN", "IDENTIFIER", "LOG_LEVEL"];
    matches!(setting.group, Group::Kafka | Group::ObjectStore) || OF_NODE.contains(&setting.name)
}

/// The flag `--json` of a command that writes text or JSON.
pub fn json() -> Arg {
    Arg::new("json").long("json").action(ArgAction::SetTrue).help("Write JSON")
}

/// All settings as flags; the help shows those that are `used` by the command.
pub fn settings(used: impl Fn(&Setting) -> bool) -> Vec<Arg> {
    let arg = |(name, setting): (String, Option<&'static Setting>)| match setting {
        Some(setting) => setting_flag(name, setting, used(setting)),
        // not available yet: accepted here, refused by the configuration
        None => {
            let long = flag(&name)[2..].to_string();
            Arg::new(name).long(long).num_args(0..=1).default_missing_value("true").hide(true)
        }
    };
    flags_of_settings().map(arg).collect()
}

/// `--data` and `--test`.
pub fn files() -> [Arg; 2] {
    let file = |name, help| {
        Arg::new(name)
            .long(name)
            .value_name("FILE")
            .value_parser(value_parser!(PathBuf))
            .help_heading("Input")
            .help(help)
    };
    [
        file("data", "CSV to put into bucket dataset first"),
        file("test", "CSV with the test part; without it the last fifth of --data is").requires("data"),
    ]
}

/// The input files that were given, if any.
pub fn given_files(matches: &ArgMatches) -> Option<InputFiles> {
    path(matches, "data").map(|data| InputFiles { data, test: path(matches, "test") })
}

/// The path of an argument, if given.
pub fn path(matches: &ArgMatches, name: &str) -> Option<PathBuf> {
    matches.get_one::<PathBuf>(name).cloned()
}

/// The configuration from flags and environment. Input files name the data set.
///
/// # Errors
/// All mistakes of the configuration.
pub fn config(
    matches: &ArgMatches,
    environment: &Environment,
    files: Option<&InputFiles>,
) -> Result<Box<Config>, Exit> {
    let mut flags = given_flags(matches);
    if let Some(files) = files {
        name_data_set(&mut flags, files);
    }
    let lookup: SettingLookup = &|name| flags.get(name).or_else(|| environment.get(name)).cloned();
    let names: Vec<&str> = environment.keys().map(String::as_str).collect();
    let config = Config::parse_named(lookup, &names);
    config.map(Box::new).map_err(|errors| Exit { code: CONFIGURATION, message: format!("error: {errors}") })
}

/// The flags that were given, by their spelling (`--http-addr`).
fn given_flags(matches: &ArgMatches) -> BTreeMap<String, String> {
    flags_of_settings()
        .filter_map(|(name, _)| matches.get_one::<String>(&name).map(|value| (flag(&name), value.clone())))
        .collect()
}

/// Adds flags that name the input files as the data set. A file keeps its name in the bucket, unless a flag gives another.
fn name_data_set(flags: &mut BTreeMap<String, String>, files: &InputFiles) {
    let name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
    let data = &files.data;
    let split_off = || {
        let stem = data.file_stem()?.to_string_lossy();
        Some(format!("{stem}_test.{}", data.extension().unwrap_or("csv".as_ref()).to_string_lossy()))
    };
    if let Some(train_file) = name(data) {
        flags.entry(flag("TRAIN_FILE")).or_insert(train_file);
    }
    if let Some(test_file) = files.test.as_deref().map_or_else(split_off, name) {
        flags.entry(flag("TEST_FILE")).or_insert(test_file);
    }
}

fn setting_flag(name: String, setting: &Setting, shown: bool) -> Arg {
    let is_own_name = name == setting.name;
    let missing = matches!(setting.kind, Kind::Bool).then_some("true");
    let arg = Arg::new(name.clone())
        .long(flag(&name)[2..].to_string())
        .value_name(setting.kind.placeholder())
        .help_heading(setting.group.heading())
        .hide(!(is_own_name && shown))
        .hide_short_help(!help::is_main(setting))
        .help(help::setting_short_help(setting))
        .long_help(help::setting_help(setting));
    match missing {
        Some(value) => arg.num_args(0..=1).default_missing_value(value),
        None => arg,
    }
}

/// Every name that is a flag: settings, aliases, files of secrets, and names without effect yet.
fn flags_of_settings() -> impl Iterator<Item = (String, Option<&'static Setting>)> {
    let settings = SETTINGS.iter().flat_map(|setting| {
        let files = setting.secret.then(|| format!("{}_FILE", setting.name));
        setting.names().map(String::from).chain(files).map(move |name| (name, Some(setting)))
    });
    settings.chain(LATER.iter().map(|later| (later.name.to_string(), None)))
}
