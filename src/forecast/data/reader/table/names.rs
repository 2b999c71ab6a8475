//! Columns by their names.

use crate::forecast::data::reader::mistakes::{Mistakes, shown};

/// The column of that name; an error that lists the names.
pub(crate) fn position_of(name: &str, names: &[String], setting: &str) -> Result<usize, Mistakes> {
    let exact = names.iter().position(|other| other == name);
    exact.or_else(|| names.iter().position(|other| other.eq_ignore_ascii_case(name))).ok_or_else(|| {
        let list: Vec<String> = names.iter().take(20).map(|name| shown(name.as_bytes())).collect();
        Mistakes::of_file(format!("{setting} names `{name}`, and the file has: {}", list.join(", ")))
    })
}

/// How a message calls a column.
pub(crate) fn label(names: &[String], index: usize) -> String {
    match names.get(index).filter(|name| !name.is_empty()) {
        Some(name) => shown(name.as_bytes()),
        None => format!("column {}", index + 1),
    }
}
