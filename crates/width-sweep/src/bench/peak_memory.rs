//! The largest memory that this process has had, where the system tells.

use std::fs;

/// Bytes.
pub fn peak_memory() -> Option<f64> {
    parse(&fs::read_to_string("/proc/self/status").ok()?)
}

/// From the text of a process's status, in kB.
fn parse(status: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(1024.0 * kib)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_high_water_mark_is_read_and_nothing_else() {
        let status = "Name:\tx\nVmPeak:\t   99 kB\nVmHWM:\t    12 kB\nVmRSS:\t    11 kB\n";
        assert_eq!(parse(status), Some(12.0 * 1024.0));
        for other in ["", "VmPeak:\t 99 kB", "VmHWM:", "VmHWM:\t 12", "VmHWM:\t many kB"] {
            assert_eq!(parse(other), None, "{other}");
        }
    }
}
