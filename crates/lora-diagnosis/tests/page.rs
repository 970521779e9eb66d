//! What a diagnosis leaves in a directory: the figure with names that anybody chose, and the page, which is made again of
//! the files alone.

use crate::planting;
use std::fs;
use std::path::{Path, PathBuf};

use crate::planting::{adam, answer, history, start};
use lora_checkpoint::Tensor;
use lora_diagnosis::{InitLook, page, write};
use tempfile::tempdir;

/// A diagnosis of an adapter in `DIR/name`, written to `DIR/out`.
fn written(dir: &Path, name: &str, init: InitLook) -> PathBuf {
    let (adapter, out) = (dir.join(name), dir.join("out"));
    planting::write(&adapter, &history(init, [2e-3, 2e-3]), Tensor::f32);
    let found = answer(&adapter, adam(5e-4, 100));
    write(&found, &out, "again <x>\u{1b}").expect("it is written");
    out
}

#[test]
fn the_page_is_made_again_of_the_files_alone() {
    let dir = tempdir().expect("a folder");
    let out = written(dir.path(), "<b>one</b>", InitLook::A);
    let first = fs::read_to_string(out.join("report.html")).expect("a page");
    fs::remove_dir_all(dir.path().join("<b>one</b>")).expect("it is there");
    assert_eq!(page(&out).expect("a page"), first);
    for text in [
        "&lt;b&gt;one&lt;/b&gt;",
        "again &lt;x&gt;",
        "possible",
        "Init[A]",
        "layers.7.self_attn.q_proj",
    ] {
        assert!(first.contains(text), "{text}");
    }
    assert!(!first.contains("<b>one") && first.contains("<svg"));
}

/// XML has no place for control characters, and a terminal or a browser would obey some.
#[test]
fn no_name_brings_a_control_character_into_the_figure_or_the_page() {
    let dir = tempdir().expect("a folder");
    let out = written(dir.path(), "a\u{1b}[31m\u{7}b", InitLook::B);
    for file in ["depth.svg", "report.html"] {
        let text = fs::read_to_string(out.join(file)).expect("a file");
        assert!(!text.contains(['\u{1b}', '\u{7}']) && text.contains("\\u{1b}[31m"), "{file}");
    }
}

#[test]
fn a_spoilt_directory_gets_one_message() {
    let dir = tempdir().expect("a folder");
    let adapter = dir.path().join("adapter");
    planting::write(&adapter, &start(InitLook::A, 3), Tensor::f32);
    let (found, out) = (answer(&adapter, None), dir.path().join("out"));
    let said = |file: &str, text: &str| {
        write(&found, &out, "").expect("it is written");
        fs::write(out.join(file), text).expect("a file");
        let error = page(&out).expect_err("it is spoilt").to_string();
        error.replace(&*out.to_string_lossy(), "out")
    };
    assert_eq!(
        said("diagnosis.json", r#"{"diagnosed_by": 1}"#),
        "out/diagnosis.json: is no diagnosis: missing field `adapters` at line 1 column 19"
    );
    let script = "<svg><script>alert(1)</script></svg>";
    assert_eq!(
        said("depth.svg", script),
        r#"out/depth.svg: has the element "script", which no figure of this program has"#
    );
    write(&found, &out, "").expect("it is written");
    fs::remove_file(out.join("depth.svg")).expect("it is there");
    let gone = page(&out).expect_err("it is gone").to_string();
    assert!(gone.ends_with("depth.svg: is not there; diagnose anew"), "{gone}");
}
