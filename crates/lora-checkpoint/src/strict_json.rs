//! JSON files: bounded, and without a name that is there twice.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::Read;
use std::marker::PhantomData;
use std::path::Path;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};

use crate::error::{CheckpointError, short};

/// Far more than any configuration or index has.
const MOST: u64 = 64 << 20;

/// A whole small file.
pub(crate) fn read_small(path: &Path) -> Result<Vec<u8>, CheckpointError> {
    let file = File::open(path).map_err(|error| CheckpointError::io(path, error))?;
    let mut bytes = Vec::new();
    file.take(MOST + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| CheckpointError::io(path, error))?;
    if bytes.len() as u64 > MOST {
        return Err(CheckpointError::damaged(path, format!("has more than {} MiB", MOST >> 20)));
    }
    Ok(bytes)
}

/// JSON as a value of a type.
pub(crate) fn parse<T: for<'de> Deserialize<'de>>(
    file: &Path,
    text: &[u8],
) -> Result<T, CheckpointError> {
    serde_json::from_slice(text).map_err(|error| {
        CheckpointError::damaged(
            file,
            format!("is not the JSON that it should be: {}", short(&error.to_string())),
        )
    })
}

/// A JSON object whose names are all different.
pub(crate) struct Object<T>(pub(crate) BTreeMap<String, T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(Names(PhantomData)).map(Self)
    }
}

struct Names<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Names<T> {
    type Value = BTreeMap<String, T>;

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Self::Value, A::Error> {
        let mut all = BTreeMap::new();
        while let Some((name, value)) = from.next_entry::<String, T>()? {
            if all.contains_key(&name) {
                return Err(A::Error::custom(format_args!("`{}` is there twice", short(&name))));
            }
            all.insert(name, value);
        }
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_there_twice_is_refused() {
        let read = |text: &str| {
            parse::<Object<u32>>(Path::new("a.json"), text.as_bytes()).map(|all| all.0)
        };
        assert_eq!(read(r#"{"b": 1, "a": 2}"#).expect("good").len(), 2);
        let twice = read(r#"{"a": 1, "a": 1}"#).expect_err("refused").to_string();
        assert!(twice.contains("`a` is there twice"), "{twice}");
    }
}
