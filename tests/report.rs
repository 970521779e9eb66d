//! `report`: one page on a run, from its directory alone.

use std::fs;
use std::path::Path;

use crate::session::page::{data, tiny};
use crate::session::{FIGURES, Session};

/// A figure is in the page, without the attributes that say what is so anyway.
fn assert_shown(page: &str, svg: &str) {
    let implied = [
        " opacity=\"1\"",
        " stroke=\"none\"",
        " text-anchor=\"start\"",
        " font-family=\"DejaVu Sans, Verdana, Arial, sans-serif\"",
    ];
    let lean = implied.iter().fold(svg.trim().to_owned(), |svg, said| svg.replace(said, ""));
    assert!(page.contains(&lean), "{}", lean.get(..200).unwrap_or_default());
}

fn minus(text: &str) -> String {
    text.replace('-', "−")
}

#[test]
fn the_page_holds_what_the_run_found_and_the_theory_predicts() {
    let (session, page) = tiny();
    assert!(page.contains("<h1>Tiny: everything once</h1>"));
    let summary = session.json("out/summary.json");
    for init in ["A", "B"] {
        for name in ["eta_opt", "eta_stable"] {
            let fit = &summary["inits"][init][name];
            let [exponent, lower, upper] = ["exponent", "lower", "upper"]
                .map(|key| minus(&format!("{:.2}", fit[key].as_f64().expect(key))));
            let predicted = minus(fit["predicted_exact"].as_str().expect("a fraction"));
            let row = format!(
                "<td class=\"number\"><strong>{exponent}</strong></td>\
                 <td class=\"number\">[{lower}, {upper}]</td><td class=\"number\">{predicted}</td>"
            );
            assert!(page.contains(&row), "Init[{init}] {name}: {row}");
        }
    }
    let manifest = session.json("out/manifest.json");
    for key in ["experiment_sha256", "machine", "engine", "version"] {
        assert!(page.contains(manifest[key].as_str().expect(key)), "{key}");
    }
    // Every key: the file as it is, with quotes escaped.
    let toml = session.text("out/experiment.toml").replace('"', "&quot;");
    assert!(page.contains(&format!("<code>{toml}</code>")));
}

#[test]
fn every_figure_and_every_run_is_in_the_page_and_nothing_is_loaded() {
    let (session, page) = tiny();
    for figure in FIGURES {
        assert_shown(&page, &session.text(&format!("out/{figure}.svg")));
    }
    let run = data(&page, "data-run");
    let rows = session.text("out/runs.csv").lines().count() - 1;
    assert_eq!(run["runs"].as_array().map(Vec::len), Some(rows));
    assert_eq!(run["widths"], serde_json::json!([16, 32, 64]));
    let steps = run["steps"].as_array().expect("trajectories");
    assert_eq!(steps.len(), 6);
    assert_eq!(steps[0]["steps"], serde_json::json!([0, 2, 4, 6, 8, 10]));
    for attribute in
        ["src=", "@import", "url(", "<iframe", "<object", "fetch(", "XMLHttpRequest", "eval("]
    {
        assert!(!page.contains(attribute), "{attribute}");
    }
    let links: Vec<&str> = page
        .split("://")
        .skip(1)
        .map(|rest| rest.split(['"', '\'']).next().unwrap_or(""))
        .collect();
    assert!(links.iter().all(|link| *link == "www.w3.org/2000/svg"), "{links:?}");
}

#[test]
fn a_run_and_its_report_are_the_same_bytes_wherever_they_lie() {
    let (session, page) = tiny();
    session.ok("report out --out again.html");
    assert!(session.text("again.html") == page, "the second report differs");
    fs::rename(session.path("out"), session.path("moved")).expect("a move");
    session.ok("report moved --out moved.html");
    assert!(session.text("moved.html") == page, "a moved run's report differs");
    assert!(!page.contains(&session.path("").display().to_string()));
}

#[test]
fn the_commands_of_the_page_make_the_run_again() {
    let (session, page) = tiny();
    assert!(page.contains("cargo run -p width-sweep -- run again.toml --out runs/again"));
    fs::copy(session.path("out/experiment.toml"), session.path("again.toml")).expect("a copy");
    session.ok("run again.toml --out runs/again");
    assert!(session.read("runs/again/runs.csv") == session.read("out/runs.csv"));
    let hash =
        |dir: &str| session.json(&format!("{dir}/manifest.json"))["experiment_sha256"].clone();
    assert_eq!(hash("runs/again"), hash("out"));
}

