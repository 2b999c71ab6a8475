//! Which column holds the time: the names that are read as one, in whatever case.

/// Names of the time column; the first that is there counts.
pub const TIME_COLUMNS: [&str; 4] = ["ts", "timestamp", "time", "date"];

/// Whether a column of this name is read as the time.
pub fn is_time_column(name: &str) -> bool {
    TIME_COLUMNS.iter().any(|known| name.eq_ignore_ascii_case(known))
}

/// The time column among these names. One that is written as in [`TIME_COLUMNS`] wins over one in another case.
pub fn find_time_column<'a>(names: impl Iterator<Item = &'a str> + Clone) -> Option<&'a str> {
    let exact = TIME_COLUMNS.iter().find_map(|known| names.clone().find(|name| name == known));
    exact.or_else(|| TIME_COLUMNS.iter().find_map(|known| names.clone().find(|name| name.eq_ignore_ascii_case(known))))
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
        assert_eq!(found(&["when", "down"]), None);
    }
}
