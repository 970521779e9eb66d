//! A stranger's session: run, look, draw again, change a key, ask the theory.

mod session;

use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use lora_analysis::summary::Summary;
use lora_experiment::experiment::{Source, load, load_resolved};
use lora_theory::{Setting, analyse};
use serde_json::Value;
use session::{FIGURES, Session, inputs, pictures, pure_files};

#[test]
fn a_run_writes_every_documented_file_and_names_them() {
    let session = Session::new();
    let printed = session.ok("run tiny.toml --out out");
    let mut expected = pure_files();
    expected.extend(["manifest.json", "runs.sqlite"].map(str::to_owned));
    expected.extend(FIGURES.map(|name| format!("{name}.json")));
    expected.sort();
    assert_eq!(session.names("out"), expected);
    for figure in FIGURES {
        assert!(printed.contains(&format!("out/{figure}.png")), "{printed}");
        assert!(session.read(&format!("out/{figure}.png")).starts_with(b"\x89PNG"));
        assert!(session.text(&format!("out/{figure}.svg")).contains("</svg>"));
        assert_eq!(session.json(&format!("out/{figure}.json"))["figure"], figure);
    }
    assert!(printed.starts_with("tiny: Tiny: everything once\n"), "{printed}");
    assert_eq!(session.json("out/manifest.json")["quick"], false);
}

#[test]
fn the_summary_follows_its_schema_and_the_theory() {
    let session = Session::new();
    session.ok("run tiny.toml --out out --set model.readout_exponent=3/4");
    let summary = session.json("out/summary.json");
    assert_eq!(summary["schema"], 1);
    assert_eq!(summary["level"], 0.95);
    assert!(summary["warnings"].is_array());
    let readout = lora_theory::parse_rational("3/4").expect("a fraction");
    for (label, init) in [("A", lora_theory::Init::A), ("B", lora_theory::Init::B)] {
        let results = &summary["inits"][label];
        let critical = analyse(&Setting::network(init, readout)).expect("an analysis").critical;
        for (name, largest) in [("eta_opt", critical.optimal), ("eta_stable", critical.stable)] {
            let gamma = largest.gamma().expect("an exponent");
            let fit = &results[name];
            assert_eq!(fit["predicted_exact"], gamma.to_string(), "Init[{label}] {name}");
            assert_eq!(fit["predicted"], lora_theory::approximate(gamma));
            assert_eq!(fit["seeds"], 3);
            assert_eq!(fit["agreement"], agreement(fit, gamma), "Init[{label}] {name}");
            let [exponent, lower, upper] =
                ["exponent", "lower", "upper"].map(|key| fit[key].as_f64().expect(key));
            assert!(lower < exponent && exponent < upper, "Init[{label}] {name}");
        }
        let widths = results["widths"].as_array().expect("widths");
        assert_eq!(widths.iter().map(|w| &w["width"]).collect::<Vec<_>>(), [16, 32, 64]);
        widths.iter().for_each(check_width);
    }
}

/// What the interval says of a multiple of 1/4, or of one that lies halfway between two.
fn agreement(fit: &Value, gamma: lora_theory::Rational) -> &'static str {
    let [lower, upper] = ["lower", "upper"].map(|key| fit[key].as_f64().expect(key));
    let spacing = if (gamma * 4).is_integer() { 0.25 } else { 0.125 };
    let holds = |x: f64| (lower..=upper).contains(&x);
    let gamma = lora_theory::approximate(gamma);
    match [gamma, gamma - spacing, gamma + spacing].map(holds) {
        [false, ..] => "excluded",
        [true, false, false] => "agrees",
        _ => "too_wide",
    }
}

#[test]
fn a_table_tells_an_interval_that_is_too_wide_from_one_that_agrees() {
    let session = Session::new();
    let table = session.ok("run tiny.toml --out out");
    let heading = table.lines().find(|line| line.contains("95% interval")).expect("a heading");
    assert!(heading.ends_with("agreement"), "{heading}");
    let summary = session.json("out/summary.json");
    for (init, name, told) in [("A", "eta_opt", "η_opt"), ("B", "eta_stable", "η_stable")] {
        let agreement = summary["inits"][init][name]["agreement"].as_str().expect("a text");
        let words = if agreement == "too_wide" { "too wide to tell" } else { agreement };
        let row = table.lines().find(|line| line.contains(&format!("Init[{init}]  {told}")));
        let row = row.or_else(|| {
            let starts =
                |line: &&str| line.contains(&format!("Init[{init}]")) && line.contains(told);
            table.lines().find(starts)
        });
        assert!(row.is_some_and(|row| row.ends_with(words)), "{words}: {table}");
    }
    let one = session.ok("tiny.toml --out one --set training.seeds=[0]");
    assert!(one.contains("no interval"), "{one}");
}

