//! Finds the paths in the unparsed tokens of macros and attributes.

use crate::tree::{Mention, Module};
use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// Adds what the tokens name to the module.
pub fn gather(tokens: TokenStream, module: &mut Module) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut at = 0;
    while at < tokens.len() {
        match &tokens[at] {
            TokenTree::Group(group) => gather(group.stream(), module),
            // a path after `::` is the end of one that starts elsewhere, and what follows a dot is a field or a method
            TokenTree::Ident(_) if !follows_any(&tokens, at, &['.', '$', ':', '\'']) || starts_anew(&tokens, at) => {
                at = path(&tokens, at, module);
                continue;
            }
            _ => {}
        }
        at += 1;
    }
}

/// Whether one of these characters stands right before the token.
fn follows_any(tokens: &[TokenTree], at: usize, marks: &[char]) -> bool {
    at > 0 && matches!(&tokens[at - 1], TokenTree::Punct(mark) if marks.contains(&mark.as_char()))
}

/// Whether the token starts a path although a mark stands before it: a range `..a`, a type `x: A`, or `$crate`.
fn starts_anew(tokens: &[TokenTree], at: usize) -> bool {
    let mark_at = |back: usize, mark| at >= back && follows_any(tokens, at + 1 - back, &[mark]);
    match &tokens[at - 1] {
        TokenTree::Punct(mark) if mark.as_char() == '.' => mark_at(2, '.'),
        TokenTree::Punct(mark) if mark.as_char() == ':' => !mark_at(2, ':'),
        TokenTree::Punct(mark) if mark.as_char() == '$' => tokens[at].to_string() == "crate",
        _ => false,
    }
}

/// Takes the path that starts here, and says where the tokens after it start.
fn path(tokens: &[TokenTree], start: usize, module: &mut Module) -> usize {
    let line = tokens[start].span().start().line;
    let mut path = vec![tokens[start].to_string()];
    let mut at = start + 1;
    while let [TokenTree::Punct(first), TokenTree::Punct(second), TokenTree::Ident(next), ..] = &tokens[at..]
        && (first.as_char(), second.as_char()) == (':', ':')
    {
        path.push(next.to_string());
        at += 3;
    }
    let is_call =
        matches!(tokens.get(at), Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis);
    add(path, line, is_call, module);
    at
}

/// Adds a path to what the module names.
pub fn add(path: Vec<String>, line: usize, is_call: bool, module: &mut Module) {
    let Some(first) = path.first() else { return };
    if is_call && path.len() == 1 { &mut module.called } else { &mut module.names }.insert(first.clone());
    if path.len() > 1 {
        module.mentions.push(Mention { path, line });
    }
}

/// Adds the paths in a string of an attribute, such as `#[serde(with = "super::dates")]`.
pub fn gather_text(text: &str, line: usize, module: &mut Module) {
    if !text.contains("::") {
        return;
    }
    let Ok(tokens) = text.parse::<TokenStream>() else { return };
    let before = module.mentions.len();
    gather(tokens, module);
    for mention in &mut module.mentions[before..] {
        mention.line = line;
    }
}
