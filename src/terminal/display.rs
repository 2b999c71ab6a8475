//! What stdout can show: its width, its characters and its colours.

use std::io::IsTerminal;

use console::{Style, Term};

/// The width where it is not known.
const UNKNOWN_WIDTH: usize = 80;

/// How texts for people are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Display {
    /// Columns of characters.
    pub width: usize,
    /// Whether there is a person at a terminal; elsewhere texts are plain ASCII and Markdown.
    pub person: bool,
    /// Whether blocks and dots beyond ASCII can be shown.
    pub unicode: bool,
    /// Whether colours are wanted.
    pub colour: bool,
}

impl Display {
    /// Plain text, as for a file or a pipe.
    pub const PLAIN: Display = Display { width: UNKNOWN_WIDTH, person: false, unicode: false, colour: false };

    /// What stdout of this process can show.
    pub fn detect() -> Display {
        if !std::io::stdout().is_terminal() {
            return Display::PLAIN;
        }
        let width = Term::stdout().size_checked().map(|(_, columns)| usize::from(columns));
        Display::of_terminal(width, |name| std::env::var(name).ok())
    }

    /// What a terminal of that width can show, by its environment: `NO_COLOR`, `TERM` and the locale.
    pub fn of_terminal(width: Option<usize>, variable: impl Fn(&str) -> Option<String>) -> Display {
        let given = |name: &str| variable(name).filter(|value| !value.is_empty());
        let dumb = given("TERM").is_none_or(|term| term == "dumb");
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(given).unwrap_or_default().to_lowercase();
        Display {
            width: width.filter(|columns| *columns > 0).unwrap_or(UNKNOWN_WIDTH),
            person: true,
            unicode: !dumb && (locale.contains("utf-8") || locale.contains("utf8")),
            colour: !dumb && given("NO_COLOR").is_none(),
        }
    }

    /// A style that colours nothing where colours are not wanted.
    pub(super) fn style(&self) -> Style {
        Style::new().force_styling(self.colour)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(variables: &[(&str, &str)]) -> Display {
        Display::of_terminal(Some(100), |name| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).into())
        })
    }

    #[test]
    fn a_terminal_shows_what_its_environment_promises() {
        let full = Display { width: 100, person: true, unicode: true, colour: true };
        assert_eq!(of(&[("TERM", "xterm"), ("LANG", "en_US.UTF-8")]), full);
        assert_eq!(
            of(&[("TERM", "xterm"), ("LANG", "en_US.UTF-8"), ("LC_ALL", "C")]),
            Display { unicode: false, ..full }
        );
        assert_eq!(
            of(&[("TERM", "xterm"), ("LANG", "C.utf8"), ("NO_COLOR", "1")]),
            Display { colour: false, ..full },
            "any NO_COLOR counts"
        );
        assert_eq!(of(&[("TERM", "xterm"), ("LANG", "C.utf8"), ("NO_COLOR", "")]), full, "but an empty one does not");
        assert_eq!(of(&[("TERM", "dumb"), ("LANG", "C.utf8")]), Display { unicode: false, colour: false, ..full });
    }
}
