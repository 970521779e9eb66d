//! What a command writes into a file of the user's choice, and how an earlier one is known.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use zip::ZipArchive;

use lora_store::folder::holds;

/// What is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A run that `export-cell` exports.
    Cell,
    /// The page of `report`.
    Report,
}

/// Arrays that are in every exported run.
const ARRAYS: [&str; 5] = ["X.npy", "W_in.npy", "A_0.npy", "B_0.npy", "losses.npy"];

/// What stands in pages of before that had no mark.
const OLD_PAGE: &str = "<script type=\"application/json\" id=\"data-run\">";

impl Kind {
    /// In words, with an article.
    pub fn words(self) -> &'static str {
        match self {
            Self::Cell => "a run that export-cell wrote",
            Self::Report => "a page that report wrote",
        }
    }

    /// Whether a file is one of its kind.
    pub fn wrote(self, path: &Path) -> bool {
        match self {
            Self::Cell => holds_arrays(path).unwrap_or(false),
            Self::Report => holds(path, lora_report::MARK) || holds(path, OLD_PAGE),
        }
    }
}

fn holds_arrays(path: &Path) -> Option<bool> {
    let archive = ZipArchive::new(BufReader::new(File::open(path).ok()?)).ok()?;
    Some(ARRAYS.iter().all(|array| archive.index_for_name(array).is_some()))
}
