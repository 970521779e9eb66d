//! Budgets, prompts and masks of an engine.

use std::fs;

use lora_experiment::experiment::transformer::FinalTask;
use lora_experiment::study::definition::Study;
use lora_sim::spec::{Init, Run};
use lora_sim::{Batch, Trajectory};
use lora_transformer::net::Role;
use lora_types::ModelKind;
use tempfile::TempDir;

use super::*;

/// A small experiment whose base lies in a folder.
fn experiment(dir: &TempDir) -> Experiment {
    let mut e = Experiment::default();
    (e.model.kind, e.model.widths, e.model.rank) = (ModelKind::Transformer, vec![16].into(), 2);
    (e.training.steps, e.training.record_every) = (3, 1);
    let t = &mut e.transformer;
    (t.depth, t.head_dim, t.vocabulary, t.context) = (3, 8, 257, 24);
    (t.pretrain_steps, t.pretrain_batch, t.batch, t.test_sequences) = (2, 2, 3, 4);
    t.bases = dir.path().join("bases").display().to_string();
    e
}

fn trained(engine: &TransformerEngine, e: &Experiment) -> Trajectory {
    trained_for(engine, e, 0)
}

/// A run of the problem of a seed.
fn trained_for(engine: &TransformerEngine, e: &Experiment, seed: u64) -> Trajectory {
    let mut problem = engine.prepare(&e.model(), 16, seed).expect("a base");
    let run = Run { init: Init::A, lr: 1e-2, adapter_seed: 0 };
    let training = e.training();
    let batch = Batch { training: &training, runs: &[run], starts: None, keep_states: false };
    problem.train(&batch).expect("a run").remove(0).trajectory
}

fn engine(e: &Experiment) -> TransformerEngine {
    TransformerEngine::new(e).expect("an engine")
}

#[test]
fn what_is_computed_twice_has_the_same_bytes_takes_less_and_is_told() {
    let dir = TempDir::new().expect("a directory");
    let e = experiment(&dir);
    let (all, mut less) = (engine(&e), engine(&e));
    less.keep_what_fits(&[16], |_, width| Some(format!("too much at {width}")));
    assert_eq!([&all, &less].map(|engine| engine.keep(16)), [Keep::All, Keep::Inputs]);
    assert_eq!(all.numerics(), less.numerics(), "no part of the run key");
    let told = |engine: &TransformerEngine| engine.notes(&[16]).join("\n");
    assert!(told(&all).ends_with("activations: kept for the backward pass"));
    assert!(told(&less).ends_with("since keeping them needs too much at 16"), "{}", told(&less));
    let [one, other] = [&all, &less].map(|engine| trained(engine, &e));
    assert!(one.losses.len() == 4 && format!("{one:?}") == format!("{other:?}"));
    // The base is there now.
    let bytes = |engine: &TransformerEngine| engine.memory(&e.model(), 16, 1).host;
    let (all, mut less) = (engine(&e), engine(&e));
    less.keep_what_fits(&[16], |_, _| Some(String::new()));
    assert!(bytes(&all) > bytes(&less));
}

/// All seeds share a base, or each has the one that a pretraining with its seed makes.
#[test]
fn seeds_share_a_base_unless_each_has_its_own() {
    let dir = TempDir::new().expect("a directory");
    let mut e = experiment(&dir);
    e.training.seeds = vec![0, 1];
    let folder = |e: &Experiment, seed| engine(e).place(16, seed);
    let shared = folder(&e, 0);
    assert_eq!(folder(&e, 1), shared);
    assert_eq!(engine(&e).notes(&[16])[0], "base of width 16: to be pretrained for 2 steps");
    e.transformer.base_per_seed = true;
    let own = [0, 1].map(|seed| folder(&e, seed));
    assert!(own[0] == shared && own[1] != shared);
    let first_losses =
        |e: &Experiment| [0, 1].map(|seed| trained_for(&engine(e), e, seed).losses[0]);
    let of_own = first_losses(&e);
    let notes = engine(&e).notes(&[16]);
    for seed in [0, 1] {
        let kept = format!("base of width 16, seed {seed}: kept in {}", own[seed].display());
        assert!(notes[seed].starts_with(&kept), "{notes:?}");
    }
    let bytes = |e: &Experiment| engine(e).memory(&e.model(), 16, 1).host;
    let two = bytes(&e);
    e.transformer.base_per_seed = false;
    assert!(two > bytes(&e), "both stay in memory");
    let of_shared = first_losses(&e);
    assert!(of_own[0] == of_shared[0] && of_own[1] != of_shared[1]);
}

