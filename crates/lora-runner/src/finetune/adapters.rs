//! The adapters that an experiment asks for.

use lora_experiment::experiment::TransformerSection;
use lora_experiment::experiment::transformer::{InitLaw as LawKey, Modules, Task};
use lora_sim::spec::Model;
use lora_transformer::error::TransformerError;
use lora_transformer::lora::{InitLaw, LoraSpec, Place, Targets, places};
use lora_transformer::net::Net;
use lora_transformer::run_spec::HeadSpec;

use super::error::FinetuneError;

/// The adapters of every run, before an init and a seed are chosen.
///
/// `model.multiplier` is s of a module of rank `model.rank`, so that alpha is s r, or s √r in rsLoRA.
pub fn adapters(section: &TransformerSection, model: &Model) -> LoraSpec {
    let (rank, exclude) = (model.rank, &section.exclude_modules);
    let by_rank = if section.use_rslora { (rank as f64).sqrt() } else { rank as f64 };
    LoraSpec {
        targets: match &section.targets {
            all if all.is_all_linear() => Targets::AllLinear,
            some => targets(some),
        },
        exclude: (!exclude.is_none()).then(|| targets(exclude)),
        layers: section.layers_to_transform.clone(),
        rank,
        rank_pattern: section.rank_pattern.clone(),
        alpha: model.multiplier * by_rank,
        alpha_pattern: section.alpha_pattern.clone(),
        rslora: section.use_rslora,
        dropout: section.dropout as f32,
        law: match section.init_law {
            LawKey::FanIn => InitLaw::FanIn,
            LawKey::Kaiming => InitLaw::Kaiming,
            LawKey::Gaussian => InitLaw::Gaussian,
            LawKey::Std(std) => InitLaw::Std(std),
        },
        ..LoraSpec::default()
    }
}

fn targets(modules: &Modules) -> Targets {
    match modules {
        Modules::Names(names) => Targets::Names(names.clone()),
        Modules::Pattern(pattern) => Targets::Pattern(pattern.clone()),
    }
}

/// The head that is trained beside the adapters; none if it is frozen, or the model has none.
pub fn head(section: &TransformerSection) -> Option<HeadSpec> {
    let trains = section.task == Task::Classify && section.head_lr > 0.0;
    trains.then(|| HeadSpec::new(section.head_lr))
}

/// The adapted modules of a model, with their ranks; refuses what names a module that it does not have.
pub fn adapted(
    section: &TransformerSection,
    model: &Model,
    net: &Net,
) -> Result<Vec<Place>, FinetuneError> {
    let head = head(section).map(|head| net.head_params(&head.modules)).transpose()?;
    let places = places(net, &adapters(section, model), &head.unwrap_or_default());
    places.map_err(|error| by_key(section, error))
}

/// An error by the key of the experiment that it is about.
fn by_key(section: &TransformerSection, error: TransformerError) -> FinetuneError {
    let is_pattern = |key: &str| {
        let excludes = key == "exclude_modules";
        let modules = if excludes { &section.exclude_modules } else { &section.targets };
        matches!(modules, Modules::Pattern(_))
    };
    let (setting, reason) = match &error {
        TransformerError::NoModule { key, valid, .. } if is_pattern(key) => (
            *key,
            format!(
                "a text is a regular expression for whole names, and this one matches none; names \
                 are a list, as in [\"q_proj\"]; this model has {valid}"
            ),
        ),
        TransformerError::NoModule { key, pattern, valid } => {
            (*key, format!("no module is called {pattern}; this model has {valid}"))
        }
        TransformerError::NoAdapted { key, pattern, valid } => {
            (*key, format!("no adapted module matches {pattern}; LoRA is on {valid}"))
        }
        TransformerError::TwoPatterns { key, module, first, second } => (
            *key,
            format!(
                "{first} and {second} both match {module} and differ: must be patterns of which one \
                 matches"
            ),
        ),
        TransformerError::Pattern { key, pattern, why } => {
            (*key, format!("{pattern} is no regular expression: {why}"))
        }
        TransformerError::NoneLeft { key } => {
            (*key, "leaves no module of transformer.targets to adapt".to_owned())
        }
        TransformerError::OutOfRange { key, value, valid } => {
            (*key, format!("{value} is out of range: {valid}"))
        }
        _ => return error.into(),
    };
    let key = match setting {
        "target_modules" | "modules_to_save" => "transformer.targets",
        "exclude_modules" => "transformer.exclude_modules",
        "layers_to_transform" => "transformer.layers_to_transform",
        "rank_pattern" => "transformer.rank_pattern",
        "alpha_pattern" => "transformer.alpha_pattern",
        "lora_alpha" => "model.multiplier",
        "lora_dropout" => "transformer.dropout",
        "init_std" => "transformer.init_law",
        "r" => "model.rank",
        _ => return error.into(),
    };
    FinetuneError::Key { key, reason }
}

#[cfg(test)]
mod tests {
    use lora_checkpoint::{AdapterConfig, TargetModules};
    use lora_transformer::lora::scaling;

    use super::*;

    /// What PEFT computes from the exported numbers is the multiplier of the experiment.
    #[test]
    fn the_multiplier_is_that_of_a_module_with_the_rank_of_the_experiment() {
        let model = Model { rank: 8, multiplier: 2.0, ..Model::default() };
        for (use_rslora, alpha, own) in [(false, 16.0, 8.0), (true, 2.0 * 8f64.sqrt(), 4.0)] {
            let section = TransformerSection { use_rslora, ..TransformerSection::default() };
            let spec = adapters(&section, &model);
            assert_eq!((spec.rank, spec.alpha, spec.rslora), (8, alpha, use_rslora));
            let config = AdapterConfig { use_rslora, ..AdapterConfig::new(8, spec.alpha, none()) };
            let peft =
                |rank: f64| config.lora_alpha / if config.use_rslora { rank.sqrt() } else { rank };
            assert_eq!(peft(8.0), 2.0);
            assert_eq!(scaling(use_rslora, 8, spec.alpha), 2.0);
            // A module of rank 2 has alpha in common, not s.
            assert!((scaling(use_rslora, 2, spec.alpha) - own).abs() < 1e-12);
        }
    }

    fn none() -> TargetModules {
        TargetModules::Names(Vec::new())
    }

    #[test]
    fn words_of_peft_are_handed_on() {
        let text = r#"
            targets = ".*_proj"
            exclude_modules = ["down_proj"]
            layers_to_transform = [1]
            init_law = 0.02
            rank_pattern = { q_proj = 2 }
            alpha_pattern = { v_proj = 16 }
        "#;
        let section: TransformerSection = toml::from_str(text).expect("a section");
        let spec = adapters(&section, &Model::default());
        let expected = LoraSpec {
            targets: Targets::Pattern(".*_proj".to_owned()),
            exclude: Some(Targets::Names(vec!["down_proj".to_owned()])),
            layers: vec![1],
            rank: Model::default().rank,
            rank_pattern: [("q_proj".to_owned(), 2)].into(),
            alpha: Model::default().multiplier * Model::default().rank as f64,
            alpha_pattern: [("v_proj".to_owned(), 16.0)].into(),
            law: InitLaw::Std(0.02),
            ..LoraSpec::default()
        };
        assert_eq!(spec, expected);
        let plain = adapters(&TransformerSection::default(), &Model::default());
        assert_eq!((plain.targets, plain.exclude), (Targets::AllLinear, None));
    }
}
