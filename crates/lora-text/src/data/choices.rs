//! Multiple-choice questions as comma-separated values, as MMLU has them, and prompts that ask them.

use std::fs;
use std::path::{Path, PathBuf};

use csv::{ReaderBuilder, StringRecord};

use super::whole;
use crate::error::TextError;

/// What the four choices are called.
pub const LETTERS: [&str; 4] = ["A", "B", "C", "D"];

/// What stands before the letter of an answer.
pub const BEFORE_LETTER: &str = "Answer:";

/// How the names of MMLU's files end, before `.csv`.
const ENDS: [&str; 3] = ["_dev", "_val", "_test"];

/// Columns of a line: the question, four choices, and the letter of the right one.
const COLUMNS: usize = 6;

/// A question with four choices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The question.
    pub text: String,
    /// The choices A to D.
    pub choices: [String; 4],
    /// Which of them is right, from 0.
    pub right: usize,
}

/// The questions of a subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// Its name, as the file has it: `abstract_algebra` of `abstract_algebra_test.csv`.
    pub name: String,
    /// In the order of the file.
    pub questions: Vec<Question>,
}

/// Reads a file of questions, or all files of a folder whose names end in `.csv`, in the order of their names.
/// No line of them names columns: each has a question, four choices and the letter of the right one.
///
/// # Errors
/// If a file cannot be read; or a line, named in the message, is no such question.
pub fn read_choices(path: &Path) -> Result<Vec<Subject>, TextError> {
    if !path.is_dir() {
        return Ok(vec![subject(path)?]);
    }
    let failed = |error| TextError::io(path, error);
    let entries = fs::read_dir(path).map_err(failed)?;
    let mut files = Vec::new();
    for entry in entries {
        files.push(entry.map_err(failed)?.path());
    }
    files.retain(|file: &PathBuf| file.extension().is_some_and(|end| end == "csv"));
    files.sort();
    if files.is_empty() {
        return Err(TextError::file(path, "has no file of questions: their names end in .csv"));
    }
    files.iter().map(|file| subject(file)).collect()
}

fn subject(path: &Path) -> Result<Subject, TextError> {
    let text = whole(path)?;
    let mut reader =
        ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut questions = Vec::new();
    for record in reader.records() {
        // All of the text is UTF-8, and lines may have any number of columns.
        let record = record.map_err(|error| TextError::file(path, error.to_string()))?;
        let line = record.position().map_or(0, |position| position.line() as usize);
        let question = question(&record).map_err(|what| TextError::line(path, line, what))?;
        questions.push(question);
    }
    if questions.is_empty() {
        return Err(TextError::file(path, "has no question"));
    }
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let name = ENDS.iter().find_map(|end| stem.strip_suffix(end)).unwrap_or(&stem);
    Ok(Subject { name: name.to_owned(), questions })
}

fn question(record: &StringRecord) -> Result<Question, String> {
    let cells: Vec<&str> = record.iter().collect();
    let [text, a, b, c, d, letter] = cells[..] else {
        let valid = "a question, four choices and a letter";
        return Err(format!("has {} columns; valid are {COLUMNS}: {valid}", cells.len()));
    };
    if text.trim().is_empty() {
        return Err("has no question".to_owned());
    }
    let right = LETTERS.iter().position(|&known| known == letter.trim()).ok_or_else(|| {
        format!("the answer is `{}`; valid is A, B, C or D", letter.escape_debug())
    })?;
    Ok(Question { text: text.to_owned(), choices: [a, b, c, d].map(str::to_owned), right })
}

impl Question {
    /// The question with its choices, up to where the letter is to follow behind a space.
    fn asked(&self) -> String {
        let choice = |(letter, choice)| format!("{letter}. {choice}\n");
        let choices: String = LETTERS.iter().zip(&self.choices).map(choice).collect();
        format!("{}\n{choices}{BEFORE_LETTER}", self.text)
    }
}

/// A question behind some answered ones of its subject, in MMLU's words, up to where the letter is to follow. Before
/// the subject's name MMLU's own prompt has two blanks, of which this one leaves one out.
pub fn few_shot(subject: &str, shots: &[Question], question: &Question) -> String {
    let about = subject.replace('_', " ");
    let answered = |shot: &Question| format!("{} {}\n\n", shot.asked(), LETTERS[shot.right]);
    let shots: String = shots.iter().map(answered).collect();
    format!(
        "The following are multiple choice questions (with answers) about {about}.\n\n{shots}{}",
        question.asked()
    )
}
