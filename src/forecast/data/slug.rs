//! Identifiers for names of series as people write them.

use super::identity::{is_identifier, sha256_hex};

/// Characters of a name that stay readable.
const READABLE_MAX: usize = 48;

/// The identifier of a series: its name where that is one, else what of it may stand in one, and 8 digits of its hash.
pub fn identifier_of(name: &str) -> String {
    if is_identifier(name) {
        return name.to_owned();
    }
    let mut slug = String::new();
    for character in name.chars().take(READABLE_MAX) {
        let fits = character.is_ascii_alphanumeric() || matches!(character, '.' | '_' | '-');
        match fits {
            true => slug.push(character),
            false if slug.is_empty() || slug.ends_with('-') => {}
            false => slug.push('-'),
        }
    }
    let readable = slug.trim_matches(['-', '.']);
    let hash = &sha256_hex(name.as_bytes())[..8];
    match readable.is_empty() {
        true => format!("series-{hash}"),
        false => format!("{readable}-{hash}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_fits_stays_and_others_get_a_hash() {
        assert_eq!(identifier_of("AAPL"), "AAPL");
        let shop = identifier_of("Shop 7 / Köln");
        assert!(shop.starts_with("Shop-7-K-ln-") && is_identifier(&shop), "{shop}");
        assert_ne!(identifier_of("a b"), identifier_of("a/b"));
        for name in ["history", "..", "", "ü", &"x y".repeat(100)] {
            assert!(is_identifier(&identifier_of(name)), "{name}");
        }
    }
}
