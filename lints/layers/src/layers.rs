//! Whether imports run from a room to one that it may import, as [`crate::rules`] say.

use crate::arrows::Arrow;
use crate::report::Report;
use crate::rules::{ROOMS, Room};
use crate::tree::{ModuleId, Tree};

/// Reports rooms that the table lacks, and imports that it does not allow.
pub fn check(tree: &Tree, arrows: &[Arrow], report: &mut Report) {
    for (id, module) in tree.modules.iter().enumerate() {
        if let Some(parent) = module.parent {
            check_known(tree, id, parent, report);
        }
    }
    for arrow in arrows {
        if let Some(rule) = broken_by(tree, arrow) {
            let from = tree.file_of(arrow.from);
            report.broken_at(from, arrow.line, &format!("{}: {rule}", arrow.says(tree)));
        }
    }
}

/// The rooms from the outermost to the one that a module lies in: `actors`, then `serve`.
fn rooms_of(tree: &Tree, module: ModuleId) -> Vec<&str> {
    match &tree.modules[module].path[..] {
        [library, inner @ ..] if library == "lib" && !inner.is_empty() => inner.iter().map(String::as_str).collect(),
        [root, ..] => vec![root],
        [] => Vec::new(),
    }
}

fn check_known(tree: &Tree, module: ModuleId, parent: ModuleId, report: &mut Report) {
    let rooms = rooms_of(tree, module);
    let Some((name, outer)) = rooms.split_last() else { return };
    let mut table = ROOMS;
    for room in outer {
        match table.iter().find(|row| row.name == *room) {
            Some(row) => table = row.inside,
            None => return,
        }
        if table.is_empty() {
            return;
        }
    }
    if !table.iter().any(|row| row.name == *name) {
        let line = tree.modules[module].line;
        report.broken(format!(
            "{}:{line} declares the room {}, which the table in lints/layers/src/rules.rs lacks: add a row that says what it may import",
            tree.file_of(parent),
            rooms.join("/")
        ));
    }
}

/// The rule that an import breaks, by where it leads or by what it names on its way.
fn broken_by(tree: &Tree, arrow: &Arrow) -> Option<String> {
    let from = rooms_of(tree, arrow.from);
    [Some(arrow.to), arrow.named].into_iter().flatten().find_map(|to| broken_between(&from, &rooms_of(tree, to)))
}

fn broken_between(from: &[&str], to: &[&str]) -> Option<String> {
    let mut table = ROOMS;
    let mut outer = String::new();
    for (from, to) in from.iter().zip(to) {
        let row = table.iter().find(|row| row.name == *from)?;
        // a room that the table lacks is reported where it is declared
        table.iter().find(|row| row.name == *to)?;
        if from != to {
            return (!row.may_import.contains(to)).then(|| in_words(row, &outer));
        }
        table = row.inside;
        outer += &format!("{from}/");
    }
    None
}

fn in_words(room: &Room, outer: &str) -> String {
    let name = format!("{outer}{}", room.name);
    if room.may_import.is_empty() {
        return format!("{name} may import no room beside it");
    }
    let allowed: Vec<String> = room.may_import.iter().map(|room| format!("{outer}{room}")).collect();
    format!("{name} may import {} only", allowed.join(", "))
}
