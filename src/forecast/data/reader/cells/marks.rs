//! Marks of missing cells, and words that are yes or no.

/// Words that stand for a missing cell, in any case.
const MISSING: [&str; 19] = [
    "nan", "na", "n/a", "null", "none", "-", "?", "--", "---", ".", "..", "n.a.", "#n/a", "#na", "<na>", "nat", "nil",
    "missing", "#value!",
];

/// Two words of which one is 1 and the other 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Switch {
    pub(crate) on: &'static str,
    pub(crate) off: &'static str,
}

const SWITCHES: [Switch; 5] = [
    Switch { on: "true", off: "false" },
    Switch { on: "yes", off: "no" },
    Switch { on: "on", off: "off" },
    Switch { on: "t", off: "f" },
    Switch { on: "y", off: "n" },
];

/// Whether a cell, trimmed, stands for nothing.
pub(crate) fn is_missing(cell: &[u8]) -> bool {
    cell.is_empty() || (cell.len() <= 7 && MISSING.iter().any(|mark| cell.eq_ignore_ascii_case(mark.as_bytes())))
}

impl Switch {
    /// 1 or 0; none for another word.
    pub(crate) fn value(self, cell: &[u8]) -> Option<f64> {
        if cell.eq_ignore_ascii_case(self.on.as_bytes()) {
            Some(1.0)
        } else if cell.eq_ignore_ascii_case(self.off.as_bytes()) {
            Some(0.0)
        } else {
            None
        }
    }
}

/// The switch to which a word belongs.
pub(crate) fn switch_of(cell: &[u8]) -> Option<Switch> {
    SWITCHES.into_iter().find(|switch| cell.len() <= 5 && switch.value(cell).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_count_in_any_case_and_words_do_not() {
        assert!(["", "NaN", "N/A", "NULL", "-", "?", "<NA>"].iter().all(|mark| is_missing(mark.as_bytes())));
        assert!(!is_missing(b"0") && !is_missing(b"rain"));
        assert_eq!(switch_of(b"TRUE").and_then(|switch| switch.value(b"False")), Some(0.0));
        assert_eq!(switch_of(b"rain"), None);
    }
}
