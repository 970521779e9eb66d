//! `report`: one page on a run, from its directory alone.

mod session;

use std::fs;
use std::path::Path;

use lora_theory::{Init, OptimizerKind, Rate, Rational, Scope, Setting, analyse, parse_rational};
use serde_json::Value;
use session::{FIGURES, Session};

/// The JSON that a page holds for its scripts.
fn data(page: &str, id: &str) -> Value {
    let start = format!("<script type=\"application/json\" id=\"{id}\">");
    let (_, rest) = page.split_once(&start).unwrap_or_else(|| panic!("{id} is not in the page"));
    let (json, _) = rest.split_once("</script>").expect("an end");
    serde_json::from_str(json).unwrap_or_else(|error| panic!("{id}: {error}"))
}

/// A run of the tiny experiment in out/, and its page.
fn tiny() -> (Session, String) {
    let session = Session::new();
    session.ok("run tiny.toml --out out");
    let told = session.ok("report out");
    assert!(told.starts_with("out/report.html ("), "{told}");
    let page = session.text("out/report.html");
    (session, page)
}

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

const CLAIMS: &str = "\
claim,control,topic,statement,source,study,init,verdict,predicted,measured,tolerance,tolerance_reason,why
one,,Topic <b>,\"Scales as Θ(n^−1).\",the paper,s,A,holds,−1,−1.01,0.1,r,\"</script><script>alert(2)</script>\"
two,,Topic <b>,Says little.,ours,s,A,undecided,0,0.4,0.1,r,wide
three,,Other,Is wrong.,ours,s,B,refuted,0,0.9,0.1,r,outside
wrong,a sign is flipped,Other,Is a control.,ours,s,B,refuted,1,0.9,0.1,r,outside
";

const TESTS: &str = "\
claim,study,init,quantity,gamma_a,gamma_b,predicted,predicted_exact,estimate,lower,upper,smallest_used,largest_used,points_used,all_widths,all_lower,all_upper,corrected,corrected_lower,corrected_upper,log_ratio,log_ratio_lower,log_ratio_upper,verdict,reason
one,s,A,Z_A,-1/2,0,-1.0,-1,-1.0123456789,-1.1,-0.9,1,2,3,,,,,,,,,,holds,inside
three,s,B,loss,,,,,,,,,,,,,,,,,0.9,0.8,1.0,refuted,outside
";

fn verification(session: &Session, dir: &str) {
    fs::create_dir_all(session.path(dir)).expect("a directory");
    fs::write(session.path(&format!("{dir}/claims.csv")), CLAIMS).expect("a file");
    fs::write(session.path(&format!("{dir}/tests.csv")), TESTS).expect("a file");
}

fn has_verdicts(page: &str) -> bool {
    page.contains("<strong>3</strong> claims")
}

#[test]
fn verdicts_are_counted_listed_and_escaped() {
    let (session, _) = tiny();
    verification(&session, "elsewhere");
    session.ok("report out --verify elsewhere --out page.html");
    let page = session.text("page.html");
    assert!(has_verdicts(&page));
    for text in ["1 hold<", "1 undecided<", "1 refuted<", "1 of 1 negative controls are refuted"] {
        assert!(page.contains(text), "{text}");
    }
    assert!(page.contains("Scales as Θ(n<sup>−1</sup>)."));
    assert!(page.contains("a sign is flipped") && page.contains("data-kind=\"control\""));
    assert!(page.contains("&lt;/script&gt;&lt;script&gt;alert(2)"));
    assert_eq!(page.matches("</script>").count(), 5);
    let tests = data(&page, "data-tests");
    assert_eq!(tests["one"][0]["rates"], "-1/2; 0");
    assert_eq!(tests["one"][0]["estimate"], -1.0123);
    // A comparison's log ratio of 0.9 as a ratio, like its claim's.
    assert_eq!(tests["three"][0]["quantity"], "loss ratio");
    assert_eq!(tests["three"][0]["estimate"], 2.4596);
    assert_eq!(tests["three"][0]["lower"], 2.2255);
}

#[test]
fn a_control_that_holds_and_uncommitted_changes_are_said() {
    let (session, _) = tiny();
    verification(&session, "elsewhere");
    let manifest = r#"{"engine": "CPU", "git_commit": "0123456789abcdef", "git_dirty": true}"#;
    fs::write(session.path("elsewhere/manifest.json"), manifest).expect("a file");
    let claims = CLAIMS.replace("Is a control.,ours,s,B,refuted", "Is a control.,ours,s,B,holds");
    assert!(claims != CLAIMS);
    fs::write(session.path("elsewhere/claims.csv"), claims).expect("a file");
    session.ok("report out --verify elsewhere --out page.html");
    let page = session.text("page.html");
    assert!(page.contains("commit 0123456789 with uncommitted changes"));
    assert!(
        page.contains("<strong>1 of 1</strong> negative controls is not refuted, but all must")
    );
    assert!(!page.contains("are refuted, as all must be"));
}

