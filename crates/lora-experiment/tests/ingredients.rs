//! Keys of the ingredients of a transformer: what they set, what goes together, and what studies refuse.

use lora_experiment::experiment::{Experiment, with_settings};
use lora_experiment::study::suite::Suite;
use lora_types::{Ingredients, Loss, Norm};

fn set(settings: &[&str]) -> Result<Experiment, String> {
    let settings: Vec<String> = settings.iter().map(|set| (*set).to_owned()).collect();
    with_settings(&settings).map_err(|error| error.to_string())
}

fn refused(settings: &[&str]) -> String {
    set(settings).expect_err("a bad value")
}

#[test]
fn every_key_sets_its_ingredient() {
    let e = set(&[
        "model.loss=cross-entropy",
        "model.outputs=5",
        "model.norm=rms",
        "model.residual=true",
        "model.layers=3",
        "model.pretrain_steps=20",
        "model.pretrain_lr=0.5",
        "training.batch=7",
    ])
    .expect("an experiment");
    let all = Ingredients {
        loss: Loss::CrossEntropy,
        outputs: 5,
        norm: Norm::Rms,
        residual: true,
        layers: 3,
        pretrain_steps: 20,
        pretrain_lr: 0.5,
    };
    assert_eq!((e.model().ingredients, e.training().batch), (all, 7));
    assert!(!e.is_bare() && Experiment::default().is_bare());
    let minibatch = set(&["training.batch=7"]).expect("an experiment");
    assert!(!minibatch.is_bare() && minibatch.ingredients().are_none());
}

/// Stored files of before there were ingredients are what would be written today.
#[test]
fn defaults_are_left_out_of_files() {
    let text = toml::to_string(&Experiment::default()).expect("a text");
    for key in ["loss", "outputs", "norm =", "residual", "layers", "pretrain", "batch"] {
        assert!(!text.contains(key), "{key}: {text}");
    }
    let text = toml::to_string(&set(&["model.norm=rms"]).expect("an experiment")).expect("a text");
    assert!(text.contains("norm = \"rms\"") && !text.contains("residual"), "{text}");
}

#[test]
fn a_bad_value_is_refused_with_what_is_valid() {
    for (settings, said) in [
        (
            &["model.loss=hinge"][..],
            r#"model.loss = "hinge": must be one of "squared", "cross-entropy""#,
        ),
        (&["model.norm=layer"], r#"model.norm = "layer": must be one of "none", "rms""#),
        (&["model.outputs=0"], "model.outputs = 0: must be a whole number from 1 to 2^31"),
        (&["model.residual=1"], "model.residual = 1: must be true or false"),
        (&["training.batch=-1"], "training.batch = -1: must be a whole number from 0 to 2^31"),
        (&["model.loss=cross-entropy"], "model.outputs = 1 (the default): must be at least 2"),
        (
            &["training.batch=1001"],
            "training.batch = 1001: must be from 0, for all, to model.points = 1000",
        ),
        (
            &["model.linearised=true", "model.norm=rms"],
            "model.linearised = true: must be false beside",
        ),
        (&["model.linearised=true", "training.batch=2"], "only the bare layer is linearised"),
        (&["model.layers=0"], "model.layers = 0: must be a whole number from 1 to 2^31"),
        (
            &["model.pretrain_steps=-1"],
            "model.pretrain_steps = -1: must be a whole number from 0 to 2^31",
        ),
        (&["model.pretrain_steps=5", "model.pretrain_lr=0"], "model.pretrain_lr = 0: must be"),
        (
            &["model.pretrain_lr=2"],
            "model.pretrain_lr = 2: must be left out while model.pretrain_steps = 0",
        ),
        (
            &["model.layers=2", "model.explicit_hidden_up_to=4096"],
            "model.explicit_hidden_up_to = 4096: must be at least 8192, the largest of model.widths, while model.layers > 1",
        ),
        (&["model.kind=transformer", "model.layers=2"], "model.layers = 2: must be left out"),
        (&["model.kind=transformer", "model.norm=rms"], "model.norm = \"rms\": must be left out"),
        (&["model.kind=transformer", "training.batch=2"], "training.batch = 2: must be left out"),
    ] {
        let message = refused(settings);
        assert!(message.contains(said), "{settings:?}: {message}");
    }
}

const TOPIC: &str = r#"
title = "planted"
alternatives = { step = "1/4" }
reason = "planted"

[[study]]
id = "own"
about = "given rates"
SCOPE
at = "2^8..2^11"
seeds = 4
inits = ["A"]
gammas = ["-3/4"]
set = ["model.norm=\"rms\""]
"#;

/// The layer alone has no readout, and the limit is that of the bare layer.
#[test]
fn studies_of_the_layer_and_of_limits_refuse_ingredients() {
    let suite = |scope: &str| Suite::of(&[("planted", &TOPIC.replace("SCOPE", scope))], false);
    assert!(suite("").is_ok());
    let refused = |scope| suite(scope).expect_err("a bad study").to_string();
    let layer = refused("scope = \"layer\"");
    assert!(layer.contains("norm is rms, but must be left at its default"), "{layer}");
    let limit = refused("limit = \"whole\"");
    assert!(limit.contains("ingredients of a transformer"), "{limit}");
}
