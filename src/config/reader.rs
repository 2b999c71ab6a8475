//! Finds the value of a setting among its spellings and collects every mistake on the way.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use super::errors::ConfigErrors;
use super::kind::{Kind, Value};
use super::parse::Lookup;
use super::shown::{Origin, Shown, redacted};
use super::table::{Fallback, SETTINGS, Setting, flag, setting};
use super::tree::Config;

/// Reads settings by name; what is wrong is kept, so that reading goes on.
pub struct Reader<'a> {
    lookup: Lookup<'a>,
    mistakes: Vec<String>,
    notes: Vec<String>,
    derived: BTreeMap<&'static str, String>,
}

/// A text and the spelling of the setting that held it.
struct Found {
    written: String,
    text: String,
    /// The file it was read from.
    file: Option<String>,
}

impl<'a> Reader<'a> {
    /// A reader that has found no mistake yet.
    pub fn new(lookup: Lookup<'a>) -> Reader<'a> {
        Reader { lookup, mistakes: Vec::new(), notes: Vec::new(), derived: BTreeMap::new() }
    }

    /// Keeps a mistake that a check across settings found.
    pub fn mistake(&mut self, text: impl Into<String>) {
        self.mistakes.push(text.into());
    }

    /// Keeps something that whoever starts the node should know.
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

    /// Says what a setting that was not given comes to, where that follows from others or from the machine.
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

    /// The yes or no of a setting.
    pub fn bool(&mut self, name: &str) -> bool {
        matches!(self.value(name), Some(Value::Bool(true)))
    }

    /// The yes or no of a setting, if it has one.
    pub fn optional_bool(&mut self, name: &str) -> Option<bool> {
        match self.value(name)? {
            Value::Bool(answer) => Some(answer),
            other => unreachable!("invariant: {name} is a yes or no in the settings table, not {other:?}"),
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
    pub fn address(&mut self, name: &str) -> SocketAddr {
        match self.value(name) {
            Some(Value::Address(address)) => address,
            _ => SocketAddr::from(([127, 0, 0, 1], 0)),
        }
    }

    /// The value given, else the default; none where there is neither, or where the value is a mistake (which is kept).
    fn value(&mut self, name: &str) -> Option<Value> {
        let setting = setting(name);
        let found = self.find(setting).or_else(|| match setting.default {
            Fallback::Is(text) => Some(Found { written: name.into(), text: text.into(), file: None }),
            Fallback::Unset(_) => None,
        })?;
        match setting.kind.read(&found.text) {
            Ok(value) => Some(value),
            // an address with a password in it is a mistake, and no place to show it
            Err(expects) if setting.secret || (setting.kind == Kind::Url && found.text.contains('@')) => {
                self.mistake(format!("{} must be {expects}", found.written));
                None
            }
            Err(expects) => {
                self.mistake(format!("{} is '{}', but must be {expects}", found.written, shortened(&found.text)));
                None
            }
        }
    }

    /// The text of the first level that has one; two spellings that disagree within a level are a mistake.
    fn find(&mut self, setting: &Setting) -> Option<Found> {
        let level = self.candidates(setting).into_iter().find(|level| !level.is_empty())?;
        let mut found = Vec::new();
        for spelling in level {
            let text = (self.lookup)(&spelling).unwrap_or_default();
            if !is_file_of(setting, &spelling) {
                found.push(Found { written: spelling, text: text.trim().into(), file: None });
                continue;
            }
            match std::fs::read_to_string(text.trim()) {
                Ok(secret) if secret.trim().is_empty() => {
                    self.mistake(format!("{spelling} names '{}', which is empty", text.trim()));
                }
                Ok(secret) => {
                    let file = Some(text.trim().to_owned());
                    found.push(Found { written: spelling, text: secret.trim().into(), file });
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

    /// The setting as it came out; asked once all is read, so that what this finds wrong is known already.
    fn shown(&self, setting: &Setting) -> Shown {
        let mut silent = Reader::new(self.lookup);
        let (value, origin) = match (silent.find(setting), setting.default) {
            (Some(found), _) => (Some(found.text), Origin::of(setting, found.written, found.file)),
            (None, Fallback::Is(text)) => (Some(text.to_owned()), Origin::Default),
            (None, Fallback::Unset(_)) => (self.derived.get(setting.name).cloned(), Origin::Default),
        };
        Shown { name: setting.name, value: value.map(|value| redacted(setting, value)), origin }
    }

    /// The spellings that hold a text, by level: flags, `FLTS_` names, names.
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

fn shortened(text: &str) -> String {
    if text.chars().count() <= 80 {
        return text.into();
    }
    text.chars().take(77).chain("...".chars()).collect()
}
