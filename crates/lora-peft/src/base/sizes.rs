//! Sizes in a configuration.

use lora_checkpoint::{CheckpointError, Fields};
use serde_json::{Map, Value};

use super::families::{Defaults, Family, Heads};

/// Bounds of sizes, far beyond any model.
pub(crate) const MOST_WIDTH: usize = 1 << 24;
pub(crate) const MOST_DEPTH: usize = 10_000;
pub(crate) const MOST_ROWS: usize = 1 << 30;

/// A size by the first of two names that is there.
pub(crate) fn one_of(
    fields: &Fields<'_>,
    [first, second]: [&str; 2],
    most: usize,
) -> Result<usize, CheckpointError> {
    let absent = fields.get(first).is_none() && fields.get(second).is_some();
    fields.size(if absent { second } else { first }, most)
}

/// What families read their modules from.
pub(crate) struct Sizes<'a> {
    pub(crate) fields: Fields<'a>,
    pub(crate) width: usize,
    pub(crate) labels: usize,
    pub(crate) defaults: Option<&'static Defaults>,
}

impl Sizes<'_> {
    pub(crate) fn size(&self, key: &str) -> Result<usize, CheckpointError> {
        self.fields.size(key, MOST_ROWS)
    }

    pub(crate) fn vocabulary(&self) -> Result<usize, CheckpointError> {
        self.or_default("vocab_size", MOST_ROWS, |defaults| defaults.vocabulary)
    }

    /// A size that may be left out if the family's class has it by itself.
    fn or_default(
        &self,
        key: &str,
        most: usize,
        of: fn(&Defaults) -> usize,
    ) -> Result<usize, CheckpointError> {
        match (self.fields.get(key), self.defaults) {
            (None, Some(defaults)) if of(defaults) <= most => Ok(of(defaults)),
            _ => self.fields.size(key, most),
        }
    }

    /// Outputs of queries, and of keys or values: heads times their size.
    pub(crate) fn heads(&self, family: &Family) -> Result<[usize; 2], CheckpointError> {
        let fields = &self.fields;
        let heads = self.or_default("num_attention_heads", MOST_WIDTH, |known| known.heads)?;
        let groups = match family.heads {
            Heads::Shared => fields.whole("num_key_value_heads", 1, MOST_WIDTH)?.unwrap_or(heads),
            Heads::OwnNumber | Heads::OwnSize => {
                self.or_default("num_key_value_heads", MOST_WIDTH, |known| known.groups)?
            }
        };
        let size = self.head_dim(family, heads)?;
        Ok([heads * size, groups * size])
    }

    fn head_dim(&self, family: &Family, heads: usize) -> Result<usize, CheckpointError> {
        let fields = &self.fields;
        // No heads together are wider than the widest model.
        let most = (MOST_WIDTH / heads).max(1);
        if family.heads == Heads::OwnSize {
            return self.or_default("head_dim", most, |known| known.head_dim);
        }
        match fields.whole("head_dim", 1, most)? {
            Some(size) => Ok(size),
            None if self.width.is_multiple_of(heads) => Ok(self.width / heads),
            None => {
                let valid =
                    format!("valid is a multiple of `num_attention_heads`, which is {heads}");
                Err(fields.refuse("hidden_size", valid))
            }
        }
    }
}

/// Classes that the config declares; transformers leaves them out if there are two.
pub(crate) fn labels(fields: &Fields<'_>) -> Result<usize, CheckpointError> {
    let named = fields.get("id2label").and_then(Value::as_object).map(Map::len);
    match named.filter(|count| *count > 0) {
        Some(count) => Ok(count),
        None => Ok(fields.whole("num_labels", 1, MOST_ROWS)?.unwrap_or(2)),
    }
}
