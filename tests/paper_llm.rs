//! The experiments on the paper's language models, each shrunk to a tiny random checkpoint of its architecture; and
//! what they say without their files.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::session::Session;
use crate::session::kept::told;
use crate::session::sharded::refused;
use lora_checkpoint::{
    Activation, Config, Family, Positions, Tensor, TokenizerFile, expected, write_checkpoint,
};
use lora_experiment::experiment::transformer::is_pairs;
use lora_experiment::experiment::{Source, load};

/// The experiments with the width of their checkpoints.
const FILES: [(&str, usize); 7] = [
    ("paper-llm/roberta-large-mnli", 1024),
    ("paper-llm/roberta-large-sst2", 1024),
    ("paper-llm/roberta-large-qnli", 1024),
    ("paper-llm/tinyllama-wikitext2", 2048),
    ("paper-llm/llama2-7b-flan-mmlu", 4096),
    ("paper-llm/llama2-7b-gsm8k", 4096),
    ("gsm8k", 576),
];

/// What shrinks every experiment: a few steps of one seed, at three learning rates.
const SHRUNK: [&str; 13] = [
    "model.widths=[32]",
    "model.rank=2",
    "training.seeds=[0]",
    "training.steps=4",
    "training.record_every=2",
    "transformer.test_every=0",
    "transformer.warmup=0",
    "transformer.batch=4",
    "transformer.held_out=8",
    "transformer.test_sequences=8",
    "search.coarse_factor=10",
    "search.bracket_factor=10",
    "search.max_extensions=0",
];

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../experiments/{name}.toml"))
}

/// A call with an experiment, what shrinks it, and more keys.
fn call(session: &Session, name: &str, more: &[&str], flags: &[&str]) -> std::process::Output {
    let path = file(name).display().to_string();
    let mut words = vec!["run", &path, "--engine", "cpu", "--out", "out"];
    for set in SHRUNK.iter().chain(more) {
        words.extend(["--set", set]);
    }
    words.extend(flags);
    session.call_with(&words)
}

fn ok(session: &Session, name: &str, more: &[&str], flags: &[&str]) -> String {
    let output = call(session, name, more, flags);
    assert!(output.status.success(), "{name}: {}", told(&output));
    String::from_utf8(output.stdout).expect("UTF-8")
}

fn write(session: &Session, name: &str, content: &str) {
    let path = session.path(name);
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    fs::write(path, content).expect("a file");
}

/// What a causal language model has beside the names that every model of its family has.
const HEAD: &str = "lm_head.weight";

/// A checkpoint of this shape whose weights are alike in no two places.
fn checkpoint(session: &Session, config: &Config, tokenizer: TokenizerFile) {
    let mut state = 1u32;
    let mut draw = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 24) as f32 - 0.5
    };
    // Gains of norms near 1, so that a block passes on what tells its inputs apart.
    let mut tensor = |name: &str, shape: &[usize]| {
        let count = shape.iter().product::<usize>();
        let mean = if name.contains("orm.weight") { 1.0 } else { 0.0 };
        Tensor::f32(shape, (0..count).map(|_| mean + 0.6 * draw()).collect())
    };
    let mut tensors = BTreeMap::new();
    for (name, shape) in expected(config) {
        let values = tensor(&name, &shape);
        tensors.insert(name, values);
    }
    if config.family.is_causal() {
        let head = tensor(HEAD, &[config.vocabulary, config.width]);
        tensors.insert(HEAD.to_owned(), head);
    }
    let dir = session.path("tiny");
    write_checkpoint(&dir, config, &tensors, Some(tokenizer)).expect("a checkpoint");
}

/// A Llama of one block that knows bytes, so that a letter is a token, and the mark of GSM8K's answers.
fn write_llama(session: &Session) {
    let config = Config {
        family: Family::Llama,
        vocabulary: 259,
        width: 32,
        depth: 1,
        heads: 4,
        key_value_heads: 2,
        head_dim: 8,
        mlp_width: 48,
        max_positions: 400,
        norm_epsilon: 1e-5,
        activation: Activation::Silu,
        positions: Positions::Rotary { inverse_frequencies: vec![1.0, 0.1, 0.01, 0.001] },
        query_key_value_bias: false,
        output_bias: false,
        mlp_bias: false,
        tied_head: false,
        labels: None,
    };
    let tokenizer = bytes();
    let ends = Some(0);
    let tokenizer = TokenizerFile { json: tokenizer.as_bytes(), bos: ends, eos: ends };
    checkpoint(session, &config, tokenizer);
}

