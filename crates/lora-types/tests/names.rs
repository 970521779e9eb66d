//! Every name is read as it is written, and every other text is refused with the valid names.

use std::collections::BTreeSet;
use std::fmt::{Debug, Display};
use std::str::FromStr;

use lora_types::{
    Activation, Factor, FeatureRegime, Hidden, Init, ModelKind, OptimizerKind, Quantity, Regime,
    Trained, UnknownName, Verdict,
};
use proptest::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

trait Value:
    FromStr<Err = UnknownName> + Serialize + DeserializeOwned + Copy + PartialEq + Debug + Display
{
}

impl<T> Value for T where
    T: FromStr<Err = UnknownName>
        + Serialize
        + DeserializeOwned
        + Copy
        + PartialEq
        + Debug
        + Display
{
}

/// Calls a function for every enumeration, with its values and their names.
macro_rules! each_enumeration {
    ($call:expr) => {
        each_enumeration!($call; Activation, Factor, FeatureRegime, Hidden, Init, ModelKind);
        each_enumeration!($call; OptimizerKind, Quantity, Regime, Trained, Verdict);
    };
    ($call:expr; $($enum:ident),+) => {
        $({
            assert!($enum::ALL.iter().map(|value| value.key()).eq($enum::KEYS));
            $call(&$enum::ALL, &$enum::KEYS);
        })+
    };
}

fn reads_back<T: Value>(values: &[T], keys: &[&'static str]) {
    assert_eq!(keys.iter().collect::<BTreeSet<_>>().len(), keys.len());
    let shown: BTreeSet<String> = values.iter().map(T::to_string).collect();
    assert_eq!(shown.len(), values.len());
    for (value, key) in values.iter().zip(keys) {
        assert_eq!(key.parse::<T>().as_ref(), Ok(value));
        let json = serde_json::to_string(value).unwrap();
        assert_eq!(json, format!("\"{key}\""));
        assert_eq!(&serde_json::from_str::<T>(&json).unwrap(), value);
        assert_eq!(&read_cell::<T>(&write_cell(value)).unwrap(), value);
    }
}

fn write_cell<T: Serialize>(value: &T) -> Vec<u8> {
    let mut table = csv::WriterBuilder::new().has_headers(false).from_writer(Vec::new());
    table.serialize((1, value)).unwrap();
    table.into_inner().unwrap()
}

fn read_cell<T: DeserializeOwned>(table: &[u8]) -> Result<T, csv::Error> {
    let mut table = csv::ReaderBuilder::new().has_headers(false).from_reader(table);
    table.deserialize::<(u32, T)>().next().unwrap().map(|(_, value)| value)
}

#[test]
fn every_name_is_read_as_it_is_written() {
    each_enumeration!(reads_back);
}

/// Spellings of older files, and those that tables have for readers.
#[test]
fn other_spellings_are_read() {
    for init in Init::ALL {
        assert_eq!(init.label().parse(), Ok(init));
    }
    assert_eq!("both".parse(), Ok(Init::AB));
    for verdict in Verdict::ALL {
        assert_eq!(verdict.name().parse(), Ok(verdict));
    }
    for quantity in Quantity::ALL {
        assert_eq!(quantity.column(), quantity.key().replace('-', "_"));
        assert_eq!(quantity.column().parse(), Ok(quantity));
        assert_eq!(quantity.symbol().parse(), Ok(quantity));
    }
}

/// Every spelling besides the keys: of older files, tables and readers.
const OLD: [&str; 16] = [
    "Init[A]",
    "Init[B]",
    "Init[AB]",
    "both",
    "eta_opt",
    "eta_stable",
    "loss_drop",
    "η_opt",
    "η_stable",
    "Z_A",
    "Z_B",
    "δ1",
    "δ2",
    "δ3",
    "loss drop",
    "not a power law",
];

fn refuses<T: Value>(text: &str, keys: &[&str]) {
    let Err(error) = text.parse::<T>() else {
        assert!(keys.contains(&text) || OLD.contains(&text), "{text}");
        return;
    };
    let message = error.to_string();
    assert!(message.contains(&format!("`{text}`")), "{message}");
    assert!(keys.iter().all(|key| message.contains(&format!("`{key}`"))), "{message}");
    let json = serde_json::to_string(text).unwrap();
    let read = serde_json::from_str::<T>(&json).unwrap_err().to_string();
    assert!(read.starts_with(&message), "{read}");
}

proptest! {
    #[test]
    fn every_other_text_is_refused_with_the_valid_names(
        text in prop_oneof!["[ABab]{0,3}", "[a-z_ -]{0,24}", "\\PC{0,12}"],
    ) {
        each_enumeration!(|values, keys| other(values, keys, &text));
    }
}

fn other<T: Value>(_: &[T], keys: &[&str], text: &str) {
    refuses::<T>(text, keys);
}

/// Neither case nor space nor a shortened name is forgiven.
#[test]
fn a_name_that_is_almost_right_is_refused() {
    let mut accepted = 0;
    each_enumeration!(|values, keys| accepted += almost(values, keys));
    assert_eq!(accepted, 0);
    for number in ["1", "null", "true", "[\"A\"]", "{\"A\":null}"] {
        assert!(serde_json::from_str::<Init>(number).is_err(), "{number}");
    }
    let mistaken = serde_json::from_str::<Verdict>("3").unwrap_err().to_string();
    assert!(mistaken.contains("verdict, one of `holds`, `undecided`"), "{mistaken}");
}

fn almost<T: Value>(_: &[T], keys: &[&str]) -> usize {
    let mut accepted = 0;
    for key in keys {
        let other_case =
            if key.to_lowercase() == **key { key.to_uppercase() } else { key.to_lowercase() };
        for text in [format!(" {key}"), format!("{key} "), other_case, format!("{key}x")] {
            let known = keys.contains(&text.as_str());
            accepted += usize::from(!known && text.parse::<T>().is_ok());
            refuses::<T>(&text, keys);
        }
    }
    accepted
}

fn trained(json: &str) -> Result<Trained, serde_json::Error> {
    lora_types::trained_list::deserialize(&mut serde_json::Deserializer::from_str(json))
}

#[test]
fn trained_factors_are_read_from_a_list() {
    for factors in ["[\"A\", \"B\"]", "[\"B\", \"A\"]"] {
        assert_eq!(trained(factors).unwrap(), Trained::AB);
    }
    for choice in Trained::ALL {
        let mut json = Vec::new();
        let mut to = serde_json::Serializer::new(&mut json);
        lora_types::trained_list::serialize(&choice, &mut to).unwrap();
        assert_eq!(trained(std::str::from_utf8(&json).unwrap()).unwrap(), choice);
    }
    let wrong = "`train` names A, B or both, each once: [\"A\"], [\"B\"] or [\"A\", \"B\"], not ";
    for (factors, shown) in
        [("[]", "[]"), ("[\"B\", \"B\"]", "[B, B]"), ("[\"A\", \"B\", \"A\"]", "[A, B, A]")]
    {
        assert_eq!(trained(factors).unwrap_err().to_string(), format!("{wrong}{shown}"));
    }
    let unknown = trained("[\"C\"]").unwrap_err().to_string();
    assert!(unknown.starts_with("`C` is not a known LoRA factor: write one of `A`, `B`"));
}
