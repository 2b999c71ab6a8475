//! Which column holds the time: the names that are read as one, in whatever case.

use crate::forecast::data::reader::{is_time_name, time_names};

/// Names of the time column that messages tell; the first that is there counts.
pub const TIME_COLUMNS: [&str; 4] = ["ts", "timestamp", "time", "date"];

/// The time column among these names: as in [`TIME_COLUMNS`], else in another case, else one of the other names of time columns.
pub fn find_time_column<'a>(names: impl Iterator<Item = &'a str> + Clone) -> Option<&'a str> {
    let exact = TIME_COLUMNS.iter().find_map(|known| names.clone().find(|name| name == known));
    let in_any_case = |known: &&str| names.clone().find(|name| name.eq_ignore_ascii_case(known));
    exact
        .or_else(|| TIME_COLUMNS.iter().find_map(in_any_case))
        .or_else(|| time_names().find_map(|known| names.clone().find(|name| is_time_name(name, known))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_known_name_counts_in_whatever_case() {
        let found = |names: &[&'static str]| find_time_column(names.iter().copied());
        assert_eq!(found(&["down", "date", "Time"]), Some("date"));
        assert_eq!(found(&["Date", "TIMESTAMP", "down"]), Some("TIMESTAMP"));
        assert_eq!(found(&["Timestamp", "timestamp"]), Some("timestamp"));
        assert_eq!(found(&["Month", "down"]), Some("Month"));
        assert_eq!(found(&["y", "unique_id", "ds"]), Some("ds"));
        assert_eq!(found(&["moment", "down"]), None);
    }
}