/// A tokenizer of GPT-2's kind: every byte is a token, behind the one that ends a text; and so are `##` and `####`.
fn bytes() -> String {
    let plain = |byte: u8| matches!(byte, b'!'..=b'~' | 0xa1..=0xac | 0xae..=0xff);
    let spelled = |byte: u8| {
        let before = (0..byte).filter(|byte| !plain(*byte)).count() as u32;
        if plain(byte) { char::from(byte) } else { char::from_u32(256 + before).expect("one") }
    };
    let token = |byte: u8| {
        let spelled = serde_json::Value::from(spelled(byte).to_string());
        format!("{spelled}: {}", u32::from(byte) + 1)
    };
    let vocabulary: Vec<String> = (0..=255).map(token).collect();
    let end = r#"{"id": 0, "content": "<|endoftext|>", "single_word": false, "lstrip": false,
        "rstrip": false, "normalized": false, "special": true}"#;
    let level = r#"{"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true,
        "use_regex": true}"#;
    format!(
        r#####"{{"version": "1.0", "truncation": null, "padding": null, "added_tokens": [{end}],
        "normalizer": null, "pre_tokenizer": {level}, "post_processor": null, "decoder": {level},
        "model": {{"type": "BPE", "dropout": null, "unk_token": null,
            "continuing_subword_prefix": null, "end_of_word_suffix": null, "fuse_unk": false,
            "byte_fallback": false, "merges": ["# #", "## ##"],
            "vocab": {{"<|endoftext|>": 0, "##": 257, "####": 258, {}}}}}}}"#####,
        vocabulary.join(", ")
    )
}

/// Words of the sentences below, behind RoBERTa's special tokens.
const WORDS: [&str; 9] = ["<s>", "<pad>", "</s>", "<unk>", "good", "bad", "film", "is", "it"];

/// A RoBERTa of one block that knows a few words, and this many types of tokens.
fn write_roberta(session: &Session, token_types: usize) {
    let config = Config {
        family: Family::Roberta,
        vocabulary: WORDS.len(),
        width: 32,
        depth: 1,
        heads: 2,
        key_value_heads: 2,
        head_dim: 16,
        mlp_width: 48,
        max_positions: 16,
        norm_epsilon: 1e-5,
        activation: Activation::Gelu,
        positions: Positions::Learned { first: 2, token_types },
        query_key_value_bias: true,
        output_bias: true,
        mlp_bias: true,
        tied_head: false,
        labels: None,
    };
    let word = |(id, word)| format!("{word:?}: {id}");
    let vocabulary: Vec<String> = WORDS.iter().enumerate().map(word).collect();
    let tokenizer = format!(
        r#"{{"version": "1.0", "added_tokens": [], "normalizer": null,
        "pre_tokenizer": {{"type": "Whitespace"}},
        "post_processor": {{"type": "RobertaProcessing", "sep": ["</s>", 2], "cls": ["<s>", 0],
            "trim_offsets": true, "add_prefix_space": false}},
        "decoder": null,
        "model": {{"type": "WordLevel", "unk_token": "<unk>", "vocab": {{{}}}}}}}"#,
        vocabulary.join(", ")
    );
    checkpoint(session, &config, TokenizerFile::plain(tokenizer.as_bytes()));
}

fn rows(session: &Session, name: &str) -> Vec<BTreeMap<String, String>> {
    let bytes = session.read(name);
    let mut reader = csv::Reader::from_reader(&bytes[..]);
    reader.deserialize().map(|row| row.expect("a row")).collect()
}

/// The rows of the exported final test, which has one for each init.
fn finals(session: &Session) -> Vec<BTreeMap<String, String>> {
    let output = session.call("export out --csv");
    assert!(output.status.success(), "{}", told(&output));
    let finals = rows(session, "out/export/finals.csv");
    assert_eq!(finals.len(), 2, "two inits");
    finals
}

fn number(row: &BTreeMap<String, String>, name: &str) -> Option<f64> {
    row[name].parse().ok()
}

/// The largest of a column.
fn best(rows: &[BTreeMap<String, String>], name: &str) -> f64 {
    rows.iter().filter_map(|row| number(row, name)).fold(0.0, f64::max)
}

