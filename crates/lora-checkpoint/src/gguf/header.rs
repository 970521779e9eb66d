//! The header of a GGUF file: its version, its metadata, and where its tensors are.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use super::cursor::Cursor;
use super::kind::Kind;
use super::metadata::Metadata;
use crate::error::CheckpointError;
use crate::tensor::product;

/// The most axes of a tensor in ggml.
const MOST_AXES: u32 = 4;
/// Bytes of an entry of the list of tensors, with an empty name and one axis.
const SHORTEST_ENTRY: u64 = 8 + 4 + 8 + 4 + 8;
const ALIGNMENT: &str = "general.alignment";

/// Where a tensor's numbers are.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) kind: Kind,
    /// The slowest axis first, as elsewhere; on disk it is last.
    pub(super) shape: Vec<usize>,
    /// From the start of the file.
    pub(super) offset: u64,
}

pub(super) struct Header {
    pub(super) metadata: Metadata,
    /// By names on disk.
    pub(super) places: BTreeMap<String, Place>,
}

pub(super) fn read(path: &Path, file: &File) -> Result<Header, CheckpointError> {
    let mut from = Cursor::new(path, file)?;
    let (tensors, keys) = from.counts()?;
    let metadata = Metadata::read(&mut from, keys)?;
    let places = read_places(&mut from, &metadata, tensors)?;
    Ok(Header { metadata, places })
}

fn read_places(
    from: &mut Cursor<'_>,
    metadata: &Metadata,
    count: u64,
) -> Result<BTreeMap<String, Place>, CheckpointError> {
    from.fits(count, SHORTEST_ENTRY, "tensors")?;
    let mut places = BTreeMap::new();
    for _ in 0..count {
        let name = from.text()?;
        let place = read_place(from, &name)?;
        if places.insert(name.clone(), place).is_some() {
            return Err(CheckpointError::tensor(from.path, &name, "is there twice"));
        }
    }
    let alignment = alignment(metadata)?;
    let start = from.place().checked_next_multiple_of(alignment).unwrap_or(u64::MAX);
    within_file(from, &mut places, start, alignment)?;
    Ok(places)
}

fn alignment(metadata: &Metadata) -> Result<u64, CheckpointError> {
    let given = metadata.integer(ALIGNMENT)?.unwrap_or(32);
    let sound =
        u64::try_from(given).ok().filter(|given| given.is_power_of_two() && *given <= 1 << 20);
    sound.ok_or_else(|| metadata.refuse(ALIGNMENT, "valid is a power of two up to 1048576"))
}

/// Reads an entry of the list of tensors. Its offset still counts from the start of the data.
fn read_place(from: &mut Cursor<'_>, name: &str) -> Result<Place, CheckpointError> {
    let axes = from.u32()?;
    if axes == 0 || axes > MOST_AXES {
        let what = format!("has {axes} axes; valid is 1 to {MOST_AXES}");
        return Err(CheckpointError::tensor(from.path, name, what));
    }
    let mut shape = Vec::new();
    for _ in 0..axes {
        shape.push(usize::try_from(from.u64()?).unwrap_or(usize::MAX));
    }
    shape.reverse();
    let number = from.u32()?;
    let kind = Kind::of(number).ok_or_else(|| {
        let what = format!(
            "has numbers of ggml's type {number}; those that can be read are {}",
            Kind::all()
        );
        CheckpointError::tensor(from.path, name, what)
    })?;
    Ok(Place { kind, shape, offset: from.u64()? })
}

/// Checks that every tensor lies inside of the file, aligned and apart from the others.
fn within_file(
    from: &Cursor<'_>,
    places: &mut BTreeMap<String, Place>,
    start: u64,
    alignment: u64,
) -> Result<(), CheckpointError> {
    let mut spans = Vec::new();
    for (name, place) in places.iter_mut() {
        let refuse = |what: &str| CheckpointError::tensor(from.path, name, what);
        if place.offset % alignment != 0 {
            return Err(refuse("is not aligned"));
        }
        let bytes =
            bytes(place).ok_or_else(|| refuse("has a shape that its blocks do not fill"))?;
        let from_start = place.offset.checked_add(start);
        let span = from_start.and_then(|from| Some((from, from.checked_add(bytes)?)));
        let span = span.filter(|(_, end)| *end <= from.whole());
        let (offset, end) = span.ok_or_else(|| refuse("ends behind the end of the file"))?;
        place.offset = offset;
        spans.push((offset, end, name));
    }
    spans.sort();
    match spans.windows(2).find(|pair| pair[1].0 < pair[0].1) {
        Some(pair) => {
            Err(CheckpointError::tensor(from.path, pair[1].2, "shares bytes with another tensor"))
        }
        None => Ok(()),
    }
}

/// Bytes of a tensor; none if its rows are no whole blocks or cannot be counted.
fn bytes(place: &Place) -> Option<u64> {
    let row = place.shape.last()?;
    if row % place.kind.block() != 0 {
        return None;
    }
    let blocks = product(&place.shape)? / place.kind.block();
    (blocks as u64).checked_mul(place.kind.block_bytes() as u64)
}
