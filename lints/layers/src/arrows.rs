//! Draws an arrow from a file to another for each import.

use crate::resolve::{self, Found};
use crate::tree::{Called, FileId, Mention, Module, ModuleId, Tree, Use};

/// One import.
pub struct Arrow {
    /// The module that imports.
    pub from: ModuleId,
    /// The module that defines what is imported.
    pub to: ModuleId,
    /// Where the import stands in the file of `from`.
    pub line: usize,
    /// The path as it is written.
    pub path: String,
    /// The module that the path leads to by its own words, before any re-export.
    pub named: Option<ModuleId>,
    /// Whether the importing file needs it for its own code: passing it on makes no circle.
    pub own: bool,
}

impl Arrow {
    /// The file that imports.
    pub fn file_above(&self, tree: &Tree) -> FileId {
        tree.modules[self.from].file
    }

    /// The file that defines what is imported.
    pub fn file_below(&self, tree: &Tree) -> FileId {
        tree.modules[self.to].file
    }

    /// What it says, and which file defines that.
    pub fn says(&self, tree: &Tree) -> String {
        format!("imports {} ({})", self.path, tree.file_of(self.to))
    }
}

/// The imports from one file of the program to another.
pub fn draw(tree: &Tree) -> Vec<Arrow> {
    let mut arrows = Vec::new();
    for (id, module) in tree.modules.iter().enumerate() {
        for import in &module.uses {
            match &import.name {
                Called::All => glob(tree, id, import, &mut arrows),
                Called::By(name) => single(tree, id, import, Some(name), &mut arrows),
                Called::Nothing => single(tree, id, import, None, &mut arrows),
            }
        }
        for mention in &module.mentions {
            inline(tree, id, mention, &mut arrows);
        }
    }
    arrows.retain(|arrow| arrow.file_above(tree) != arrow.file_below(tree));
    arrows
}

/// `use a::b`.
fn single(tree: &Tree, from: ModuleId, import: &Use, name: Option<&String>, arrows: &mut Vec<Arrow>) {
    let module = &tree.modules[from];
    let is_said = name.is_none_or(|name| module.says(name));
    for found in resolve::path(tree, from, &import.path) {
        // what is taken from an imported module is an arrow of its own, to where that is defined
        let is_way = matches!(found, Found::Module(_)) && name.is_some_and(|name| enters(module, name));
        let own = !is_way && (is_said || !import.re_export);
        arrows.push(arrow(tree, from, found.home(), import.line, &import.path, "", own));
    }
}

/// Whether the code says a path that begins with this name.
fn enters(module: &Module, name: &str) -> bool {
    module
        .mentions
        .iter()
        .map(|mention| &mention.path)
        .chain(module.uses.iter().map(|import| &import.path))
        .any(|path| path.len() > 1 && path[0] == name)
}

/// `use a::*`: one arrow for each name that the code takes from there.
fn glob(tree: &Tree, from: ModuleId, import: &Use, arrows: &mut Vec<Arrow>) {
    for found in resolve::path(tree, from, &import.path) {
        let mut taken = false;
        if let Found::Module(source) = found {
            for name in tree.modules[from].said().filter(|name| !resolve::is_known(tree, from, name)) {
                for found in resolve::name_inside(tree, source, name) {
                    taken = true;
                    arrows.push(arrow(tree, from, found.home(), import.line, &import.path, "::*", true));
                }
            }
        }
        let own = !taken && !import.re_export;
        arrows.push(arrow(tree, from, found.home(), import.line, &import.path, "::*", own));
    }
}

/// `a::b` in code, where it starts from a module; a name imported by `use` has its arrow already.
fn inline(tree: &Tree, from: ModuleId, mention: &Mention, arrows: &mut Vec<Arrow>) {
    let start = resolve::start(tree, from, &mention.path);
    let starts_at_module = start.iter().any(|found| matches!(found, Found::Module(_)));
    if starts_at_module {
        for found in resolve::path(tree, from, &mention.path) {
            arrows.push(arrow(tree, from, found.home(), mention.line, &mention.path, "", true));
        }
    }
}

fn arrow(tree: &Tree, from: ModuleId, to: ModuleId, line: usize, path: &[String], end: &str, own: bool) -> Arrow {
    Arrow { from, to, line, path: path.join("::") + end, named: named(tree, from, path), own }
}

/// The module that a path leads to by its own words.
fn named(tree: &Tree, from: ModuleId, path: &[String]) -> Option<ModuleId> {
    let mut at = match path.first()?.as_str() {
        "crate" => tree.root_of(from),
        "self" => from,
        "super" => tree.modules[from].parent?,
        "flts" if tree.library != Some(tree.root_of(from)) => tree.library?,
        child => *tree.modules[from].children.get(child)?,
    };
    for segment in &path[1..] {
        match (segment.as_str(), tree.modules[at].children.get(segment)) {
            ("super", _) => at = tree.modules[at].parent?,
            (_, Some(child)) => at = *child,
            _ => break,
        }
    }
    Some(at)
}