#[test]
fn what_makes_exponents_mean_less_is_told_before_training() {
    let session = Session::new();
    let odd = "--set model.rank=16 --set model.activation=tanh --set model.widths=[32,1000,1001]";
    for words in [format!("run tiny.toml --dry-run {odd}"), "run paper --dry-run".to_owned()] {
        let output = session.call(&words);
        assert!(output.status.success());
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        let warnings: Vec<&str> =
            told.lines().filter(|line| line.starts_with("warning: ")).collect();
        if words.contains("paper") {
            assert!(warnings.is_empty(), "{told}");
            continue;
        }
        assert_eq!(warnings.len(), 3, "{told}");
        for word in ["1000 and 1001", "model.rank = 16 is not small", "\"tanh\" saturates"] {
            assert!(told.contains(word), "{word}: {told}");
        }
    }
    let output = session.call("run tiny.toml --out out --set model.rank=5");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    let warning = "model.rank = 5 is not small against √n = 4 at the width 16";
    assert!(output.status.success() && told.contains(&format!("warning: {warning}")), "{told}");
    let summary = session.text("out/summary.json");
    assert!(summary.contains(warning), "the summary keeps it: {summary}");
}

fn check_width(row: &Value) {
    for lr in ["eta_opt", "eta_stable"] {
        assert_eq!(row[lr]["bracketed"], true, "{row}");
        let [value, lower, upper] =
            ["value", "lower", "upper"].map(|key| row[lr][key].as_f64().expect(key));
        assert!(0.0 < lower && lower <= value && value <= upper, "{row}");
    }
    let best = row["eta_opt"]["value"].as_f64();
    assert!(row["basin"]["lower"].as_f64() < best && best < row["basin"]["upper"].as_f64());
    assert!(row["basin"]["complete"].is_boolean());
    for value in ["loss", "test_loss", "za_rms", "zb_rms", "za_norm", "zb_norm"] {
        assert!(row[value]["value"].as_f64().is_some_and(|v| v > 0.0), "{value} of {row}");
    }
    assert!(row["runs"].as_u64() > row["diverged_runs"].as_u64());
}

#[test]
fn results_and_pictures_are_the_same_bytes_again_and_with_any_number_of_threads() {
    let session = Session::new();
    session.ok("tiny.toml --out first");
    for (out, threads) in [("again", ""), ("t1", "--threads 1"), ("t7", "--threads 7")] {
        session.ok(&format!("run tiny.toml --out {out} {threads}"));
        session.assert_same("first", out);
    }
    assert_eq!(session.json("t7/manifest.json")["threads"], 7);
    session.ok("run tiny.toml --out t2 --threads 2");
    session.assert_same("first", "t2");
}

#[test]
fn plot_draws_again_without_training() {
    let session = Session::new();
    let ran = session.ok("run tiny.toml --out out");
    session.ok("run tiny.toml --out kept");
    for name in pictures().chain(["summary.json".to_owned()]) {
        fs::remove_file(session.path("out").join(name)).expect("it was there");
    }
    let manifest = session.read("out/manifest.json");
    let (of_run, of_figure) = (session.json("out/manifest.json"), session.json("out/curves.json"));
    let text = of_figure["experiment_text"].as_str().expect("a text");
    assert_eq!(text.as_bytes(), session.read("out/experiment.toml"));
    let time = |key: &str| of_run[key].as_str().expect("a text").to_owned();
    assert!(time("started") <= time("ended") && time("ended").ends_with('Z'), "{of_run}");
    for key in of_run.as_object().expect("an object").keys() {
        assert_eq!(of_figure[key], of_run[key], "{key}");
    }
    let drawn = session.ok("plot out");
    assert!(ran.starts_with(&drawn), "the same table, without the time");
    session.assert_same("out", "kept");
    assert_eq!(session.read("out/manifest.json"), manifest);
}

#[test]
fn plot_refuses_what_is_no_run() {
    let session = Session::new();
    fs::create_dir(session.path("empty")).expect("a directory");
    let must = "but must be the directory of a run, which holds experiment.toml, runs.csv, \
                trajectories.csv and manifest.json";
    for (dir, reason) in [
        ("absent", "there is no such directory"),
        ("tiny.toml", "is a file"),
        ("empty", "has no experiment.toml"),
    ] {
        let output = session.call(&format!("plot {dir}"));
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(told, format!("error: {dir}: {reason}, {must}\n"));
        assert_eq!(output.status.code(), Some(2));
    }
}

#[test]
fn a_second_run_replaces_the_files_of_the_first() {
    let session = Session::new();
    session.ok("run tiny.toml --out out");
    session.ok("run tiny.toml --out out --set training.steps=4");
    session.ok("run tiny.toml --out fresh --set training.steps=4");
    assert_eq!(session.names("out"), session.names("fresh"));
    session.assert_same("out", "fresh");
}

