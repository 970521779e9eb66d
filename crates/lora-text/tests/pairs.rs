//! Prompts with answers: templates, the lines that are refused, and the tokens on both sides of the boundary.

use crate::common;
use std::fs;

use lora_text::Tokenizer;
use lora_text::data::{
    Pair, PairIds, Template, TemplateFault, Templates, encode_pairs, read_pairs,
};
use proptest::prelude::*;
use tempfile::tempdir;

fn templates(prompt: &str, answer: &str) -> Templates {
    let parse = |text| Template::parse(text).expect("a template");
    Templates { prompt: parse(prompt), answer: parse(answer) }
}

fn usual() -> Templates {
    templates("Question: {question}\nAnswer: ", "{answer}")
}

/// The pairs of a file with this content; a refusal is without the folder's name.
fn read(content: &str, templates: &Templates) -> Result<Vec<Pair>, String> {
    let dir = tempdir().expect("a folder");
    let file = dir.path().join("data.jsonl");
    fs::write(&file, content).expect("it is written");
    read_pairs(&file, templates)
        .map_err(|error| error.to_string().replace(&format!("{}/", dir.path().display()), ""))
}

fn pair(prompt: &str, answer: &str) -> Pair {
    Pair { prompt: prompt.to_owned(), answer: answer.to_owned() }
}

#[test]
fn templates_have_fields_and_braces() {
    let template = Template::parse("{{{a}}} {b c}{a} }}{{").expect("a template");
    assert_eq!(template.fields().collect::<Vec<_>>(), ["a", "b c", "a"]);
    let field = |name: &str| match name {
        "a" => Ok("{b c}"),
        "b c" => Ok("two"),
        _ => Err(name.to_owned()),
    };
    assert_eq!(template.filled(field), Ok("{{b c}} two{b c} }{".to_owned()), "filled once");
    assert_eq!(Template::parse("").map(|empty| empty.fields().count()), Ok(0));
    let wrong = [
        ("a {", TemplateFault::Unclosed),
        ("{a", TemplateFault::Unclosed),
        ("{a {b}", TemplateFault::Unclosed),
        ("a }", TemplateFault::Unopened),
        ("{a}}", TemplateFault::Unopened),
        ("{}", TemplateFault::Unnamed),
    ];
    for (text, fault) in wrong {
        assert_eq!(Template::parse(text), Err(fault), "{text}");
    }
}

