//! What the C library does with memory that a step has freed.

use std::sync::Once;

/// Bytes at the top of a heap that stay with the program: more than a step frees at once.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const KEPT: i32 = 1 << 30;

/// Bytes from which an array gets pages of its own: the most that glibc takes.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const LARGE: i32 = 1 << 25;

/// Keeps freed memory for the next step. glibc would give it back to the kernel, and take it anew page by
/// page, which costs a tenth of a step at n = 64. Other C libraries are left as they are.
pub fn keep_freed_memory() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        #[cfg(all(target_os = "linux", target_env = "gnu"))]
        // SAFETY: both are documented settings of glibc's allocator, which locks itself while it is set. One
        // that it refuses stays as it was.
        unsafe {
            libc::mallopt(libc::M_TRIM_THRESHOLD, KEPT);
            libc::mallopt(libc::M_MMAP_THRESHOLD, LARGE);
        }
    });
}
