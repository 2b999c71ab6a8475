//! The git commit that the program was built from.

/// The file that `build.rs` chose. Only the commit is copied from it: the file itself does not become part of the program.
const LOG: &[u8] = include_bytes!(env!("COMMIT_LOG_OF_THE_BUILD"));
const PLACE: (usize, usize) = place(LOG);
const BYTES: [u8; PLACE.1 - PLACE.0] = bytes(LOG);
const DIGITS_MAX: usize = 12;

/// The first 12 digits of the commit, or `unknown`.
pub const COMMIT: &str = match std::str::from_utf8(&BYTES) {
    Ok(commit) if !commit.is_empty() => commit,
    _ => "unknown",
};

/// Start and end of the second word of the last line; at most [`DIGITS_MAX`] bytes.
const fn place(log: &[u8]) -> (usize, usize) {
    let mut start = log.len().saturating_sub(1);
    while start > 0 && log[start - 1] != b'\n' {
        start -= 1;
    }
    while start < log.len() && log[start] != b' ' {
        start += 1;
    }
    if start < log.len() {
        start += 1;
    }
    let mut end = start;
    while end < log.len() && end - start < DIGITS_MAX && log[end] > b' ' {
        end += 1;
    }
    (start, end)
}

const fn bytes<const N: usize>(log: &[u8]) -> [u8; N] {
    let start = place(log).0;
    let mut bytes = [0; N];
    let mut at = 0;
    while at < N {
        bytes[at] = log[start + at];
        at += 1;
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commit(log: &str) -> &str {
        let (start, end) = place(log.as_bytes());
        &log[start..end]
    }

    #[test]
    fn the_commit_is_the_second_word_of_the_last_line() {
        let log = "000000 b23e2e13e8690123 A <a@b> 1 +0000\tcommit: one\nb23e2e 79510b3d3e760123 A <a@b> 2 +0000\tcommit: two\n";
        assert_eq!(commit(log), "79510b3d3e76");
        assert_eq!(commit("- unknown\n"), "unknown");
        for log in ["", "\n", "-", "- \n"] {
            assert_eq!(commit(log), "", "{log:?}");
        }
    }
}
