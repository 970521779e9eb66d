//! One `.safetensors` file: its header, checked, and its tensors, read one at a time.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use safetensors::Dtype;
use safetensors::tensor::TensorInfo;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor};

use crate::error::{CheckpointError, short};
use crate::tensor::product;

/// Bytes of the length that stands before the header.
const LENGTH: u64 = 8;
/// The longest header that the format allows.
pub(crate) const LONGEST: u64 = 100_000_000;
/// The name in the header that is no tensor.
const METADATA: &str = "__metadata__";

/// Where a tensor's bytes are.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) dtype: Dtype,
    pub(crate) shape: Vec<usize>,
    /// From the start of the file.
    pub(crate) offset: u64,
}

/// The tensors of a file by their names on disk, of a header of at most `longest` bytes.
pub(crate) fn header(
    path: &Path,
    file: &mut File,
    longest: u64,
) -> Result<BTreeMap<String, Place>, CheckpointError> {
    let io = |error| CheckpointError::io(path, error);
    let whole = file.metadata().map_err(io)?.len();
    let mut length = [0; LENGTH as usize];
    if whole < LENGTH {
        return Err(CheckpointError::damaged(
            path,
            format!("is no safetensors file: it has {whole} bytes"),
        ));
    }
    file.read_exact(&mut length).map_err(io)?;
    let length = u64::from_le_bytes(length);
    if length > LONGEST.min(whole - LENGTH) {
        let what = format!(
            "is no whole safetensors file: its header has {length} bytes, and the file {whole}"
        );
        return Err(CheckpointError::damaged(path, what));
    }
    if length > longest {
        let what = format!("has a header of {length} bytes; valid are at most {longest}");
        return Err(CheckpointError::damaged(path, what));
    }
    let mut text = Vec::new();
    file.take(length).read_to_end(&mut text).map_err(io)?;
    places(path, infos(path, &text)?, LENGTH + length, whole)
}

/// The entries of a header. They are read straight into what is kept: JSON as values would take ten times the
/// header's length.
fn infos(path: &Path, text: &[u8]) -> Result<BTreeMap<String, TensorInfo>, CheckpointError> {
    let reading = Cell::new(None);
    let mut from = serde_json::Deserializer::from_slice(text);
    let read = Infos(&reading).deserialize(&mut from).and_then(|all| from.end().map(|()| all));
    read.map_err(|error| {
        let why = short(&error.to_string());
        match reading.take() {
            Some(name) if error.is_data() => CheckpointError::tensor(path, &name, why),
            _ => {
                CheckpointError::damaged(path, format!("is not the JSON that it should be: {why}"))
            }
        }
    })
}

/// Reads a header's entries, and says which one is being read.
struct Infos<'a>(&'a Cell<Option<String>>);

impl<'de> DeserializeSeed<'de> for Infos<'_> {
    type Value = BTreeMap<String, TensorInfo>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Infos<'_> {
    type Value = BTreeMap<String, TensorInfo>;

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Self::Value, A::Error> {
        let mut all = BTreeMap::new();
        let mut metadata = false;
        while let Some(name) = from.next_key::<String>()? {
            let is_metadata = name == METADATA;
            if all.contains_key(&name) || is_metadata && std::mem::replace(&mut metadata, true) {
                return Err(A::Error::custom(format_args!("`{}` is there twice", short(&name))));
            }
            if is_metadata {
                from.next_value::<IgnoredAny>()?;
                continue;
            }
            self.0.set(Some(name.clone()));
            let info = from.next_value()?;
            self.0.set(None);
            all.insert(name, info);
        }
        Ok(all)
    }
}

fn places(
    path: &Path,
    infos: BTreeMap<String, TensorInfo>,
    data: u64,
    whole: u64,
) -> Result<BTreeMap<String, Place>, CheckpointError> {
    let mut all = BTreeMap::new();
    let mut spans = Vec::new();
    for (name, info) in infos {
        let (from, to) = info.data_offsets;
        let bits = product(&info.shape).and_then(|count| count.checked_mul(info.dtype.bitsize()));
        if to < from || bits.is_none_or(|bits| bits % 8 != 0 || bits / 8 != to - from) {
            let what = format!(
                "of shape {:?} cannot be in bytes {from} to {to} of the data",
                short_shape(&info.shape)
            );
            return Err(CheckpointError::tensor(path, &name, what));
        }
        spans.push((from as u64, to as u64, name.clone()));
        all.insert(
            name,
            Place { dtype: info.dtype, shape: info.shape, offset: data + from as u64 },
        );
    }
    without_gaps(path, spans, whole - data)?;
    Ok(all)
}

/// A few axes of a shape, for a message.
fn short_shape(shape: &[usize]) -> &[usize] {
    &shape[..shape.len().min(6)]
}

/// The format wants every byte of the data to belong to one tensor.
fn without_gaps(
    path: &Path,
    mut spans: Vec<(u64, u64, String)>,
    bytes: u64,
) -> Result<(), CheckpointError> {
    spans.sort();
    let mut end = 0;
    for (from, to, name) in &spans {
        if *from != end {
            let fault =
                if *from < end { "shares bytes with another tensor" } else { "comes after a gap" };
            return Err(CheckpointError::tensor(path, name, fault));
        }
        end = *to;
    }
    if end == bytes {
        return Ok(());
    }
    Err(CheckpointError::damaged(
        path,
        format!("is not whole: its tensors take {end} bytes, and it has {bytes}"),
    ))
}
