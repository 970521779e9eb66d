//! The tensors of a folder: one file, or shards with an index.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Component, Path, PathBuf};

use half::{bf16, f16};
use safetensors::Dtype;
use serde::Deserialize;

use crate::config::Family;
use crate::error::{CheckpointError, short};
use crate::names::canonical;
use crate::safetensors_file::{LONGEST, Place, header};
use crate::strict_json::{Object, parse, read_small};
use crate::tensor::{Data, Tensor, product};

/// The file that holds all weights of a small model.
pub(crate) const SINGLE: &str = "model.safetensors";
/// The file that says which shard holds which weight.
const INDEX: &str = "model.safetensors.index.json";

/// Open files of weights, and where in them each tensor is.
#[derive(Debug)]
pub(crate) struct Folder {
    files: Vec<(PathBuf, File)>,
    places: BTreeMap<String, (usize, Place)>,
}

#[derive(Deserialize)]
struct Index {
    weight_map: Object<String>,
}

impl Folder {
    /// Opens the weights of a folder and reads their headers.
    pub(crate) fn open(dir: &Path, family: Family) -> Result<Self, CheckpointError> {
        let mut folder = Self { files: Vec::new(), places: BTreeMap::new() };
        if dir.join(SINGLE).exists() {
            folder.add(dir.join(SINGLE), family, None)?;
        } else if dir.join(INDEX).exists() {
            folder.add_shards(&dir.join(INDEX), dir, family)?;
        } else {
            let what = format!(
                "has neither `{SINGLE}` nor `{INDEX}`; other formats of weights are not read"
            );
            return Err(CheckpointError::damaged(dir, what));
        }
        Ok(folder)
    }

    /// Opens one file of adapters, whose names stay as they are.
    pub(crate) fn open_file(path: &Path) -> Result<Self, CheckpointError> {
        Self::open_adapter(path, LONGEST)
    }

    /// The same with a header of at most so many bytes.
    pub(crate) fn open_adapter(path: &Path, longest: u64) -> Result<Self, CheckpointError> {
        let mut file = File::open(path).map_err(|error| CheckpointError::io(path, error))?;
        let places =
            header(path, &mut file, longest)?.into_iter().map(|(name, place)| (name, (0, place)));
        Ok(Self { places: places.collect(), files: vec![(path.to_owned(), file)] })
    }

    fn add_shards(
        &mut self,
        index: &Path,
        dir: &Path,
        family: Family,
    ) -> Result<(), CheckpointError> {
        let map = parse::<Index>(index, &read_small(index)?)?.weight_map.0;
        let mut shards: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (name, file) in &map {
            if !is_plain(file) {
                let what = format!(
                    "names the shard `{}`; valid is the name of a file in the same folder",
                    short(file)
                );
                return Err(CheckpointError::damaged(index, what));
            }
            shards.entry(file).or_default().push(name);
        }
        for (file, names) in shards {
            self.add(dir.join(file), family, Some(&names))?;
        }
        Ok(())
    }

    /// Adds the tensors of a file: all, or those that an index lists.
    fn add(
        &mut self,
        path: PathBuf,
        family: Family,
        listed: Option<&[&str]>,
    ) -> Result<(), CheckpointError> {
        let mut file = File::open(&path).map_err(|error| CheckpointError::io(&path, error))?;
        let mut there = header(&path, &mut file, LONGEST)?;
        if let Some(listed) = listed {
            if let Some(missing) = listed.iter().find(|name| !there.contains_key(**name)) {
                return Err(CheckpointError::missing(&path, missing));
            }
            there.retain(|name, _| listed.contains(&name.as_str()));
        }
        let number = self.files.len();
        // Integers, such as the positions that BERT keeps, are no weights.
        for (on_disk, place) in
            there.into_iter().filter(|(_, place)| bytes_of(place.dtype).is_some())
        {
            let name = canonical(family, &on_disk);
            if self.places.insert(name, (number, place)).is_some() {
                return Err(CheckpointError::tensor(
                    &path,
                    &on_disk,
                    "is there twice, under an old and a new name",
                ));
            }
        }
        self.files.push((path, file));
        Ok(())
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.places.keys().map(String::as_str)
    }

    /// The shape of a tensor, if it is there, and the file that holds it.
    pub(crate) fn shape(&self, name: &str) -> Option<(&[usize], &Path)> {
        let (file, place) = self.places.get(name)?;
        Some((&place.shape, &self.files.get(*file)?.0))
    }