/// Of questions each thread holds one, and of texts that are written each run as many as it writes together.
#[test]
fn what_a_final_test_takes_grows_with_threads_and_not_with_their_square() {
    let dir = TempDir::new().expect("a directory");
    let write = |name: &str, text: &str| {
        let path = dir.path().join(name);
        fs::write(&path, text).expect("a file");
        path.display().to_string()
    };
    let letters = write("final.csv", &"x,a,b,c,d,A\n".repeat(100));
    let answers =
        write("final.jsonl", &"{\"question\": \"a\", \"answer\": \"#### 1\"}\n".repeat(100));
    let tested = |data: &str, task: FinalTask, seeds: u64, threads: usize| {
        let mut e = experiment(&dir);
        (e.transformer.final_data, e.transformer.final_task) = (data.to_owned(), task);
        (e.transformer.context, e.transformer.new_tokens) = (200, 30);
        (e.training.inits, e.training.seeds) = (vec![Init::A, Init::B], (0..seeds).collect());
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
        let engine = engine(&e);
        let config = engine.source.config(&engine.section, 16);
        let reading = |tokens| needs::reading(&config, tokens) * threads as f64;
        let texts = |count, tokens| needs::kept(&config, count, tokens);
        let test = engine.data.final_test.as_ref().expect("a test");
        let longest = test.sequences.iter().map(|one| one.ids.len()).max().expect("one");
        let found = pool.install(|| engine.tested(&config));
        match task {
            FinalTask::Choose => (found, texts(threads, longest) + reading(longest)),
            _ => {
                // Behind a prompt are the six bytes of an answer and the end of the text.
                let prompt = longest - 7;
                let runs = threads.min(2 * seeds as usize);
                (found, texts(32 * runs, prompt + 30) + reading(prompt))
            }
        }
    };
    for threads in [1, 4, 16] {
        let (found, expected) = tested(&letters, FinalTask::Choose, 2, threads);
        assert_eq!(found, expected, "{threads}");
        for seeds in [1, 3] {
            let (found, expected) = tested(&answers, FinalTask::Write, seeds, threads);
            assert_eq!(found, expected, "{threads} {seeds}");
        }
    }
}

#[test]
fn the_last_sequences_are_held_out_as_many_as_asked() {
    let dir = TempDir::new().expect("a directory");
    let data = |held_out: usize| {
        let mut e = experiment(&dir);
        (e.transformer.held_out, e.transformer.test_sequences) = (held_out, 1000);
        engine(&e).data
    };
    let (tenth, five) = (data(0), data(5));
    let all = tenth.train.len() + tenth.test.len();
    assert_eq!((tenth.test.len(), five.test.len()), (all / 10, 5));
    assert_eq!(five.train.len(), all - 5);
    assert_eq!(five.test[..], tenth.test[all / 10 - 5..]);
    assert_ne!(five.digest(), tenth.digest());
    assert_eq!(five.final_digest(), None);
}

/// The weights that a token is multiplied by are those of the linear modules, the head among them.
#[test]
fn the_work_of_a_run_is_counted_from_its_weights_and_its_tokens() {
    let dir = TempDir::new().expect("a directory");
    let operations = |change: &dyn Fn(&mut Experiment)| {
        let mut e = experiment(&dir);
        e.training.inits = vec![Init::A];
        (e.training.steps, e.training.record_every) = (4, 4);
        change(&mut e);
        let study = Study::of("work", &e).expect("a grid");
        let (engine, cells) = (engine(&e), study.cells(0));
        let each = (cells.len() * study.expected_runs()) as f64;
        let net = engine.source.net(&engine.section, e.model.widths[0], 0);
        let linear = net.params.iter().filter(|param| param.role == Role::Linear);
        let weights: usize = linear.map(|param| param.shape.iter().product::<usize>()).sum();
        (engine.operations(&study, &cells) / each, weights as f64, engine)
    };
    let (work, weights, of) = operations(&|_| ());
    let (context, batch) = (of.section.context as f64, of.section.batch as f64);
    let config = of.source.config(&of.section, 16);
    let attention = context * (config.depth * config.heads * config.head_dim) as f64;
    let trained = 4.0 * batch * context * 4.0 * (weights + attention);
    let tested = 2.0 * of.data.test.len() as f64 * context * 2.0 * (weights + attention);
    assert!((work / (trained + tested) - 1.0).abs() < 1e-12, "{work} {trained} {tested}");
    let (rarely, ..) = operations(&|e| e.transformer.test_every = 4);
    assert!((rarely / (trained + tested / 2.0) - 1.0).abs() < 1e-12, "{rarely}");
}