/// The number of updates is that of whole epochs over the examples that are not held out, rounded up; and what is
/// held out is measured at the last of them alone.
#[test]
fn steps_are_counted_by_one_rule() {
    // Examples of the training split, and epochs.
    let of = [
        ("roberta-large-mnli", 392_702, 3),
        ("roberta-large-sst2", 67_349, 3),
        ("roberta-large-qnli", 104_743, 3),
        ("llama2-7b-flan-mmlu", 100_000, 1),
        ("llama2-7b-gsm8k", 7_473, 4),
    ];
    for (name, examples, epochs) in of {
        let source = Source { file: Some(file(&format!("paper-llm/{name}"))), ..Source::default() };
        let experiment = load(&source).unwrap_or_else(|error| panic!("{error}")).experiment;
        let section = &experiment.transformer;
        let batch = section.batch * section.accumulation;
        assert_eq!(batch, 32, "{name}");
        let steps = (epochs * (examples - section.held_out)).div_ceil(batch);
        assert_eq!((experiment.training.steps, section.test_every), (steps, steps), "{name}");
    }
}

/// Without the base nothing is trained, and the message says what to get and where to put it.
#[test]
fn without_its_files_an_experiment_says_what_to_get() {
    let session = Session::new();
    for (name, width) in FILES {
        let path = file(name);
        let experiment = load(&Source { file: Some(path.clone()), ..Source::default() });
        let experiment = experiment.unwrap_or_else(|error| panic!("{error}")).experiment;
        let section = &experiment.transformer;
        assert_eq!(experiment.model.widths[..], [width], "{name}");
        // A tokenizer that joins a blank with the word behind it would see another text than it learned from.
        assert!(!section.prompt.ends_with(' ') || !is_pairs(&section.train_data), "{name}");
        assert!(section.where_to_get.contains("models/"), "{name}");
        let base = &section.checkpoint;
        for place in [&section.train_data, &section.final_data, base] {
            let parts =
                [Path::new(place).file_name(), Path::new(place).parent().and_then(Path::file_name)];
            let named = parts
                .into_iter()
                .flatten()
                .any(|part| section.where_to_get.contains(&*part.to_string_lossy()));
            assert!(named, "{name}: where_to_get does not tell of {place}");
        }
        refused(
            &session,
            &format!("run {} --dry-run", path.display()),
            2,
            &format!(
                "{}: transformer.checkpoint = {base:?}: must be a Hugging Face folder or a GGUF file; \
                 there is nothing at this path: {}",
                path.display(),
                section.where_to_get
            ),
        );
    }
    // With the base, the first file of data that is missing is named.
    write_llama(&session);
    let output = call(
        &session,
        "paper-llm/llama2-7b-gsm8k",
        &["transformer.checkpoint=tiny", "transformer.context=64"],
        &["--dry-run"],
    );
    let said = told(&output);
    assert_eq!(output.status.code(), Some(2), "{said}");
    let message = "transformer.train_data = \"data/gsm8k-train.jsonl\": must be a file of prompts with \
                   answers; there is nothing at this path: Llama-2-7b goes into models/llama2-7b";
    assert!(said.contains(message), "{said}");
    assert!(!session.path("out").exists(), "nothing was written");
}

