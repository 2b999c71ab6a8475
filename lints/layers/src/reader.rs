//! Reads the modules from `lib.rs` and `main.rs` on, following each `mod`.

use crate::report::Report;
use crate::sources::Sources;
use crate::tree::{Called, Module, ModuleId, Tree, Use};
use crate::{marks, names};
use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Attribute, Expr, Item, ItemMod, ItemUse, Meta, UseTree, Visibility};

/// Reads the modules of the program.
pub fn read(sources: &Sources, report: &mut Report) -> Tree {
    let mut tree = Tree::default();
    for (name, file) in [("lib", "src/lib.rs"), ("main", "src/main.rs")] {
        if sources.contains_key(file) {
            let root = tree.modules.len();
            if name == "lib" {
                tree.library = Some(root);
            }
            tree.modules.push(Module { path: vec![name.to_owned()], ..Module::default() });
            read_file(sources, &mut tree, report, root, file.to_owned(), "src".to_owned());
        }
    }
    if tree.modules.is_empty() {
        report.broken("src/lib.rs is not there: name the root of the checkout".to_owned());
    }
    tree
}

fn read_file(
    sources: &Sources,
    tree: &mut Tree,
    report: &mut Report,
    module: ModuleId,
    file: String,
    children_in: String,
) {
    tree.modules[module].file = tree.files.len();
    tree.files.push(file.clone());
    match syn::parse_file(&sources[&file]) {
        Ok(parsed) => Reader { sources, tree, report, module, children_in, in_function: 0 }.visit_file(&parsed),
        Err(error) => report
            .broken(format!("{file}:{} does not parse: {error}; make it compile first", error.span().start().line)),
    }
}

/// Walks the code of one file.
struct Reader<'a> {
    sources: &'a Sources,
    tree: &'a mut Tree,
    report: &'a mut Report,
    /// The module that the code belongs to.
    module: ModuleId,
    /// The folder that holds the files of its children.
    children_in: String,
    /// How many blocks of code lie around.
    in_function: usize,
}

