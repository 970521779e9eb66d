//! Keys and values of a GGUF file.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use super::cursor::Cursor;
use crate::error::{CheckpointError, short};

/// What a GGUF file says of itself: of the model's shape, and of its tokenizer.
///
/// A getter gives nothing if the key is absent, and an error if its value is of another type.
#[derive(Clone, Debug)]
pub struct Metadata {
    file: PathBuf,
    values: BTreeMap<String, Value>,
}

/// An array of texts in one piece of memory.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Texts {
    all: String,
    ends: Vec<usize>,
}

/// A type of numbers, by its number in the file.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Scalar(u32);

#[derive(Clone, Debug, PartialEq)]
enum Value {
    Number(Scalar, [u8; 8]),
    Text(String),
    Texts(Texts),
    Numbers(Scalar, Vec<u8>),
}

const F32: u32 = 6;
const BOOL: u32 = 7;
const TEXT: u32 = 8;
const ARRAY: u32 = 9;
const F64: u32 = 12;

impl Scalar {
    /// Bytes of a number; none if there is no such type.
    fn bytes(self) -> Option<u64> {
        match self.0 {
            0 | 1 | BOOL => Some(1),
            2 | 3 => Some(2),
            4..=F32 => Some(4),
            10..=F64 => Some(8),
            _ => None,
        }
    }

    /// A whole number of any width and sign.
    fn whole(self, bytes: [u8; 8]) -> Option<i64> {
        let [a, b, c, d, ..] = bytes;
        Some(match self.0 {
            0 => i64::from(a),
            1 => i64::from(a as i8),
            2 => i64::from(u16::from_le_bytes([a, b])),
            3 => i64::from(i16::from_le_bytes([a, b])),
            4 => i64::from(u32::from_le_bytes([a, b, c, d])),
            5 => i64::from(i32::from_le_bytes([a, b, c, d])),
            10 => i64::try_from(u64::from_le_bytes(bytes)).ok()?,
            11 => i64::from_le_bytes(bytes),
            _ => return None,
        })
    }

    fn real(self, bytes: [u8; 8]) -> Option<f64> {
        let [a, b, c, d, ..] = bytes;
        match self.0 {
            // 1e-5 in 32 bits is meant as 1e-5, so the shortest decimal is read again.
            F32 => f32::from_le_bytes([a, b, c, d]).to_string().parse().ok(),
            F64 => Some(f64::from_le_bytes(bytes)),
            _ => self.whole(bytes).map(|whole| whole as f64),
        }
    }
}

impl Metadata {
    /// Reads the metadata of a GGUF file, whichever model it holds.
    ///
    /// # Errors
    /// If the file cannot be read, or is no whole GGUF file.
    pub fn open(path: &Path) -> Result<Self, CheckpointError> {
        let file = File::open(path).map_err(|error| CheckpointError::io(path, error))?;
        let mut from = Cursor::new(path, &file)?;
        let (_, keys) = from.counts()?;
        Self::read(&mut from, keys)
    }

    /// Reads `count` keys with their values.
    pub(super) fn read(from: &mut Cursor<'_>, count: u64) -> Result<Self, CheckpointError> {
        // A key takes its length, a type and a value.
        from.fits(count, 8 + 4 + 1, "keys")?;
        let mut values = BTreeMap::new();
        for _ in 0..count {
            let key = from.text()?;
            let value = read_value(from, &key)?;
            if values.insert(key.clone(), value).is_some() {
                return Err(from.refuse(format!("has the key `{}` twice", short(&key))));
            }
        }
        Ok(Self { file: from.path.to_owned(), values })
    }