#[test]
fn roberta_learns_from_the_tables_of_glue() {
    let session = Session::new();
    write_roberta(&session, 1);
    let tiny = ["transformer.checkpoint=tiny", "transformer.context=12", "transformer.batch=8"];
    let more = ["training.steps=80", "search.lr_min=1e-3", "search.lr_max=0.1"];
    let more = more.into_iter().chain(["transformer.head_lr=0.03"]);
    let learning: Vec<&str> = tiny.into_iter().chain(more).collect();
    let sentence = |i: usize| ["it is good film", "it is bad film"][i % 2];

    let row = |i: usize| format!("{}\t{}\n", sentence(i), i % 2);
    let table: String = (0..40).map(row).collect();
    write(&session, "data/SST-2/train.tsv", &format!("sentence\tlabel\n{table}"));
    write(&session, "data/SST-2/dev.tsv", &format!("sentence\tlabel\n{table}"));
    let planned = ok(&session, "paper-llm/roberta-large-sst2", &tiny, &["--dry-run"]);
    assert!(planned.contains("measured on the 40 sentences of dev.tsv\n"), "{planned}");
    // Whatever the word, half of the sentences are right before anything is learned.
    ok(&session, "paper-llm/roberta-large-sst2", &learning, &[]);
    let found = finals(&session);
    for of in &found {
        assert_eq!((&of["sequences"][..], &of["generated_exact"][..]), ("40", ""));
    }
    assert_eq!(best(&found, "accuracy"), 1.0, "good and bad films are told apart: {found:?}");
    fs::remove_dir_all(session.path("out")).expect("it was there");

    // A pair is told by its second sentence, so a reader that passed over it would find nothing.
    let names = ["entailment", "neutral", "contradiction"];
    let row = |i: usize| {
        let second = ["good film", "film", "bad film"][i % 3];
        format!("{i}\tit is film\t{second}\tneutral\t{}\n", names[i % 3])
    };
    let header = "index\tsentence1\tsentence2\tlabel1\tgold_label\n";
    let table: String = (0..60).map(row).collect();
    write(&session, "data/MNLI/train.tsv", &format!("{header}{table}"));
    write(&session, "data/MNLI/dev_matched.tsv", &format!("{header}{table}"));
    ok(&session, "paper-llm/roberta-large-mnli", &learning, &[]);
    assert_eq!(best(&finals(&session), "accuracy"), 1.0, "the three kinds of pairs are told apart");
    fs::remove_dir_all(session.path("out")).expect("it was there");

    let row = |i: usize| {
        let label = ["entailment", "not_entailment"][i % 2];
        format!("{i}\tis it good\t{}\t{label}\n", sentence(i))
    };
    let table: String = (0..40).map(row).collect();
    let header = "index\tquestion\tsentence\tlabel\n";
    write(&session, "data/QNLI/train.tsv", &format!("{header}{table}"));
    write(&session, "data/QNLI/dev.tsv", &format!("{header}{table}"));
    ok(&session, "paper-llm/roberta-large-qnli", &learning, &[]);
    let found = finals(&session);
    assert_eq!(found[0]["sequences"], "40");
    assert_eq!(best(&found, "accuracy"), 1.0, "answers are told from other sentences: {found:?}");

    write(&session, "data/QNLI/dev.tsv", &format!("{header}1\tis it\tgood film\tneutral\n"));
    let output = call(&session, "paper-llm/roberta-large-qnli", &tiny, &["--dry-run"]);
    let said = told(&output);
    let message = "transformer.final_data = \"data/QNLI/dev.tsv\": data/QNLI/dev.tsv:2: the label is \
                   `neutral`; valid is entailment or not_entailment";
    assert!(said.contains(message) && output.status.code() == Some(2), "{said}");

    let short: Vec<&str> = tiny.into_iter().chain(["transformer.context=5"]).collect();
    let said = told(&call(&session, "paper-llm/roberta-large-qnli", &short, &["--dry-run"]));
    let message = "transformer.context = 5: must be larger: the special tokens around two texts leave no \
                   room for them";
    assert!(said.contains(message), "{said}");
    write_roberta(&session, 2);
    let said = told(&call(&session, "paper-llm/roberta-large-qnli", &tiny, &["--dry-run"]));
    let message = "transformer.text_columns = [\"question\", \"sentence\"]: must be one column: \
                   transformer.checkpoint tells two texts apart by the types of their tokens, which are \
                   not computed here";
    assert!(said.contains(message), "{said}");
}

#[test]
fn tinyllama_learns_wikitext() {
    let session = Session::new();
    write_llama(&session);
    let text = "The film is good, and it is long. ".repeat(60);
    for name in ["train", "valid", "test"] {
        write(&session, &format!("data/wikitext2-{name}.txt"), &text);
    }
    let tiny = ["transformer.checkpoint=tiny", "transformer.context=32", "transformer.held_out=0"];
    let perplexities = |rates: [&str; 3]| {
        let with: Vec<&str> = tiny.into_iter().chain(rates).collect();
        ok(&session, "paper-llm/tinyllama-wikitext2", &with, &[]);
        let found = finals(&session);
        for of in &found {
            assert_eq!((&of["exact"][..], &of["choice_accuracy"][..]), ("", ""));
        }
        fs::remove_dir_all(session.path("out")).expect("it was there");
        found.iter().map(|of| number(of, "perplexity").expect("one")).collect::<Vec<_>>()
    };
    let still = ["training.steps=1", "search.lr_min=1e-9", "search.lr_max=1e-7"];
    let learned = ["training.steps=60", "search.lr_min=1e-3", "search.lr_max=0.1"];
    let [still, learned] = [still, learned].map(perplexities);
    // A model that finds every one of its 259 tokens as likely has a perplexity of 259.
    assert!(still.iter().all(|&perplexity| perplexity > 200.0), "{still:?}");
    assert!(learned.iter().all(|&perplexity| perplexity < 20.0), "{learned:?}");
}