impl Reader<'_> {
    fn module(&mut self) -> &mut Module {
        &mut self.tree.modules[self.module]
    }

    fn declare(&mut self, item: &ItemMod) -> ModuleId {
        let child = self.tree.modules.len();
        let name = plain(&item.ident);
        let mut path = self.module().path.clone();
        path.push(name.clone());
        let file = self.module().file;
        let line = item.ident.span().start().line;
        self.module().children.insert(name, child);
        self.tree.modules.push(Module { path, file, line, parent: Some(self.module), ..Module::default() });
        child
    }

    fn read_child(&mut self, item: &ItemMod) {
        let name = plain(&item.ident);
        let folder = self.children_in.clone();
        let here = self.tree.file_of(self.module).to_owned();
        let choices = match marks::path_of(&item.attrs) {
            Some(path) => vec![beside(&here, &path)],
            None => vec![format!("{folder}/{name}.rs"), format!("{folder}/{name}/mod.rs")],
        };
        let Some(file) = choices.iter().find(|file| self.sources.contains_key(*file)) else {
            let line = item.ident.span().start().line;
            self.report.broken(format!(
                "{here}:{line} declares mod {name}, and there is no {}: add the file or drop the line",
                choices.join(" or ")
            ));
            return;
        };
        let child = self.declare(item);
        // the children of a/mod.rs lie beside it, those of a.rs in the folder a
        let children_in = file.strip_suffix("/mod.rs").or(file.strip_suffix(".rs")).unwrap_or(file).to_owned();
        read_file(self.sources, self.tree, self.report, child, file.clone(), children_in);
    }

    fn read_inline(&mut self, item: &ItemMod, content: &[Item]) {
        let child = self.declare(item);
        let children_in = format!("{}/{}", self.children_in, item.ident);
        let mut inner = Reader {
            sources: self.sources,
            tree: self.tree,
            report: self.report,
            module: child,
            children_in,
            in_function: 0,
        };
        content.iter().for_each(|item| inner.visit_item(item));
    }

    fn import(&mut self, tree: &UseTree, before: &[String], re_export: bool) {
        let local = self.in_function > 0;
        let mut add = |path: Vec<String>, name: Called, line| {
            self.module().uses.push(Use { path, name, line, re_export, local });
        };
        let with = |segment: &syn::Ident| {
            let mut path = before.to_vec();
            // `a::{self}` is `a`
            if before.is_empty() || segment != "self" {
                path.push(plain(segment));
            }
            path
        };
        match tree {
            UseTree::Path(tree) => self.import(&tree.tree, &with(&tree.ident), re_export),
            UseTree::Name(tree) => {
                let path = with(&tree.ident);
                let name = Called::By(path.last().cloned().unwrap_or_default());
                add(path, name, tree.ident.span().start().line);
            }
            UseTree::Rename(tree) => {
                let name = if tree.rename == "_" { Called::Nothing } else { Called::By(plain(&tree.rename)) };
                add(with(&tree.ident), name, tree.ident.span().start().line);
            }
            UseTree::Glob(tree) => add(before.to_vec(), Called::All, tree.star_token.spans[0].start().line),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.import(tree, before, re_export)),
        }
    }

    fn strings_of(&mut self, tokens: TokenStream) {
        for token in tokens {
            match token {
                TokenTree::Group(group) => self.strings_of(group.stream()),
                TokenTree::Literal(literal) => {
                    let line = literal.span().start().line;
                    names::gather_text(literal.to_string().trim_matches('"'), line, self.module());
                }
                _ => {}
            }
        }
    }
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        if marks::only_for_tests(marks::of(item)) {
            return;
        }
        if self.in_function == 0
            && let Some(name) = marks::name_of(item)
        {
            self.module().items.insert(name);
        }
        visit::visit_item(self, item);
    }

    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        match &item.content {
            _ if item.ident == "tests" => {}
            Some((_, content)) => self.read_inline(item, content),
            None => self.read_child(item),
        }
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        if item.leading_colon.is_none() {
            self.import(&item.tree, &[], !matches!(item.vis, Visibility::Inherited));
        }
    }

    fn visit_impl_item(&mut self, item: &'ast syn::ImplItem) {
        let marks = match item {
            syn::ImplItem::Fn(item) => &item.attrs[..],
            syn::ImplItem::Const(item) => &item.attrs,
            _ => &[],
        };
        if !marks::only_for_tests(marks) {
            visit::visit_impl_item(self, item);
        }
    }

    fn visit_local(&mut self, local: &'ast syn::Local) {
        if !marks::only_for_tests(&local.attrs) {
            visit::visit_local(self, local);
        }
    }

    fn visit_field(&mut self, field: &'ast syn::Field) {
        if !marks::only_for_tests(&field.attrs) {
            visit::visit_field(self, field);
        }
    }

    fn visit_block(&mut self, block: &'ast syn::Block) {
        self.in_function += 1;
        visit::visit_block(self, block);
        self.in_function -= 1;
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.leading_colon.is_none() {
            let segments: Vec<String> = path.segments.iter().map(|segment| plain(&segment.ident)).collect();
            let line = path.segments[0].ident.span().start().line;
            names::add(segments, line, false, self.module());
        }
        visit::visit_path(self, path);
    }

    fn visit_expr_call(&mut self, call: &'ast syn::ExprCall) {
        if let Expr::Path(function) = &*call.func
            && let Some(name) = function.path.get_ident()
        {
            self.module().called.insert(plain(name));
        }
        visit::visit_expr_call(self, call);
    }

    fn visit_pat_ident(&mut self, pattern: &'ast syn::PatIdent) {
        let name = plain(&pattern.ident);
        // a pattern in capitals is a constant
        let is_variable = name.starts_with(|first: char| first.is_lowercase() || first == '_');
        if is_variable { &mut self.module().variables } else { &mut self.module().names }.insert(name);
        visit::visit_pat_ident(self, pattern);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.visit_path(&call.path);
        names::gather(call.tokens.clone(), self.module());
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        if let Meta::List(list) = &attribute.meta {
            names::gather(list.tokens.clone(), self.module());
            self.strings_of(list.tokens.clone());
        }
    }

    // `pub(in crate::a)` imports nothing
    fn visit_visibility(&mut self, _: &'ast Visibility) {}
}

/// A name without the `r#` of one that is a keyword.
fn plain(name: &syn::Ident) -> String {
    let name = name.to_string();
    name.strip_prefix("r#").map(str::to_owned).unwrap_or(name)
}

/// A path as it is seen from the folder of a file.
fn beside(file: &str, path: &str) -> String {
    let mut parts: Vec<&str> = file.split('/').collect();
    parts.pop();
    for part in path.split('/') {
        match part {
            "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}
