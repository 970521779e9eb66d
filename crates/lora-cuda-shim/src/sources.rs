//! The C++ sources: the stand-in's own and the kernels.

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

/// Sources of both the driver and the replay.
const COMMON: &[&str] = &["registry", "fiber", "executor", "rendezvous"];
const DRIVER: &[&str] = &[
    "tape",
    "machine",
    "operation",
    "driver_device",
    "driver_memory",
    "driver_launch",
    "driver_stream",
];

/// The folder of the stand-in's sources.
pub(crate) fn own_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("cpp")
}

fn own(names: &[&str]) -> Vec<PathBuf> {
    names.iter().map(|name| own_folder().join(name).with_extension("cpp")).collect()
}

/// The stand-in driver's own sources.
pub(crate) fn driver() -> Vec<PathBuf> {
    own(&[COMMON, DRIVER].concat())
}

/// The replay's own sources.
pub(crate) fn replay() -> Vec<PathBuf> {
    own(&[COMMON, &["replay"]].concat())
}

/// The files of a folder with one of these extensions, sorted by name.
fn files(folder: &Path, extensions: &[&str]) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.flatten().map(|entry| entry.path());
    let wanted = |path: &PathBuf| {
        path.extension().is_some_and(|found| extensions.iter().any(|one| found == *one))
    };
    let mut files: Vec<_> = paths.filter(wanted).collect();
    files.sort();
    files
}

/// The kernels' translation units.
pub(crate) fn kernels(folder: &Path) -> Vec<PathBuf> {
    files(folder, &["cu"])
}

fn kernels_and_headers(folder: &Path) -> Vec<PathBuf> {
    files(folder, &["cu", "cuh", "h"])
}

/// A name that identifies the contents of all sources and how they are compiled.
pub(crate) fn fingerprint(kernels: &Path, compilation: &[&[u8]]) -> String {
    let mut hasher = Sha256::new();
    for part in compilation {
        hasher.update(part.len().to_le_bytes());
        hasher.update(part);
    }
    let own = files(&own_folder(), &["h", "cpp"]);
    for path in own.into_iter().chain(kernels_and_headers(kernels)) {
        let content = std::fs::read(&path)
            .unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display()));
        hasher.update(path.as_os_str().as_encoded_bytes());
        hasher.update(content.len().to_le_bytes());
        hasher.update(content);
    }
    hasher.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// The places of all barriers in the kernels, as `file.cu:LINE`.
pub(crate) fn barriers(folder: &Path) -> Vec<String> {
    let in_file = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let numbered = text.lines().zip(1..).map(|(line, number)| (line.to_owned(), number));
        numbered
            .filter(|(line, _)| is_barrier(line))
            .map(move |(_, number)| format!("{name}:{number}"))
            .collect::<Vec<_>>()
    };
    kernels_and_headers(folder).into_iter().flat_map(in_file).collect()
}

/// Whether a line calls the barrier. A comment or a definition does not.
fn is_barrier(line: &str) -> bool {
    let code = line.split("//").next().unwrap_or_default();
    code.contains("__syncthreads()") && !code.trim_start().starts_with(['#', '*'])
}

#[cfg(test)]
mod tests {
    use super::is_barrier;

    #[test]
    fn comments_and_definitions_are_no_barriers() {
        assert!(is_barrier("    if (step) __syncthreads();  // all have read"));
        assert!(!is_barrier("    // needs no __syncthreads()"));
        assert!(!is_barrier("#define __syncthreads() wait()"));
    }
}
