//! Imports between rooms.

use super::{read, says};

const LIB: (&str, &str) = ("src/lib.rs", "pub mod forecast;\npub mod http;\npub mod kafka;\npub mod storage;\n");

#[test]
fn an_import_that_runs_downward_is_in_order() {
    let report = read(&[
        LIB,
        ("src/forecast.rs", "pub struct Series;"),
        ("src/http.rs", "use crate::kafka::Topic;\nuse crate::forecast::Series;"),
        ("src/kafka.rs", "pub struct Topic(crate::forecast::Series);"),
        ("src/storage.rs", ""),
    ]);
    assert_eq!(report.to_string(), "layers: 5 files, 3 imports, no circle, every import runs downward");
    assert!(report.is_clean());
}

#[test]
fn an_import_that_runs_upward_is_told_with_its_line_and_the_rule() {
    says(
        &[
            LIB,
            ("src/forecast.rs", ""),
            ("src/http/mod.rs", "mod y;\npub use y::Y;"),
            ("src/http/y.rs", "pub struct Y;"),
            ("src/kafka/mod.rs", "mod x;"),
            ("src/kafka/x.rs", "//! X\n\nuse std::fs;\nuse crate::http::Y;"),
            ("src/storage.rs", ""),
        ],
        &["src/kafka/x.rs:4 imports crate::http::Y (src/http/y.rs): kafka may import forecast, runtime, limits only"],
    );
}

#[test]
fn storage_and_kafka_import_neither_each_other_nor_by_a_path_in_a_macro_or_an_attribute() {
    says(
        &[
            LIB,
            ("src/forecast.rs", ""),
            ("src/http.rs", ""),
            ("src/kafka.rs", "pub fn now() -> u64 {\n    dbg!(crate::storage::now())\n}"),
            (
                "src/storage.rs",
                "pub struct S {\n    #[serde(with = \"crate::kafka::dates\")]\n    at: u64,\n}\npub fn now() {}",
            ),
        ],
        &[
            "src/kafka.rs:2 imports crate::storage::now (src/storage.rs): kafka may import forecast, runtime, limits only",
            "src/storage.rs:2 imports crate::kafka::dates (src/kafka.rs): storage may import forecast, runtime, limits only",
            "circle of 2 files: src/kafka.rs, src/storage.rs; move what they share into a file of its own, or below both\n  \
             a way around through 2 files:\n    \
             src/kafka.rs:2 imports crate::storage::now (src/storage.rs)\n    \
             src/storage.rs:2 imports crate::kafka::dates (src/kafka.rs)",
        ],
    );
}

#[test]
fn passing_on_what_lies_above_is_an_import_too() {
    says(
        &[
            ("src/lib.rs", "pub mod forecast;\npub mod runtime;"),
            ("src/forecast.rs", "pub use crate::runtime::Drain;"),
            ("src/runtime.rs", "pub struct Drain;"),
        ],
        &["src/forecast.rs:1 imports crate::runtime::Drain (src/runtime.rs): forecast may import limits only"],
    );
}

#[test]
fn a_name_that_a_room_above_passes_on_is_still_asked_of_that_room() {
    says(
        &[
            LIB,
            ("src/forecast.rs", "pub struct Series;"),
            ("src/http.rs", "pub use crate::forecast::Series;"),
            ("src/kafka.rs", "use crate::http::Series;"),
            ("src/storage.rs", ""),
        ],
        &[
            "src/kafka.rs:1 imports crate::http::Series (src/forecast.rs): kafka may import forecast, runtime, limits only",
        ],
    );
}

#[test]
fn what_only_tests_import_is_left_aside() {
    says(
        &[
            LIB,
            ("src/forecast.rs", "#[cfg(all(test, unix))]\nuse crate::http::A;\n#[test]\nfn t() { crate::http::A; }"),
            ("src/http.rs", "pub struct A;"),
            ("src/kafka.rs", "#[cfg(test)]\nmod model;\n#[cfg(test)]\nmod tests {\n    use crate::http::A;\n}"),
            ("src/kafka/model.rs", "use crate::http::A;"),
            ("src/storage.rs", "impl S {\n    #[cfg(test)]\n    fn t() { crate::http::A; }\n}"),
        ],
        &[],
    );
}

#[test]
fn code_under_another_condition_than_test_is_read() {
    let report = read(&[
        LIB,
        (
            "src/forecast.rs",
            "#[cfg(any(test, unix))]\nuse crate::http::A;\n#[cfg(feature = \"x\")]\nuse crate::http::B;",
        ),
        ("src/http.rs", "pub struct A;\npub struct B;"),
        ("src/kafka.rs", ""),
        ("src/storage.rs", ""),
    ]);
    assert_eq!(report.findings().len(), 2, "{report}");
}

#[test]
fn a_stage_imports_no_other_stage_not_even_by_the_facade() {
    let shared = [
        ("src/lib.rs", "pub mod actors;"),
        ("src/actors/mod.rs", "mod serve;\nmod shared;\nmod train;\npub use train::Recipe;"),
        ("src/actors/shared.rs", "pub struct Claims;"),
        ("src/actors/train/mod.rs", "mod recipe;\npub use recipe::Recipe;"),
        ("src/actors/train/recipe.rs", "use crate::actors::shared::Claims;\npub struct Recipe(Claims);"),
    ];
    for (text, named) in [
        ("use super::train::Recipe;", "super::train::Recipe"),
        ("use super::Recipe;", "super::Recipe"),
        ("use crate::actors::train;\nfn f(_: train::Recipe) {}", "crate::actors::train"),
    ] {
        let mut files = shared.to_vec();
        files.push(("src/actors/serve.rs", text));
        let report = read(&files);
        let first = report.findings().first().cloned().unwrap_or_default();
        assert!(first.starts_with(&format!("src/actors/serve.rs:1 imports {named} (src/actors/train/")), "{report}");
        assert!(first.ends_with("actors/serve may import actors/shared, actors/telemetry only"), "{report}");
    }
}

#[test]
fn a_room_that_the_table_lacks_is_to_be_added() {
    says(
        &[
            ("src/lib.rs", "//! Lib\npub mod attic;\npub mod actors;"),
            ("src/attic.rs", "mod box_;"),
            ("src/attic/box_.rs", ""),
            ("src/actors.rs", "mod loft;"),
            ("src/actors/loft.rs", "use crate::attic;"),
        ],
        &[
            "src/lib.rs:2 declares the room attic, which the table in lints/layers/src/rules.rs lacks: \
             add a row that says what it may import",
            "src/actors.rs:1 declares the room actors/loft, which the table in lints/layers/src/rules.rs lacks: \
             add a row that says what it may import",
        ],
    );
}

#[test]
fn main_imports_the_library_by_its_name() {
    let report = read(&[
        ("src/lib.rs", "pub mod cli;\npub mod node;"),
        ("src/main.rs", "use flts::{cli, node::run};\nfn main() { cli::parse(); run() }"),
        ("src/cli.rs", "pub fn parse() {}"),
        ("src/node.rs", "pub fn run() { crate::cli::parse() }"),
    ]);
    let rule = "node may import config, http, actors, storage, kafka, mlflow, forecast, runtime, terminal, embedded, limits only";
    assert_eq!(report.findings(), [format!("src/node.rs:1 imports crate::cli::parse (src/cli.rs): {rule}")]);
    assert_eq!(report.imports, 4);
}
