//! What recipes are refused, what models they make, and the folders that these are kept in.

mod pretrained;

use lora_checkpoint::Checkpoint;
use lora_pretrain::{Parametrisation, RECIPE, Recipe, write_folder};
use lora_transformer::base::Base;
use lora_transformer::batch::{Batch, Sequence, Target};
use lora_transformer::net::{Role, Task};
use lora_transformer::vector::squares;
use pretrained::{bits, corpus, pretrained, recipe};
use proptest::prelude::*;

#[test]
fn a_recipe_out_of_range_gets_one_message_with_what_is_valid() {
    let base_width = |base_width| Parametrisation::MuP { base_width };
    let cases = [
        (Recipe { width: 0, ..recipe() }, "width = 0 is out of range: write 1 to 1048576"),
        (
            Recipe { width: 40, ..recipe() },
            "width = 40 is out of range: write a multiple of head_dim, 16",
        ),
        (Recipe { depth: 0, ..recipe() }, "depth = 0 is out of range: write 1 to 1048576"),
        (Recipe { head_dim: 5, ..recipe() }, "head_dim = 5 is out of range: write an even number"),
        (
            Recipe { key_value_heads: Some(3), ..recipe() },
            "key_value_heads = 3 is out of range: write a divisor of 2, the number of heads",
        ),
        (
            Recipe { key_value_heads: Some(0), ..recipe() },
            "key_value_heads = 0 is out of range: write a divisor of 2, the number of heads",
        ),
        (
            Recipe { width: 1 << 20, ..recipe() },
            "width = 1048576 is out of range: the model would have more than 2147483648 parameters",
        ),
        (
            Recipe { parametrisation: base_width(0), ..recipe() },
            "base_width = 0 is out of range: write 1 or more",
        ),
        (Recipe { lr: f64::NAN, ..recipe() }, "lr = NaN is out of range: write a number above 0"),
        (
            Recipe { warmup: 1.5, ..recipe() },
            "warmup = 1.5 is out of range: write a share of the steps, from 0 to 1",
        ),
        (
            Recipe { betas: [0.9, 1.0], ..recipe() },
            "betas = 1 is out of range: write two numbers from 0 to below 1",
        ),
        (
            Recipe { weight_decay: -1.0, ..recipe() },
            "weight_decay = -1 is out of range: write 0 or a positive number",
        ),
    ];
    for (recipe, expected) in cases {
        assert_eq!(recipe.check().expect_err("it is refused").to_string(), expected);
        assert!(recipe.initial().is_err());
    }
    let run = |recipe: &Recipe, tokens| {
        let run = lora_pretrain::pretrain;
        run(recipe, &corpus(tokens), &mut |_| (), &|| false, None).expect_err("refused").to_string()
    };
    let short =
        "context = 32 is out of range: two windows must fit into the text, which has 64 tokens";
    assert_eq!(run(&recipe(), 64), short);
    let few = "vocabulary = 100 is out of range: token 1 of the text is 114";
    assert_eq!(run(&Recipe { vocabulary: 100, ..recipe() }, 99), few);
}

proptest! {
    /// Whatever the numbers are, a recipe is refused or makes a model of a sound shape.
    #[test]
    fn no_recipe_panics(
        sizes in prop::array::uniform6(prop_oneof![0usize..70, Just(usize::MAX), any::<usize>()]),
        key_value_heads in prop::option::of(0usize..5),
        mlp_width in prop::option::of(prop_oneof![0usize..70, any::<usize>()]),
        numbers in prop::array::uniform5(any::<f64>()),
        base_width in any::<usize>(),
    ) {
        let [width, depth, head_dim, vocabulary, context, batch] = sizes;
        let [lr, warmup, weight_decay, one, other] = numbers;
        let parametrisation = Parametrisation::MuP { base_width };
        let recipe = Recipe {
            width, depth, head_dim, vocabulary, context, batch, key_value_heads, mlp_width,
            parametrisation, lr, warmup, weight_decay, betas: [one, other], steps: batch, seed: 1,
        };
        recipe.id(&corpus(9));
        if recipe.check().is_ok() {
            let config = recipe.config();
            prop_assert_eq!(config.heads * config.head_dim, config.width);
            prop_assert_eq!(config.heads % config.key_value_heads, 0);
            prop_assert!(mlp_width.is_some() || 3 * config.mlp_width >= 8 * width);
            prop_assert!(mlp_width.is_some() || config.mlp_width.is_multiple_of(16));
        }
    }

    /// A recipe comes back from JSON as it was, and still makes the same model.
    #[test]
    fn a_recipe_comes_back_from_json(lr in 1e-9f64..1.0, seed in any::<u64>(), base in 0usize..9) {
        let parametrisation = match base {
            0 => Parametrisation::Standard,
            base_width => Parametrisation::MuP { base_width },
        };
        let recipe = Recipe { lr, seed, parametrisation, ..recipe() };
        let json = serde_json::to_string(&recipe).expect("JSON");
        prop_assert_eq!(serde_json::from_str::<Recipe>(&json).expect("a recipe"), recipe);
    }
}

