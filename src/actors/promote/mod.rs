//! Stage promote: follows the promotion pointer, and moves it by hand.
//!
//! * `manual_promotion`: moves the pointer by hand
//! * `messages`: messages to the promotion watcher, and its answers
//! * `pointer_watcher`: the actor, which polls the pointer and has the model loaded that it names
//! * `state`: the reported state

mod manual_promotion;
mod messages;
mod pointer_watcher;
mod state;

pub use manual_promotion::{ManualPromotionError, promote_run, roll_back};
pub use messages::{PointerHint, ReloadError, ReloadPointer, Reloaded};
pub use pointer_watcher::{PromotionWatcher, RELOAD_DEADLINE};
pub use state::WatcherState;
