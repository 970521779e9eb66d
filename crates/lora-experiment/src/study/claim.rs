//! A claim: a statement, where it comes from, and its test.

use lora_sim::spec::Init;
use lora_theory::Rational;
pub use lora_types::Quantity;
use serde::{Deserialize, Serialize};

use crate::error::{ClaimProblem, ExperimentError};
use crate::study::alternatives::Alternatives;
use crate::study::decode;
use crate::study::definition::{Axis, Goal, Rates, Study};
pub use crate::study::test::Test;

/// A claim as a topic file has it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClaimText {
    /// Its name.
    pub id: String,
    says: String,
    source: String,
    study: String,
    test: Test,
    init: Init,
    quantity: Option<Quantity>,
    #[serde(default)]
    quantities: Vec<Quantity>,
    against: Option<String>,
    than: Option<String>,
    point: Option<usize>,
    within: Option<f64>,
    #[serde(default)]
    paper: bool,
    tolerance: Option<f64>,
    alternatives: Option<Alternatives>,
    reason: Option<String>,
    control: Option<String>,
    measured: Option<Init>,
    #[serde(default, deserialize_with = "decode::optional_exponent")]
    shift: Option<Rational>,
    #[serde(default)]
    ignore_multiplier: bool,
    #[serde(default)]
    full_only: bool,
}

/// A claim: a statement, where it comes from, and the test of it, all fixed before measuring.
#[derive(Clone, Debug, Serialize)]
pub struct Claim {
    /// Its name.
    pub id: String,
    /// The topic file.
    #[serde(skip)]
    pub file: String,
    /// The topic's title.
    pub topic: String,
    /// The statement in words; `{predicted}` stands for the exponent that the theory gives.
    pub says: String,
    /// The paper, a relative, or derived here.
    pub source: String,
    /// The study that measures it.
    pub study: String,
    /// The test.
    pub test: Test,
    /// The init that it speaks of.
    pub init: Init,
    /// What is tested: one quantity, or several in a table.
    pub quantities: Vec<Quantity>,
    /// The study or init compared with.
    pub against: Option<String>,
    /// Comparisons of two limits: the study of the other one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub than: Option<String>,
    /// Comparisons of two inits: the width or rank at which they are compared; the three widest if
    /// absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub point: Option<usize>,
    /// Collapses: the factor within which every width's curve must be that of the widest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub within: Option<f64>,
    /// Whether the prediction is the paper's, the layer's largest stable learning rate, instead of
    /// the calculus of the study's own setting.
    pub paper: bool,
    /// Half-width of the band around the prediction; 0 where no exponents are compared.
    pub tolerance: f64,
    /// The exponents that it must tell apart.
    pub alternatives: Option<Alternatives>,
    /// Why.
    pub reason: String,
    /// If this is a negative control, what is wrong in it.
    pub control: Option<String>,
    /// Controls: measure this init instead.
    pub measured: Option<Init>,
    /// Controls: added to the prediction.
    #[serde(serialize_with = "decode::write_optional")]
    pub shift: Option<Rational>,
    /// Controls: predict as if s = 1.
    pub ignore_multiplier: bool,
    /// Left out of quick runs, whose sizes cannot decide it.
    pub full_only: bool,
    /// What became of the plan since its study was measured; empty if nothing.
    #[serde(skip)]
    pub changed: Vec<String>,
}

/// What a claim takes from its topic where it says nothing itself.
#[derive(Clone, Copy, Debug)]
pub struct Defaults<'t> {
    /// The topic's title.
    pub topic: &'t str,
    /// Tolerance.
    pub tolerance: Option<f64>,
    /// Why.
    pub reason: &'t str,
    /// The exponents that a test must tell apart.
    pub alternatives: Option<&'t Alternatives>,
}

impl Claim {
    /// The init that is measured.
    pub fn measured_init(&self) -> Init {
        self.measured.unwrap_or(self.init)
    }

    /// The studies that it names; `against` may name an init instead.
    pub fn studies(&self) -> impl Iterator<Item = &String> {
        std::iter::once(&self.study).chain(&self.against).chain(&self.than)
    }

    /// What it asks of its study that the study cannot give.
    pub fn conflict(&self, study: &Study) -> Option<ClaimProblem> {
        let id = || study.id.clone();
        let trained = |init: Init| study.experiment.training.inits.contains(&init);
        if !trained(self.measured_init()) {
            return Some(ClaimProblem::NotTrained { study: id(), init: self.measured_init() });
        }
        if self.test == Test::Lower && !self.other_init().is_some_and(trained) {
            return Some(ClaimProblem::AgainstNotTrained { study: id() });
        }
        if let Some(point) = self.point.filter(|point| !study.at.contains(point)) {
            return Some(ClaimProblem::NotAPoint { study: id(), point });
        }
        let given = matches!(study.rates, Rates::Powers { .. });
        if study.fault.is_some() && self.test != Test::Trains {
            return Some(ClaimProblem::Faulty { study: id() });
        }
        if self.test.is_of_two_searches() && (given || self.quantities.len() > 1) {
            return Some(ClaimProblem::OneQuantity { test: self.test });
        }
        if self.test == Test::Map && !given {
            return Some(ClaimProblem::MapOfSearch { study: id() });
        }
        let of_distance = given && self.quantities == [Quantity::Distance];
        if self.test.is_of_trajectories() && !of_distance {
            return Some(ClaimProblem::DistanceOfOther { test: self.test, study: id() });
        }
        let over_width = given && study.axis == Axis::Width;
        if self.test == Test::Collapse && !(over_width && self.quantities == [Quantity::Zb]) {
            return Some(ClaimProblem::CollapseOfOther { study: id() });
        }
        let unknown = |quantity: &&Quantity| match (quantity, &study.rates) {
            (Quantity::EtaOpt, rates) => *rates == Rates::Search(Goal::Stable) || given,
            (Quantity::EtaStable, rates) => *rates == Rates::Search(Goal::Optimum) || given,
            (_, rates) => *rates == Rates::Search(Goal::Stable),
        };
        let quantity = *self.quantities.iter().find(unknown)?;
        Some(ClaimProblem::NotMeasured { study: id(), quantity })
    }

