//! "did you mean": the known name nearest to a mistyped one.

/// The candidate within a third of the word's length in edits, if any.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_uppercase();
    let allowed = (word.len() / 3).clamp(1, 4);
    candidates
        .into_iter()
        .map(|candidate| (edits(&word, &candidate.to_uppercase()), candidate))
        .filter(|(edits, _)| *edits <= allowed)
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, candidate)| candidate)
}

/// The sentence part to append to an error, empty when nothing is near.
pub fn did_you_mean<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    nearest(word, candidates).map(|name| format!("; did you mean '{name}'?")).unwrap_or_default()
}

/// Edits (insert, delete, replace) from `a` to `b` (Levenshtein's distance).
fn edits(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, left) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, right) in b.iter().enumerate() {
            let replace = diagonal + usize::from(left != *right);
            diagonal = row[j + 1];
            row[j + 1] = replace.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_slip_finds_its_name_and_a_foreign_word_finds_none() {
        let names = ["HTTP_ADDR", "DATA_DIR", "SEED"];
        assert_eq!(nearest("HTP_ADDR", names), Some("HTTP_ADDR"));
        assert_eq!(nearest("data_dri", names), Some("DATA_DIR"));
        assert_eq!(nearest("SEEDS", names), Some("SEED"));
        assert_eq!(nearest("COMPLETELY_ELSE", names), None);
        assert_eq!(edits("", "abc"), 3);
        assert_eq!(edits("kitten", "sitting"), 3);
    }
}
