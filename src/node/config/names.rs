//! Names that are no setting, or none yet: refused, because silence would hide a typing error.

use super::later::{LATER, NOT_NEEDED, OF_THE_BUILD};
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
    for (name, why) in NOT_NEEDED {
        if reader.raw(name).is_some() {
            reader.note(format!("{name} has no effect: {why}"));
        }
    }
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
        || NOT_NEEDED.iter().any(|(known, _)| *known == bare)
        || OF_THE_BUILD.contains(&name);
    let kubernetes = name.ends_with("_SERVICE_HOST")
        || name.contains("_SERVICE_PORT")
        || name.ends_with("_PORT")
        || name.contains("_PORT_");
    !known && !kubernetes
}
