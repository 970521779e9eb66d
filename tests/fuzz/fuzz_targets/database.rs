//! A database of kept runs: after a first byte of 0 its bytes, otherwise changes of a whole one, each
//! of a place in three bytes and what is put there.
#![no_main]

#[path = "../../holds/mod.rs"]
mod holds;

use holds::database::Whole;
use holds::says_something;
use libfuzzer_sys::fuzz_target;

thread_local! {
    static WHOLE: Whole = Whole::new();
}

fuzz_target!(|input: &[u8]| {
    WHOLE.with(|whole| match input.split_first() {
        Some((0, bytes)) => drop(whole.holds(bytes, &says_something)),
        _ => {
            let mut bytes = whole.bytes.clone();
            let length = bytes.len();
            for &[low, middle, high, value] in input.as_chunks().0 {
                let place = u32::from_le_bytes([low, middle, high, 0]) as usize;
                bytes[place % length] = value;
            }
            whole.holds(&bytes, &says_something);
        }
    });
});