/// The rows of a list whose width and init are these.
fn of_init<'v>(rows: &'v Value, init: &str, n: u64) -> Vec<&'v Value> {
    let rows = rows.as_array().expect("a list");
    rows.iter().filter(|row| row["init"] == init && row["n"] == n).collect()
}

#[test]
fn what_lies_on_the_edge_of_the_search_is_a_bound() {
    let session = Session::new();
    let narrow = "search.lr_min=1e-5 search.lr_max=4e-5 search.max_extensions=0";
    let set: String = narrow.split(' ').map(|pair| format!(" --set {pair}")).collect();
    session.ok(&format!("run tiny.toml --out out{set}"));
    session.ok("report out");
    let page = session.text("out/report.html");
    let run = data(&page, "data-run");
    let summary = session.json("out/summary.json");
    assert_eq!(summary["inits"]["A"]["widths"][0]["eta_opt"]["bracketed"], false);
    assert_eq!(of_init(&run["optima"], "Init[A]", 16)[0]["bound"], true);
    let points = of_init(&run["scaling"], "Init[A]", 16);
    for key in ["eta_opt", "loss", "test_loss", "za_rms", "zb_norm"] {
        let point = points.iter().find(|point| point["quantity"] == key).expect(key);
        assert_eq!(point["bound"], true, "{key}");
    }
    assert!(page.contains("learning rates from 1.0 × 10⁻⁵ to 4.0 × 10⁻⁵. It looks"));
    let (_, wide) = tiny();
    assert!(wide.contains("beyond an end that left the answer open"));
    let bound = |row: &Value| row["bound"] == true;
    let wide = data(&wide, "data-run");
    assert!(!wide["optima"].as_array().expect("a list").iter().all(bound));
}

#[test]
fn a_seed_without_a_best_run_is_counted_out_of_a_trajectory() {
    let (session, _) = tiny();
    let runs = session.text("out/runs.csv");
    let header: Vec<&str> = runs.lines().next().expect("a header").split(',').collect();
    let column = |name: &str| header.iter().position(|known| *known == name).expect(name);
    let (score, diverged) = (column("score"), column("diverged_at"));
    let spoilt: String = runs
        .lines()
        .map(|line| {
            let mut cells: Vec<&str> = line.split(',').collect();
            if line.starts_with("A,16,1,") {
                (cells[score], cells[diverged]) = ("", "1");
            }
            cells.join(",") + "\n"
        })
        .collect();
    assert!(spoilt != runs);
    fs::write(session.path("out/runs.csv"), spoilt).expect("a file");
    fs::remove_file(session.path("out/runs.sqlite")).expect("a file");
    session.sign("out", "runs.csv");
    session.ok("plot out");
    session.ok("report out");
    let run = data(&session.text("out/report.html"), "data-run");
    let curve = of_init(&run["steps"], "Init[A]", 16)[0];
    assert_eq!((&curve["seeds"], &curve["of"]), (&Value::from(2), &Value::from(3)));
    // No mean without the seed: the line has a gap there, and the row says where.
    let means = of_init(&run["means"], "Init[A]", 16);
    assert!(!means.is_empty());
    assert!(
        means.iter().all(|row| row["values"]
            .as_array()
            .expect("values")
            .iter()
            .all(Value::is_null))
    );
}

