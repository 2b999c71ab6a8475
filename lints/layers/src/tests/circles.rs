//! Files that import each other.

use super::{read, says};

const LIB: (&str, &str) = ("src/lib.rs", "pub mod kafka;");

#[test]
fn two_files_that_import_each_other_are_a_circle() {
    says(
        &[
            LIB,
            ("src/kafka/mod.rs", "mod a;\nmod b;"),
            ("src/kafka/a.rs", "use super::b::B;\npub struct A;"),
            ("src/kafka/b.rs", "\npub struct B;\nfn f(_: super::a::A) {}\nfn g(_: super::a::A) {}"),
        ],
        &[
            "circle of 2 files: src/kafka/a.rs, src/kafka/b.rs; move what they share into a file of its own, or below both\n  \
           a way around through 2 files:\n    \
           src/kafka/a.rs:1 imports super::b::B (src/kafka/b.rs)\n    \
           src/kafka/b.rs:3 imports super::a::A (src/kafka/a.rs) and 1 more",
        ],
    );
}

#[test]
fn a_circle_is_found_behind_the_names_that_a_facade_passes_on() {
    for facade in [
        "mod a;\nmod b;\npub use a::A;\npub use b::{B, B as C};",
        "mod a;\nmod b;\npub use a::*;\npub use b::*;",
        "mod a;\nmod b;\nmod c {\n    pub use super::b::B;\n}\npub(crate) use self::a::A;\npub use c::B;",
    ] {
        let report = read(&[
            LIB,
            ("src/kafka/mod.rs", facade),
            ("src/kafka/a.rs", "use super::B;\npub struct A(B);"),
            ("src/kafka/b.rs", "use crate::kafka::A;\npub struct B(Box<A>);"),
        ]);
        assert_eq!(report.findings().len(), 1, "{facade}: {report}");
        assert!(report.findings()[0].starts_with("circle of 2 files: src/kafka/a.rs, src/kafka/b.rs;"), "{report}");
    }
}

#[test]
fn a_child_that_needs_its_parent_and_is_needed_by_it_is_a_circle() {
    let child = ("src/kafka/child.rs", "use super::Shared;\npub struct Child(Shared);\npub fn work() {}");
    for parent in [
        "mod child;\npub struct Shared;\nuse child::work;",
        "mod child;\npub struct Shared;\nfn f() { child::work() }",
        "mod child;\npub struct Shared;\nfn f() { vec![self::child::work()] }",
        "mod child;\npub use child::Child;\npub struct Shared;\nfn f(_: Child) {}",
        "mod child;\npub use child::*;\npub struct Shared;\nfn f(_: Child) {}",
    ] {
        let report = read(&[LIB, ("src/kafka/mod.rs", parent), child]);
        assert_eq!(report.findings().len(), 1, "{parent}: {report}");
        assert!(
            report.findings()[0].starts_with("circle of 2 files: src/kafka/mod.rs, src/kafka/child.rs;"),
            "{report}"
        );
    }
}

#[test]
fn a_parent_that_only_declares_and_passes_on_is_in_no_circle() {
    for parent in [
        "pub mod child;\npub struct Shared;",
        "mod child;\npub use child::Child;\npub struct Shared;",
        "mod child;\npub use child::*;\npub struct Shared;",
        "mod child;\npub use child::work;\npub struct Shared;\nfn f() { let work = 1; drop(work) }",
    ] {
        let child = ("src/kafka/child.rs", "use super::Shared;\npub struct Child(Shared);\npub fn work() {}");
        says(&[LIB, ("src/kafka/mod.rs", parent), child], &[]);
    }
}

#[test]
fn a_parent_that_needs_its_child_is_in_no_circle_with_what_it_passes_on() {
    says(
        &[
            LIB,
            ("src/kafka/mod.rs", "mod child;\nmod shared;\npub use shared::Shared;\nfn f() { child::work() }"),
            ("src/kafka/child.rs", "use super::Shared;\npub fn work() {}"),
            ("src/kafka/shared.rs", "pub struct Shared;"),
        ],
        &[],
    );
}

#[test]
fn an_imported_module_is_as_near_as_what_is_taken_from_it() {
    says(
        &[
            LIB,
            ("src/kafka/mod.rs", "mod child;\nmod shared;\npub use shared::Shared;\nfn f() { child::work() }"),
            ("src/kafka/child.rs", "use crate::kafka;\npub fn work(_: kafka::Shared) {}"),
            ("src/kafka/shared.rs", "pub struct Shared;"),
        ],
        &[],
    );
}

#[test]
fn a_circle_of_many_files_is_told_with_several_short_ways_around() {
    let report = read(&[
        LIB,
        ("src/kafka.rs", "mod a;\nmod b;\nmod c;\nmod d;"),
        ("src/kafka/a.rs", "use super::b::B;\npub struct A;"),
        ("src/kafka/b.rs", "use super::c::C;\npub struct B;"),
        ("src/kafka/c.rs", "use super::{a::A, d::D};\npub struct C;"),
        ("src/kafka/d.rs", "use super::c::C;\npub struct D;"),
    ]);
    let told = &report.findings()[0];
    assert!(told.starts_with("circle of 4 files: "), "{told}");
    let ways: Vec<&str> = told.lines().filter(|line| line.contains("way around")).map(str::trim).collect();
    assert_eq!(ways, ["a way around through 2 files:", "a way around through 3 files:"]);
}