#[test]
fn set_changes_one_key_and_leaves_the_others() {
    let session = Session::new();
    let base = load_resolved(&inputs().join("good/tiny.toml")).expect("it loads");
    let mut expected = base.clone();
    expected.training.steps = 3;
    expected.model.activation = lora_sim::spec::Activation::Tanh;
    for (out, text) in [("bare", "tanh"), ("quoted", "\"tanh\"")] {
        let activation = format!("model.activation={text}");
        let steps = "training.steps = 3";
        let output =
            session.call_with(&["tiny.toml", "--out", out, "--set", steps, "--set", &activation]);
        assert!(output.status.success());
        let resolved = session.path(out).join("experiment.toml");
        assert_eq!(load_resolved(&resolved).expect("it loads"), expected);
    }
    session.assert_same("bare", "quoted");
}

#[test]
fn quick_is_quick_and_says_so() {
    let session = Session::new();
    let started = Instant::now();
    // No experiment named, and no experiments/ here: the paper's, compiled in.
    let printed = session.ok("--quick");
    // README's few seconds are for a machine of one's own; this one may be shared.
    assert!(started.elapsed() < Duration::from_secs(30), "{:?}", started.elapsed());
    assert!(printed.contains("(quick: small sizes, do not quote)"), "{printed}");
    assert_eq!(session.json("runs/paper-quick/summary.json")["quick"], true);
    assert_eq!(session.json("runs/paper-quick/manifest.json")["quick"], true);
    for figure in FIGURES {
        let svg = session.text(&format!("runs/paper-quick/{figure}.svg"));
        assert!(svg.contains("quick run"), "{figure}");
    }
}

#[test]
fn quick_makes_nothing_larger_and_heeds_the_files_own_sizes() {
    let quick = |file: &str| {
        let file = Some(inputs().join("good").join(file));
        load(&Source { file, quick: true, ..Source::default() }).expect("it loads").experiment
    };
    let tiny = load_resolved(&inputs().join("good/tiny.toml")).expect("it loads");
    assert_eq!(quick("tiny.toml"), tiny);
    let own = quick("quick.toml");
    assert_eq!((own.model.widths, own.model.points, own.model.rank), (vec![8, 16], 12, 8));
    assert_eq!((own.training.steps, own.training.seeds), (5, vec![3]));
}

#[test]
fn good_files_load_and_their_full_form_is_the_same_experiment() {
    let folders = [inputs().join("good"), inputs().join("../../experiments")];
    let files: Vec<_> = folders
        .iter()
        .flat_map(|folder| fs::read_dir(folder).expect("a directory").flatten())
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "toml"))
        .collect();
    assert!(files.len() >= 6);
    let session = Session::new();
    for path in files {
        let source = Source { file: Some(path.clone()), ..Source::default() };
        let loaded = load(&source).unwrap_or_else(|error| panic!("{error}"));
        let full = toml::to_string(&loaded.experiment).expect("it is a table");
        fs::write(session.path("full.toml"), full).expect("a file");
        let again = load_resolved(&session.path("full.toml")).expect("it loads");
        assert_eq!(again, loaded.experiment, "{}", path.display());
    }
}

#[test]
fn the_default_experiment_states_every_default() {
    let paper = inputs().join("../../experiments/paper.toml");
    let mut paper = load_resolved(&paper).expect("it loads");
    paper.title.clear();
    assert_eq!(paper, lora_experiment::experiment::Experiment::default());
}

#[test]
fn list_has_a_line_for_every_file_and_tells_what_is_unusable() {
    let session = Session::new();
    fs::create_dir(session.path("experiments")).expect("a directory");
    fs::write(session.path("experiments/notes.txt"), "no experiment").expect("a file");
    fs::write(session.path("experiments/a_bad_one.toml"), "steps = 1").expect("a file");
    fs::write(session.path("experiments/untitled.toml"), "").expect("a file");
    fs::copy(session.path("tiny.toml"), session.path("experiments/tiny.toml")).expect("a copy");
    let printed = session.ok("list");
    let lines: Vec<&str> = printed.lines().collect();
    assert_eq!(lines.len(), 3, "{printed}");
    let bad = "a_bad_one  not usable: experiments/a_bad_one.toml: steps = 1: there is no such key, \
               did you mean training.steps?";
    assert!(lines[0].starts_with(bad), "{printed}");
    assert_eq!(lines[1], "tiny       Tiny: everything once");
    assert_eq!(lines[2], "untitled   (no title)");
    assert_eq!(session.call("list absent").status.code(), Some(2));
    assert_eq!(session.ok(&format!("list {}", inputs().join("good").display())).lines().count(), 6);
}

