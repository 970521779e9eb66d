//! The numerics of the engines that train a plan.

use std::fmt::{self, Display, Formatter};

use lora_experiment::study::definition::{Scope, Study};
use lora_experiment::study::fault::Fault;
use lora_experiment::study::limit::are_of_limit;

/// [`lora_sim::Engine::numerics`] of the engine of the whole network and, where a plan has studies of
/// the layer alone, of linearised networks or of networks with ingredients, of theirs. Limits and planted faults have those of the engine
/// that they stand on, with an addition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Numerics {
    /// Of the engine of the whole network.
    pub network: String,
    /// Of the engine of the layer alone.
    pub layer: Option<String>,
    /// Of the engine of linearised networks, where it is not that of the network.
    pub linearised: Option<String>,
    /// Of the engine of networks with ingredients, where there are such and it is not that of the network.
    pub ingredients: Option<String>,
    /// Whether studies have limits in the place of runs.
    pub limits: bool,
}

/// Between them in a text.
const BETWEEN: &str = "; ";

/// How those of the layer begin.
const LAYER: &str = "layer-";

/// How those of networks with ingredients begin.
const INGREDIENTS: &str = "network-";

/// In a text, that there are limits.
const LIMITS: &str = "limits";

impl Numerics {
    /// From the text that [`Display`] writes.
    pub fn parse(text: &str) -> Self {
        let mut parts = text.split(BETWEEN).map(str::to_owned);
        let network = parts.next().unwrap_or_default();
        let (limits, engines): (Vec<_>, Vec<_>) = parts.partition(|part| part == LIMITS);
        let (layer, engines): (Vec<_>, Vec<_>) =
            engines.into_iter().partition(|part| part.starts_with(LAYER));
        let (ingredients, linearised): (Vec<_>, Vec<_>) =
            engines.into_iter().partition(|part| part.starts_with(INGREDIENTS));
        let first = |parts: Vec<String>| parts.into_iter().next();
        let limits = !limits.is_empty();
        let [layer, linearised, ingredients] = [layer, linearised, ingredients].map(first);
        Self { network, layer, linearised, ingredients, limits }
    }

    /// Those of a study.
    pub fn of(&self, study: &Study) -> String {
        let engine = match study.scope {
            Scope::Network if study.experiment.model.linearised => {
                self.linearised.as_ref().unwrap_or(&self.network)
            }
            Scope::Network if !study.experiment.is_bare() => {
                self.ingredients.as_ref().unwrap_or(&self.network)
            }
            Scope::Network => &self.network,
            Scope::Layer => self.layer.as_ref().unwrap_or(&self.network),
        };
        match (study.fault, study.limit) {
            (Some(fault), _) => with_fault(engine, fault),
            (None, Some(limit)) => limit.numerics(engine),
            (None, None) => engine.clone(),
        }
    }

    /// Whether a plan may have runs of these numerics.
    pub fn has(&self, numerics: &str) -> bool {
        let of = |engine: &String| {
            let faulty = Fault::ALL.iter().any(|&fault| numerics == with_fault(engine, fault));
            numerics == engine
                || (self.layer.is_some() && faulty)
                || (self.limits && are_of_limit(numerics, engine))
        };
        let others = [&self.layer, &self.linearised, &self.ingredients].into_iter().flatten();
        std::iter::once(&self.network).chain(others).any(of)
    }
}

/// The numerics of an engine with a planted fault.
pub fn with_fault(numerics: &str, fault: Fault) -> String {
    format!("{numerics}, {fault:?}")
}

impl Display for Numerics {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.network)?;
        let limits = self.limits.then_some(LIMITS);
        let others = self.layer.iter().chain(&self.linearised).chain(&self.ingredients);
        let others = others.map(String::as_str);
        others.chain(limits).try_for_each(|other| write!(f, "{BETWEEN}{other}"))
    }
}

#[cfg(test)]
mod tests {
    use lora_experiment::study::limit::{LimitKind, SolvedLimit};

    use super::*;

    #[test]
    fn numerics_are_read_back_and_only_their_own_runs_are_among_them() {
        let one = Numerics { network: "cpu-1 a".into(), ..Numerics::default() };
        let both = Numerics { layer: Some("layer-1 a".into()), ..one.clone() };
        let linear = Numerics { linearised: Some("cpu-2 b".into()), ..one.clone() };
        let all = Numerics { linearised: Some("cpu-2 b".into()), ..both.clone() };
        let limits = Numerics { limits: true, ..one.clone() };
        let everything = Numerics { limits: true, ..all.clone() };
        for numerics in [&both, &one, &linear, &all, &limits, &everything] {
            assert_eq!(Numerics::parse(&numerics.to_string()), *numerics);
            assert!(numerics.has("cpu-1 a") && !numerics.has("cpu-1"));
        }
        assert!(both.has("layer-1 a") && both.has("cpu-1 a, SignOfA"));
        assert!(linear.has("cpu-2 b") && all.has("cpu-2 b") && !both.has("cpu-2 b"));
        assert!(!one.has("layer-1 a") && !one.has("cpu-1 a, SignOfA"));
        let limit = SolvedLimit { kind: LimitKind::Whole, neurons: 64 }.numerics("cpu-1 a");
        assert!(limits.has(&limit) && everything.has(&limit));
        assert!(!both.has(&limit) && !one.has(&limit) && !limits.has("cpu-1 a, SignOfA"));
        let older = limit.replace("limit-", "limit-0");
        assert!(older != limit && !limits.has(&older));
    }
}
