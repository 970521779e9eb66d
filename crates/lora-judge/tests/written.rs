//! What a judgement leaves in a directory.

use std::fs;
use std::path::Path;

use crate::plant::{Plant, judged};
use lora_judge::{Asked, JudgeError, write};

fn names(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).expect("a directory").flatten();
    let mut names: Vec<String> =
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

fn ranks(ranks: &[u32]) -> String {
    let plant = Plant { seeds: 2, widths: vec![64, 128, 256], ..Plant::default() };
    let mut text = "width,seed,lr,loss,rank\n".to_owned();
    for rank in ranks {
        for (width, seed, lr, loss) in plant.runs() {
            text += &format!("{width},{seed},{lr},{loss},{rank}\n");
        }
    }
    text
}

const LINE: &str = "width-sweep judge sweep.csv --out judged";

#[test]
fn a_directory_holds_figures_a_page_and_a_document_and_nothing_stale() {
    let dir = tempfile::tempdir().expect("a directory");
    let two = judged(&ranks(&[4, 8]), &Asked::default());
    let pages = write(&two, dir.path(), LINE).expect("it is written");
    assert_eq!(pages.len(), 2);
    assert!(names(dir.path()).contains(&"2-rank-8-scaling.svg".to_owned()));
    let one = judged(&ranks(&[4]), &Asked::default());
    write(&one, dir.path(), LINE).expect("it is written");
    let figures = ["curves", "scaling"].into_iter();
    let mut expected: Vec<String> =
        figures.flat_map(|name| ["csv", "png", "svg"].map(|end| format!("{name}.{end}"))).collect();
    expected.extend(["judged.json".to_owned(), "report.html".to_owned()]);
    expected.sort();
    assert_eq!(names(dir.path()), expected);
    let page = fs::read_to_string(dir.path().join("report.html")).expect("a page");
    assert!(page.contains(LINE) && page.contains("no setting was stated"));
    let document = fs::read_to_string(dir.path().join("judged.json")).expect("a document");
    let document: serde_json::Value = serde_json::from_str(&document).expect("JSON");
    assert_eq!(document["sweeps"][0]["setting"]["rank"], "4");
    assert_eq!(document["counts"]["runs"], 78);
}

#[test]
fn the_same_table_gives_the_same_bytes() {
    let [one, other] = [(); 2].map(|()| tempfile::tempdir().expect("a directory"));
    for dir in [&one, &other] {
        let judged = judged(&ranks(&[4]), &Asked::default());
        write(&judged, dir.path(), LINE).expect("it is written");
    }
    for name in names(one.path()) {
        let [a, b] = [&one, &other].map(|dir| fs::read(dir.path().join(&name)).expect("a file"));
        assert!(a == b, "{name}");
    }
}

#[test]
fn files_of_somebody_else_are_not_touched() {
    let dir = tempfile::tempdir().expect("a directory");
    fs::write(dir.path().join("report.html"), "mine").expect("a file");
    let judged = judged(&ranks(&[4]), &Asked::default());
    assert!(matches!(write(&judged, dir.path(), LINE), Err(JudgeError::Store(_))));
    assert_eq!(names(dir.path()), ["report.html"]);
}