#[test]
fn list_tells_topics_of_claims_and_how_they_are_measured() {
    let session = Session::new();
    fs::create_dir(session.path("topics")).expect("a directory");
    fs::copy(inputs().join("verify/tiny.toml"), session.path("topics/tiny.toml")).expect("a copy");
    fs::copy(inputs().join("verify/bad/unknown_key.toml"), session.path("topics/bad.toml"))
        .expect("a copy");
    fs::copy(session.path("tiny.toml"), session.path("topics/sweep.toml")).expect("a copy");
    let printed = session.ok("list topics");
    let lines: Vec<&str> = printed.lines().collect();
    assert!(
        lines[0].starts_with("bad    not usable: topics/bad.toml: study[0].abouts: "),
        "{printed}"
    );
    assert_eq!(lines[1], "sweep  Tiny: everything once");
    assert_eq!(lines[2], "tiny   Tiny: 2 claims, 1 negative control, 1 study");
    assert!(printed.ends_with("with --list it shows what is predicted.\n"), "{printed}");
    assert!(printed.contains("as in `width-sweep verify topics/"), "{printed}");
    let built_in = inputs().join("../../experiments/verify");
    let printed = session.ok(&format!("list {}", built_in.display()));
    assert!(printed.contains("theorems     Theorems 1 and 2: ") && !printed.contains("not usable"));
}

#[test]
fn results_of_one_seed_and_one_width_have_no_exponents_and_say_so() {
    let session = Session::new();
    session.ok("tiny.toml --out one --set model.widths=[16] --set training.seeds=[0]");
    let summary: Summary =
        serde_json::from_value(session.json("one/summary.json")).expect("the schema");
    assert!(summary.inits.values().all(|init| init.eta_opt.exponent.is_none()));
    assert!(summary.warnings.iter().any(|warning| warning.contains("one seed")));
}

#[test]
fn a_reader_that_has_gone_is_no_failure() {
    let session = Session::new();
    let run = ["run", "tiny.toml", "--out", "out", "--engine", "cpu"];
    for arguments in [&["predict"][..], &run, &["--help"]] {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin("width-sweep"));
        command.current_dir(session.path("")).args(arguments);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("it starts");
        drop(child.stdout.take());
        let output = child.wait_with_output().expect("it ends");
        assert!(output.status.success(), "{arguments:?}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{arguments:?}");
    }
    assert!(session.path("out/phases.png").is_file());
}

#[test]
fn unknown_words_and_flags_are_the_callers_fault() {
    let session = Session::new();
    for (words, hint) in [
        ("frobnicate", "there is no such file"),
        ("predct", "did you mean the command `width-sweep predict`?"),
        ("papr", "did you mean paper?"),
        (
            "runn paper",
            "runn: is neither a command nor an experiment, did you mean `width-sweep run`?",
        ),
        ("predct --init A", "did you mean `width-sweep predict`?"),
        ("paper run", "the command comes first, as in `width-sweep run paper`"),
        ("run --fast", "unexpected argument '--fast'"),
        ("run tiny.toml --threads 0", "0 is not in 1..=1024"),
        ("run tiny.toml --engine gpu", "[possible values: auto, cpu, cuda]"),
        ("verify --engine rocm", "[possible values: auto, cpu, cuda]"),
        ("run tiny.toml --threads many", "invalid value 'many'"),
        ("plot", "<DIR>"),
        ("predict --init C", "[possible values: A, B, AB]"),
        ("predict --optimizer lion", "[possible values: adam, adamw, sign-sgd, sgd]"),
    ] {
        let output = session.call(words);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{words}");
        assert!(told.contains(hint), "{words}: {told}");
        assert!(output.stdout.is_empty(), "{words}");
    }
    assert_eq!(session.names(""), ["tiny.toml"], "nothing was written");
}

#[test]
fn help_tells_commands_defaults_and_files() {
    let session = Session::new();
    let help = session.ok("--help");
    let commands = ["run", "status", "predict", "plot", "export-cell", "list", "verify", "bench"];
    for word in commands.into_iter().chain(["Examples:", "Exit codes:"]) {
        assert!(help.contains(word), "{word}");
    }
    let help = session.ok("run --help");
    for word in [
        "[default: paper]",
        "[default: auto]",
        "[default: all cores]",
        "runs/NAME",
        "trajectories.csv",
    ] {
        assert!(help.contains(word), "{word}: {help}");
    }
    let verify = session.ok("verify --help");
    assert!(verify.contains("the LoRA layer alone is always computed on the CPU"), "{verify}");
    assert!(session.ok("predict --help").contains("[default: 1/2]"));
    assert!(session.ok("list --help").contains("[default: experiments]"));
}
