//! The numerics of the engines that train a plan.

use std::fmt::{self, Display, Formatter};

use lora_experiment::study::definition::{Scope, Study};
use lora_experiment::study::fault::Fault;
use lora_experiment::study::limit::are_of_limit;

/// [`lora_sim::Engine::numerics`] of the engine of the whole network and, where a plan has studies of
/// the layer alone, of theirs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Numerics {
    /// Of the engine of the whole network.
    pub network: String,
    /// Of the engine of the layer alone.
    pub layer: Option<String>,
}

/// Between the two in a text.
const BETWEEN: &str = "; ";

impl Numerics {
    /// From the text that [`Display`] writes.
    pub fn parse(text: &str) -> Self {
        match text.split_once(BETWEEN) {
            Some((network, layer)) => {
                Self { network: network.to_owned(), layer: Some(layer.to_owned()) }
            }
            None => Self { network: text.to_owned(), layer: None },
        }
    }

    /// Those of a study.
    pub fn of(&self, study: &Study) -> String {
        let engine = match study.scope {
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
            let not_plain = faulty || are_of_limit(numerics, engine);
            numerics == engine || (self.layer.is_some() && not_plain)
        };
        of(&self.network) || self.layer.as_ref().is_some_and(of)
    }
}

/// The numerics of an engine with a planted fault.
pub fn with_fault(numerics: &str, fault: Fault) -> String {
    format!("{numerics}, {fault:?}")
}

impl Display for Numerics {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.network)?;
        self.layer.iter().try_for_each(|layer| write!(f, "{BETWEEN}{layer}"))
    }
}

#[cfg(test)]
mod tests {
    use lora_experiment::study::limit::{LimitKind, SolvedLimit};

    use super::*;

    #[test]
    fn numerics_are_read_back_and_only_their_own_runs_are_among_them() {
        let both = Numerics { network: "cpu-1 a".into(), layer: Some("layer-1 a".into()) };
        let one = Numerics { network: "cpu-1 a".into(), layer: None };
        for numerics in [&both, &one] {
            assert_eq!(Numerics::parse(&numerics.to_string()), *numerics);
            assert!(numerics.has("cpu-1 a") && !numerics.has("cpu-1"));
        }
        assert!(both.has("layer-1 a") && both.has("cpu-1 a, SignOfA"));
        assert!(!one.has("layer-1 a") && !one.has("cpu-1 a, SignOfA"));
        let limit = SolvedLimit { kind: LimitKind::Whole, neurons: 64 }.numerics("cpu-1 a");
        assert!(both.has(&limit) && !one.has(&limit));
        let older = limit.replace("limit-", "limit-0");
        assert!(older != limit && !both.has(&older));
    }
}
