//! What models write, against whole passes over the growing text.

use lora_transformer::batch::{Batch, Sequence, Target};
use lora_transformer::generate::Limits;
use lora_transformer::net::Head;
use lora_transformer::pass::Wants;
use lora_transformer::trainer::Trainer;
use lora_transformer::{generate, model};

use super::common::Both;

/// The tiny models that write, with adapters that are not zero.
fn writers() -> impl Iterator<Item = Both> {
    Both::all().filter(|both| matches!(both.base.net.head, Head::NextToken(_)))
}

/// Prompts of several lengths, more than are written at the same time.
fn prompts(vocabulary: usize) -> Vec<Vec<u32>> {
    let one = |index: usize| {
        let length = 1 + index * 5 % 7;
        (0..length).map(|place| ((index * 31 + place * 7 + 3) % vocabulary) as u32).collect()
    };
    (0..41).map(one).collect()
}

/// Logits behind a text, of a whole pass.
fn behind(both: &Both, wants: &Wants, ids: &[u32]) -> Vec<f32> {
    let sequence = Sequence { ids: ids.to_vec(), target: Target::None };
    let all = model::outputs(&both.pass(wants), &Batch::new([&sequence])).concat();
    all[all.len() - both.case.config.vocabulary..].to_vec()
}

/// The likeliest token, and by how much it leads.
fn first_two(logits: &[f32]) -> (u32, f32) {
    let mut order: Vec<usize> = (0..logits.len()).collect();
    order.sort_by(|&a, &b| logits[b].total_cmp(&logits[a]));
    (order[0] as u32, logits[order[0]] - logits[order[1]])
}

#[test]
fn kept_keys_and_values_give_the_tokens_of_whole_passes() {
    let mut compared = 0;
    for both in writers() {
        let wants = Wants::nothing(&both.base.net);
        let pass = both.pass(&wants);
        let prompts = prompts(both.case.config.vocabulary);
        let limits = Limits { new_tokens: 5, stop: Vec::new() };
        let texts = generate::greedy(&pass, &prompts, &limits).expect("good prompts");
        assert_eq!(texts.len(), prompts.len());
        for (prompt, text) in prompts.iter().zip(&texts) {
            let places = both.case.config.max_positions + 1 - prompt.len();
            assert_eq!(text.len(), places.min(5), "{}", both.case.name);
            let mut ids = prompt.clone();
            for &token in text {
                let (likeliest, lead) = first_two(&behind(&both, &wants, &ids));
                // Rounding decides between tokens that are as likely.
                assert!(token == likeliest || lead < 1e-5, "{}: {ids:?}", both.case.name);
                compared += usize::from(lead >= 1e-5);
                ids.push(token);
            }
        }
    }
    assert!(compared > 300, "{compared}");
}

#[test]
fn a_text_ends_before_a_stop_token() {
    for both in writers() {
        let wants = Wants::nothing(&both.base.net);
        let pass = both.pass(&wants);
        let prompts = prompts(both.case.config.vocabulary);
        let write = |new_tokens, stop: &[u32]| {
            let limits = Limits { new_tokens, stop: stop.to_vec() };
            generate::greedy(&pass, &prompts, &limits).expect("good prompts")
        };
        let free = write(5, &[]);
        assert!(write(0, &[]).iter().all(Vec::is_empty));
        let stop = free[3][1];
        for (free, stopped) in free.iter().zip(write(5, &[stop])) {
            let end = free.iter().position(|&token| token == stop).unwrap_or(free.len());
            assert_eq!(stopped, free[..end], "{}", both.case.name);
        }
    }
}

/// Whether to stop is asked before every token of 32 texts together, and what is not stopped is the same.
#[test]
fn writing_ends_where_it_is_told_to_stop() {
    let both = Both::named("Llama");
    let wants = Wants::nothing(&both.base.net);
    let pass = both.pass(&wants);
    let prompts = prompts(both.case.config.vocabulary);
    let limits = Limits { new_tokens: 5, stop: Vec::new() };
    let until = |most: usize| {
        let asked = std::cell::Cell::new(0);
        let stopped = || asked.replace(asked.get() + 1) == most;
        let texts = generate::greedy_until(&pass, &prompts, &limits, &stopped);
        (texts.expect("good prompts"), asked.get())
    };
    let whole = generate::greedy(&pass, &prompts, &limits).expect("good prompts");
    assert_eq!(until(usize::MAX), (Some(whole), 10), "five tokens of 32 texts and of nine");
    for most in [0, 3, 7] {
        assert_eq!(until(most), (None, most + 1));
    }
}

/// The adapters count, and log-probabilities are those of whole passes.
#[test]
fn choices_are_as_likely_as_whole_passes_say() {
    for both in writers() {
        let wants = Wants::nothing(&both.base.net);
        let prompts = prompts(both.case.config.vocabulary);
        let choices: Vec<u32> = (0..both.case.config.vocabulary as u32).collect();
        let all = generate::log_probabilities(&both.pass(&wants), &prompts, &choices)
            .expect("good prompts");
        for (prompt, found) in prompts.iter().zip(&all) {
            let logits = behind(&both, &wants, prompt);
            let sum: f64 = logits.iter().map(|&logit| f64::from(logit).exp()).sum();
            for (found, &logit) in found.iter().zip(&logits) {
                assert!((found - (f64::from(logit) - sum.ln())).abs() < 2e-5, "{}", both.case.name);
            }
        }
        let plain = Trainer::new(&both.base, &both.spec()).expect("a run");
        assert_ne!(plain.log_probabilities(&prompts, &choices).expect("good prompts"), all);
    }
}

#[test]
fn what_a_model_cannot_read_is_refused() {
    let both = Both::named("Llama");
    let trainer = Trainer::new(&both.base, &both.spec()).expect("a run");
    let limits = Limits { new_tokens: 2, stop: Vec::new() };
    let vocabulary = both.case.config.vocabulary as u32;
    let long = vec![1; both.case.config.max_positions + 1];
    for (prompt, said) in
        [(vec![], "no token"), (vec![vocabulary], "beyond the vocabulary"), (long, "at most")]
    {
        let error = trainer.greedy(&[vec![1], prompt], &limits).expect_err("a bad prompt");
        assert!(error.to_string().starts_with("sequence 1: "), "{error}");
        assert!(error.to_string().contains(said), "{error}");
    }
    let error = trainer.log_probabilities(&[vec![1]], &[vocabulary]).expect_err("a bad choice");
    assert!(error.to_string().contains("beyond the vocabulary"), "{error}");
    let encoder = Both::named("BERT");
    let trainer = Trainer::new(&encoder.base, &encoder.spec()).expect("a run");
    let error = trainer.greedy(&[vec![1]], &limits).expect_err("it does not write");
    assert!(error.to_string().contains("no head for the next token"), "{error}");
}
