//! `flts-layers CHECKOUT`: whether the imports of `flts` run downward and in no circle, and whether files and folders are small.
//!
//! It reads the modules from `src/lib.rs` and `src/main.rs` on, leaves aside what only tests compile, finds for each
//! import the file that defines what is imported (behind any re-exports), and holds the result against [`rules`].
#![forbid(unsafe_code)]

mod arrows;
mod circles;
mod layers;
mod marks;
mod names;
mod reader;
mod report;
mod resolve;
mod rules;
mod sizes;
mod sources;
#[cfg(test)]
mod tests;
mod tree;

use report::Report;
use sources::Sources;
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let (Some(root), None) = (arguments.next(), arguments.next()) else {
        eprintln!("error: say which checkout to read: flts-layers CHECKOUT");
        return ExitCode::from(2);
    };
    match sources::read(Path::new(&root)) {
        Ok(sources) => {
            let report = check(&sources);
            println!("{report}");
            if report.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            eprintln!("error: cannot read {}: {error}; name the root of a checkout", Path::new(&root).display());
            ExitCode::from(2)
        }
    }
}

/// Holds the sources of a checkout against every rule.
fn check(sources: &Sources) -> Report {
    let mut report = Report::default();
    let tree = reader::read(sources, &mut report);
    let arrows = arrows::draw(&tree);
    report.files = tree.files.len();
    report.imports = arrows.len();
    layers::check(&tree, &arrows, &mut report);
    circles::check(&tree, &arrows, &mut report);
    sizes::check(sources, &mut report);
    report
}
