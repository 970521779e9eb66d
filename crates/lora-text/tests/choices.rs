//! MMLU's questions, the prompts that ask them, and the numbers that answers to GSM8K state.

use std::fs;

use lora_text::data::{Question, Subject, few_shot, read_choices, stated_number};
use tempfile::{TempDir, tempdir};

fn folder(files: &[(&str, &str)]) -> TempDir {
    let dir = tempdir().expect("a folder");
    for (name, content) in files {
        fs::write(dir.path().join(name), content).expect("it is written");
    }
    dir
}

/// What the files of a folder hold; a refusal is without the folder's name.
fn read(files: &[(&str, &str)], name: &str) -> Result<Vec<Subject>, String> {
    let dir = folder(files);
    read_choices(&dir.path().join(name))
        .map_err(|error| error.to_string().replace(&format!("{}/", dir.path().display()), ""))
}

fn question(text: &str, choices: [&str; 4], right: usize) -> Question {
    Question { text: text.to_owned(), choices: choices.map(str::to_owned), right }
}

/// A quoted cell holds commas, quotes and ends of lines.
const LOGIC: &str = "\"Is \"\"a, b\"\"\nright?\",yes,no,\"both, maybe\",none,C\nWhat?,1,2,3,4,A\n";

#[test]
fn a_file_is_a_subject_and_a_folder_has_several() {
    let files = [
        ("formal_logic_test.csv", LOGIC),
        ("anatomy_test.csv", "Where?,a,b,c,d,D\n"),
        ("README.txt", "no questions"),
    ];
    let all = read(&files, "").expect("they are read");
    let names: Vec<&str> = all.iter().map(|subject| &subject.name[..]).collect();
    assert_eq!(names, ["anatomy", "formal_logic"]);
    let expected = [
        question("Is \"a, b\"\nright?", ["yes", "no", "both, maybe", "none"], 2),
        question("What?", ["1", "2", "3", "4"], 0),
    ];
    assert_eq!(all[1].questions, expected);
    let one = read(&files, "formal_logic_test.csv").expect("it is read");
    assert_eq!(one, all[1..]);
}

#[test]
fn lines_that_are_no_question_are_named() {
    let cases = [
        (
            "What?,1,2,3,A\n",
            "logic.csv:1: has 5 columns; valid are 6: a question, four choices and a letter",
        ),
        (
            "\"a\nb\",1,2,3,4,A\nWhat?,1,2,3,4,E\n",
            "logic.csv:3: the answer is `E`; valid is A, B, C or D",
        ),
        (" ,1,2,3,4,A\n", "logic.csv:1: has no question"),
        ("", "logic.csv: has no question"),
    ];
    for (content, expected) in cases {
        assert_eq!(read(&[("logic.csv", content)], "logic.csv").expect_err(expected), expected);
    }
    let none = read(&[("README.txt", "")], "").expect_err("no file of questions");
    assert_eq!(none, ": has no file of questions: their names end in .csv");
}

#[test]
fn a_prompt_shows_answered_questions_and_ends_before_the_letter() {
    let shot = question("One?", ["a", "b", "c", "d"], 1);
    let asked = question("Two?", ["e", "f", "g", "h"], 3);
    assert_eq!(
        few_shot("high_school_physics", &[shot], &asked),
        "The following are multiple choice questions (with answers) about high school physics.\n\n\
         One?\nA. a\nB. b\nC. c\nD. d\nAnswer: B\n\n\
         Two?\nA. e\nB. f\nC. g\nD. h\nAnswer:"
    );
    let bare = few_shot("physics", &[], &asked);
    assert!(bare.ends_with("about physics.\n\nTwo?\nA. e\nB. f\nC. g\nD. h\nAnswer:"), "{bare}");
}

#[test]
fn numbers_are_spelled_in_one_way() {
    let cases = [
        ("It is 2.\n#### 2", Some("2")),
        ("#### 1,234", Some("1234")),
        ("#### $1,234.50 in all", Some("1234.5")),
        ("####-$7.", Some("-7")),
        ("#### €1,234", Some("1234")),
        ("#### £7.50", Some("7.5")),
        ("#### -¥ 300", Some("-300")),
        ("#### ₹5", None),
        ("#### 007", Some("7")),
        ("#### 0.00", Some("0")),
        ("#### -0", Some("0")),
        ("#### .5", Some("0.5")),
        ("#### 3.1.2", Some("3.1")),
        ("#### 18\n\nQuestion: next?\n#### 5", Some("18")),
        ("the answer is 5", None),
        ("#### five", None),
        ("####", None),
    ];
    for (answer, expected) in cases {
        assert_eq!(stated_number(answer).as_deref(), expected, "{answer}");
    }
}
