//! One learning rate for all modules, and what it rests on.

use lora_peft::Role;

use super::modules::ModuleAdvice;
use crate::transfer::{LrRange, Method, SizeChange};

/// What a carried learning rate rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Basis {
    /// Nothing that the law knows changes.
    Unchanged,
    /// The theory's powers alone, which have no range.
    Derived,
    /// Measured factors, which have one.
    Measured,
}

impl Basis {
    /// Of some changes together.
    pub fn of(changes: &[SizeChange]) -> Self {
        let each = changes.iter().map(|change| match change.method {
            Method::Theory => Self::Derived,
            Method::Interpolated | Method::Fit | Method::Given => Self::Measured,
        });
        each.max().unwrap_or(Self::Unchanged)
    }

    /// In place of a range; none where there is one.
    pub fn without_range(self) -> Option<&'static str> {
        match self {
            Self::Unchanged => Some("unchanged, no range"),
            Self::Derived => Some("derived, no range"),
            Self::Measured => None,
        }
    }
}

/// One learning rate for all modules.
#[derive(Clone, Debug)]
pub struct OneRate {
    /// The lowest of the modules' rates: at a higher one, that module may be beyond its own. The range holds
    /// the ranges of all.
    pub lr: LrRange,
    /// What it rests on.
    pub basis: Basis,
    /// Whether the modules' rates differ.
    pub differ: bool,
    /// Hidden modules without a rate.
    pub without: Vec<String>,
}

impl OneRate {
    /// Of the modules; none where no rate was carried.
    pub fn of(modules: &[ModuleAdvice]) -> Option<Self> {
        let rated = || modules.iter().filter_map(|module| Some((module, module.lr.as_ref()?)));
        let least = |of: fn(&LrRange) -> f64| rated().map(|(_, lr)| of(lr)).reduce(f64::min);
        let most = |of: fn(&LrRange) -> f64| rated().map(|(_, lr)| of(lr)).reduce(f64::max);
        let value = least(|lr| lr.value)?;
        let without =
            modules.iter().filter(|module| module.role == Role::Hidden && module.lr.is_none());
        Some(Self {
            lr: LrRange { value, lower: least(|lr| lr.lower)?, upper: most(|lr| lr.upper)? },
            basis: rated().map(|(module, _)| Basis::of(&module.changes)).max()?,
            differ: most(|lr| lr.value)? > value,
            without: without.map(|module| module.kind.clone()).collect(),
        })
    }
}
