//! The program as a person runs it in a shell.

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

/// What a command said, and how it ended.
#[derive(Debug)]
pub struct Said {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Said {
    /// Stdout of a command that went well.
    pub fn good(&self) -> &str {
        assert_eq!(self.code, Some(0), "{self:#?}");
        &self.stdout
    }

    /// Stdout of a command that went well, as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(self.good()).unwrap_or_else(|error| panic!("{error}: {self:#?}"))
    }

    /// Stderr of a command that ended with this code.
    pub fn bad(&self, code: i32) -> &str {
        assert_eq!(self.code, Some(code), "{self:#?}");
        &self.stderr
    }
}

/// Runs `flts` on a data folder.
pub fn flts(data_dir: &Path, args: &[&str]) -> Said {
    flts_with(&[("DATA_DIR", data_dir.to_str().expect("a folder of a test is UTF-8"))], args)
}

/// Runs `flts` with these variables and no `USER`.
pub fn flts_with(env: &[(&str, &str)], args: &[&str]) -> Said {
    let output = Command::new(env!("CARGO_BIN_EXE_flts"))
        .args(args)
        .env_remove("USER")
        .env("HTTP_ADDR", "127.0.0.1:0")
        .envs(env.iter().copied())
        .stdin(Stdio::null())
        .output()
        .expect("the program was built");
    Said {
        code: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// Family and run of everybody on the newest scoreboard, best first.
pub fn scoreboard(data_dir: &Path) -> Vec<(String, String)> {
    let history = flts(data_dir, &["promotion", "history", "--json"]).json();
    let scoreboards = history.as_array().into_iter().flatten().map(|decision| &decision["scoreboard"]);
    let judged = scoreboards.filter_map(Value::as_array).find(|scoreboard| scoreboard.len() > 1);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let candidates = judged.into_iter().flatten();
    candidates.map(|candidate| (text(&candidate["model_type"]), text(&candidate["run_id"]))).collect()
}
