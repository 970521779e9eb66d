//! Pretraining: that it learns, and that its bytes depend on the recipe and the text alone.

mod pretrained;

use std::collections::BTreeSet;
use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};

use lora_pretrain::{
    Corpus, Outcome, Parametrisation, Progress, Recipe, Saving, TokenizerFiles, pretrain,
};
use lora_transformer::error::TransformerError;
use pretrained::{ASCII, bits, corpus, finished, pretrained, recipe};

const STANDARD: Parametrisation = Parametrisation::Standard;

fn mup(base_width: usize) -> Parametrisation {
    Parametrisation::MuP { base_width }
}

/// Nats of a token that is guessed from the frequencies of tokens alone.
fn entropy(tokens: &[u32]) -> f64 {
    let mut counts = [0usize; ASCII];
    tokens.iter().for_each(|&token| counts[token as usize] += 1);
    let shares = counts.iter().filter(|&&n| n > 0).map(|&n| n as f64 / tokens.len() as f64);
    shares.map(|share| -share * share.ln()).sum()
}

/// A model that is better than the frequencies of tokens uses what came before.
#[test]
fn a_small_model_learns_to_use_the_context() {
    let (corpus, recipe) = (corpus(60_000), Recipe { steps: 150, batch: 16, ..recipe() });
    let model = pretrained(&recipe, &corpus);
    assert_eq!(model.curve.len(), recipe.steps);
    let (first, bar) = (model.curve[0], entropy(&corpus.tokens));
    // With a variance of 1/n the logits of the start have a variance of 1, which costs 1/2 on average.
    let expected = (ASCII as f64).ln() + 0.5;
    assert!((first - expected).abs() < 0.3, "{first} {expected}");
    assert!(model.held_out < 0.9 * bar, "{} {bar}", model.held_out);
    let last = model.curve[140..].iter().sum::<f64>() / 10.0;
    assert!((last - model.held_out).abs() < 0.25, "{last} {}", model.held_out);
}

/// The random base of the width laws: what a pretraining of no step leaves.
#[test]
fn after_no_step_the_weights_are_those_of_the_start() {
    let (corpus, recipe) = (corpus(8_000), Recipe { steps: 0, ..recipe() });
    let model = pretrained(&recipe, &corpus);
    assert!(bits(&model.base) == bits(&recipe.initial().expect("a model")));
    assert!(model.curve.is_empty());
    let expected = (ASCII as f64).ln() + 0.5;
    assert!((model.held_out - expected).abs() < 0.3, "{} {expected}", model.held_out);
}

#[test]
fn mup_is_the_standard_parametrisation_at_its_base_width_and_only_there() {
    let corpus = corpus(8_000);
    let with = |parametrisation| {
        let recipe = Recipe { parametrisation, ..recipe() };
        (bits(&recipe.initial().expect("a model")), bits(&pretrained(&recipe, &corpus).base))
    };
    let (standard, same, other) = (with(STANDARD), with(mup(32)), with(mup(16)));
    assert!(standard == same);
    // At the start nothing but the head differs.
    let differ = standard.0.iter().zip(&other.0).map(|(one, other)| one != other);
    let differ: Vec<bool> = differ.collect();
    assert!(differ.ends_with(&[true]) && !differ[..differ.len() - 1].contains(&true));
    assert!(standard.1.iter().zip(&other.1).all(|(one, other)| one != other));
}

#[test]
fn bytes_do_not_depend_on_threads() {
    let (corpus, recipe) = (corpus(20_000), Recipe { batch: 24, ..recipe() });
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        let model = pool.install(|| pretrained(&recipe, &corpus));
        (bits(&model.base), model.curve, model.held_out)
    };
    let expected = with(1);
    assert!(with(2) == expected && with(3) == expected);
}

#[test]
fn a_killed_or_stopped_pretraining_goes_on_to_the_same_bytes() {
    let (corpus, recipe) = (corpus(8_000), recipe());
    let expected = pretrained(&recipe, &corpus);
    let dir = tempfile::tempdir().expect("a directory");
    let saving = Saving { path: dir.path().join("state"), every: 4 };
    let early = dir.path().join("early");

    // What a kill behind step 6 leaves is what step 4 has written.
    let mut copy = |progress: Progress| {
        if progress.step == 6 {
            fs::copy(&saving.path, &early).expect("it is there");
        }
    };
    let straight = pretrain(&recipe, &corpus, &mut copy, &|| false, Some(&saving));
    assert!(bits(&finished(straight.expect("it runs")).base) == bits(&expected.base));
    fs::rename(&early, &saving.path).expect("it is there");
    let mut first = None;
    let mut note = |progress: Progress| {
        first.get_or_insert(progress.step);
    };
    let model = pretrain(&recipe, &corpus, &mut note, &|| false, Some(&saving));
    let model = finished(model.expect("it goes on"));
    assert_eq!(first, Some(5));
    assert!(bits(&model.base) == bits(&expected.base));
    assert_eq!((model.curve, model.held_out), (expected.curve.clone(), expected.held_out));

    // One that is done is done at once.
    let never = &mut |_| panic!("no step is left");
    let model = pretrain(&recipe, &corpus, never, &|| false, Some(&saving)).expect("it is there");
    assert!(bits(&finished(model).base) == bits(&expected.base));

    // Stopped again and again, after every third step.
    fs::remove_file(&saving.path).expect("it is there");
    let mut stops = 0;
    let model = loop {
        let asked = AtomicUsize::new(0);
        let stop = || asked.fetch_add(1, Ordering::Relaxed) == 3;
        match pretrain(&recipe, &corpus, &mut |_| (), &stop, Some(&saving)).expect("it runs") {
            Outcome::Stopped { step } => {
                stops += 1;
                assert_eq!(step, 3 * stops);
            }
            other => break finished(other),
        }
    };
    assert_eq!(stops, 3);
    assert!(bits(&model.base) == bits(&expected.base));
    assert_eq!(model.curve, expected.curve);
}