#[test]
fn verdicts_are_looked_for_in_the_run_then_beside_it() {
    let session = Session::new();
    session.ok("run tiny.toml --out runs/out");
    let shows = |why: &str| {
        session.ok("report runs/out");
        (session.text("runs/out/report.html"), why.to_owned())
    };
    let (page, _) = shows("nothing is there");
    assert!(
        !has_verdicts(&page) && page.contains("<code>cargo run -p width-sweep -- verify</code>")
    );
    for dir in ["runs/verify-quick", "runs/verify", "runs/out"] {
        verification(&session, dir);
        let (page, dir) = shows(dir);
        assert!(has_verdicts(&page), "{dir}");
        if dir == "runs/verify" {
            // It comes before the quick one.
            fs::write(session.path("runs/verify-quick/claims.csv"), "spoilt\nrow\n")
                .expect("a file");
        }
    }
    let output = session.call("report runs/out --verify runs/verify-quick");
    assert_eq!(output.status.code(), Some(1));
    assert!(
        String::from_utf8_lossy(&output.stderr)
            .starts_with("error: runs/verify-quick/claims.csv: ")
    );
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

/// A setting of the page's table, by the index on every axis.
fn setting(table: &Value, chosen: &[usize]) -> Setting {
    let axes = table["axes"].as_array().expect("axes");
    let tick = |key: &str| {
        let place = axes.iter().position(|axis| axis["key"] == key).expect("an axis");
        axes[place]["ticks"][chosen[place]]["text"].as_str().expect("text").to_owned()
    };
    let exact = |key: &str| parse_rational(&tick(key)).expect("a fraction");
    Setting {
        init: tick("init").parse::<Init>().expect("an init").into(),
        // Also for SignSGD: the table says that it is as Adam.
        optimizer: if tick("optimizer") == "SGD" {
            OptimizerKind::Sgd
        } else {
            OptimizerKind::SignSgd
        },
        scope: if tick("scope") == "layer alone" { Scope::Layer } else { Scope::Network },
        readout: exact("readout"),
        rate_b: Rate::Scanned(exact("ratio")),
        rank: exact("rank"),
        multiplier_rank: exact("multiplier-rank"),
        multiplier_width: exact("multiplier-width"),
        ..Setting::default()
    }
}

/// Where a curve of the table is after some steps, in its units; `None` for an exact zero.
fn at(curve: &Value, index: usize) -> Option<i64> {
    let numbers: Vec<i64> = curve.as_array()?.iter().filter_map(Value::as_i64).collect();
    let steps =
        numbers[1..].chunks(2).flat_map(|pair| std::iter::repeat_n(pair[0], pair[1] as usize));
    Some(numbers[0] + steps.take(index).sum::<i64>())
}

#[test]
fn the_map_says_what_the_theory_says() {
    let (_, page) = tiny();
    let table = data(&page, "data-theory");
    let counts: Vec<usize> = table["axes"]
        .as_array()
        .expect("axes")
        .iter()
        .map(|axis| axis["ticks"].as_array().map_or(0, Vec::len))
        .collect();
    let settings: usize = counts.iter().product();
    assert_eq!(table["settings"].as_array().map(Vec::len), Some(settings));
    let denominator = table["denominator"].as_i64().expect("a number");
    let gammas = table["gammas"].as_array().expect("a list");
    let regimes = &table["curves"]["regimes"];
    // A stride that meets every value of every axis.
    for place in (0..settings).step_by(127) {
        let mut rest = place;
        let mut chosen: Vec<usize> =
            counts.iter().rev().map(|count| (rest % count, rest /= count).0).collect();
        chosen.reverse();
        let analysis = analyse(&setting(&table, &chosen)).expect("an analysis");
        let row = &table["rows"][table["settings"][place].as_u64().expect("a row") as usize];
        assert_eq!(row[3][0], analysis.critical.optimal.to_string());
        assert_eq!(row[3][1], analysis.critical.stable.to_string());
        for index in [0, 17, 20, gammas.len() - 1] {
            let gamma =
                parse_rational(gammas[index]["text"].as_str().expect("text")).expect("a fraction");
            let snapshot = analysis.at(gamma).expect("a snapshot");
            let exponents = [
                snapshot.z_a,
                snapshot.z_b,
                snapshot.delta1,
                snapshot.delta2,
                snapshot.delta3,
                snapshot.delta_z_b,
            ];
            for (which, exponent) in
                exponents.map(Some).into_iter().chain([snapshot.output]).enumerate()
            {
                let Some(exponent) = exponent else {
                    assert!(row[0][which].is_null());
                    continue;
                };
                let curve = &table["curves"]["exponents"]
                    [row[0][which].as_u64().expect("a curve") as usize];
                let tabulated = at(curve, index).map(|units| Rational::new(units, denominator));
                assert_eq!(tabulated, exponent.power(), "{chosen:?}, γ = {gamma}, {which}");
            }
            let digits =
                regimes[row[1].as_u64().expect("a regime") as usize].as_str().expect("digits");
            let digit = digits[index..=index].parse::<usize>().expect("a digit");
            assert_eq!(table["regimes"][digit]["name"], snapshot.regime.to_string());
        }
    }
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
    assert!(page.contains("<strong>114</strong> claims"), "figures/verify is beside it");
}
