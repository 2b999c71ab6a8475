//! The modules of the program: what each declares, imports and names.

use std::collections::{HashMap, HashSet};

/// The place of a module in [`Tree::modules`].
pub type ModuleId = usize;

/// The place of a file in [`Tree::files`].
pub type FileId = usize;

/// Every module that the program compiles.
#[derive(Default)]
pub struct Tree {
    /// All modules, parents before their children.
    pub modules: Vec<Module>,
    /// The paths of all files that hold them.
    pub files: Vec<String>,
    /// The module of `lib.rs`, which other crates call `flts`.
    pub library: Option<ModuleId>,
}

/// One module: a file, or the part of one between the braces of `mod name { }`.
#[derive(Default)]
pub struct Module {
    /// `main` or `lib`, then the names of the modules down to this one.
    pub path: Vec<String>,
    /// The file that it is written in.
    pub file: FileId,
    /// The line of its declaration, in the file of its parent.
    pub line: usize,
    /// The module that declares it.
    pub parent: Option<ModuleId>,
    /// The modules that it declares.
    pub children: HashMap<String, ModuleId>,
    /// The types, functions, constants, traits and macros that it defines.
    pub items: HashSet<String>,
    /// What it imports by `use`.
    pub uses: Vec<Use>,
    /// The paths of several segments in its code.
    pub mentions: Vec<Mention>,
    /// The first segments of all paths in its code.
    pub names: HashSet<String>,
    /// Those in the place of a function that is called: variables of this name do not hide it.
    pub called: HashSet<String>,
    /// The variables of its code.
    pub variables: HashSet<String>,
}

/// One name that a `use` brings, or all of them.
pub struct Use {
    /// The path as it is written.
    pub path: Vec<String>,
    /// What it is called from here on.
    pub name: Called,
    /// Where it stands.
    pub line: usize,
    /// Whether others may import it from here.
    pub re_export: bool,
    /// Whether it stands in a function, out of reach of other modules.
    pub local: bool,
}

/// Under which name an import is known.
#[derive(PartialEq, Eq)]
pub enum Called {
    /// This one.
    By(String),
    /// None: `use Trait as _`.
    Nothing,
    /// Each by its own: `use module::*`.
    All,
}

/// A path in code.
pub struct Mention {
    /// The path as it is written.
    pub path: Vec<String>,
    /// Where it stands.
    pub line: usize,
}

impl Module {
    /// Whether its own code says this name, other than for a variable.
    pub fn says(&self, name: &str) -> bool {
        self.called.contains(name) || self.names.contains(name) && !self.variables.contains(name)
    }

    /// The names that its own code says, variables left aside.
    pub fn said(&self) -> impl Iterator<Item = &str> {
        self.names.union(&self.called).map(String::as_str).filter(|name| self.says(name))
    }
}

impl Tree {
    /// The path of the file that holds a module.
    pub fn file_of(&self, module: ModuleId) -> &str {
        &self.files[self.modules[module].file]
    }

    /// The `lib.rs` or `main.rs` above a module.
    pub fn root_of(&self, mut module: ModuleId) -> ModuleId {
        while let Some(parent) = self.modules[module].parent {
            module = parent;
        }
        module
    }
}
