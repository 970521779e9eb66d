//! `adapter_config.json`, as PEFT reads it: with its defaults for keys that are absent.

use std::path::{Path, PathBuf};

use lora_checkpoint::{CheckpointError, Fields, JsonFile};
use serde_json::Value;

use crate::head::Head;
use crate::start::Start;

/// The file in an adapter's folder.
pub(crate) const FILE: &str = "adapter_config.json";

const MOST_RANK: usize = 1 << 16;

/// Names of modules: whole names, or what stands behind a dot at their end; or a regular expression for
/// whole names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Names {
    /// A list.
    Ends(Vec<String>),
    /// A pattern.
    Pattern(String),
}

/// `target_modules`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Targets {
    /// `null`: what PEFT adapts in a model of this family.
    Default,
    /// `all-linear`: every linear module but the head.
    AllLinear,
    /// These.
    Named(Names),
}

/// What PEFT's `LoraConfig` says of shapes and of the start.
#[derive(Clone, Debug, PartialEq)]
pub struct PeftConfig {
    /// Where it was read.
    pub file: PathBuf,
    /// The rank; PEFT's default is 8.
    pub r: u32,
    /// α; PEFT's default is 8.
    pub lora_alpha: f64,
    /// Whether s = α/√r instead of α/r.
    pub use_rslora: bool,
    /// `init_lora_weights`.
    pub start: Start,
    /// Whether B has a bias that trains, too.
    pub lora_bias: bool,
    /// `bias`: which biases of the base train, `none`, `all` or `lora_only`.
    pub bias: String,
    /// The adapted modules.
    pub targets: Targets,
    /// Modules that are not adapted.
    pub exclude: Option<Names>,
    /// Modules that train whole, which are not adapted.
    pub modules_to_save: Vec<String>,
    /// The adapted layers; all if absent or empty.
    pub layers: Option<Vec<usize>>,
    /// What stands before a layer's number in names, as regular expressions; anything if empty.
    pub layers_pattern: Vec<String>,
    /// Ranks of modules that have others than `r`. The first pattern that matches a module counts.
    pub rank_pattern: Vec<(String, u32)>,
    /// α of modules that have another than `lora_alpha`, likewise.
    pub alpha_pattern: Vec<(String, f64)>,
    /// What the model is for.
    pub head: Option<Head>,
}

/// Keys that make another product of the factors, or of other tensors, and the value with which they
/// do not.
const PLAIN: [(&str, &str); 12] = [
    ("use_dora", "false"),
    ("use_qalora", "false"),
    ("use_bdlora", "null"),
    ("layer_replication", "null"),
    ("target_parameters", "null"),
    ("trainable_token_indices", "null"),
    ("alora_invocation_tokens", "null"),
    ("arrow_config", "null"),
    ("kasa_config", "null"),
    ("velora_config", "null"),
    ("monteclora_config", "null"),
    ("ensure_weight_tying", "false"),
];

/// Those of [`PLAIN`] that leave the factors as they are: they scale the product, add to it, or say where
/// it is used.
const BESIDE: [&str; 6] = [
    "use_dora",
    "layer_replication",
    "trainable_token_indices",
    "alora_invocation_tokens",
    "arrow_config",
    "ensure_weight_tying",
];

impl PeftConfig {
    /// Reads a file, or `adapter_config.json` of a folder.
    ///
    /// # Errors
    /// If the file cannot be read, if a value is wrong, or if the config asks for more than the
    /// product s B A.
    pub fn open(path: &Path) -> Result<Self, CheckpointError> {
        let path = if path.is_dir() { path.join(FILE) } else { path.to_owned() };
        Self::of(&JsonFile::open(&path)?)
    }

    fn of(file: &JsonFile) -> Result<Self, CheckpointError> {
        let fields = file.fields();
        let apart = Self::without_choice(file, &[])?;
        let config = Self {
            targets: targets(&fields)?,
            exclude: names(&fields, "exclude_modules")?,
            layers: layers(&fields)?,
            layers_pattern: layers_pattern(&fields)?,
            head: Head::of_task(&fields)?,
            ..apart
        };
        config.check_layers(&fields)?;
        config.check_bias(&fields)?;
        Ok(config)
    }

    /// What a trained adapter's file says, of the factors alone: nothing of which modules have some.
    pub(crate) fn of_trained(file: &JsonFile) -> Result<Self, CheckpointError> {
        Self::without_choice(file, &BESIDE)
    }

    /// Everything but the choice of modules. The keys of `allowed` may have any value.
    fn without_choice(file: &JsonFile, allowed: &[&str]) -> Result<Self, CheckpointError> {
        let fields = file.fields();
        if fields.get("peft_type").and_then(Value::as_str) != Some("LORA") {
            return Err(fields.refuse("peft_type", "valid is \"LORA\""));
        }
        plain(&fields, allowed)?;
        Ok(Self {
            file: file.path().to_owned(),
            r: fields.whole("r", 1, MOST_RANK)?.unwrap_or(8) as u32,
            lora_alpha: fields.positive("lora_alpha")?.unwrap_or(8.0),
            use_rslora: fields.flag_or("use_rslora", false)?,
            start: Start::of(&fields)?,
            lora_bias: fields.flag_or("lora_bias", false)?,
            bias: fields.text("bias")?.unwrap_or("none").to_owned(),
            targets: Targets::Default,
            exclude: None,
            modules_to_save: texts(&fields, "modules_to_save")?,
            layers: None,
            layers_pattern: Vec::new(),
            rank_pattern: ranks(file)?,
            alpha_pattern: alphas(file)?,
            head: None,
        })
    }