    /// The file that it is from.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// All keys.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.values.keys().map(String::as_str)
    }

    /// A text.
    ///
    /// # Errors
    /// If the value is no text.
    pub fn text(&self, key: &str) -> Result<Option<&str>, CheckpointError> {
        self.typed(key, "a text", |value| {
            if let Value::Text(text) = value { Some(text.as_str()) } else { None }
        })
    }

    /// A whole number of any width.
    ///
    /// # Errors
    /// If the value is no whole number, or one that 64 bits with a sign cannot hold.
    pub fn integer(&self, key: &str) -> Result<Option<i64>, CheckpointError> {
        self.typed(key, "a whole number", |value| match value {
            Value::Number(kind, bytes) => kind.whole(*bytes),
            _ => None,
        })
    }

    /// A number of any type. One of 32 bits stands for the shortest decimal that rounds to it.
    ///
    /// # Errors
    /// If the value is no number.
    pub fn number(&self, key: &str) -> Result<Option<f64>, CheckpointError> {
        self.typed(key, "a number", |value| match value {
            Value::Number(kind, bytes) => kind.real(*bytes),
            _ => None,
        })
    }

    /// True or false.
    ///
    /// # Errors
    /// If the value is neither.
    pub fn flag(&self, key: &str) -> Result<Option<bool>, CheckpointError> {
        self.typed(key, "true or false", |value| match value {
            Value::Number(Scalar(BOOL), [byte, ..]) => Some(*byte != 0),
            _ => None,
        })
    }

    /// An array of texts.
    ///
    /// # Errors
    /// If the value is no such array.
    pub fn texts(&self, key: &str) -> Result<Option<&Texts>, CheckpointError> {
        self.typed(key, "an array of texts", |value| {
            if let Value::Texts(texts) = value { Some(texts) } else { None }
        })
    }

    /// An array of whole numbers of any width.
    ///
    /// # Errors
    /// If the value is no such array.
    pub fn integers(&self, key: &str) -> Result<Option<Vec<i64>>, CheckpointError> {
        self.typed(key, "an array of whole numbers", |value| numbers(value, Scalar::whole))
    }

    /// An array of numbers of any type.
    ///
    /// # Errors
    /// If the value is no such array.
    pub fn numbers(&self, key: &str) -> Result<Option<Vec<f64>>, CheckpointError> {
        self.typed(key, "an array of numbers", |value| numbers(value, Scalar::real))
    }

    /// Whether a key is there.
    pub fn has(&self, key: &str) -> bool {
        self.values.contains_key(key)
    }

    /// Refuses the value of a key.
    pub(super) fn refuse(&self, key: &str, valid: impl Into<String>) -> CheckpointError {
        let value = match self.values.get(key) {
            None => "missing".to_owned(),
            Some(Value::Text(text)) => format!("`{}`", short(text)),
            Some(Value::Number(Scalar(BOOL), [byte, ..])) => (*byte != 0).to_string(),
            Some(Value::Number(kind, bytes)) => {
                kind.real(*bytes).map_or("too large".to_owned(), |real| real.to_string())
            }
            Some(Value::Texts(texts)) => format!("an array of {} texts", texts.len()),
            Some(Value::Numbers(..)) => "an array of numbers".to_owned(),
        };
        CheckpointError::key(&self.file, key, value, valid)
    }

    fn typed<'a, T>(
        &'a self,
        key: &str,
        valid: &str,
        take: impl Fn(&'a Value) -> Option<T>,
    ) -> Result<Option<T>, CheckpointError> {
        let Some(value) = self.values.get(key) else { return Ok(None) };
        take(value).map(Some).ok_or_else(|| self.refuse(key, format!("valid is {valid}")))
    }
}

fn numbers<T>(value: &Value, read: impl Fn(Scalar, [u8; 8]) -> Option<T>) -> Option<Vec<T>> {
    let Value::Numbers(kind, bytes) = value else { return None };
    let each = bytes.chunks_exact(kind.bytes()? as usize);
    each.map(|bytes| {
        let mut padded = [0; 8];
        padded[..bytes.len()].copy_from_slice(bytes);
        read(*kind, padded)
    })
    .collect()
}

fn read_value(from: &mut Cursor<'_>, key: &str) -> Result<Value, CheckpointError> {
    let kind = from.u32()?;
    match kind {
        TEXT => from.text().map(Value::Text),
        ARRAY => read_array(from, key),
        _ => {
            let bytes = from.bytes(scalar_bytes(from, kind, key)?)?;
            let mut padded = [0; 8];
            padded[..bytes.len()].copy_from_slice(&bytes);
            Ok(Value::Number(Scalar(kind), padded))
        }
    }
}

fn scalar_bytes(from: &Cursor<'_>, kind: u32, key: &str) -> Result<u64, CheckpointError> {
    let unknown = || {
        from.refuse(format!(
            "has a value of the unknown type {kind} under the key `{}`",
            short(key)
        ))
    };
    Scalar(kind).bytes().ok_or_else(unknown)
}

fn read_array(from: &mut Cursor<'_>, key: &str) -> Result<Value, CheckpointError> {
    let (kind, count) = (from.u32()?, from.u64()?);
    match kind {
        TEXT => read_texts(from, count).map(Value::Texts),
        ARRAY => Err(from.refuse(format!("has an array of arrays under the key `{}`", short(key)))),
        _ => {
            let each = scalar_bytes(from, kind, key)?;
            let count = from.fits(count, each, "numbers")? as u64;
            Ok(Value::Numbers(Scalar(kind), from.bytes(count * each)?))
        }
    }
}

fn read_texts(from: &mut Cursor<'_>, count: u64) -> Result<Texts, CheckpointError> {
    let count = from.fits(count, 8, "texts")?;
    let mut texts = Texts { all: String::new(), ends: Vec::with_capacity(count) };
    for _ in 0..count {
        texts.all.push_str(&from.text()?);
        texts.ends.push(texts.all.len());
    }
    Ok(texts)
}

impl Texts {
    /// How many texts there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The text at a place.
    pub fn get(&self, at: usize) -> Option<&str> {
        let end = *self.ends.get(at)?;
        let start =
            at.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        self.all.get(start..end)
    }

    /// All texts in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).filter_map(|at| self.get(at))
    }
}