    /// That something is wrong with it.
    pub fn error(&self, problem: ClaimProblem) -> ExperimentError {
        let (file, claim, problem) = (self.file.clone(), self.id.clone(), Box::new(problem));
        ExperimentError::Claim { file, claim, problem }
    }

    /// What a comparison of two inits is about: the loss, if it names nothing else.
    pub fn compared(&self) -> Quantity {
        self.quantities.first().copied().unwrap_or(Quantity::Loss)
    }

    /// The init that a comparison compares with.
    pub fn other_init(&self) -> Option<Init> {
        self.against.as_deref()?.parse().ok()
    }
}

impl ClaimText {
    /// The claim, with its topic's defaults. Its tolerance, if any is given, is checked once its study
    /// is known.
    ///
    /// # Errors
    /// If it is not complete.
    pub fn resolve(self, file: &str, defaults: &Defaults) -> Result<Claim, ClaimProblem> {
        let tolerance = self.given_tolerance(defaults);
        self.check_own_keys()?;
        let quantities = match (self.quantity, self.quantities.is_empty()) {
            (Some(quantity), true) => vec![quantity],
            (None, _) => self.quantities,
            (Some(_), false) => return Err(ClaimProblem::BothQuantities),
        };
        let quantities = match self.test {
            test if quantities.is_empty() && test.is_of_trajectories() => vec![Quantity::Distance],
            Test::Collapse if quantities.is_empty() => vec![Quantity::Zb],
            _ => quantities,
        };
        if !self.test.is_of_trajectories() && quantities.contains(&Quantity::Distance) {
            return Err(ClaimProblem::DistanceByOther { test: self.test });
        }
        let needs_quantity = !matches!(self.test, Test::Map | Test::Lower | Test::Trains);
        if needs_quantity && quantities.is_empty() {
            return Err(ClaimProblem::NoQuantity);
        }
        if (self.test.is_of_two_studies() || self.test == Test::Lower) && self.against.is_none() {
            return Err(ClaimProblem::NoAgainst);
        }
        if self.test == Test::Lower && quantities.len() > 1 {
            return Err(ClaimProblem::SeveralCompared);
        }
        if let Some(tolerance) = tolerance.filter(|given| !(*given > 0.0 && given.is_finite())) {
            return Err(ClaimProblem::Tolerance { tolerance });
        }
        Ok(Claim {
            id: self.id,
            file: file.to_owned(),
            topic: defaults.topic.to_owned(),
            says: self.says,
            source: self.source,
            study: self.study,
            test: self.test,
            init: self.init,
            quantities,
            against: self.against,
            than: self.than,
            point: self.point,
            within: self.within,
            paper: self.paper,
            tolerance: tolerance.unwrap_or_default(),
            alternatives: self.alternatives.or_else(|| defaults.alternatives.cloned()),
            reason: self.reason.unwrap_or_else(|| defaults.reason.to_owned()),
            control: self.control,
            measured: self.measured,
            shift: self.shift,
            ignore_multiplier: self.ignore_multiplier,
            full_only: self.full_only,
            changed: Vec::new(),
        })
    }

    /// Keys that one test alone has.
    fn check_own_keys(&self) -> Result<(), ClaimProblem> {
        let test = self.test;
        let keys = [
            ("point", Test::Lower, self.point.is_some()),
            ("than", Test::Nearer, self.than.is_some()),
            ("within", Test::Collapse, self.within.is_some()),
        ];
        for (key, of, given) in keys {
            if given && test != of {
                return Err(ClaimProblem::KeyOfOther { key, of, test });
            }
            if !given && test == of && of != Test::Lower {
                return Err(ClaimProblem::NoKey { key, test });
            }
        }
        match self.within.filter(|factor| !(*factor > 1.0 && factor.is_finite())) {
            Some(within) => Err(ClaimProblem::Within { within }),
            None => Ok(()),
        }
    }

    /// The tolerance that the topic file gives: of the claim, else of the topic, unless the claim
    /// has alternatives of its own, from which another one follows.
    fn given_tolerance(&self, defaults: &Defaults) -> Option<f64> {
        let of_topic = defaults.tolerance.filter(|_| self.alternatives.is_none());
        self.tolerance.or(of_topic)
    }
}
