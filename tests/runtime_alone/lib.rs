//! The folder `src/runtime` of flts and nothing else: what compiles here could carry another application.

#![warn(unused_crate_dependencies)]

#[cfg(not(test))]
#[path = "../../src/runtime/mod.rs"]
pub mod runtime;
