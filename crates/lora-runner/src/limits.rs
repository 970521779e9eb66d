//! What this process may still take of memory: the limits of its shell (`ulimit -v`, `ulimit -d`) and
//! of its control groups, versions 2 and 1. Linux tells them in files; elsewhere there are none, and
//! so no limit is known.

use std::fs;
use std::path::{Component, Path, PathBuf};

/// A limit and what is left of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Limit {
    /// Bytes that may still be taken.
    pub free: u64,
    /// What sets it.
    pub by: &'static str,
}

/// The limit that leaves least, if there is any. `root` is `/` but in tests.
pub fn tightest(root: &Path) -> Option<Limit> {
    of_shell(root).into_iter().chain(of_groups(root)).min_by_key(|limit| limit.free)
}

/// Names of a limit in `limits`, of what counts against it in `status`, and of the command; and bytes
/// that are taken from it before anybody gets some.
const SHELL: [(&str, &str, &str, u64); 2] = [
    ("Max address space", "VmSize:", "ulimit -v", RESERVED),
    ("Max data size", "VmData:", "ulimit -d", 0),
];

/// Bytes of address space that an allocator may yet reserve, 64 MiB each, for the two threads that start
/// with a sweep. It gives none of it to others.
const RESERVED: u64 = 128 << 20;

fn of_shell(root: &Path) -> Vec<Limit> {
    let read = |name: &str| fs::read_to_string(root.join("proc/self").join(name));
    let (Ok(limits), Ok(status)) = (read("limits"), read("status")) else { return Vec::new() };
    let limit = |&(name, used, by, reserved): &(&str, &str, &'static str, u64)| {
        // "unlimited" is no number.
        let most: u64 = first_number(&limits, name)?;
        let used = first_number(&status, used)?.saturating_mul(1024);
        Some(Limit { free: most.saturating_sub(used.saturating_add(reserved)), by })
    };
    SHELL.iter().filter_map(limit).collect()
}

/// The first word after a name at the beginning of a line, if it is a number.
fn first_number(text: &str, name: &str) -> Option<u64> {
    let rest = text.lines().find_map(|line| line.strip_prefix(name))?;
    rest.split_whitespace().next()?.parse().ok()
}

/// The files of one version of control groups.
struct Version {
    /// Where its groups may be mounted.
    mounts: &'static [&'static str],
    most: &'static str,
    used: &'static str,
    /// In `memory.stat`: bytes of files that are only held since there is room.
    spare: &'static str,
    by: &'static str,
}

const TWO: Version = Version {
    mounts: &["sys/fs/cgroup", "sys/fs/cgroup/unified"],
    most: "memory.max",
    used: "memory.current",
    spare: "inactive_file ",
    by: "memory.max of its control group",
};

const ONE: Version = Version {
    mounts: &["sys/fs/cgroup/memory"],
    most: "memory.limit_in_bytes",
    used: "memory.usage_in_bytes",
    spare: "total_inactive_file ",
    by: "memory.limit_in_bytes of its control group",
};

fn of_groups(root: &Path) -> Vec<Limit> {
    let groups = fs::read_to_string(root.join("proc/self/cgroup")).unwrap_or_default();
    groups.lines().flat_map(|line| of_group(root, line).unwrap_or_default()).collect()
}

/// Of the group in a line `number:controllers:path`, and of every group above it.
fn of_group(root: &Path, line: &str) -> Option<Vec<Limit>> {
    let mut parts = line.splitn(3, ':');
    let (number, controllers, path) = (parts.next()?, parts.next()?, parts.next()?);
    let version = match (number, controllers) {
        ("0", "") => TWO,
        (_, all) if all.split(',').any(|one| one == "memory") => ONE,
        _ => return None,
    };
    let mut limits = Vec::new();
    for mount in version.mounts {
        let mount = root.join(mount);
        // In a container the path may be that of the host, of which only the mount itself is seen.
        let group = mount.join(plain(path));
        let above = group.ancestors().take_while(|dir| dir.starts_with(&mount));
        limits.extend(above.filter_map(|dir| left(dir, &version)));
    }
    Some(limits)
}

/// A path without its root, and without what leads out of it.
fn plain(path: &str) -> PathBuf {
    let normal = |part: &Component| matches!(part, Component::Normal(_));
    Path::new(path).components().filter(normal).collect()
}

