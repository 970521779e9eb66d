//! How PEFT starts the factors: `init_lora_weights`.

use lora_checkpoint::{CheckpointError, Fields};
use serde_json::Value;

use crate::module::{Class, Module};

/// What `init_lora_weights` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// `true`: A Kaiming-uniform with a = √5 and B = 0. The variance of A is 1/(3 fan-in).
    Kaiming,
    /// `gaussian`: A normal with standard deviation 1/r and B = 0.
    Gaussian,
    /// `false`: both factors Kaiming-uniform with a = √5, so of variance 1/(3 fan-in) and 1/(3r).
    BothRandom,
    /// A name such as `pissa`: the factors are computed from something.
    Computed {
        /// The name.
        name: String,
        /// What from, in words.
        how: &'static str,
    },
}

/// Standard deviations of the entries of the initial factors; 0 for a factor of zeros.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stds {
    /// Of A, r × fan-in.
    pub a: f64,
    /// Of B, fan-out × r.
    pub b: f64,
}

/// Names that PEFT knows, and where the factors then come from.
const COMPUTED: [(&str, &str); 8] = [
    ("eva", "A comes from the activations on the data"),
    ("olora", "both factors come from a QR decomposition of the weight, which changes"),
    ("pissa", "both factors come from the largest singular vectors of the weight, which changes"),
    ("corda", "both factors come from the weight and from activations, and the weight changes"),
    ("loftq", "both factors make up for the quantisation of the weight"),
    ("orthogonal", "both factors are random but drawn together so that B A = 0"),
    ("mica", "B comes from the smallest singular vectors of the weight and is frozen"),
    ("lora_ga", "both factors come from the gradient of the weight, which changes"),
];

const VALID: &str = "valid is true, false, \"gaussian\", or a name that PEFT knows: \"eva\", \
                     \"olora\", \"pissa\", \"pissa_niter_4\", \"corda\", \"loftq\", \"orthogonal\", \
                     \"mica\" or \"lora_ga\"";

impl Start {
    /// Reads `init_lora_weights`; PEFT's default is `true`.
    pub(crate) fn of(fields: &Fields<'_>) -> Result<Self, CheckpointError> {
        let refuse = || fields.refuse("init_lora_weights", VALID);
        match fields.get("init_lora_weights") {
            None | Some(Value::Bool(true)) => Ok(Self::Kaiming),
            Some(Value::Bool(false)) => Ok(Self::BothRandom),
            Some(Value::String(name)) if name.to_lowercase() == "gaussian" => Ok(Self::Gaussian),
            Some(Value::String(name)) => Self::computed(name).ok_or_else(refuse),
            Some(_) => Err(refuse()),
        }
    }

    fn computed(name: &str) -> Option<Self> {
        let lower = name.to_lowercase();
        let iterations = lower.strip_prefix("pissa_niter_");
        let known = match iterations {
            Some(count) if count.parse::<u32>().is_ok() => "pissa",
            Some(_) => return None,
            None => &lower,
        };
        let (_, how) = COMPUTED.iter().find(|(computed, _)| *computed == known)?;
        Some(Self::Computed { name: name.to_owned(), how })
    }

    /// As the file has it: `true`, `false`, or the name.
    pub fn key(&self) -> &str {
        match self {
            Self::Kaiming => "true",
            Self::Gaussian => "gaussian",
            Self::BothRandom => "false",
            Self::Computed { name, .. } => name,
        }
    }

    /// The initial sizes of a module's factors at rank r; none where they are computed.
    ///
    /// PEFT draws the adapters of embeddings the other way round, with `true` and `gaussian` alike: A = 0
    /// and B standard normal. With `false` it leaves both standard normal.
    pub fn stds(&self, module: &Module, r: u32) -> Option<Stds> {
        let kaiming = |fan: f64| (3.0 * fan).sqrt().recip();
        let (n, r) = (module.fan_in as f64, f64::from(r));
        match (self, module.class) {
            (Self::Computed { .. }, _) => None,
            (Self::BothRandom, Class::Embedding) => Some(Stds { a: 1.0, b: 1.0 }),
            (_, Class::Embedding) => Some(Stds { a: 0.0, b: 1.0 }),
            (Self::Kaiming, _) => Some(Stds { a: kaiming(n), b: 0.0 }),
            (Self::Gaussian, _) => Some(Stds { a: r.recip(), b: 0.0 }),
            (Self::BothRandom, _) => Some(Stds { a: kaiming(n), b: kaiming(r) }),
        }
    }
}
