//! What is asked: a model with its adapter, and what is known of another one.

use lora_peft::ConfigSource;
use lora_theory::Rational;

use crate::transfer::CarriedLr;

/// A PEFT config and its base, by their files or by what these would hold.
#[derive(Clone, Debug, PartialEq)]
pub struct AdviseRequest {
    /// `adapter_config.json`, or its folder.
    pub peft: ConfigSource,
    /// The base's `config.json`, or its folder.
    pub model: ConfigSource,
    /// A learning rate that is right for another config.
    pub from: Option<KnownRate>,
    /// Which learning rate that is, and which is wanted.
    pub goal: CarriedLr,
    /// a in W_out ~ N(0, n^-2a).
    pub readout: Rational,
}

/// A learning rate that is right for a config; at least one of the two files is another one.
#[derive(Clone, Debug, PartialEq)]
pub struct KnownRate {
    /// Its `adapter_config.json`; the same if absent.
    pub peft: Option<ConfigSource>,
    /// Its base's `config.json`; the same if absent.
    pub model: Option<ConfigSource>,
    /// η.
    pub lr: f64,
}