fn left(dir: &Path, version: &Version) -> Option<Limit> {
    let read = |name: &str| fs::read_to_string(dir.join(name)).ok();
    // "max" is no number.
    let most: u64 = read(version.most)?.trim().parse().ok()?;
    let used: u64 = read(version.used)?.trim().parse().ok()?;
    let spare = read("memory.stat").and_then(|text| first_number(&text, version.spare));
    let used = used.saturating_sub(spare.unwrap_or(0));
    Some(Limit { free: most.saturating_sub(used), by: version.by })
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    /// A root with files in it.
    fn root(files: &[(&str, &str)]) -> TempDir {
        let root = TempDir::new().expect("a directory");
        for (name, text) in files {
            let path = root.path().join(name);
            fs::create_dir_all(path.parent().expect("a directory")).expect("it is made");
            fs::write(path, text).expect("a file");
        }
        root
    }

    fn told(files: &[(&str, &str)]) -> Option<(u64, &'static str)> {
        tightest(root(files).path()).map(|limit| (limit.free, limit.by))
    }

    const UNLIMITED: &str = "\
Limit                     Soft Limit           Hard Limit           Units
Max data size             unlimited            unlimited            bytes
Max address space         unlimited            unlimited            bytes
";
    const STATUS: &str =
        "Name:\tsh\nVmPeak:\t    9999 kB\nVmSize:\t    1000 kB\nVmData:\t 200 kB\n";

    /// The limits with one of them set.
    fn limited(name: &str, bytes: u64) -> String {
        UNLIMITED.replace(&format!("{name} unlimited"), &format!("{name} {bytes}"))
    }

    #[test]
    fn where_nothing_is_told_nothing_is_limited() {
        assert_eq!(told(&[]), None);
        assert_eq!(told(&[("proc/self/limits", UNLIMITED), ("proc/self/status", STATUS)]), None);
    }

    #[test]
    fn the_address_space_is_what_the_process_has_not_taken_of_it() {
        let limits = limited("Max address space        ", RESERVED + 4_096_000);
        let files = [("proc/self/limits", limits.as_str()), ("proc/self/status", STATUS)];
        assert_eq!(told(&files), Some((4_096_000 - 1_024_000, "ulimit -v")));
        let limits = limited("Max data size            ", 204_800);
        let files = [("proc/self/limits", limits.as_str()), ("proc/self/status", STATUS)];
        assert_eq!(told(&files), Some((0, "ulimit -d")));
    }

    const GROUP: (&str, &str) = ("proc/self/cgroup", "0::/user/job\n");

    #[test]
    fn a_group_of_version_2_leaves_its_limit_less_what_is_in_use() {
        let by = TWO.by;
        let max = ("sys/fs/cgroup/user/job/memory.max", "1000\n");
        let current = ("sys/fs/cgroup/user/job/memory.current", "700\n");
        assert_eq!(told(&[GROUP, max, current]), Some((300, by)));
        let stat = ("sys/fs/cgroup/user/job/memory.stat", "anon 1\ninactive_file 500\n");
        assert_eq!(told(&[GROUP, max, current, stat]), Some((800, by)));
        let none = ("sys/fs/cgroup/user/job/memory.max", "max\n");
        assert_eq!(told(&[GROUP, none, current]), None);
    }

    #[test]
    fn a_group_above_may_leave_less() {
        let files = [
            GROUP,
            ("sys/fs/cgroup/user/job/memory.max", "1000"),
            ("sys/fs/cgroup/user/job/memory.current", "0"),
            ("sys/fs/cgroup/user/memory.max", "500"),
            ("sys/fs/cgroup/user/memory.current", "450"),
        ];
        assert_eq!(told(&files), Some((50, TWO.by)));
    }

    #[test]
    fn a_container_sees_its_group_at_the_mount_and_nothing_leads_out_of_it() {
        for group in ["0::/", "0::/docker/abc", "0::/../../other"] {
            let files = [
                ("proc/self/cgroup", group),
                ("sys/fs/cgroup/memory.max", "64"),
                ("sys/fs/cgroup/memory.current", "4"),
            ];
            assert_eq!(told(&files), Some((60, TWO.by)), "{group}");
        }
    }

    #[test]
    fn version_1_is_heeded_too() {
        let files = [
            ("proc/self/cgroup", "5:devices:/\n4:hugetlb,memory:/job\n0::/\n"),
            ("sys/fs/cgroup/memory/job/memory.limit_in_bytes", "300"),
            ("sys/fs/cgroup/memory/job/memory.usage_in_bytes", "100"),
            ("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712"),
            ("sys/fs/cgroup/memory/memory.usage_in_bytes", "100"),
        ];
        assert_eq!(told(&files), Some((200, ONE.by)));
    }
}