/// Questions of GSM8K whose every answer is the same short one, so that a tiny model learns to write it.
fn sums(count: usize) -> String {
    let line =
        |i: usize| format!("{{\"question\": \"{} and none?\", \"answer\": \"#### 7\"}}\n", i % 10);
    (0..count).map(line).collect()
}

#[test]
fn answers_are_written_and_their_numbers_compared() {
    let session = Session::new();
    write_llama(&session);
    write(&session, "data/gsm8k-train.jsonl", &sums(60));
    write(&session, "data/gsm8k-test.jsonl", &sums(20));
    let tiny = [
        "transformer.checkpoint=tiny",
        "transformer.context=64",
        "transformer.final_sequences=12",
        "transformer.new_tokens=10",
        "training.steps=60",
        "search.lr_min=1e-3",
        "search.lr_max=0.1",
    ];
    let planned = ok(&session, "gsm8k", &tiny, &["--dry-run"]);
    let note = "measured on the 12 examples of gsm8k-test.jsonl, behind which it writes at most 10 tokens\n";
    assert!(planned.contains(note), "{planned}");
    let printed = ok(&session, "gsm8k", &tiny, &["--threads", "1"]);
    assert!(printed.contains(", generated exact "), "{printed}");
    let found = finals(&session);
    for of in &found {
        assert_eq!((&of["sequences"][..], &of["choice_accuracy"][..]), ("12", ""));
    }
    assert_eq!(best(&found, "generated_exact"), 1.0, "the answer was learned: {found:?}");
    let answers = rows(&session, "out/export/answers.csv");
    assert_eq!(answers.len(), 2 * 12);

    // The same bytes at another number of threads, and nothing is measured twice.
    let output = session.call("status out");
    let status = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(status.contains(", generated exact 1.0000, loss "), "{status}");
    let again = ok(&session, "gsm8k", &tiny, &["--threads", "2"]);
    assert!(again.contains(", generated exact "), "{again}");
    assert_eq!(finals(&session), found);

    // Numbers that the model cannot know: it still writes 7, which is then wrong.
    write(&session, "data/gsm8k-test.jsonl", &sums(20).replace("#### 7", "#### 8"));
    ok(&session, "gsm8k", &tiny, &["--threads", "2"]);
    let output = session.call("export out --csv");
    assert!(output.status.success(), "{}", told(&output));
    let all = rows(&session, "out/export/finals.csv");
    let wrong = all.iter().filter(|of| !found.iter().any(|known| known["data"] == of["data"]));
    let shares: Vec<Option<f64>> = wrong.map(|of| number(of, "generated_exact")).collect();
    assert_eq!(shares, [Some(0.0), Some(0.0)], "{all:?}");

    write(&session, "data/gsm8k-test.jsonl", &sums(20).replacen("#### 7", "seven", 1));
    let output = call(&session, "gsm8k", &tiny, &["--dry-run"]);
    let said = told(&output);
    let message = "transformer.final_data = \"data/gsm8k-test.jsonl\": gsm8k-test.jsonl: the answer of \
                   example 1 states no number behind ####, which transformer.final_task \"write\" compares";
    assert!(said.contains(message) && output.status.code() == Some(2), "{said}");
}

#[test]
fn llama_is_asked_gsm8k() {
    let session = Session::new();
    write_llama(&session);
    write(&session, "data/gsm8k-train.jsonl", &sums(60));
    write(&session, "data/gsm8k-test.jsonl", &sums(20));
    let tiny = [
        "transformer.checkpoint=tiny",
        "transformer.context=64",
        "transformer.new_tokens=8",
        "transformer.accumulation=2",
    ];
    let found = |rates: [&str; 3]| {
        let with: Vec<&str> = tiny.into_iter().chain(rates).collect();
        ok(&session, "paper-llm/llama2-7b-gsm8k", &with, &[]);
        let found = finals(&session);
        assert_eq!(found[0]["sequences"], "20");
        fs::remove_dir_all(session.path("out")).expect("it was there");
        best(&found, "generated_exact")
    };
    let still = ["training.steps=1", "search.lr_min=1e-9", "search.lr_max=1e-7"];
    let learned = ["training.steps=60", "search.lr_min=1e-3", "search.lr_max=0.1"];
    assert_eq!([still, learned].map(found), [0.0, 1.0], "the answer was learned");
}

