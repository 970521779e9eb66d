//! Objects of `adapter_config.json` whose order counts.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde::{Serialize, Serializer};

use crate::error::short;

/// The patterns of a configuration.
#[derive(Debug, serde::Deserialize)]
pub(super) struct Patterns {
    pub(super) rank_pattern: Option<Ordered<usize>>,
    pub(super) alpha_pattern: Option<Ordered<f64>>,
}

/// An object in its order, without a name that is there twice.
#[derive(Debug)]
pub(crate) struct Ordered<T>(pub(crate) Vec<(String, T)>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Ordered<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(InOrder(PhantomData)).map(Self)
    }
}

impl<T: Serialize> Serialize for Ordered<T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

struct InOrder<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for InOrder<T> {
    type Value = Vec<(String, T)>;

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Self::Value, A::Error> {
        let mut all: Vec<(String, T)> = Vec::new();
        while let Some((name, value)) = from.next_entry::<String, T>()? {
            if all.iter().any(|(known, _)| *known == name) {
                return Err(A::Error::custom(format_args!("`{}` is there twice", short(&name))));
            }
            all.push((name, value));
        }
        Ok(all)
    }
}
