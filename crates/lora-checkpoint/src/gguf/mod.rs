//! GGUF files, as llama.cpp writes them: versions 2 and 3, little endian.

mod blocks;
mod config;
mod cursor;
mod header;
mod kind;
pub mod metadata;
mod names;
mod permute;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Seek, SeekFrom};
use std::path::{Path, PathBuf};

use half::{bf16, f16};

use crate::config::Config;
use crate::error::CheckpointError;
use crate::folder::numbers;
use crate::tensor::{Data, Tensor, product};
use header::Place;
use kind::Kind;
use metadata::Metadata;

/// An open GGUF file.
#[derive(Debug)]
pub(crate) struct Gguf {
    path: PathBuf,
    file: File,
    pub(crate) metadata: Metadata,
    pub(crate) config: Config,
    /// By Hugging Face names.
    places: BTreeMap<String, Place>,
}

impl Gguf {
    /// Reads the header, the metadata and what the configuration follows from.
    pub(crate) fn open(path: &Path) -> Result<Self, CheckpointError> {
        let mut file = File::open(path).map_err(|error| CheckpointError::io(path, error))?;
        let header = header::read(path, &file)?;
        let family = config::family(path, &header.metadata)?;
        let mut places = BTreeMap::new();
        let mut factors = None;
        for (on_disk, place) in header.places {
            if on_disk == names::ROPE_FACTORS {
                factors = Some(floats(path, &mut file, &place, &on_disk)?);
            } else if places.insert(names::hugging_face(&on_disk), place).is_some() {
                return Err(CheckpointError::tensor(
                    path,
                    &on_disk,
                    "is there twice, under two names",
                ));
            }
        }
        let has = |name: &str| places.get(name).map(|place: &Place| place.shape.as_slice());
        let config = config::read(path, &header.metadata, family, factors.as_deref(), &has)?;
        Ok(Self { path: path.to_owned(), file, metadata: header.metadata, config, places })
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.places.keys().map(String::as_str)
    }

    /// The shape of a tensor, if it is there.
    pub(crate) fn shape(&self, name: &str) -> Option<&[usize]> {
        self.places.get(name).map(|place| place.shape.as_slice())
    }

    /// The kinds of numbers, those with most bytes first.
    pub(crate) fn kinds(&self) -> Vec<Kind> {
        let mut bytes: BTreeMap<Kind, usize> = BTreeMap::new();
        for place in self.places.values() {
            *bytes.entry(place.kind).or_default() += product(&place.shape).unwrap_or(0);
        }
        let mut kinds: Vec<Kind> = bytes.keys().copied().collect();
        kinds.sort_by_key(|kind| std::cmp::Reverse(bytes.get(kind)));
        kinds
    }

    /// What all tensors take in memory.
    pub(crate) fn bytes(&self) -> u64 {
        let each =
            |place: &Place| place.kind.resident() * product(&place.shape).unwrap_or(0) as u64;
        self.places.values().map(each).fold(0, u64::saturating_add)
    }

    /// Reads a tensor, and puts the rows of queries and keys in Hugging Face's order.
    pub(crate) fn read(&mut self, name: &str) -> Result<Option<Tensor>, CheckpointError> {
        let Some(place) = self.places.get(name) else { return Ok(None) };
        let mut data = read_data(&self.path, &mut self.file, place)?;
        if let Some(heads) = permute::heads(&self.config, name) {
            data =
                permute::rows_of_halves(data, heads * self.config.head_dim, self.config.head_dim);
        }
        Ok(Some(Tensor { shape: place.shape.clone(), data }))
    }
}

fn floats(
    path: &Path,
    file: &mut File,
    place: &Place,
    name: &str,
) -> Result<Vec<f32>, CheckpointError> {
    match read_data(path, file, place)? {
        Data::F32(values) => Ok(values),
        _ => Err(CheckpointError::tensor(path, name, "has numbers of 16 bits; valid is F32")),
    }
}

fn read_data(path: &Path, file: &mut File, place: &Place) -> Result<Data, CheckpointError> {
    file.seek(SeekFrom::Start(place.offset)).map_err(|error| CheckpointError::io(path, error))?;
    let count = product(&place.shape).unwrap_or(0);
    Ok(match place.kind {
        Kind::F32 => Data::F32(numbers(path, file, count, f32::from_le_bytes)?),
        Kind::F16 => Data::F16(numbers(path, file, count, f16::from_le_bytes)?),
        Kind::BF16 => Data::BF16(numbers(path, file, count, bf16::from_le_bytes)?),
        quantised => Data::F32(blocks::read(path, file, count, quantised)?),
    })
}