    /// Refuses a bias of B with a start for which PEFT has none.
    fn check_bias(&self, fields: &Fields<'_>) -> Result<(), CheckpointError> {
        match self.start {
            Start::Kaiming | Start::BothRandom => Ok(()),
            _ if !self.lora_bias => Ok(()),
            _ => {
                let start = self.start.key();
                let valid = format!("valid is false, since `init_lora_weights` is \"{start}\"");
                Err(fields.refuse("lora_bias", valid))
            }
        }
    }

    /// Refuses chosen layers where PEFT does.
    fn check_layers(&self, fields: &Fields<'_>) -> Result<(), CheckpointError> {
        if self.layers.is_none() {
            return match self.layers_pattern.is_empty() {
                true => Ok(()),
                false => Err(fields.refuse(
                    "layers_pattern",
                    "valid is null, since `layers_to_transform` names no layers",
                )),
            };
        }
        match self.targets {
            Targets::AllLinear | Targets::Named(Names::Pattern(_)) => Err(fields.refuse(
                "layers_to_transform",
                "valid is null, since `target_modules` is no list of names",
            )),
            _ => Ok(()),
        }
    }

    /// s of a module: α/r, or α/√r for rsLoRA.
    pub fn scaling(&self, r: u32, alpha: f64) -> f64 {
        alpha / self.divisor(r)
    }

    /// What α is divided by.
    pub fn divisor(&self, r: u32) -> f64 {
        let r = f64::from(r);
        if self.use_rslora { r.sqrt() } else { r }
    }
}

fn plain(fields: &Fields<'_>, allowed: &[&str]) -> Result<(), CheckpointError> {
    // An absent value, false and an empty list are the same to PEFT.
    let off = |value: &Value| {
        value.as_bool() == Some(false) || value.as_array().is_some_and(Vec::is_empty)
    };
    for (key, plain) in PLAIN.into_iter().filter(|(key, _)| !allowed.contains(key)) {
        if fields.get(key).is_some_and(|value| !off(value)) {
            let valid = format!("valid is {plain}: what is said here is of a product s B A alone");
            return Err(fields.refuse(key, valid));
        }
    }
    Ok(())
}

fn targets(fields: &Fields<'_>) -> Result<Targets, CheckpointError> {
    Ok(match names(fields, "target_modules")? {
        None => Targets::Default,
        Some(Names::Pattern(word)) if word.to_lowercase() == "all-linear" => Targets::AllLinear,
        Some(names) => Targets::Named(names),
    })
}

/// A list of names or a pattern.
fn names(fields: &Fields<'_>, key: &str) -> Result<Option<Names>, CheckpointError> {
    match fields.get(key) {
        None => Ok(None),
        Some(Value::String(pattern)) => Ok(Some(Names::Pattern(pattern.clone()))),
        Some(_) => texts(fields, key).map(|names| Some(Names::Ends(names))),
    }
}

/// A list of texts, or one text; empty if it is absent.
fn texts(fields: &Fields<'_>, key: &str) -> Result<Vec<String>, CheckpointError> {
    let all = match fields.get(key) {
        None => Some(Vec::new()),
        Some(Value::String(text)) => Some(vec![text.clone()]),
        Some(Value::Array(all)) => {
            all.iter().map(|text| text.as_str().map(str::to_owned)).collect()
        }
        Some(_) => None,
    };
    all.ok_or_else(|| fields.refuse(key, "valid is a list of names, or a pattern"))
}

/// `layers_pattern`; an empty text counts as none.
fn layers_pattern(fields: &Fields<'_>) -> Result<Vec<String>, CheckpointError> {
    match fields.get("layers_pattern").and_then(Value::as_str) {
        Some("") => Ok(Vec::new()),
        _ => texts(fields, "layers_pattern"),
    }
}

/// One number or a list of numbers.
fn layers(fields: &Fields<'_>) -> Result<Option<Vec<usize>>, CheckpointError> {
    let whole = |value: &Value| value.as_u64().map(|layer| layer as usize);
    let all = match fields.get("layers_to_transform") {
        None => return Ok(None),
        Some(Value::Array(all)) => all.iter().map(whole).collect(),
        Some(one) => whole(one).map(|layer| vec![layer]),
    };
    let valid = "valid is a whole number from 0, or a list of them";
    all.map(Some).ok_or_else(|| fields.refuse("layers_to_transform", valid))
}

fn ranks(file: &JsonFile) -> Result<Vec<(String, u32)>, CheckpointError> {
    let rank = |value: &Value| {
        let rank = value.as_u64().filter(|rank| (1..=MOST_RANK as u64).contains(rank));
        rank.map(|rank| rank as u32)
    };
    let valid = format!("valid are whole numbers from 1 to {MOST_RANK}");
    patterns(file, "rank_pattern", &valid, rank)
}

fn alphas(file: &JsonFile) -> Result<Vec<(String, f64)>, CheckpointError> {
    let alpha = |value: &Value| value.as_f64().filter(|alpha| alpha.is_finite() && *alpha > 0.0);
    patterns(file, "alpha_pattern", "valid are numbers above 0", alpha)
}

fn patterns<T>(
    file: &JsonFile,
    key: &str,
    valid: &str,
    read: impl Fn(&Value) -> Option<T>,
) -> Result<Vec<(String, T)>, CheckpointError> {
    let all = file.in_order(key)?.into_iter();
    let read_all = all.map(|(pattern, value)| read(&value).map(|value| (pattern, value)));
    let read_all: Option<Vec<_>> = read_all.collect();
    read_all.ok_or_else(|| file.fields().refuse(key, valid))
}
