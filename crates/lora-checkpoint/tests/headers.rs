//! Headers of safetensors files that are wrong.

mod common;

use std::fs;

use common::{tiny, weights};
use lora_checkpoint::{Checkpoint, Family, write_checkpoint};
use tempfile::tempdir;

/// The refusal of a file with this header and so many bytes of data, without the file's name.
fn refusal(length: Option<u64>, header: &str, data: usize) -> String {
    let (dir, config) = (tempdir().expect("a folder"), tiny(Family::Bert));
    write_checkpoint(dir.path(), &config, &weights(&config), None).expect("it is written");
    let file = dir.path().join("model.safetensors");
    let length = length.unwrap_or(header.len() as u64).to_le_bytes();
    fs::write(&file, [&length[..], header.as_bytes(), &vec![0; data]].concat())
        .expect("it is written");
    let refused = Checkpoint::open(dir.path()).expect_err("it is refused").to_string();
    let before = format!("{}: ", file.display());
    refused.strip_prefix(&before).unwrap_or(&refused).to_owned()
}

#[test]
fn a_header_is_compared_with_the_file() {
    let one = |offsets: &str| {
        format!(r#"{{"a": {{"dtype": "F32", "shape": [2], "data_offsets": {offsets}}}}}"#)
    };
    let cases = [
        (
            refusal(Some(u64::MAX), "{}", 0),
            "is no whole safetensors file: its header has 18446744073709551615 bytes, and the file 10",
        ),
        (
            refusal(Some(3), "{}", 0),
            "is no whole safetensors file: its header has 3 bytes, and the file 10",
        ),
        (refusal(None, "{}", 4), "is not whole: its tensors take 0 bytes, and it has 4"),
        (refusal(None, &one("[0, 8]"), 7), "is not whole: its tensors take 8 bytes, and it has 7"),
        (
            refusal(None, &one("[0, 4]"), 4),
            "tensor `a` of shape [2] cannot be in bytes 0 to 4 of the data",
        ),
        (
            refusal(None, &one("[8, 0]"), 8),
            "tensor `a` of shape [2] cannot be in bytes 8 to 0 of the data",
        ),
        (refusal(None, &one("[4, 12]"), 12), "tensor `a` comes after a gap"),
        (
            refusal(
                None,
                r#"{"a": {"dtype": "F32", "shape": [4611686018427387904, 4], "data_offsets": [0, 0]}}"#,
                0,
            ),
            "tensor `a` of shape [4611686018427387904, 4] cannot be in bytes 0 to 0 of the data",
        ),
        (
            refusal(
                None,
                r#"{"a": {"dtype": "F16", "shape": [2], "data_offsets": [0, 4]}, "b": {"dtype": "F16", "shape": [2], "data_offsets": [2, 6]}}"#,
                6,
            ),
            "tensor `b` shares bytes with another tensor",
        ),
    ];
    for (refused, expected) in cases {
        assert_eq!(refused, expected);
    }
}

#[test]
fn json_is_read_strictly() {
    let one = r#"{"dtype": "F16", "shape": [2], "data_offsets": [0, 4]}"#;
    let twice = refusal(None, &format!(r#"{{"a": {one}, "a": {one}}}"#), 4);
    assert!(twice.contains("`a` is there twice"), "{twice}");
    let kind = refusal(None, r#"{"a": {"dtype": "F17", "shape": [2], "data_offsets": [0, 4]}}"#, 4);
    assert!(kind.starts_with("tensor `a` unknown variant `F17`"), "{kind}");
    let negative =
        refusal(None, r#"{"a": {"dtype": "F16", "shape": [-2], "data_offsets": [0, 4]}}"#, 4);
    assert!(negative.starts_with("tensor `a` invalid value: integer `-2`"), "{negative}");
    let deep = refusal(None, &"[".repeat(10_000), 0);
    assert!(deep.starts_with("is not the JSON that it should be"), "{deep}");
}
