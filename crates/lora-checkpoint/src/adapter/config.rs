//! `adapter_config.json`, as PEFT writes it.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;
use serde_json::{Value, json};

use super::patterns::{Ordered, Patterns};
use crate::error::{CheckpointError, short};
use crate::strict_json::{Object, parse};

/// Which modules are adapted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TargetModules {
    /// Those with one of these names, or with names that end in `.` and one of these.
    Names(Vec<String>),
    /// Those whose whole names match a regular expression, or a word that PEFT knows, as `all-linear`.
    Pattern(String),
}

/// What PEFT's `LoraConfig` says.
#[derive(Clone, Debug, PartialEq)]
pub struct AdapterConfig {
    /// The rank.
    pub r: usize,
    /// α of the multiplier α/r.
    pub lora_alpha: f64,
    /// Whether the multiplier is α/√r instead.
    pub use_rslora: bool,
    /// The adapted modules.
    pub target_modules: TargetModules,
    /// Share of inputs that training drops.
    pub lora_dropout: f64,
    /// Modules that were trained whole and saved with the adapter.
    pub modules_to_save: Vec<String>,
    /// The base model.
    pub base_model_name_or_path: Option<String>,
    /// What the model is for, such as `CAUSAL_LM` or `SEQ_CLS`.
    pub task_type: Option<String>,
    /// How the factors were initialised, as text: `true`, `false`, or a name such as `gaussian`.
    pub init_lora_weights: String,
    /// Ranks of modules that have others than `r`, by patterns that match the ends of their names. As in
    /// PEFT, the first pattern that matches a module counts.
    pub rank_pattern: Vec<(String, usize)>,
    /// α of modules that have another than `lora_alpha`, likewise.
    pub alpha_pattern: Vec<(String, f64)>,
    /// Every other key that was read, to be written again.
    pub other: BTreeMap<String, Value>,
}

impl AdapterConfig {
    /// A configuration with PEFT's defaults.
    pub fn new(r: usize, lora_alpha: f64, target_modules: TargetModules) -> Self {
        Self {
            r,
            lora_alpha,
            use_rslora: false,
            target_modules,
            lora_dropout: 0.0,
            modules_to_save: Vec::new(),
            base_model_name_or_path: None,
            task_type: None,
            init_lora_weights: "true".to_owned(),
            rank_pattern: Vec::new(),
            alpha_pattern: Vec::new(),
            other: BTreeMap::new(),
        }
    }

    /// As it is written: with values for keys that PEFT wants to be there.
    pub fn with_defaults(&self) -> Self {
        let mut all = self.clone();
        for (key, plain) in [("bias", json!("none")), ("inference_mode", json!(true))] {
            all.other.entry(key.to_owned()).or_insert(plain);
        }
        all
    }
}

/// Keys that make another product of the factors, and the value with which they do not.
const PLAIN: [(&str, &str); 9] = [
    ("use_dora", "false"),
    ("use_qalora", "false"),
    ("fan_in_fan_out", "false"),
    ("lora_bias", "false"),
    ("bias", "\"none\""),
    ("layer_replication", "null"),
    ("target_parameters", "null"),
    ("trainable_token_indices", "null"),
    ("alora_invocation_tokens", "null"),
];

fn refused_by(value: &Value, plain: &str) -> bool {
    let text = value.to_string();
    text != plain
}

/// The keys of a configuration while they are read.
struct Keys<'a> {
    file: &'a Path,
    all: BTreeMap<String, Value>,
}

impl Keys<'_> {
    fn take(&mut self, key: &str) -> Option<Value> {
        self.all.remove(key).filter(|value| !value.is_null())
    }

    fn refuse(&self, key: &str, value: &Value, valid: &str) -> CheckpointError {
        CheckpointError::key(self.file, key, short(&value.to_string()), format!("valid is {valid}"))
    }

    fn typed<T>(
        &mut self,
        key: &str,
        valid: &str,
        read: impl Fn(&Value) -> Option<T>,
    ) -> Result<Option<T>, CheckpointError> {
        let Some(value) = self.take(key) else { return Ok(None) };
        read(&value).map(Some).ok_or_else(|| self.refuse(key, &value, valid))
    }

    fn needed<T>(
        &mut self,
        key: &str,
        valid: &str,
        read: impl Fn(&Value) -> Option<T>,
    ) -> Result<T, CheckpointError> {
        let missing = CheckpointError::key(self.file, key, "missing", format!("valid is {valid}"));
        self.typed(key, valid, read)?.ok_or(missing)
    }

    /// Takes an object away whose values are all valid.
    fn check_values(
        &mut self,
        key: &str,
        valid: &str,
        is_valid: impl Fn(&Value) -> bool,
    ) -> Result<(), CheckpointError> {
        let all = |value: &Value| value.as_object()?.values().all(&is_valid).then_some(());
        self.typed(key, valid, all).map(|_| ())
    }

    fn text(&mut self, key: &str) -> Result<Option<String>, CheckpointError> {
        self.typed(key, "a text", |value| value.as_str().map(str::to_owned))
    }
}

