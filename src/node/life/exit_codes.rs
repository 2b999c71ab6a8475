//! The exit codes of the program, after sysexits.h. 0 means success.

/// A command failed.
pub const FAILED: u8 = 1;

/// The command line is wrong.
pub const USAGE: u8 = 2;

/// A supervisor gave up (`EX_SOFTWARE`).
pub const ESCALATED: u8 = 70;

/// The drain was late or interrupted (`EX_TEMPFAIL`).
pub const LATE: u8 = 75;

/// The configuration is wrong (`EX_CONFIG`).
pub const CONFIGURATION: u8 = 78;
