//! Settings as flags: every command takes all of them, and its help lists those that matter to it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::{Arg, ArgMatches, value_parser};

use crate::config::{Config, Group, Kind, LATER, SETTINGS, Setting, SettingLookup, flag};
use crate::node::{CONFIGURATION, InputFiles};

use super::exit::Exit;
use super::help;

/// The environment of the process, as text.
pub type Environment = BTreeMap<String, String>;

/// Every setting.
pub fn all(_: &Setting) -> bool {
    true
}

/// Settings that say where a command finds broker and store, and which series it is about.
pub fn places(setting: &Setting) -> bool {
    const OF_NODE: [&str; 4] = ["DATA_DIR", "JOIN", "IDENTIFIER", "LOG_LEVEL"];
    matches!(setting.group, Group::Kafka | Group::ObjectStore) || OF_NODE.contains(&setting.name)
}

/// All settings as flags; the help shows those that are `of_use` to the command.
pub fn settings(of_use: impl Fn(&Setting) -> bool) -> Vec<Arg> {
    let arg = |(name, setting): (String, Option<&'static Setting>)| match setting {
        Some(setting) => setting_flag(name, setting, of_use(setting)),
        // a flag that is not available yet is told as such by the configuration
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

/// The files given with [`files`].
pub fn given_files(matches: &ArgMatches) -> Option<InputFiles> {
    path(matches, "data").map(|data| InputFiles { data, test: path(matches, "test") })
}

/// A path that was given.
pub fn path(matches: &ArgMatches, name: &str) -> Option<PathBuf> {
    matches.get_one::<PathBuf>(name).cloned()
}

/// The whole configuration from flags and environment; files given name the data set.
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

/// The flags given, under the spelling that the configuration asks for (`--http-addr`).
fn given_flags(matches: &ArgMatches) -> BTreeMap<String, String> {
    flags_of_settings()
        .filter_map(|(name, _)| matches.get_one::<String>(&name).map(|value| (flag(&name), value.clone())))
        .collect()
}

/// A file given is the data set of this run: it keeps its name in the bucket, unless a flag names it otherwise.
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
    let is_main = name == setting.name;
    let missing = matches!(setting.kind, Kind::Bool).then_some("true");
    let arg = Arg::new(name.clone())
        .long(flag(&name)[2..].to_string())
        .value_name(setting.kind.placeholder())
        .help_heading(setting.group.heading())
        .hide(!(is_main && shown))
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
