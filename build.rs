//! Lets every program of this package find libtorch without LD_LIBRARY_PATH, and the binary find its git commit.

use std::path::{Path, PathBuf};
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=FLTS_IMAGE_BUILD");
    let lib = std::env::var("DEP_TCH_LIBTORCH_LIB").expect("torch-sys tells where libtorch lies");
    println!("cargo::metadata=libtorch_lib={lib}");
    println!("cargo::rustc-link-arg=-Wl,-rpath,$ORIGIN/../lib");
    if std::env::var_os("FLTS_IMAGE_BUILD").is_none() {
        println!("cargo::rustc-link-arg=-Wl,-rpath,{lib}");
    }
    println!("cargo::rustc-env=COMMIT_LOG_OF_THE_BUILD={}", commit_log().display());
}

/// A file whose last line has the commit as its second word: git's log of HEAD, or one with the commit of `FLTS_COMMIT`.
///
/// Only the binary includes the file. So a new commit compiles and links the binary again, and nothing else: a build script
/// that ran again for each commit would compile the whole package.
fn commit_log() -> PathBuf {
    println!("cargo::rerun-if-env-changed=FLTS_COMMIT");
    let given = std::env::var("FLTS_COMMIT").ok();
    if let (None, Some(log)) = (&given, git_log_of_head()) {
        return log;
    }
    let file = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets OUT_DIR")).join("commit");
    let commit = given.unwrap_or_else(|| "unknown".into());
    std::fs::write(&file, format!("- {commit}\n")).expect("OUT_DIR can be written");
    file
}

/// The reflog of HEAD, to which git appends a line at each commit and checkout; none outside of a checkout.
fn git_log_of_head() -> Option<PathBuf> {
    let marker = Path::new(".git");
    if marker.is_file() {
        // a worktree: the file changes when the worktree is created anew
        println!("cargo::rerun-if-changed=.git");
    }
    let answer = Command::new("git").args(["rev-parse", "--git-path", "logs/HEAD"]).output();
    let path = String::from_utf8(answer.ok().filter(|_| marker.exists())?.stdout).ok()?;
    let log = std::path::absolute(path.trim()).ok()?;
    std::fs::metadata(&log).is_ok_and(|file| file.len() > 0).then_some(log)
}
