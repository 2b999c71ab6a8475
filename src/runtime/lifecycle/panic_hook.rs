//! The panic hook: it keeps the message and the place of a panic, which only a hook can see, for the exit report.

use std::cell::RefCell;
use std::panic::{self, PanicHookInfo};
use std::sync::Once;

use super::exit::Exit;

/// Is called with the exit of a child that panicked.
type OnPanic = Box<dyn Fn(Exit)>;

thread_local! {
    /// The latest panic of this thread, as an exit.
    static LATEST: RefCell<Option<Exit>> = const { RefCell::new(None) };
    /// Hears of a panic on this thread at once: the child whose arbiter runs here.
    static ON_PANIC: RefCell<Option<OnPanic>> = const { RefCell::new(None) };
}

/// Installs the hook, once per process; the hook that was there before still runs, and prints.
pub(crate) fn install() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let earlier = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            record(info);
            earlier(info);
        }));
    });
}

/// The latest panic of this thread, as an exit.
pub(crate) fn latest() -> Exit {
    take().unwrap_or(Exit::Panicked {
        message: "a panic that the hook did not see".to_owned(),
        at: "an unknown place".to_owned(),
    })
}

/// Takes the latest panic of this thread.
fn take() -> Option<Exit> {
    LATEST.try_with(|latest| latest.take()).ok().flatten()
}

/// Calls `on_panic` for every panic on this thread, in whichever task.
pub(crate) fn on_this_thread(on_panic: impl Fn(Exit) + 'static) {
    ON_PANIC.set(Some(Box::new(on_panic)));
}

fn record(info: &PanicHookInfo<'_>) {
    let message = info.payload_as_str().unwrap_or("a panic without a text");
    let exit = Exit::Panicked {
        message: message.to_owned(),
        at: info.location().map_or_else(
            || "an unknown place".to_owned(),
            |place| format!("{}:{}", crate_relative(place.file()), place.line()),
        ),
    };
    // try_with: a thread that is being torn down has no thread locals any more, and a hook must not panic
    let _ = ON_PANIC.try_with(|on_panic| {
        if let Some(on_panic) = on_panic.borrow().as_ref() {
            on_panic(exit.clone());
        }
    });
    let _ = LATEST.try_with(|latest| latest.replace(Some(exit)));
}

/// Cuts off the folders of the build machine: our files become `src/...`, a dependency's `name-1.2.3/src/...`.
fn crate_relative(file: &str) -> &str {
    if !file.starts_with('/') {
        return file;
    }
    if let Some((_, rest)) = file.split_once("/registry/src/") {
        return rest.split_once('/').map_or(rest, |(_, inside)| inside);
    }
    if let Some(rest) = file.strip_prefix("/rustc/") {
        return rest.split_once('/').map_or(rest, |(_, inside)| inside);
    }
    match file.rfind("/src/").or_else(|| file.rfind("/tests/")) {
        Some(at) => &file[at + 1..],
        None => file.rsplit('/').next().unwrap_or(file),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_never_names_the_build_machine() {
        for (file, expected) in [
            ("src/actors/trainer.rs", "src/actors/trainer.rs"),
            ("tests/supervision.rs", "tests/supervision.rs"),
            ("/somewhere/flts/src/actors/trainer.rs", "src/actors/trainer.rs"),
            ("/somewhere/flts/tests/supervision.rs", "tests/supervision.rs"),
            ("/c/registry/src/index-1/tch-0.24.0/src/tensor.rs", "tch-0.24.0/src/tensor.rs"),
            ("/rustc/0a1b/library/core/src/cell.rs", "library/core/src/cell.rs"),
            ("/somewhere/build.rs", "build.rs"),
        ] {
            assert_eq!(crate_relative(file), expected);
        }
    }

    #[test]
    fn a_panic_is_kept_with_message_and_place() {
        install();
        let caught = panic::catch_unwind(|| panic!("cell {} is empty", 3));
        assert!(caught.is_err(), "the profile must unwind: supervision stands on it");
        let Some(Exit::Panicked { message, at }) = take() else {
            panic!("the hook kept nothing");
        };
        assert_eq!(message, "cell 3 is empty");
        assert!(at.starts_with("src/runtime/lifecycle/panic_hook.rs:"), "{at}");
        assert!(take().is_none(), "a panic is told once");
    }
}
