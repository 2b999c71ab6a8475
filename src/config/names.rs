//! Names that are not settings. Unknown names and names without effect yet are refused, because silence would hide a
//! typing error. Names of the replaced system are accepted, noted or refused by their value.

use super::later::{LATER, OF_THE_BUILD};
use super::originals::{Noted, OF_ONE_ROLE, ORIGINALS, Original};
use super::reader::Reader;
use super::suggest::nearest;
use super::table::{SETTINGS, Setting, flag};

/// Refuses names that start with `FLTS_` and are no setting.
pub fn refuse_unknown(reader: &mut Reader, names: &[&str]) {
    let mut unknown: Vec<&str> = names.iter().copied().filter(|name| is_unknown(name)).collect();
    unknown.sort_unstable();
    for name in unknown {
        let bare = name.trim_start_matches("FLTS_");
        let hint = nearest(bare, known_names()).map_or(String::new(), |near| format!("; did you mean 'FLTS_{near}'?"));
        reader.mistake(format!("{name} is no setting{hint}"));
    }
}

/// Refuses settings that have no effect yet.
pub fn refuse_later(reader: &mut Reader) {
    for later in LATER {
        for spelling in [flag(later.name), format!("FLTS_{}", later.name), later.name.into()] {
            let Some(text) = reader.raw(&spelling).filter(|text| !text.trim().is_empty()) else {
                continue;
            };
            if !later.harmless.iter().any(|harmless| harmless.eq_ignore_ascii_case(text.trim())) {
                reader.mistake(format!("{spelling} is not available yet ({}); remove it", later.about));
            }
        }
    }
}

/// Accepts, notes or refuses the names of the original whose meaning does not depend on the roles.
pub fn check_originals(reader: &mut Reader) {
    for original in ORIGINALS {
        for (spelling, text) in spellings_of(reader, original.name) {
            check(reader, original, &spelling, text.trim());
        }
    }
}

/// The spellings of a name that have a text, with that text.
pub fn spellings_of(reader: &Reader, name: &str) -> Vec<(String, String)> {
    let spellings = [format!("FLTS_{name}"), name.to_owned()];
    let text = |spelling: String| reader.raw(&spelling).map(|text| (spelling, text));
    spellings.into_iter().filter_map(text).filter(|(_, text)| !text.trim().is_empty()).collect()
}

fn check(reader: &mut Reader, original: &Original, spelling: &str, value: &str) {
    let about = original.about;
    if says_one_of(value, original.same) {
        return;
    }
    let is_noted = match original.noted {
        Noted::Nothing => false,
        Noted::Only(values) => says_one_of(value, values),
        Noted::Anything => true,
    };
    if is_noted {
        reader.note(format!("{spelling} has no effect: {about}"));
    } else {
        reader.mistake(format!("{spelling} is '{value}', but {about}; remove it"));
    }
}

/// Booleans match in any case; names of topics and buckets must match exactly.
fn says_one_of(value: &str, values: &[&str]) -> bool {
    let word = value.to_lowercase();
    let is_yes_or_no = ["true", "false", "yes", "no", "on", "off"].contains(&word.as_str());
    values.contains(&if is_yes_or_no { word.as_str() } else { value })
}

fn known_names() -> impl Iterator<Item = &'static str> {
    SETTINGS.iter().flat_map(Setting::names).chain(LATER.iter().map(|later| later.name))
}

/// Whether a name starts with `FLTS_` and is not known. Kubernetes sets such variables for a service named `flts`: they are
/// excepted.
fn is_unknown(name: &str) -> bool {
    let Some(bare) = name.strip_prefix("FLTS_") else {
        return false;
    };
    let known = known_names().any(|known| known == bare)
        || SETTINGS.iter().filter(|s| s.secret).flat_map(Setting::names).any(|known| format!("{known}_FILE") == bare)
        || ORIGINALS.iter().any(|original| original.name == bare)
        || OF_ONE_ROLE.contains(&bare)
        || OF_THE_BUILD.contains(&name);
    let kubernetes = name.ends_with("_SERVICE_HOST")
        || name.contains("_SERVICE_PORT")
        || name.ends_with("_PORT")
        || name.contains("_PORT_");
    !known && !kubernetes
}