/// Three examples with answers, of which one is too long; and one whose prompt is.
const PAIRS: &str = r#"{"question": "1 + 1?", "answer": "2"}
{"question": "2 + 2?", "answer": "that is four, and not five"}
{"question": "2 + 3?", "answer": "5"}
{"question": "How much is one and one and one and one?", "answer": "4"}
"#;

/// An engine on prompts that are short enough for a context of 24 tokens.
fn on_pairs(dir: &TempDir, change: impl Fn(&mut TransformerSection)) -> TransformerEngine {
    let path = dir.path().join("train.jsonl");
    fs::write(&path, PAIRS).expect("a file");
    let mut e = experiment(dir);
    e.transformer.train_data = path.display().to_string();
    e.transformer.test_data = path.display().to_string();
    e.transformer.prompt = "{question} ".to_owned();
    change(&mut e.transformer);
    engine(&e)
}

#[test]
fn templates_masks_and_data_tell_runs_apart() {
    let dir = TempDir::new().expect("a directory");
    let plain = on_pairs(&dir, |_| ());
    assert_eq!((plain.data.train.len(), plain.data.test.len()), (3, 3));
    let notes = &plain.data.notes;
    let told = "of 4 examples 1 is cut at 24 tokens, and 1 is left out, whose prompt leaves no \
                    room for an answer";
    let of = |key: &str| format!("transformer.{key}: {told}");
    assert_eq!(notes[..], [of("train_data"), of("test_data")]);
    let others: [&dyn Fn(&mut TransformerSection); 3] =
        [&|t| t.learn_prompt = true, &|t| t.prompt = "{question}".to_owned(), &|t| {
            t.answer = " {answer}".to_owned()
        }];
    let digests: BTreeSet<String> = others
        .iter()
        .map(|change| on_pairs(&dir, change).data.digest())
        .chain([plain.data.digest()])
        .collect();
    assert_eq!(digests.len(), 4, "{digests:?}");
}

/// With and without the prompts' tokens, what is held out asks for answers alone.
#[test]
fn prompts_are_learned_where_this_is_asked_for_and_never_tested() {
    let dir = TempDir::new().expect("a directory");
    let counts = |engine: &TransformerEngine| {
        let count = |all: &[lora_transformer::batch::Sequence]| {
            all.iter().map(lora_transformer::batch::Sequence::targets).collect::<Vec<_>>()
        };
        (count(&engine.data.train), count(&engine.data.test))
    };
    let (train, test) = counts(&on_pairs(&dir, |_| ()));
    // One byte of an answer and the end of the text; what is left of 24 tokens behind 7.
    assert_eq!((&train[..], &test[..]), (&[2, 17, 2][..], &[2, 17, 2][..]));
    let (train, test) = counts(&on_pairs(&dir, |t| t.learn_prompt = true));
    assert_eq!((&train[..], &test[..]), (&[8, 23, 8][..], &[2, 17, 2][..]));
}

#[test]
fn a_base_is_known_by_the_text_that_it_was_pretrained_on_wherever_this_lies() {
    let dir = TempDir::new().expect("a directory");
    let file = |name: &str, text: &str| {
        let path = dir.path().join(name);
        fs::write(&path, text).expect("a file");
        path.display().to_string()
    };
    let line = "The quick brown fox jumps over the lazy dog, and the dog sleeps on.\n";
    let numerics = |path: String| {
        let mut e = experiment(&dir);
        e.transformer.pretrain_data = path;
        engine(&e).numerics()
    };
    let one = numerics(file("one.txt", &line.repeat(100)));
    assert_eq!(one, numerics(file("moved.txt", &line.repeat(100))));
    assert_ne!(one, numerics(file("other.txt", &line.replace("fox", "cat").repeat(100))));
    assert_ne!(one, numerics(String::new()));
}

#[test]
fn the_learning_rate_of_a_pretraining_follows_the_width_where_it_is_told_to() {
    let dir = TempDir::new().expect("a directory");
    let mut e = experiment(&dir);
    (e.transformer.pretrain_lr, e.transformer.base_width) = (0.01, 32);
    let rates = |e: &Experiment| [32, 64, 128].map(|n| source::recipe(&e.transformer, n, 0).lr);
    assert_eq!(rates(&e), [0.01; 3]);
    e.transformer.pretrain_lr_exponent = -1.0;
    assert_eq!(rates(&e), [0.01, 0.005, 0.0025]);
}
