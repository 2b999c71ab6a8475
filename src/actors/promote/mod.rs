//! Stage promote: follows the promotion pointer, and moves it by hand.
//!
//! * `manual_promotion`: Moving the pointer by hand: audited, in the same decision log, and only to a model that can be served
//! * `messages`:
//! * `pointer_watcher`: The promotion watcher: polls the pointer by its ETag and asks the pool to load what it names
//! * `state`:

pub(crate) mod manual_promotion;
mod messages;
mod pointer_watcher;
mod state;

pub use manual_promotion::{ManualPromotionError, roll_back};
pub use messages::{PointerHint, ReloadError, ReloadPointer, Reloaded};
pub use pointer_watcher::{LOOK_DEADLINE, PromotionWatcher};
pub use state::WatcherState;
