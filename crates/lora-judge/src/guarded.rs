//! Calls of a library that panics on damaged files.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

thread_local! {
    /// Whether this thread's panics are handled, and therefore not reported.
    static HANDLED: Cell<bool> = const { Cell::new(false) };
}

/// What `act` returns, or the message with which it panicked. Other threads report their panics as ever.
pub(crate) fn guarded<T>(act: impl FnOnce() -> T) -> Result<T, String> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !HANDLED.get() {
                before(info);
            }
        }));
    });
    let outer = HANDLED.replace(true);
    let done = panic::catch_unwind(AssertUnwindSafe(act));
    HANDLED.set(outer);
    done.map_err(|payload| {
        let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let text = text.or_else(|| payload.downcast_ref::<String>().cloned());
        text.unwrap_or_else(|| "it is damaged".to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_its_message() {
        assert_eq!(guarded(|| 3), Ok(3));
        let failed: Result<(), String> = guarded(|| panic!("at {}", 7));
        assert_eq!(failed, Err("at 7".to_owned()));
        assert!(!HANDLED.get());
    }
}
