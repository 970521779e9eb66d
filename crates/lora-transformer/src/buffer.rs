//! Arrays of a pass, which later ones use again.
//!
//! A step takes and drops the same arrays as the step before it. An allocator gives large ones back to the
//! system and asks for them anew, and the system then clears and maps every page of them: up to a third of
//! the time of a step. Here each thread keeps what it drops. An array that fits nothing of it throws out as
//! much as it takes, so a thread never holds more than it has used at once, but for the rounding of sizes.
//! That holds as long as the thread that took an array drops it, as passes do.

use std::cell::RefCell;
use std::ops::{Deref, DerefMut};

/// Entries from which an array is kept: a page of memory.
const KEPT: usize = 1024;

thread_local! {
    /// What this thread has dropped.
    static FREE: RefCell<Vec<Vec<f32>>> = const { RefCell::new(Vec::new()) };
}

/// An array of a pass; a slice of fixed length in use.
#[derive(Debug, Default)]
pub struct Buffer {
    /// At least as long as the array.
    data: Vec<f32>,
    length: usize,
}

impl Buffer {
    /// Filled with zeros.
    pub fn zeros(length: usize) -> Self {
        let (mut buffer, fresh) = Self::take(length);
        if !fresh {
            buffer.fill(0.0);
        }
        buffer
    }

    /// With whatever an earlier use has left there, for one who writes every entry before it is read.
    pub fn unset(length: usize) -> Self {
        let buffer = Self::take(length).0;
        #[cfg(test)]
        let buffer = {
            let mut buffer = buffer;
            buffer.fill(f32::NAN);
            buffer
        };
        buffer
    }

    /// A copy.
    pub fn copy(values: &[f32]) -> Self {
        let mut buffer = Self::unset(values.len());
        buffer.copy_from_slice(values);
        buffer
    }

    /// The entries alone, which are then kept no more.
    pub fn into_vec(mut self) -> Vec<f32> {
        let mut data = std::mem::take(&mut self.data);
        data.truncate(self.length);
        data
    }

    /// The smallest kept array that is long enough, but not longer by a quarter; else a new one, of zeros.
    fn take(length: usize) -> (Self, bool) {
        let kept =
            if length < KEPT { None } else { FREE.with_borrow_mut(|free| fit(free, length)) };
        match kept {
            Some(data) => (Self { data, length }, false),
            None => (Self { data: vec![0.0; rounded(length)], length }, true),
        }
    }
}

/// Takes what fits out of `free`, or else throws out as much as is wanted.
fn fit(free: &mut Vec<Vec<f32>>, length: usize) -> Option<Vec<f32>> {
    let fits = |data: &Vec<f32>| (length..=length + length / 4).contains(&data.len());
    let fitting = free.iter().enumerate().filter(|(_, data)| fits(data));
    if let Some((place, _)) = fitting.min_by_key(|(_, data)| data.len()) {
        return Some(free.swap_remove(place));
    }
    let mut thrown = 0;
    while thrown < rounded(length) && !free.is_empty() {
        thrown += free.swap_remove(0).len();
    }
    None
}

/// Up by a sixteenth at most, so that arrays of about the same size fit each other's places.
fn rounded(length: usize) -> usize {
    if length < KEPT {
        return length;
    }
    length.next_multiple_of(1 << (length.ilog2() - 4))
}

impl Drop for Buffer {
    fn drop(&mut self) {
        if self.data.len() >= KEPT {
            let data = std::mem::take(&mut self.data);
            // At the end of a thread there may be nobody left to keep it.
            let _ = FREE.try_with(|free| free.borrow_mut().push(data));
        }
    }
}

impl Deref for Buffer {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        &self.data[..self.length]
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [f32] {
        &mut self.data[..self.length]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn held() -> usize {
        FREE.with_borrow(|free| free.iter().map(Vec::len).sum())
    }

    #[test]
    fn what_is_dropped_is_used_again_and_cleared() {
        FREE.with_borrow_mut(Vec::clear);
        let mut first = Buffer::zeros(5000);
        first.fill(7.0);
        let place = first.as_ptr();
        drop(first);
        let again = Buffer::zeros(4200);
        assert_eq!((again.as_ptr(), again.len()), (place, 4200));
        assert!(again.iter().all(|&entry| entry == 0.0));
        drop(again);
        // A quarter longer is too long.
        let other = Buffer::zeros(4000);
        assert!(other.data.len() < 4200 && held() == 0);
        assert_eq!(Buffer::copy(&[1.0, 2.0]).into_vec(), [1.0, 2.0]);
        assert_eq!(Buffer::copy(&vec![3.0; 3000]).into_vec(), vec![3.0; 3000]);
    }

    proptest! {
        /// Whatever is taken and dropped in whatever order.
        #[test]
        fn a_thread_holds_no_more_than_it_has_used_at_once(
            uses in prop::collection::vec((0usize..100_000, any::<bool>()), 1..60),
        ) {
            FREE.with_borrow_mut(Vec::clear);
            let (mut live, mut most) = (Vec::<Buffer>::new(), 0);
            for (length, dropped) in uses {
                if dropped && !live.is_empty() {
                    live.swap_remove(length % live.len());
                } else {
                    live.push(Buffer::zeros(length));
                    prop_assert_eq!(live.last().map(|b| b.len()), Some(length));
                }
                let lengths = live.iter().map(|buffer| buffer.data.len());
                let used: usize = lengths.filter(|&length| length >= KEPT).sum();
                most = most.max(used);
                prop_assert!(used + held() <= most, "{} {} {}", used, held(), most);
            }
        }
    }
}