pub(super) fn read(file: &Path, text: &[u8]) -> Result<AdapterConfig, CheckpointError> {
    let mut keys = Keys { file, all: parse::<Object<Value>>(file, text)?.0 };
    keys.needed("peft_type", "\"LORA\"", |value| (value == "LORA").then_some(()))?;
    for (key, plain) in PLAIN {
        if let Some(value) = keys.all.get(key)
            && !value.is_null()
            && refused_by(value, plain)
        {
            return Err(keys.refuse(key, value, plain));
        }
    }
    keys.check_values("rank_pattern", "an object of ranks", |value| rank(value).is_some())?;
    keys.check_values("alpha_pattern", "an object of numbers", |value| finite(value).is_some())?;
    // Once more, since the order of patterns counts.
    let Patterns { rank_pattern, alpha_pattern } = parse(file, text)?;
    Ok(AdapterConfig {
        r: keys.needed("r", RANK, rank)?,
        lora_alpha: keys.needed("lora_alpha", "a number", finite)?,
        use_rslora: keys.typed("use_rslora", "true or false", Value::as_bool)?.unwrap_or(false),
        target_modules: keys.needed("target_modules", "a list of names, or a pattern", targets)?,
        lora_dropout: keys.typed("lora_dropout", "a number from 0 to 1", share)?.unwrap_or(0.0),
        modules_to_save: keys
            .typed("modules_to_save", "a list of names", texts)?
            .unwrap_or_default(),
        base_model_name_or_path: keys.text("base_model_name_or_path")?,
        task_type: keys.text("task_type")?,
        init_lora_weights: keys
            .typed("init_lora_weights", "true, false or a name", init)?
            .unwrap_or_else(|| "true".to_owned()),
        rank_pattern: rank_pattern.map_or_else(Vec::new, |all| all.0),
        alpha_pattern: alpha_pattern.map_or_else(Vec::new, |all| all.0),
        other: keys.all,
    })
}

const RANK: &str = "a whole number from 1 to 1048576";

fn rank(value: &Value) -> Option<usize> {
    value.as_u64().filter(|rank| (1..=1 << 20).contains(rank)).map(|rank| rank as usize)
}

fn finite(value: &Value) -> Option<f64> {
    value.as_f64().filter(|number| number.is_finite())
}

fn share(value: &Value) -> Option<f64> {
    value.as_f64().filter(|share| (0.0..=1.0).contains(share))
}

fn texts(value: &Value) -> Option<Vec<String>> {
    value.as_array()?.iter().map(|text| text.as_str().map(str::to_owned)).collect()
}

fn targets(value: &Value) -> Option<TargetModules> {
    match value.as_str() {
        Some(pattern) => Some(TargetModules::Pattern(pattern.to_owned())),
        None => texts(value).map(TargetModules::Names),
    }
}

fn init(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned).or_else(|| value.as_bool().map(|flag| flag.to_string()))
}

pub(super) fn write(config: &AdapterConfig) -> String {
    let targets = match &config.target_modules {
        TargetModules::Names(names) => json!(names),
        TargetModules::Pattern(pattern) => json!(pattern),
    };
    let init = match config.init_lora_weights.as_str() {
        "true" => json!(true),
        "false" => json!(false),
        name => json!(name),
    };
    let save =
        if config.modules_to_save.is_empty() { Value::Null } else { json!(config.modules_to_save) };
    let ours = [
        ("peft_type", json!("LORA")),
        ("r", json!(config.r)),
        ("lora_alpha", number(config.lora_alpha)),
        ("use_rslora", json!(config.use_rslora)),
        ("target_modules", targets),
        ("lora_dropout", json!(config.lora_dropout)),
        ("modules_to_save", save),
        ("base_model_name_or_path", json!(config.base_model_name_or_path)),
        ("task_type", json!(config.task_type)),
        ("init_lora_weights", init),
    ];
    let one = |(key, value)| (key, Written::Value(value));
    let mut all: BTreeMap<String, Written> =
        config.with_defaults().other.into_iter().map(one).collect();
    all.extend(ours.map(|(key, value)| (key.to_owned(), Written::Value(value))));
    let ranks = config.rank_pattern.iter().map(|(name, rank)| (name.clone(), json!(rank)));
    let alphas = config.alpha_pattern.iter().map(|(name, alpha)| (name.clone(), number(*alpha)));
    all.insert("rank_pattern".to_owned(), Written::InOrder(Ordered(ranks.collect())));
    all.insert("alpha_pattern".to_owned(), Written::InOrder(Ordered(alphas.collect())));
    // Maps with names and plain values, which always have JSON.
    format!("{}\n", serde_json::to_string_pretty(&all).unwrap_or_default())
}

/// A value of a configuration.
#[derive(Serialize)]
#[serde(untagged)]
enum Written {
    Value(Value),
    InOrder(Ordered<Value>),
}

/// A whole number without a point, as PEFT writes α.
fn number(number: f64) -> Value {
    if number.fract() == 0.0 && number.abs() < 1e15 { json!(number as i64) } else { json!(number) }
}
