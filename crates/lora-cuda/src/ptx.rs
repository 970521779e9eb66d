//! The kernels' PTX, which lies in the program as the archive that `kernels/compile.sh` packs.

use std::io::{Cursor, Read};

use zip::ZipArchive;
use zip::result::ZipError;

/// A zip archive of `compute_XX/NAME.ptx`, made from `kernels/NAME.cu`.
const PACKED: &[u8] = include_bytes!("../ptx.zip");

/// The kernel files, without extension.
const MODULES: [&str; 10] = [
    "draw",
    "feature_gradient",
    "features",
    "forward",
    "frozen",
    "norms",
    "outputs",
    "peaks",
    "update_a",
    "update_b",
];

/// Compute capabilities that the archive has PTX for, oldest first, with their names in it.
const ARCHITECTURES: [((i32, i32), &str); 3] =
    [((7, 5), "compute_75"), ((8, 0), "compute_80"), ((9, 0), "compute_90")];

/// Why the PTX in this program cannot be unpacked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DamagedKernels {
    /// The archive as a whole cannot be read.
    #[error("the archive cannot be read: {reason}")]
    Archive {
        /// What the reader of the archive found.
        reason: String,
    },
    /// One of its texts is missing, or is not what was packed.
    #[error("{name} cannot be unpacked: {reason}")]
    Module {
        /// The text's name in the archive.
        name: String,
        /// What the reader of the archive found.
        reason: String,
    },
}

/// The newest architecture whose PTX a device of this compute capability takes.
pub fn architecture(capability: (i32, i32)) -> Option<&'static str> {
    let fitting = ARCHITECTURES.iter().rev().find(|(needed, _)| *needed <= capability);
    fitting.map(|&(_, name)| name)
}

/// Packed PTX. Reading the directory is all that opening it does.
pub struct Archive<'a>(ZipArchive<Cursor<&'a [u8]>>);

impl Archive<'static> {
    /// The archive in this program.
    ///
    /// # Errors
    ///
    /// [`DamagedKernels::Archive`] if its directory cannot be read.
    pub fn embedded() -> Result<Self, DamagedKernels> {
        Archive::open(PACKED)
    }
}

impl<'a> Archive<'a> {
    fn open(packed: &'a [u8]) -> Result<Self, DamagedKernels> {
        let damaged = |error: ZipError| DamagedKernels::Archive { reason: error.to_string() };
        ZipArchive::new(Cursor::new(packed)).map(Self).map_err(damaged)
    }

    /// The text of every kernel file for one architecture. Each is unpacked when the iterator comes
    /// to it.
    pub fn texts(
        &mut self,
        architecture: &str,
    ) -> impl Iterator<Item = Result<String, DamagedKernels>> {
        MODULES.iter().map(move |module| self.text(&format!("{architecture}/{module}.ptx")))
    }

    /// One text; its checksum is compared.
    fn text(&mut self, name: &str) -> Result<String, DamagedKernels> {
        let damaged = |reason: String| DamagedKernels::Module { name: name.to_owned(), reason };
        let mut entry = self.0.by_name(name).map_err(|error| damaged(error.to_string()))?;
        let mut text = String::new();
        entry.read_to_string(&mut text).map_err(|error| damaged(error.to_string()))?;
        Ok(text)
    }
}

/// Names of the kernels in a module.
pub fn entries(ptx: &str) -> impl Iterator<Item = &str> {
    ptx.lines().filter_map(|line| {
        let rest = line.trim_start().strip_prefix(".visible .entry ")?;
        rest.split('(').next().map(str::trim)
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    fn unpack(packed: &[u8], architecture: &str) -> Result<Vec<String>, DamagedKernels> {
        Archive::open(packed)?.texts(architecture).collect()
    }

    #[test]
    fn the_newest_that_fits_is_taken() {
        assert_eq!(architecture((7, 0)), None);
        assert_eq!(architecture((7, 5)), Some("compute_75"));
        assert_eq!(architecture((8, 9)), Some("compute_80"));
        assert_eq!(architecture((12, 0)), Some("compute_90"));
    }

    #[test]
    fn the_archive_holds_every_kernel_file_for_every_architecture_and_nothing_else() {
        let archive = Archive::embedded().expect("a sound archive");
        let packed: Result<BTreeSet<_>, _> =
            archive.0.file_names().map(|name| name.map(String::from)).collect();
        let kernels = Path::new(env!("CARGO_MANIFEST_DIR")).join("kernels");
        let files = std::fs::read_dir(kernels).expect("a folder").map(|file| file.unwrap().path());
        let sources: Vec<_> = files.filter(|f| f.extension().is_some_and(|e| e == "cu")).collect();
        assert_eq!(sources.len(), MODULES.len());
        let names = sources.iter().flat_map(|source| {
            let stem = source.file_stem().expect("a name").to_string_lossy();
            ARCHITECTURES.map(|(_, architecture)| format!("{architecture}/{stem}.ptx"))
        });
        assert_eq!(packed.expect("names in UTF-8"), names.collect());
    }

    #[test]
    fn every_architecture_has_the_same_kernels_under_names_of_their_own() {
        let kernels = ARCHITECTURES.map(|(_, architecture)| {
            let texts = unpack(PACKED, architecture).expect("a sound archive");
            let named = |text: &String| entries(text).map(str::to_owned).collect::<Vec<_>>();
            texts.iter().map(named).collect::<Vec<_>>()
        });
        assert!(kernels[0].iter().all(|module| !module.is_empty()));
        assert!(kernels.iter().all(|other| *other == kernels[0]));
        let all = kernels[0].concat();
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
    }

    #[test]
    fn a_changed_byte_never_changes_a_text() {
        let architecture = ARCHITECTURES[0].1;
        let sound = unpack(PACKED, architecture).expect("a sound archive");
        let (mut packed, mut noticed) = (PACKED.to_vec(), 0);
        let positions: Vec<usize> = (0..PACKED.len()).step_by(PACKED.len() / 90).collect();
        for &position in &positions {
            packed[position] ^= 0x10;
            match unpack(&packed, architecture) {
                Ok(texts) => assert!(texts == sound, "byte {position} changed a text"),
                Err(_) => noticed += 1,
            }
            packed[position] = PACKED[position];
        }
        // The texts of one architecture fill a third of the archive.
        assert!((25..35).contains(&noticed), "{noticed} of {}", positions.len());
    }

    #[test]
    fn the_error_names_what_is_damaged() {
        let cut = unpack(&PACKED[..PACKED.len() / 2], "compute_80").expect_err("no directory");
        assert!(matches!(cut, DamagedKernels::Archive { .. }), "{cut}");
        let mut packed = PACKED.to_vec();
        packed[1000] ^= 1; // the first text begins at byte 49
        let changed = unpack(&packed, "compute_75").expect_err("another text");
        assert!(changed.to_string().starts_with("compute_75/draw.ptx cannot be unpacked: "));
        assert!(unpack(&packed, "compute_80").is_ok(), "what is not asked for is not unpacked");
        let unknown = unpack(PACKED, "compute_60").expect_err("no such architecture");
        assert!(matches!(unknown, DamagedKernels::Module { .. }), "{unknown}");
    }
}
