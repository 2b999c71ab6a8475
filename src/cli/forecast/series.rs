//! The series of a file that a command is about.

use std::path::Path;

use anyhow::{Context as _, bail};

use crate::config::{Config, Origin};
use crate::forecast::{ReadOptions, Series, file_shape, identifier_of, read_file, series_of};
use crate::node::{memory_budget, read_input_file};

/// The series of a long file with their identifiers, or the one series of another file.
pub type NamedSeries = Vec<(Option<String>, Series)>;

/// Reads a file; `flag` is how its name was given.
///
/// # Errors
/// It cannot be read, or is larger than the memory that there is.
pub fn read_named(config: &Config, flag: &str, file: &Path, read: &ReadOptions) -> anyhow::Result<NamedSeries> {
    let bytes = read_input_file(flag, file)?;
    let name = file.display().to_string();
    let shape = file_shape(&bytes, &name, read)?;
    let _memory = memory_budget(config).datasets.try_reserve(shape.bytes()).with_context(|| name.clone())?;
    let reading = read_file(&bytes, read).with_context(|| name)?;
    let all = series_of(reading, read).into_iter();
    Ok(all.map(|(name, series)| (name.as_deref().map(identifier_of), series)).collect())
}

/// All series, or that of a long file with the identifier that was asked for.
///
/// # Errors
/// No series of a long file has that identifier.
pub fn asked_for(config: &Config, all: NamedSeries) -> anyhow::Result<NamedSeries> {
    let mut settings = config.shown.iter();
    let is_given = settings.any(|setting| setting.name == "IDENTIFIER" && setting.origin != Origin::Default);
    match is_given && all.iter().any(|(name, _)| name.is_some()) {
        true => Ok(vec![called(&config.identifier, all)?]),
        false => Ok(all),
    }
}

/// The one series of a file, or that of a long file with this identifier.
///
/// # Errors
/// No series of a long file has this identifier.
pub fn called(identifier: &str, mut all: NamedSeries) -> anyhow::Result<(Option<String>, Series)> {
    if let [(None, _)] = all.as_slice() {
        return Ok(all.remove(0));
    }
    match all.iter().position(|(name, _)| name.as_deref() == Some(identifier)) {
        Some(at) => Ok(all.swap_remove(at)),
        None => {
            let names: Vec<&str> = all.iter().take(5).filter_map(|(name, _)| name.as_deref()).collect();
            bail!(
                "it holds {} series, none of them `{identifier}`; name one with --identifier, such as {}",
                all.len(),
                names.join(", ")
            )
        }
    }
}