/// The root of the mean square of every parameter is what the parametrisation says.
#[test]
fn weights_start_with_the_variances_of_their_parametrisation() {
    for (parametrisation, head) in [
        (Parametrisation::Standard, 1.0 / 128.0f64.sqrt()),
        (Parametrisation::MuP { base_width: 32 }, 32f64.sqrt() / 128.0),
    ] {
        let recipe = Recipe { width: 128, depth: 3, parametrisation, ..recipe() };
        let base = recipe.initial().expect("a model");
        let mut seen = 0;
        for (info, weight) in base.net.params.iter().zip(&base.weights) {
            let values = weight.to_vec();
            let rms = (squares(&values) / values.len() as f64).sqrt();
            let expected = match (&info.name[..], info.role) {
                (_, Role::Gain) => 1.0,
                ("model.embed_tokens.weight", _) => 1.0,
                ("lm_head.weight", _) => head,
                (name, _) if name.contains("down_proj") => 1.0 / (352.0 * 6.0f64).sqrt(),
                (name, _) if name.contains("o_proj") => 1.0 / (128.0 * 6.0f64).sqrt(),
                _ => 1.0 / 128.0f64.sqrt(),
            };
            // Five standard errors: the relative one of a root mean square is 1/√(2 N).
            let tolerance = 5.0 / (2.0 * values.len() as f64).sqrt();
            assert!((rms / expected - 1.0).abs() < tolerance, "{}: {rms} {expected}", info.name);
            seen += 1;
        }
        assert_eq!(seen, 1 + 3 * 9 + 2);
    }
}

#[test]
fn a_folder_is_the_model_and_says_what_it_was_made_from() {
    let (mut corpus, recipe) = (corpus(8_000), Recipe { key_value_heads: Some(1), ..recipe() });
    corpus.tokenizer.tokenizer_json = "{\"a\": 1}".to_owned();
    corpus.tokenizer.config_json = "{\"b\": 2}".to_owned();
    let model = pretrained(&recipe, &corpus);
    let dir = tempfile::tempdir().expect("a directory");
    let folder = dir.path().join("model");
    write_folder(&folder, &model, &corpus).expect("it is written");
    let checkpoint = Checkpoint::open(&folder).expect("a checkpoint");
    assert_eq!(checkpoint.config, recipe.config());
    let read = Base::new(checkpoint, Task::NextToken, 0).expect("a model");
    assert!(read.new.is_empty() && bits(&read) == bits(&model.base));
    let text = |name| std::fs::read_to_string(folder.join(name)).expect("a file");
    assert_eq!(text("tokenizer.json"), corpus.tokenizer.tokenizer_json);
    assert_eq!(text("tokenizer_config.json"), corpus.tokenizer.config_json);
    let about: serde_json::Value = serde_json::from_str(&text(RECIPE)).expect("JSON");
    assert_eq!(about["id"], recipe.id(&corpus));
    assert_eq!(serde_json::from_value::<Recipe>(about["recipe"].clone()).expect("it"), recipe);
    assert_eq!(about["held_out_loss"], model.held_out);
    // The loss on the windows that are held out is that of the model that was written.
    let windows: Vec<Sequence> = corpus
        .tokens
        .windows(33)
        .step_by(32)
        .skip(249 - 13)
        .map(|window| Sequence {
            ids: window[..32].to_vec(),
            target: Target::Next(window[1..].iter().map(|&t| Some(t)).collect()),
        })
        .collect();
    assert_eq!(windows.len(), 13);
    let trainer = recipe.trainer(&read).expect("a trainer");
    assert_eq!(trainer.loss(&windows).mean(), model.held_out);
    assert_eq!(Batch::new(&windows).targets, 13 * 32);
}
