//! What a process has in memory, from Linux's counters.

use std::fs;

/// KiB that a process has in memory now.
pub fn resident(process: u32) -> Option<f64> {
    field(process, "VmRSS:")
}

/// The most KiB that a process has had in memory, since [`forget_peak`].
pub fn peak(process: u32) -> Option<f64> {
    field(process, "VmHWM:")
}

/// Lets the peak of a process begin anew. Loading and compiling may take more than training does.
pub fn forget_peak(process: u32) {
    // Where this cannot be done, the peak is of the whole process.
    let _ = fs::write(format!("/proc/{process}/clear_refs"), "5");
}

fn field(process: u32, name: &str) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peak_is_remembered_until_it_is_forgotten() {
        let own = std::process::id();
        let before = resident(own).expect("Linux tells");
        let large = vec![1u8; 256 << 20];
        assert_eq!(large.iter().map(|&byte| usize::from(byte)).sum::<usize>(), large.len());
        drop(large);
        let most = peak(own).expect("Linux tells");
        assert!(most > before + 200_000.0, "{before} to {most}");
        forget_peak(own);
        assert!(peak(own).expect("Linux tells") < most - 100_000.0);
    }
}
