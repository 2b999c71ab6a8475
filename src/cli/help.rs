//! Help texts: examples, the rules of all settings, and the settings that `-h` shows.

use crate::config::{Fallback, SETTINGS, Setting};

/// Examples below `flts --help`.
pub const EXAMPLES: &str = "\
Examples:
  flts run --data my.csv   train on a file (its last fifth judges), promote, serve
  flts run                 serve what is promoted, and train what is new

'flts help COMMAND' lists the settings of a command; each is a flag and an environment variable.";

/// The rules of all settings.
pub const RULES: &str = "\
Every setting is a flag and an environment variable (--http-addr, HTTP_ADDR). FLTS_ may stand before any \
name; the flag wins, then FLTS_HTTP_ADDR, then HTTP_ADDR. A secret may come from a file: ADMIN_TOKEN_FILE for ADMIN_TOKEN.";

/// Examples below `flts run --help`.
const RUN_EXAMPLES: &str = "\
A wrong configuration lists all its mistakes and exits 78.

Examples:
  flts run --data train.csv --test test.csv --targets down
  flts run --http-addr 0.0.0.0:8000 --admin-token-file /run/secrets/token
  ROLES=trainer MODEL_TYPE=GRU KAFKA_BOOTSTRAP_SERVERS=kafka:9092 flts run";

/// The text below `flts run --help`.
pub fn run_help() -> String {
    format!("{RULES} {RUN_EXAMPLES}")
}

/// The text below `flts run -h`.
pub fn run_short_help() -> String {
    format!(
        "'flts run --help' lists all {} settings; these are the ones needed most.\n\n{}",
        SETTINGS.len(),
        run_help()
    )
}

/// The settings that a new user needs.
const MAIN: [&str; 18] = [
    "ROLES",
    "HTTP_ADDR",
    "DATA_DIR",
    "JOIN",
    "ADMIN_TOKEN",
    "LOG_LEVEL",
    "KAFKA_BOOTSTRAP_SERVERS",
    "S3_ENDPOINT_URL",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "TARGETS",
    "MODEL_TYPE",
    "INPUT_SEQ_LEN",
    "OUTPUT_SEQ_LEN",
    "EXPECTED_MODEL_TYPES",
    "INFERENCE_WORKERS",
    "QUEUE_MAXSIZE",
    "DRAIN_TIMEOUT_MS",
];

/// Whether `-h` shows the setting; `--help` shows all.
pub fn is_main(setting: &Setting) -> bool {
    MAIN.contains(&setting.name)
}

/// Meaning, variables and default of a setting in one line, for `-h`.
pub fn setting_short_help(setting: &Setting) -> String {
    format!("{} [env: {}] [default: {}]", setting.help, variables(setting), default(setting))
}

/// Meaning, variables and default of a setting, a line each, for `--help`.
pub fn setting_help(setting: &Setting) -> String {
    let secret = if setting.secret { format!("\n[from a file: {}_FILE]", setting.name) } else { String::new() };
    format!("{}\n[env: {}]{secret}\n[default: {}]", setting.help, variables(setting), default(setting))
}

fn variables(setting: &Setting) -> String {
    setting.names().collect::<Vec<_>>().join(", ")
}

fn default(setting: &Setting) -> String {
    match setting.default {
        Fallback::Unset("unset") => "none".to_owned(),
        Fallback::Unset(meaning) => meaning.trim_start_matches("unset: ").to_owned(),
        _ => setting.default_text(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_settings_shown_first_are_settings() {
        for name in MAIN {
            assert!(SETTINGS.iter().any(|setting| setting.name == name), "{name} is not in the settings table");
        }
    }
}