/// Questions whose right answers are all B, behind answered ones that say so.
fn questions(count: usize, letter: &str) -> String {
    (0..count).map(|i| format!("\"{i}, and?\",a,b,c,d,{letter}\n")).collect()
}

#[test]
fn llama_learns_flan_and_is_asked_mmlu() {
    let session = Session::new();
    write_llama(&session);
    // The word behind the prompt is a letter, so that one of them becomes likely.
    let line = |i: usize| format!("{{\"inputs\": \"{} Answer:\", \"targets\": \"B\"}}\n", i % 10);
    write(&session, "data/flan-v2.jsonl", &(0..60).map(line).collect::<String>());
    for subject in ["anatomy", "formal_logic"] {
        write(&session, &format!("data/mmlu/test/{subject}_test.csv"), &questions(8, "B"));
        write(&session, &format!("data/mmlu/dev/{subject}_dev.csv"), &questions(5, "B"));
    }
    let tiny = [
        "transformer.checkpoint=tiny",
        "transformer.context=40",
        "transformer.accumulation=1",
        "training.steps=40",
        "search.lr_min=1e-3",
        "search.lr_max=0.1",
        "transformer.prompt={inputs} ",
    ];
    let planned = ok(&session, "paper-llm/llama2-7b-flan-mmlu", &tiny, &["--dry-run"]);
    let note = "measured on the 16 questions of test, behind 5 answered ones, by the likeliest of four letters\n";
    assert!(planned.contains(note) && !planned.contains("fewer answered"), "{planned}");
    let printed = ok(&session, "paper-llm/llama2-7b-flan-mmlu", &tiny, &[]);
    assert!(printed.contains(": choice accuracy "), "{printed}");
    let found = finals(&session);
    assert_eq!(best(&found, "choice_accuracy"), 1.0, "B is the likeliest letter: {found:?}");
    for of in &found {
        assert_eq!((&of["sequences"][..], &of["predictions"][..]), ("16", "16"));
        assert_eq!((&of["perplexity"][..], &of["generated_exact"][..]), ("", ""));
    }

    // Where the right letter is another one, the same models are wrong: they are measured anew.
    write(&session, "data/mmlu/test/anatomy_test.csv", &questions(8, "D"));
    ok(&session, "paper-llm/llama2-7b-flan-mmlu", &tiny, &[]);
    let output = session.call("export out --csv");
    assert!(output.status.success(), "{}", told(&output));
    let all = rows(&session, "out/export/finals.csv");
    let anew = all.iter().filter(|of| !found.iter().any(|known| known["data"] == of["data"]));
    let shares: Vec<f64> = anew.filter_map(|of| number(of, "choice_accuracy")).collect();
    assert!(shares.len() == 2 && shares.contains(&0.5), "{shares:?}");

    // 400 places hold no five questions of this length, and one question alone may be longer.
    let long = |length: usize| format!("{},a,b,c,d,B\n", "x".repeat(length));
    write(&session, "data/mmlu/dev/anatomy_dev.csv", &long(60).repeat(5));
    write(&session, "data/mmlu/test/formal_logic_test.csv", &(questions(7, "B") + &long(400)));
    let planned = ok(&session, "paper-llm/llama2-7b-flan-mmlu", &tiny, &["--dry-run"]);
    let note = "\ntransformer.final_data: of 16 questions 8 have fewer answered questions before them, and 1 is \
                left out, to fit into the model's 400 places\n";
    assert!(planned.contains(note) && planned.contains("on the 15 questions of test"), "{planned}");

    fs::remove_file(session.path("data/mmlu/dev/anatomy_dev.csv")).expect("it was there");
    let output = call(&session, "paper-llm/llama2-7b-flan-mmlu", &tiny, &["--dry-run"]);
    let said = told(&output);
    let message = "transformer.shots_data = \"data/mmlu/dev\": must be files with 5 questions on each \
                   subject, or transformer.shots smaller: on anatomy there are 0";
    assert!(said.contains(message) && output.status.code() == Some(2), "{said}");
}
