//! Who may call what: by tokens, or without them only from this machine and from no foreign web page.
//!
//! * `authority`: the hosts of this machine, as headers name them
//! * `rules`: what each kind of call needs
//! * `token`: bearer tokens

mod authority;
mod rules;
mod token;

pub use rules::{Access, CallKind};
