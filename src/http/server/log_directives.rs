//! Log directives: what the route takes, and the log that they are for.

/// The longest directives that are taken, in characters.
pub const DIRECTIVES_MAX_CHARS: usize = 1000;

/// The levels, as people list them.
pub const LOG_LEVELS: [&str; 6] = ["error", "warn", "info", "debug", "trace", "off"];

/// The log of a process, whose directives can be exchanged.
pub trait LogLevel: Send + Sync {
    /// Puts other directives in force, and answers with those that were.
    ///
    /// # Errors
    /// Why they cannot be put in force.
    fn replace(&self, directives: &str) -> Result<String, String>;
}

/// Whether these are directives, as `DIRECTIVES` says, which is less than `tracing` takes: spans and fields are not for a setting.
pub fn is_log_directives(text: &str) -> bool {
    let is_target =
        |target: &str| !target.is_empty() && target.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == ':');
    text.len() <= DIRECTIVES_MAX_CHARS
        && text.split(',').all(|part| match part.split_once('=') {
            Some((target, level)) => is_target(target) && LOG_LEVELS.contains(&level),
            None => LOG_LEVELS.contains(&part),
        })
}