    /// What all tensors take in memory.
    pub(crate) fn bytes(&self) -> u64 {
        let each = |place: &Place| {
            resident(place.dtype).saturating_mul(product(&place.shape).unwrap_or(0) as u64)
        };
        self.places.values().map(|(_, place)| each(place)).fold(0, u64::saturating_add)
    }

    /// Reads a tensor, which must be there.
    pub(crate) fn read(&mut self, name: &str) -> Result<Option<Tensor>, CheckpointError> {
        let Some((number, place)) = self.places.get(name) else { return Ok(None) };
        let Some((path, file)) = self.files.get_mut(*number) else { return Ok(None) };
        file.seek(SeekFrom::Start(place.offset))
            .map_err(|error| CheckpointError::io(path, error))?;
        let count = product(&place.shape).unwrap_or(0);
        let data = match place.dtype {
            Dtype::F32 => Data::F32(numbers(path, file, count, f32::from_le_bytes)?),
            Dtype::F64 => {
                Data::F32(numbers(path, file, count, |bytes| rounded(f64::from_le_bytes(bytes)))?)
            }
            Dtype::F16 => Data::F16(numbers(path, file, count, f16::from_le_bytes)?),
            Dtype::BF16 => Data::BF16(numbers(path, file, count, bf16::from_le_bytes)?),
            other => {
                let what =
                    format!("has numbers of the kind {other:?}; valid is F32, F16, BF16 or F64");
                return Err(CheckpointError::tensor(path, name, what));
            }
        };
        Ok(Some(Tensor { shape: place.shape.clone(), data }))
    }
}

/// Bytes of a number on disk, for the kinds that weights may have.
fn bytes_of(dtype: Dtype) -> Option<u64> {
    match dtype {
        Dtype::F16 | Dtype::BF16 => Some(2),
        Dtype::F32 => Some(4),
        Dtype::F64 => Some(8),
        _ => None,
    }
}

/// In 32 bits. What is not zero does not become zero, since an exact zero says that a factor was not trained.
fn rounded(number: f64) -> f32 {
    match number as f32 {
        0.0 if number != 0.0 => f32::from_bits(1).copysign(number.signum() as f32),
        rounded => rounded,
    }
}

/// Bytes of a number in memory: 64 bits are rounded to 32.
fn resident(dtype: Dtype) -> u64 {
    bytes_of(dtype).unwrap_or(0).min(4)
}

/// Whether a name is that of a file in this folder.
fn is_plain(name: &str) -> bool {
    let mut parts = Path::new(name).components();
    matches!((parts.next(), parts.next()), (Some(Component::Normal(_)), None))
        && !name.contains(['/', '\\'])
}

/// Reads numbers of `N` bytes in pieces, so that no second copy of a tensor is in memory.
pub(crate) fn numbers<T, const N: usize>(
    path: &Path,
    from: &mut impl Read,
    count: usize,
    number: impl Fn([u8; N]) -> T,
) -> Result<Vec<T>, CheckpointError> {
    const PIECE: usize = 1 << 14;
    let mut all = Vec::with_capacity(count);
    let mut piece = vec![0; PIECE.min(count) * N];
    while all.len() < count {
        let bytes = &mut piece[..(count - all.len()).min(PIECE) * N];
        from.read_exact(bytes).map_err(|error| CheckpointError::io(path, error))?;
        all.extend(bytes.as_chunks::<N>().0.iter().map(|bytes| number(*bytes)));
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_zero_is_zero_in_32_bits() {
        assert_eq!([rounded(1e-60), rounded(-1e-60)], [f32::from_bits(1), -f32::from_bits(1)]);
        assert_eq!([rounded(0.0), rounded(1.5), rounded(1e-30)], [0.0, 1.5, 1e-30]);
        assert!(rounded(f64::NAN).is_nan() && rounded(1e300).is_infinite());
    }

    #[test]
    fn a_shard_is_in_the_same_folder() {
        assert!(is_plain("model-00001-of-00002.safetensors"));
        for elsewhere in ["../m", "/etc/m", "a/b", "..", ".", "", "a\\b", "./a"] {
            assert!(!is_plain(elsewhere), "{elsewhere}");
        }
    }
}
