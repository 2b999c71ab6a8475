//! Finds what a path means: a module, or the module that defines an item, behind any re-exports.

use crate::tree::{Called, ModuleId, Tree};

/// What a path leads to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Found {
    /// A module itself.
    Module(ModuleId),
    /// Something that this module defines.
    In(ModuleId),
}

impl Found {
    /// The module that it is, or that defines it.
    pub fn home(self) -> ModuleId {
        match self {
            Found::Module(module) | Found::In(module) => module,
        }
    }
}

/// Names being looked up further up: one that leads back to itself ends there.
type Asked = Vec<(ModuleId, String)>;

/// What a path in a module means; nothing where it leads out of the program.
pub fn path(tree: &Tree, module: ModuleId, path: &[String]) -> Vec<Found> {
    let mut found = follow(tree, module, path, &mut Asked::new());
    // a name that is an item too means the item
    if found.iter().any(|found| matches!(found, Found::In(_))) {
        found.retain(|found| matches!(found, Found::In(_)));
    }
    found.dedup();
    found
}

/// What the first segment of a path in a module means.
pub fn start(tree: &Tree, module: ModuleId, path: &[String]) -> Vec<Found> {
    follow(tree, module, &path[..1], &mut Asked::new())
}

/// Whether a name in the code of a module means something without the modules that are imported as a whole.
pub fn is_known(tree: &Tree, module: ModuleId, name: &str) -> bool {
    !look_up(tree, module, name, true, false, &mut Asked::new()).is_empty()
}

/// What a name means in a module that was imported as a whole.
pub fn name_inside(tree: &Tree, module: ModuleId, name: &str) -> Vec<Found> {
    look_up(tree, module, name, false, true, &mut Asked::new())
}

fn follow(tree: &Tree, module: ModuleId, path: &[String], asked: &mut Asked) -> Vec<Found> {
    let Some((first, mut rest)) = path.split_first() else { return vec![Found::Module(module)] };
    let mut found = match first.as_str() {
        "crate" => vec![Found::Module(tree.root_of(module))],
        "self" => vec![Found::Module(module)],
        "super" => tree.modules[module].parent.map(Found::Module).into_iter().collect(),
        "Self" => Vec::new(),
        "flts" if tree.library != Some(tree.root_of(module)) => tree.library.map(Found::Module).into_iter().collect(),
        name => look_up(tree, module, name, true, true, asked),
    };
    while let Some((segment, after)) = rest.split_first() {
        // a module and a function of one name: only the module has anything inside
        if found.iter().any(|found| matches!(found, Found::Module(_))) {
            found.retain(|found| matches!(found, Found::Module(_)));
        }
        found = found.into_iter().flat_map(|found| step(tree, found, segment, asked)).collect();
        rest = after;
    }
    found
}

fn step(tree: &Tree, found: Found, segment: &str, asked: &mut Asked) -> Vec<Found> {
    let module = match found {
        Found::Module(module) => module,
        // a variant or a function of a type
        Found::In(module) => return vec![Found::In(module)],
    };
    if segment == "super" {
        return tree.modules[module].parent.map(Found::Module).into_iter().collect();
    }
    match look_up(tree, module, segment, false, true, asked) {
        // what a macro writes is defined where the macro is called
        found if found.is_empty() => vec![Found::In(module)],
        found => found,
    }
}

fn look_up(tree: &Tree, id: ModuleId, name: &str, inside: bool, through_globs: bool, asked: &mut Asked) -> Vec<Found> {
    let module = &tree.modules[id];
    let mut found = Vec::new();
    if module.items.contains(name) {
        found.push(Found::In(id));
    }
    found.extend(module.children.get(name).map(|child| Found::Module(*child)));
    if asked.iter().any(|(asked_of, asked_name)| *asked_of == id && asked_name == name) {
        return found;
    }
    asked.push((id, name.to_owned()));
    let uses = || module.uses.iter().filter(|import| inside || !import.local);
    for import in uses().filter(|import| matches!(&import.name, Called::By(called) if called == name)) {
        found.extend(follow(tree, id, &import.path, asked));
    }
    if found.is_empty() && through_globs {
        for import in uses().filter(|import| import.name == Called::All) {
            for source in follow(tree, id, &import.path, asked) {
                if let Found::Module(source) = source {
                    found.extend(look_up(tree, source, name, false, true, asked));
                }
            }
        }
    }
    asked.pop();
    found
}
