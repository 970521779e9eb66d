//! Defaults of keys that came later, with which they are left out of stored files.
//!
//! The questions take references for `skip_serializing_if`.

/// The prompt of a line that has GSM8K's fields.
pub const PROMPT: &str = "Question: {question}\nAnswer: ";

/// The answer to it.
pub const ANSWER: &str = "{answer}";

/// The column with the class.
pub const LABEL: &str = "label";

/// Most tokens that are written: answers of GSM8K have some 100 of them, and few have more than 200.
pub const NEW_TOKENS: usize = 256;

/// Answered questions before a question of MMLU.
pub const SHOTS: usize = 5;

#[allow(clippy::trivially_copy_pass_by_ref)]
pub fn is_false(flag: &bool) -> bool {
    !flag
}

pub fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

#[allow(clippy::trivially_copy_pass_by_ref)]
pub fn is_unit(factor: &f64) -> bool {
    *factor == 1.0
}

#[allow(clippy::trivially_copy_pass_by_ref)]
pub fn is_nothing(number: &f64) -> bool {
    *number == 0.0
}

#[allow(clippy::trivially_copy_pass_by_ref)]
pub fn is_zero(count: &usize) -> bool {
    *count == 0
}

#[allow(clippy::trivially_copy_pass_by_ref)]
pub fn is_one(count: &usize) -> bool {
    *count == 1
}

#[allow(clippy::trivially_copy_pass_by_ref)]
pub fn is_new_tokens(count: &usize) -> bool {
    *count == NEW_TOKENS
}

#[allow(clippy::trivially_copy_pass_by_ref)]
pub fn is_shots(count: &usize) -> bool {
    *count == SHOTS
}

pub fn is_usual_prompt(prompt: &str) -> bool {
    prompt == PROMPT
}

pub fn is_usual_answer(answer: &str) -> bool {
    answer == ANSWER
}

pub fn is_label(column: &str) -> bool {
    column == LABEL
}
