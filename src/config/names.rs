//! Names that are no setting, or none yet: refused, because silence would hide a typing error.
//! Names of the original are accepted where they change nothing, noted where they do nothing, and refused where they would.

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

/// Judges the names of the original that have one meaning whatever the roles are.
pub fn judge_originals(reader: &mut Reader) {
    for original in ORIGINALS {
        for (spelling, text) in given(reader, original.name) {
            judge(reader, original, &spelling, text.trim());
        }
    }
}

/// The spellings of a name that hold a text.
pub fn given(reader: &Reader, name: &str) -> Vec<(String, String)> {
    let spellings = [format!("FLTS_{name}"), name.to_owned()];
    let text = |spelling: String| reader.raw(&spelling).map(|text| (spelling, text));
    spellings.into_iter().filter_map(text).filter(|(_, text)| !text.trim().is_empty()).collect()
}

fn judge(reader: &mut Reader, original: &Original, spelling: &str, value: &str) {
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

/// Yes and no are written in any case, names of topics and buckets in their own.
fn says_one_of(value: &str, values: &[&str]) -> bool {
    let word = value.to_lowercase();
    let is_yes_or_no = ["true", "false", "yes", "no", "on", "off"].contains(&word.as_str());
    values.contains(&if is_yes_or_no { word.as_str() } else { value })
}

fn known_names() -> impl Iterator<Item = &'static str> {
    SETTINGS.iter().flat_map(Setting::names).chain(LATER.iter().map(|later| later.name))
}

/// Whether a name claims to be ours and is not: Kubernetes' own variables of a service named `flts` excepted.
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
