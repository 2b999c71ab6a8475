//! The one place where a panic's message and position can be had: the hook keeps them for whoever reports the death.

use std::cell::RefCell;
use std::panic::{self, PanicHookInfo};
use std::sync::Once;

use super::exit::Exit;

/// Tells somebody how a child has ended.
pub(crate) type Tell = Box<dyn Fn(Exit)>;

thread_local! {
    /// The exit that the latest panic of this thread amounts to.
    static LATEST: RefCell<Option<Exit>> = const { RefCell::new(None) };
    /// Who hears of a panic on this thread at once: the child whose arbiter it is.
    static TENANT: RefCell<Option<Tell>> = const { RefCell::new(None) };
}

/// Puts our hook before the one that is there, once per process; the earlier hook still prints.
pub fn install() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let earlier = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            note(info);
            earlier(info);
        }));
    });
}

/// The exit that the panic which ends this thread amounts to.
pub(crate) fn latest() -> Exit {
    take().unwrap_or(Exit::Panicked {
        message: "a panic that the hook did not see".to_owned(),
        at: "an unknown place".to_owned(),
    })
}

/// Takes the exit that the latest panic of this thread amounts to.
fn take() -> Option<Exit> {
    LATEST.try_with(|latest| latest.take()).ok().flatten()
}

/// Says who is told of every panic on this thread, in whichever task.
pub(crate) fn belongs_to(tenant: Tell) {
    TENANT.set(Some(tenant));
}

fn note(info: &PanicHookInfo<'_>) {
    let message = info.payload_as_str().unwrap_or("a panic without a text");
    let exit = Exit::Panicked {
        message: message.to_owned(),
        at: info.location().map_or_else(
            || "an unknown place".to_owned(),
            |place| format!("{}:{}", crate_relative(place.file()), place.line()),
        ),
    };
    // try_with: a thread that is being torn down has no locals any more, and a hook must not panic.
    let _ = TENANT.try_with(|tenant| {
        if let Some(tell) = tenant.borrow().as_ref() {
            tell(exit.clone());
        }
    });
    let _ = LATEST.try_with(|latest| latest.replace(Some(exit)));
}

/// Cuts the build machine's folders off: our files become `src/...`, a dependency's `name-1.2.3/src/...`.
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
        assert!(at.starts_with("src/runtime/panic_hook.rs:"), "{at}");
        assert!(take().is_none(), "a panic is told once");
    }
}
