//! Prints text and tables: boxes on a terminal, Markdown elsewhere.

use std::io::{IsTerminal, Write};

use comfy_table::Table;
use comfy_table::presets::{ASCII_MARKDOWN, UTF8_FULL_CONDENSED};

use crate::terminal::plain;

/// Prints the text and a line end; a closed pipe (`| head`) is no failure.
pub fn print(text: &str) {
    let mut stdout = std::io::stdout().lock();
    let _ = writeln!(stdout, "{}", text.trim_end()).and_then(|()| stdout.flush());
}

/// An empty table in the style of stdout.
pub fn styled() -> Table {
    let mut table = Table::new();
    table.load_style(if std::io::stdout().is_terminal() { UTF8_FULL_CONDENSED } else { ASCII_MARKDOWN });
    table
}

/// The rows as a table with this header.
pub fn table<const N: usize>(header: [&str; N], rows: impl IntoIterator<Item = [String; N]>) -> String {
    let mut table = styled();
    table.set_header(header);
    rows.into_iter().for_each(|row| {
        table.add_row(row.map(|cell| plain(&cell)));
    });
    table.to_string()
}
