//! Keys of transformers: their defaults, and their form in files.

use toml::Table;

use super::*;

/// The keys of files and of stored runs from before there were these.
const WRITTEN: usize = 24;

#[test]
fn what_is_written_at_the_defaults_is_what_was_written_before() {
    let plain = TransformerSection::default();
    let written = Table::try_from(&plain).expect("a table");
    assert_eq!(written.len(), WRITTEN);
    assert_eq!(written["targets"].to_string(), r#"["all-linear"]"#);
    assert_eq!(written["init_law"].to_string(), r#""fan-in""#);
    let later = TransformerSection::later_keys().map(|(key, value)| (key.to_owned(), value));
    let all: Table = written.into_iter().chain(later).collect();
    assert_eq!(all.len(), WRITTEN + TransformerSection::later_keys().len());
    let read: TransformerSection = all.try_into().expect("a section");
    assert_eq!(read, plain);
}

#[test]
fn every_key_is_the_same_after_writing_and_reading() {
    let text = r#"
        targets = ".*_proj"
        init_law = 0.02
        use_rslora = true
        exclude_modules = ["down_proj"]
        layers_to_transform = 1
        accumulation = 4
        rank_pattern = { "layers.0.*q_proj" = 2 }
        alpha_pattern = { v_proj = 16 }
        prompt = "{a}"
        answer = " {b}\n"
        learn_prompt = true
        held_out = 100
        test_every = 50
        final_data = "data/final.jsonl"
        final_task = "choose"
        final_sequences = 200
        new_tokens = 99
        shots_data = "data/dev"
        shots = 3
        text_columns = ["question", "sentence"]
        label_column = "gold_label"
        label_names = ["yes", "no"]
        where_to_get = "from a friend"
        pretrain_data = "data/much.txt"
        pretrain_lr_exponent = -1.0
        base_per_seed = true
    "#;
    let read: TransformerSection = toml::from_str(text).expect("a section");
    assert_eq!((&read.prompt[..], &read.answer[..], read.learn_prompt), ("{a}", " {b}\n", true));
    assert_eq!(read.targets, Modules::Pattern(".*_proj".to_owned()));
    assert_eq!(read.init_law, InitLaw::Std(0.02));
    assert_eq!(read.layers_to_transform, [1]);
    assert_eq!((read.held_out, read.test_every), (100, 50));
    assert_eq!(read.final_data, "data/final.jsonl");
    assert_eq!((&read.pretrain_data[..], read.pretrain_lr_exponent), ("data/much.txt", -1.0));
    assert_eq!((read.base_seed(3), TransformerSection::default().base_seed(3)), (3, 0));
    assert_eq!(read.final_task, FinalTask::Choose);
    assert_eq!((read.final_sequences, read.new_tokens, read.shots), (200, 99, 3));
    assert_eq!((&read.shots_data[..], &read.label_column[..]), ("data/dev", "gold_label"));
    assert_eq!(
        (&read.text_columns[..], &read.label_names[..]),
        (
            &["question".to_owned(), "sentence".to_owned()][..],
            &["yes".to_owned(), "no".to_owned()][..],
        )
    );
    assert_eq!(read.alpha_pattern["v_proj"], 16.0);
    let written = toml::to_string(&read).expect("TOML");
    assert_eq!(toml::from_str::<TransformerSection>(&written).expect("a section"), read);
    let json = serde_json::to_string(&read).expect("JSON");
    assert_eq!(serde_json::from_str::<TransformerSection>(&json).expect("a section"), read);
}

#[test]
fn all_linear_is_one_value_however_it_is_written() {
    for text in [r#"["all-linear"]"#, r#""all-linear""#, r#""All-Linear""#] {
        let text = format!("targets = {text}");
        let read: TransformerSection = toml::from_str(&text).expect("a section");
        assert_eq!(read, TransformerSection::default(), "{text}");
    }
}

#[test]
fn what_is_held_out_is_measured_at_the_last_step_and_as_often_as_asked() {
    let at = |test_every: usize| {
        let section = TransformerSection { test_every, ..TransformerSection::default() };
        let recorded = [(0, false), (50, false), (75, false), (100, false), (120, true)];
        recorded.map(|(step, is_last)| section.tests_at(step, is_last))
    };
    assert_eq!(at(0), [true; 5]);
    assert_eq!(at(50), [false, true, false, true, true]);
    assert_eq!(at(1000), [false, false, false, false, true]);
}

#[test]
fn a_run_is_not_known_by_the_prompts_of_a_final_test() {
    let with = |train: &str, prompt: &str| {
        let section = TransformerSection {
            train_data: train.to_owned(),
            final_data: "c.jsonl".to_owned(),
            prompt: prompt.to_owned(),
            ..TransformerSection::default()
        };
        section.without_places()
    };
    assert_eq!(with("a.txt", "{q}"), with("a.txt", "{question}"));
    assert_ne!(with("a.jsonl", "{q}"), with("a.jsonl", "{question}"));
}

#[test]
fn a_run_is_not_known_by_what_a_final_test_asks_but_by_the_columns_that_it_reads() {
    let of = |change: &dyn Fn(&mut TransformerSection)| {
        let mut section = TransformerSection::default();
        change(&mut section);
        section.without_places()
    };
    let plain = TransformerSection::default().without_places();
    let asked = of(&|t| {
        (t.final_task, t.final_sequences) = (FinalTask::Choose, 100);
        (t.new_tokens, t.shots, t.shots_data) = (10, 1, "data/dev".to_owned());
    });
    assert_eq!(asked, plain);
    assert_ne!(of(&|t| t.label_column = "gold_label".to_owned()), plain);
}

#[test]
fn the_end_of_a_name_says_what_a_file_holds() {
    let section = |train_data: &str, test_data: &str| TransformerSection {
        train_data: train_data.to_owned(),
        test_data: test_data.to_owned(),
        ..TransformerSection::default()
    };
    assert!(is_pairs("data/a.b.jsonl") && !is_pairs("a.jsonl.txt") && !is_pairs(""));
    assert!(section("a.jsonl", "").tests_pairs() && section("", "a.jsonl").tests_pairs());
    assert!(!section("a.jsonl", "a.txt").tests_pairs() && !section("", "").tests_pairs());
}