#[test]
fn a_state_of_another_recipe_or_with_a_changed_byte_is_refused() {
    let (corpus, recipe) = (corpus(8_000), recipe());
    let dir = tempfile::tempdir().expect("a directory");
    let saving = Saving { path: dir.path().join("state"), every: 4 };
    let run = |recipe: &Recipe| {
        let stops = AtomicUsize::new(0);
        let stop = || stops.fetch_add(1, Ordering::Relaxed) == 2;
        pretrain(recipe, &corpus, &mut |_| (), &stop, Some(&saving))
    };
    assert!(matches!(run(&recipe), Ok(Outcome::Stopped { step: 2 })));
    let refused = |recipe: &Recipe| match run(recipe) {
        Err(TransformerError::State { why }) => why,
        other => panic!("not refused: {other:?}"),
    };
    assert!(refused(&Recipe { seed: 8, ..recipe.clone() }).contains("other settings"));
    let whole = fs::read(&saving.path).expect("it is there");
    // In its length, its state, the digest of that, a loss, and the last digest.
    let losses = whole.len() - 32 - 16;
    for at in [0, 7, 9, 100, losses - 1, losses, losses + 15, whole.len() - 1] {
        let mut changed = whole.clone();
        changed[at] ^= 1;
        fs::write(&saving.path, &changed).expect("written");
        assert!(refused(&recipe).contains("damaged"), "byte {at}");
    }
    for length in [0, 7, 8, 40, losses, whole.len() - 1] {
        fs::write(&saving.path, &whole[..length]).expect("written");
        assert!(refused(&recipe).contains("damaged"), "{length} bytes");
    }
    fs::write(&saving.path, &whole).expect("written");
    assert!(matches!(run(&recipe), Ok(Outcome::Stopped { step: 4 })));
}

#[test]
fn a_pretraining_that_diverges_says_where() {
    let recipe = Recipe { lr: 1e38, ..recipe() };
    let outcome = pretrain(&recipe, &corpus(8_000), &mut |_| (), &|| false, None);
    match outcome.expect("it runs") {
        Outcome::Diverged { step, module: Some(module) } => {
            assert!(step < recipe.steps, "{step}");
            assert!(module.starts_with("model.") || module == "lm_head", "{module}");
        }
        other => panic!("it has not diverged: {other:?}"),
    }
}

#[test]
fn every_field_decides_the_id_and_defaults_count_as_written_out() {
    let (text, plain) = (corpus(1_000), recipe());
    let mut shorter = text.clone();
    shorter.tokens.pop();
    let tokenizer = TokenizerFiles { tokenizer_json: "{}".to_owned(), ..Default::default() };
    let mut ids =
        vec![plain.id(&text), plain.id(&shorter), plain.id(&Corpus { tokenizer, ..text.clone() })];
    let others = [
        Recipe { width: 64, ..recipe() },
        Recipe { depth: 3, ..recipe() },
        Recipe { head_dim: 8, ..recipe() },
        Recipe { key_value_heads: Some(1), ..recipe() },
        Recipe { vocabulary: 129, ..recipe() },
        Recipe { context: 33, ..recipe() },
        Recipe { mlp_width: Some(32), ..recipe() },
        Recipe { parametrisation: mup(32), ..recipe() },
        Recipe { parametrisation: mup(16), ..recipe() },
        Recipe { lr: 2e-2, ..recipe() },
        Recipe { steps: 13, ..recipe() },
        Recipe { batch: 6, ..recipe() },
        Recipe { warmup: 0.2, ..recipe() },
        Recipe { weight_decay: 0.2, ..recipe() },
        Recipe { betas: [0.8, 0.95], ..recipe() },
        Recipe { betas: [0.9, 0.99], ..recipe() },
        Recipe { seed: 8, ..recipe() },
    ];
    ids.extend(others.iter().map(|other| other.id(&text)));
    assert!(ids.iter().all(|id| id.len() == 64 && id.bytes().all(|b| b.is_ascii_hexdigit())));
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
    let written = Recipe { key_value_heads: Some(2), mlp_width: Some(96), ..recipe() };
    assert_eq!(written.id(&text), ids[0]);
}
