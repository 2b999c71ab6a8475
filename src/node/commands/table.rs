//! Rows for people: lines on a terminal, Markdown elsewhere.

use comfy_table::Table;
use comfy_table::presets::{ASCII_MARKDOWN, UTF8_FULL_CONDENSED};
use std::io::IsTerminal;

use crate::terminal::plain;

/// The rows under their header.
pub fn table<const N: usize>(header: [&str; N], rows: impl IntoIterator<Item = [String; N]>) -> String {
    let mut table = Table::new();
    table.load_style(if std::io::stdout().is_terminal() { UTF8_FULL_CONDENSED } else { ASCII_MARKDOWN });
    table.set_header(header);
    rows.into_iter().for_each(|row| {
        table.add_row(row.map(|cell| plain(&cell)));
    });
    table.to_string()
}