#[test]
fn fields_of_a_line_make_prompt_and_answer() {
    let line = r##"{"question": "1 + 1?", "answer": "It is 2.\n#### 2", "source": ["ours"]}"##;
    let all = read(&format!("{line}\n \n{line}\n"), &usual()).expect("it is read");
    let expected = pair("Question: 1 + 1?\nAnswer: ", "It is 2.\n#### 2");
    assert_eq!(all, [expected.clone(), expected]);
    let flan = templates("{inputs}", " {targets}.");
    let all = read(r#"{"inputs": "Say {a}", "targets": "no"}"#, &flan).expect("it is read");
    assert_eq!(all, [pair("Say {a}", " no.")]);
}

#[test]
fn lines_are_refused_with_their_number() {
    let good = r#"{"question": "a", "answer": "b"}"#;
    let cases = [
        ("{", "data.jsonl:3: is no JSON: EOF while parsing an object at line 1 column 1"),
        ("[1]", "data.jsonl:3: is no JSON object: write {\"name\": \"text\", ...}"),
        (
            r#"{"question": "a", "answers": "b"}"#,
            "data.jsonl:3: has no field `answer`; it has answers, question",
        ),
        ("{}", "data.jsonl:3: has no field `question`; it has nothing"),
        (r#"{"question": 1, "answer": "b"}"#, "data.jsonl:3: has no text under `question`"),
        (r#"{"question": "a", "answer": " \n"}"#, "data.jsonl:3: has an empty answer"),
    ];
    for (line, expected) in cases {
        let lines = format!("{good}\n\n{line}\n{good}\n");
        assert_eq!(read(&lines, &usual()).expect_err(expected), expected);
    }
    assert_eq!(read("\n", &usual()).expect_err("empty"), "data.jsonl: has no example");
    let many: Vec<String> = (0..14).map(|i| format!("\"f{i:02}\": 1")).collect();
    let told = read(&format!("{{{}}}", many.join(",")), &usual()).expect_err("no such field");
    assert!(
        told.ends_with(
            "it has f00, f01, f02, f03, f04, f05, f06, f07, f08, f09, f10, f11 and 2 more"
        )
    );
}

/// Bytes are tokens 0 to 255; `ab` and ` ab` have tokens of their own, and a special one ends a text.
#[test]
fn the_prompts_tokens_are_those_of_the_prompt_alone() {
    let dir = tempdir().expect("a folder");
    let tokenizer = Tokenizer::open(&common::byte_level("gpt-2").file(&dir)).expect("it opens");
    let of = |prompt: &str, answer: &str| {
        encode_pairs(&tokenizer, &[pair(prompt, answer)]).expect("ids").remove(0)
    };
    let (space, a, b, x) = (u32::from(b' '), u32::from(b'a'), u32::from(b'b'), u32::from(b'x'));
    let both = |ids: &[u32], prompt| PairIds { ids: [ids, &[common::START]].concat(), prompt };
    // Together the two would be one token.
    assert_eq!(of("xa", "bx"), both(&[x, a, b, x], 2));
    assert_eq!(of("x ", "ab"), both(&[x, space, common::AB], 2));
    assert_eq!(tokenizer.encode("x ab", false).expect("ids"), [x, common::SPACE_AB]);
    // No token crosses this boundary.
    assert_eq!(of("x", " ab"), both(&[x, common::SPACE_AB], 1));
    assert_eq!(of("", "ab"), both(&[common::AB], 0));
}

/// A tokenizer with a token before a text and one behind it, but none that is known to end a text.
fn words(template: &str, tokens: &str) -> Tokenizer {
    let json = format!(
        r#"{{"version": "1.0", "added_tokens": [{tokens}], "normalizer": null,
        "pre_tokenizer": {{"type": "Whitespace"}}, "decoder": null,
        "post_processor": {{"type": "TemplateProcessing", "single": [{template}], "pair": [],
            "special_tokens": {{"[B]": {{"id": "[B]", "ids": [0], "tokens": ["[B]"]}},
                "[E]": {{"id": "[E]", "ids": [1], "tokens": ["[E]"]}}}}}},
        "model": {{"type": "WordLevel", "vocab": {{"[B]": 0, "[E]": 1, "a": 2, "good": 3, "film": 4,
            "</s>": 5, "[UNK]": 6}}, "unk_token": "[UNK]"}}}}"#
    );
    Tokenizer::from_json("words".as_ref(), json.as_bytes()).expect("a tokenizer")
}

#[test]
fn what_a_tokenizer_puts_before_a_text_begins_the_prompt() {
    let text = r#"{"Sequence": {"id": "A", "type_id": 0}}"#;
    let special = |name: &str| format!(r#"{{"SpecialToken": {{"id": "{name}", "type_id": 0}}}}"#);
    let [begin, end] = ["[B]", "[E]"].map(special);
    let ids = |template: &[&str], prompt| {
        let tokenizer = words(&template.join(","), "");
        encode_pairs(&tokenizer, &[pair(prompt, "film")]).expect("ids").remove(0)
    };
    let with = |ids: &[u32], prompt| PairIds { ids: ids.to_vec(), prompt };
    assert_eq!(ids(&[&begin, text, &end], "a good"), with(&[0, 2, 3, 4, 5], 3));
    assert_eq!(ids(&[text, &end], "a good"), with(&[2, 3, 4, 5], 2));
    assert_eq!(ids(&[text], "a good"), with(&[2, 3, 4, 5], 2));
    assert_eq!(ids(&[&begin, text], ""), with(&[0, 4, 5], 1));
}

proptest! {
    #[test]
    fn tokens_of_bytes_are_those_of_both_texts(prompt in "\\PC{0,12}", answer in "\\PC{1,12}") {
        let dir = tempdir().expect("a folder");
        let tokenizer = Tokenizer::open(&common::byte_level("llama-bpe").file(&dir)).expect("it opens");
        let one = pair(&prompt, &answer);
        let PairIds { ids, prompt: count } = encode_pairs(&tokenizer, &[one]).expect("ids").remove(0);
        prop_assert_eq!(ids.last(), Some(&common::START));
        let decoded = |ids: &[u32]| tokenizer.decode(ids, false).expect("text");
        prop_assert_eq!(decoded(&ids[..ids.len() - 1]), format!("{prompt}{answer}"));
        prop_assert_eq!(decoded(&ids[..count]), prompt);
    }

    #[test]
    fn any_template_is_read_or_refused_and_any_line_too(text in "[a-c{} ]{0,12}", line in "\\PC{0,40}") {
        if let Ok(template) = Template::parse(&text) {
            let plain = template.filled(|name| Ok::<_, ()>(match name { "a" => "x", _ => "y" }));
            prop_assert!(plain.is_ok());
            let templates = Templates { prompt: template.clone(), answer: template };
            if let Err(told) = read(&line, &templates) {
                prop_assert!(told.starts_with("data.jsonl"), "{told}");
            }
        }
    }
}
