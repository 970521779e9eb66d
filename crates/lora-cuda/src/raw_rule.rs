//! An update rule as the device reads it: `Rule` of kernels/batch.cuh, with the same layout.

use lora_sim::Rule;

use crate::queue::Plain;

/// A [`Rule`] in the layout that the device reads.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct RawRule {
    kind: i32,
    first: f32,
    second: f32,
    rate: f32,
    root_scale: f32,
    epsilon: f32,
    keep: f32,
    largest: f32,
}

impl Plain for RawRule {}

impl From<Rule> for RawRule {
    fn from(rule: Rule) -> Self {
        match rule {
            Rule::Adam { first, second, rate, root_scale, epsilon, keep, largest } => {
                Self { kind: 0, first, second, rate, root_scale, epsilon, keep, largest }
            }
            Rule::Sign { rate } => Self { kind: 1, rate, ..Self::default() },
            Rule::Plain { rate } => Self { kind: 2, rate, ..Self::default() },
        }
    }
}

const _: () = assert!(size_of::<RawRule>() == 32);
