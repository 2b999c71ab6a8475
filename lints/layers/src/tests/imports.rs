//! How the file that defines an imported item is found.

use super::{read, says};

/// Checks that this text of `src/kafka.rs` imports from this file of `src/http`, and no other, in so many lines.
#[track_caller]
fn leads_to(text: &str, file: &str, lines: usize) {
    let report = read(&[
        ("src/lib.rs", "pub mod http;\npub mod kafka;"),
        ("src/http/mod.rs", "mod a;\npub mod inner;\npub use inner::{Deep as Shallow, deeper};\npub use a::*;"),
        (
            "src/http/a.rs",
            "pub enum A { One }\npub const LIMIT: u8 = 1;\nmacro_rules! told { () => {} }\npub(crate) use told;",
        ),
        ("src/http/inner/mod.rs", "pub mod deeper;\npub use deeper::Deep;\npub fn deeper() {}"),
        ("src/http/inner/deeper.rs", "pub struct Deep;"),
        ("src/kafka.rs", text),
    ]);
    let found: Vec<&String> = report.findings().iter().filter(|line| line.contains(&format!("({file})"))).collect();
    assert_eq!(found.len(), lines, "{text}: {report}");
    assert_eq!(report.findings().len(), lines, "{text}: {report}");
}

#[test]
fn renames_groups_and_chains_of_names_passed_on_lead_to_the_file_that_defines_them() {
    leads_to("use crate::http::Shallow;", "src/http/inner/deeper.rs", 1);
    leads_to("use crate::{http::{Shallow as S, inner::Deep}};", "src/http/inner/deeper.rs", 2);
    leads_to("use super::http::inner::deeper::Deep as _;", "src/http/inner/deeper.rs", 1);
    leads_to("mod m {\n    fn f(_: super::super::http::Shallow) {}\n}", "src/http/inner/deeper.rs", 1);
}

#[test]
fn a_function_is_told_from_the_module_of_its_name() {
    leads_to("fn f() { crate::http::deeper() }", "src/http/inner/mod.rs", 1);
    leads_to("fn f(_: crate::http::deeper::Deep) {}", "src/http/inner/deeper.rs", 1);
}

#[test]
fn variants_constants_and_macros_lead_to_the_file_that_defines_them() {
    leads_to("use crate::http::A::One;", "src/http/a.rs", 1);
    leads_to("use crate::http::A::*;", "src/http/a.rs", 1);
    leads_to("fn f() { crate::http::told!() }", "src/http/a.rs", 1);
    leads_to("fn f() { match 1 { crate::http::LIMIT => {} } }", "src/http/a.rs", 1);
    leads_to("fn f() { println!(\"{}\", [0; 2][..crate::http::LIMIT]) }", "src/http/a.rs", 1);
    leads_to("macro_rules! m { () => { $crate::http::LIMIT } }", "src/http/a.rs", 1);
}

#[test]
fn an_import_inside_a_function_counts_but_reaches_no_other_module() {
    leads_to("fn f() {\n    use crate::http::LIMIT;\n}", "src/http/a.rs", 1);
}

#[test]
fn what_comes_from_other_crates_is_none_of_ours() {
    leads_to(
        "use http::Request;\nuse std::fs;\nuse ::http::A;\nfn f() { serde_json::json!({ \"a\": fs::read }) }",
        "",
        0,
    );
}

#[test]
fn a_module_without_a_file_is_told() {
    says(
        &[("src/lib.rs", "\npub mod http;")],
        &[
            "src/lib.rs:2 declares mod http, and there is no src/http.rs or src/http/mod.rs: add the file or drop the line",
        ],
    );
}

#[test]
fn a_file_that_does_not_parse_is_told() {
    let report = read(&[("src/lib.rs", "pub mod http;"), ("src/http.rs", "fn f() {}\nfn {}")]);
    assert!(report.findings()[0].starts_with("src/http.rs:2 does not parse: "), "{report}");
}

#[test]
fn a_checkout_without_sources_is_told() {
    says(&[], &["src/lib.rs is not there: name the root of the checkout"]);
}
