//! What may import what, and how large a file and a folder may be: the only place to change when the rules change.

/// A room: a module right below `lib.rs`, or right below such a module.
pub struct Room {
    /// The name of its module.
    pub name: &'static str,
    /// The rooms beside it that it may import.
    pub may_import: &'static [&'static str],
    /// The rooms inside it, each with its own rule; empty where imports inside are free.
    pub inside: &'static [Room],
}

/// A room whose inside is free.
const fn room(name: &'static str, may_import: &'static [&'static str]) -> Room {
    Room { name, may_import, inside: &[] }
}

/// The rooms of `flts`, the highest first. `main` is `main.rs`, and `lib` is `lib.rs`, which no file may import from.
#[rustfmt::skip]
pub const ROOMS: &[Room] = &[
    room("main", &["cli", "config", "node", "http", "actors", "storage", "kafka", "mlflow", "forecast", "runtime", "terminal", "embedded", "limits"]),
    room("lib", &["cli", "config", "node", "http", "actors", "storage", "kafka", "mlflow", "forecast", "runtime", "terminal", "embedded", "limits"]),
    room("cli", &["config", "node", "http", "actors", "storage", "kafka", "mlflow", "forecast", "runtime", "terminal", "embedded", "limits"]),
    room("node", &["config", "http", "actors", "storage", "kafka", "mlflow", "forecast", "runtime", "terminal", "embedded", "limits"]),
    room("http", &["actors", "storage", "kafka", "mlflow", "forecast", "runtime", "limits"]),
    Room { name: "actors", may_import: &["storage", "kafka", "mlflow", "forecast", "runtime", "limits"], inside: ACTORS },
    room("storage", &["forecast", "runtime", "limits"]),
    room("kafka", &["forecast", "runtime", "limits"]),
    room("mlflow", &["forecast", "runtime", "limits"]),
    // the typed configuration is made of the value types of what it configures, and of their checks
    room("config", &["http", "actors", "storage", "kafka", "forecast", "limits"]),
    room("forecast", &["limits"]),
    room("runtime", &[]),
    room("terminal", &[]),
    room("embedded", &["limits"]),
    room("limits", &[]),
];

/// The rooms inside `actors`: one a stage, and no stage imports another.
const ACTORS: &[Room] = &[
    room("topology", &["preprocess", "train", "evaluate", "promote", "serve", "batch", "track", "shared", "telemetry"]),
    room("preprocess", STAGE),
    room("train", STAGE),
    room("evaluate", STAGE),
    room("promote", STAGE),
    room("serve", STAGE),
    room("batch", STAGE),
    room("track", STAGE),
    room("shared", &["telemetry"]),
    room("telemetry", &[]),
];

/// What a stage may import of the rooms beside it.
const STAGE: &[&str] = &["shared", "telemetry"];

/// The most source files that lie in one folder.
pub const FOLDER_FILES: usize = 16;

/// From one line more on, a file is reported.
pub const FILE_LINES_WARNED: usize = 320;

/// From one line more on, a file fails the lint.
pub const FILE_LINES_FAILED: usize = 350;

/// The folders whose files and folders are measured.
pub const MEASURED: &[&str] = &["src", "tests"];