#[test]
fn a_hostile_title_stays_text() {
    let session = Session::new();
    let hostile = "</script><img src=x onerror=alert(1)>\"'&<!--";
    let toml =
        session.text("tiny.toml").replace("\"Tiny: everything once\"", &format!("'''{hostile}'''"));
    assert!(toml.contains(hostile));
    fs::write(session.path("hostile.toml"), toml).expect("a file");
    session.ok("run hostile.toml --out out");
    session.ok("report out");
    let page = session.text("out/report.html");
    assert!(
        page.contains("<h1>&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;&quot;"),
        "the title is missing"
    );
    assert!(!page.contains("<img") && !page.contains("<!--"));
    // Three of data, one early, one at the end.
    assert_eq!(page.matches("</script>").count(), 5);
    data(&page, "data-run");
}

#[test]
fn what_is_not_there_is_said_and_the_rest_is_shown() {
    let (session, _) = tiny();
    for file in ["trajectories.csv", "norms.svg", "runs.sqlite", "summary.json"] {
        fs::remove_file(session.path(&format!("out/{file}"))).expect(file);
    }
    session.ok("report out");
    let page = session.text("out/report.html");
    assert!(page.contains("The directory holds no trajectories"));
    assert!(page.contains("The directory lacks norms.svg."));
    assert_shown(&page, &session.text("out/curves.svg"));
}

#[test]
fn a_figure_with_a_script_is_refused() {
    let (session, page) = tiny();
    let svg = session.text("out/norms.svg").replace("</svg>", "<script>alert(3)</script></svg>");
    fs::write(session.path("out/norms.svg"), svg).expect("a file");
    let output = session.call("report out");
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(
        told,
        "error: out/norms.svg: has the element \"script\", which no figure of this program has\n"
    );
    assert!(session.text("out/report.html") == page, "the earlier page is gone");
}

#[test]
fn bad_directories_are_refused_with_one_message() {
    let (session, _) = tiny();
    let must = "but must be the directory of a run, which holds experiment.toml, runs.csv and \
                manifest.json";
    let verify = "but must be the directory of a verification, which holds claims.csv";
    fs::create_dir(session.path("empty")).expect("a directory");
    let cases = [
        ("report nowhere", format!("nowhere: there is no such directory, {must}")),
        ("report tiny.toml", format!("tiny.toml: is a file, {must}")),
        ("report empty", format!("empty: has no experiment.toml, {must}")),
        (
            "report out --verify nowhere",
            format!("--verify nowhere: there is no such directory, {verify}"),
        ),
        ("report out --verify tiny.toml", format!("--verify tiny.toml: is a file, {verify}")),
        ("report out --verify empty", format!("--verify empty: has no claims.csv, {verify}")),
        ("report out --out empty", "--out empty: is a directory, but must be a file".to_owned()),
        (
            "report out --out no/page.html",
            "--out no/page.html: there is no directory no".to_owned(),
        ),
    ];
    let before = session.names("out");
    for (words, message) in cases {
        let output = session.call(words);
        assert_eq!(
            String::from_utf8_lossy(&output.stderr),
            format!("error: {message}\n"),
            "{words}"
        );
        assert_eq!(output.status.code(), Some(2), "{words}");
        assert!(output.stdout.is_empty(), "{words}");
    }
    assert_eq!(session.names("out"), before);
    assert_eq!(session.names("empty"), [""; 0]);
}

#[test]
fn the_committed_run_of_the_paper_has_a_page_to_mail() {
    let session = Session::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let dir = root.join("figures/paper");
    let out = session.path("paper.html");
    let words = ["report", &dir.display().to_string(), "--out", &out.display().to_string()];
    let output = session.call_with(&words);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let page = session.text("paper.html");
    assert!(page.len() < 2 << 20, "{} bytes", page.len());
    assert!(page.contains("<strong>129</strong> claims"), "figures/verify is beside it");
}
