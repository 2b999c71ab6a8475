//! Text from elsewhere, made safe for a terminal.

/// The text with its control characters written out, so that it cannot move the cursor or colour what follows.
pub fn plain(text: &str) -> String {
    let written = |c: char| if c.is_control() { c.escape_default().collect() } else { c.to_string() };
    text.chars().map(written).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_written_out_and_letters_stay() {
        assert_eq!(plain("drift \u{1b}[2J\r\n\u{9b}"), "drift \\u{1b}[2J\\r\\n\\u{9b}");
        assert_eq!(plain("Überlauf, 30 °C"), "Überlauf, 30 °C");
    }
}
