//! Finds the value of a setting among its spellings and collects every mistake on the way.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use crate::limits::ERROR_QUOTE;

use super::address::ListenAddr;
use super::errors::ConfigErrors;
use super::kind::{Kind, Value};
use super::shown::{Origin, Shown, redacted};
use super::table::{SETTINGS, Setting, flag, setting};
use super::tree::Config;

/// The text of a flag (asked for as `--http-addr`) or of an environment variable (asked for by its name).
pub type SettingLookup<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Reads settings by name. Mistakes are collected, so that one run reports all of them.
pub struct Reader<'a> {
    lookup: SettingLookup<'a>,
    mistakes: Vec<String>,
    notes: Vec<String>,
    derived: BTreeMap<&'static str, String>,
}

/// The text of a setting, and the spelling that held it.
struct GivenText {
    written: String,
    text: String,
    /// The file that the text was read from, for secrets.
    file: Option<String>,
}

impl<'a> Reader<'a> {
    /// A reader without mistakes.
    pub fn new(lookup: SettingLookup<'a>) -> Reader<'a> {
        Reader { lookup, mistakes: Vec::new(), notes: Vec::new(), derived: BTreeMap::new() }
    }

    /// Adds a mistake.
    pub fn mistake(&mut self, text: impl Into<String>) {
        self.mistakes.push(text.into());
    }

    /// Adds a note for the operator, which is logged once.
    pub fn note(&mut self, text: impl Into<String>) {
        self.notes.push(text.into());
    }

    /// The configuration with its notes, or every mistake.
    pub fn finish(self, config: Config) -> Result<Config, ConfigErrors> {
        if self.mistakes.is_empty() {
            let shown = SETTINGS.iter().map(|setting| self.shown(setting)).collect();
            return Ok(Config { notes: self.notes, shown, ..config });
        }
        Err(ConfigErrors { mistakes: self.mistakes })
    }

    /// Records the value of a setting that was not given, where it follows from other settings or from the machine.
    pub fn derived(&mut self, name: &'static str, value: impl ToString) {
        self.derived.insert(name, value.to_string());
    }

    /// The text under exactly this spelling.
    pub fn raw(&self, spelling: &str) -> Option<String> {
        (self.lookup)(spelling)
    }

    /// Whether the setting was given in any spelling.
    pub fn is_given(&self, name: &str) -> bool {
        self.candidates(setting(name)).iter().any(|level| !level.is_empty())
    }

    /// The text of a setting, if it has one.
    pub fn optional_text(&mut self, name: &str) -> Option<String> {
        match self.value(name)? {
            Value::Text(text) => Some(text),
            other => {
                unreachable!("invariant: {name} is a text in the settings table, not {other:?}")
            }
        }
    }

    /// The file that a secret was read from.
    pub fn file_of(&self, name: &str) -> Option<PathBuf> {
        Reader::new(self.lookup).find(setting(name))?.file.map(PathBuf::from)
    }

    /// The text of a setting.
    pub fn text(&mut self, name: &str) -> String {
        self.optional_text(name).unwrap_or_default()
    }

    /// The words of a setting, if it has any.
    pub fn optional_list(&mut self, name: &str) -> Option<Vec<String>> {
        match self.value(name)? {
            Value::List(words) => Some(words),
            other => {
                unreachable!("invariant: {name} is a list in the settings table, not {other:?}")
            }
        }
    }

    /// The words of a setting.
    pub fn list(&mut self, name: &str) -> Vec<String> {
        self.optional_list(name).unwrap_or_default()
    }

    /// The boolean of a setting.
    pub fn bool(&mut self, name: &str) -> bool {
        matches!(self.value(name), Some(Value::Bool(true)))
    }

    /// The boolean of a setting, if it has one.
    pub fn optional_bool(&mut self, name: &str) -> Option<bool> {
        match self.value(name)? {
            Value::Bool(answer) => Some(answer),
            other => unreachable!("invariant: {name} is a boolean in the settings table, not {other:?}"),
        }
    }

    /// The whole number of a setting, if it has one.
    pub fn optional_whole(&mut self, name: &str) -> Option<u64> {
        match self.value(name)? {
            Value::Whole(number) => Some(number),
            other => unreachable!("invariant: {name} is a whole number in the settings table, not {other:?}"),
        }
    }

    /// The whole number of a setting, as any type that holds it.
    pub fn whole<T: TryFrom<u64> + Default>(&mut self, name: &str) -> T {
        self.optional_whole(name).and_then(|number| T::try_from(number).ok()).unwrap_or_default()
    }

    /// The whole number of a setting as milliseconds.
    pub fn millis(&mut self, name: &str) -> Duration {
        Duration::from_millis(self.whole(name))
    }

    /// The number of a setting.
    pub fn number(&mut self, name: &str) -> f64 {
        match self.value(name) {
            Some(Value::Number(number)) => number,
            _ => 0.0,
        }
    }

    /// The address of a setting.
    pub fn address(&mut self, name: &str) -> ListenAddr {
        match self.value(name) {
            Some(Value::Address(address)) => address,
            _ => ListenAddr::Ip(([127, 0, 0, 1], 0).into()),
        }
    }

    /// The value given, else the default. `None` without both, or if the value is a mistake.
    fn value(&mut self, name: &str) -> Option<Value> {
        let setting = setting(name);
        let found = self.find(setting).or_else(|| {
            setting.default.text().map(|text| GivenText { written: name.into(), text: text.into(), file: None })
        })?;
        match setting.kind.read(&found.text) {
            Ok(value) => Some(value),
            // the text may hold a password, so it is not repeated
            Err(expects) if setting.secret || (setting.kind == Kind::Url && found.text.contains('@')) => {
                self.mistake(format!("{} must be {expects}", found.written));
                None
            }
            Err(expects) => {
                self.mistake(format!("{} is '{}', but must be {expects}", found.written, ERROR_QUOTE.cut(&found.text)));
                None
            }
        }
    }

    /// The text of the first level (flag, `FLTS_` name, name) that has one. Spellings that differ within a level are a mistake.
    fn find(&mut self, setting: &Setting) -> Option<GivenText> {
        let level = self.candidates(setting).into_iter().find(|level| !level.is_empty())?;
        let mut found = Vec::new();
        for spelling in level {
            let text = (self.lookup)(&spelling).unwrap_or_default();
            if !is_file_of(setting, &spelling) {
                found.push(GivenText { written: spelling, text: text.trim().into(), file: None });
                continue;
            }
            match std::fs::read_to_string(text.trim()) {
                Ok(secret) if secret.trim().is_empty() => {
                    self.mistake(format!("{spelling} names '{}', which is empty", text.trim()));
                }
                Ok(secret) => {
                    let file = Some(text.trim().to_owned());
                    found.push(GivenText { written: spelling, text: secret.trim().into(), file });
                }
                Err(error) => {
                    self.mistake(format!("{spelling} names '{}', which cannot be read: {error}", text.trim()));
                }
            }
        }
        let mut found = found.into_iter();
        let first = found.next()?;
        if let Some(other) = found.find(|other| other.text != first.text) {
            self.mistake(format!("{} and {} mean the same, but differ; set one of them", first.written, other.written));
        }
        let alias = setting.aliases.iter().find(|alias| first.written.trim_start_matches("FLTS_") == **alias);
        if let Some(alias) = alias {
            self.notes.push(format!("{alias} is read as {}", setting.name));
        }
        Some(first)
    }

    /// The setting with its value and origin. It is called last: the mistakes of its own reading are known already.
    fn shown(&self, setting: &Setting) -> Shown {
        let mut silent = Reader::new(self.lookup);
        let (value, origin) = match (silent.find(setting), setting.default.text()) {
            (Some(found), _) => (Some(found.text), Origin::of(setting, found.written, found.file)),
            (None, Some(text)) => (Some(text.into_owned()), Origin::Default),
            (None, None) => (self.derived.get(setting.name).cloned(), Origin::Default),
        };
        Shown { name: setting.name, value: value.map(|value| redacted(setting, value)), origin }
    }

    /// The spellings that have a text, by level: flags, `FLTS_` names, names.
    fn candidates(&self, setting: &Setting) -> [Vec<String>; 3] {
        let names: Vec<String> = setting
            .names()
            .flat_map(|name| [Some(name.to_string()), setting.secret.then(|| format!("{name}_FILE"))])
            .flatten()
            .collect();
        let given = |spelling: &String| {
            let text = (self.lookup)(spelling);
            text.is_some_and(|text| setting.empty_counts || !text.trim().is_empty())
        };
        [
            names.iter().map(|name| flag(name)).filter(given).collect(),
            names.iter().map(|name| format!("FLTS_{name}")).filter(given).collect(),
            names.into_iter().filter(given).collect(),
        ]
    }
}

fn is_file_of(setting: &Setting, spelling: &str) -> bool {
    setting.secret && (spelling.ends_with("_FILE") || spelling.ends_with("-file"))
}
