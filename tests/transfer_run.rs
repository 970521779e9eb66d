//! Carrying a learning rate by what a finished run measured: its widths are interpolated, a fit continues them, and
//! other laws stand beside the answer.

use std::collections::BTreeMap;
use std::fs;

use crate::session::Session;
use crate::session::finished::replace;
use crate::session::kept::told;
use crate::session::sharded::refused;
use lora_analysis::summary::{
    BasinSummary, ExponentSummary, InitSummary, LrSummary, SlopeSummary, Summary, ValueSummary,
    WidthSummary,
};
use lora_experiment::experiment::parse_resolved;
use lora_stats::Agreement;
use lora_store::manifest::Manifest;
use lora_store::rows::Results;
use lora_store::run_dir::Store;
use lora_types::Init;
use serde_json::Value;

const WIDTHS: [usize; 4] = [64, 128, 256, 512];

/// A learning rate that goes by these local slopes between the widths; the intervals are ± 0.1.
fn law(first: f64, slopes: [f64; 3], bend: Option<&str>) -> (ExponentSummary, Vec<LrSummary>) {
    let fitted = slopes.iter().sum::<f64>() / 3.0;
    let local = WIDTHS.windows(2).zip(slopes).map(|(pair, slope)| SlopeSummary {
        from: pair[0],
        to: pair[1],
        slope,
        lower: Some(slope - 0.1),
        upper: Some(slope + 0.1),
    });
    let fit = ExponentSummary {
        exponent: Some(fitted),
        lower: Some(fitted - 0.05),
        upper: Some(fitted + 0.05),
        agreement: Agreement::NoPrediction,
        not_a_power_law: bend.map(str::to_owned),
        prefactor: Some(1.0),
        widths_used: WIDTHS.to_vec(),
        seeds: 3,
        local_slopes: local.collect(),
        ..ExponentSummary::default()
    };
    let mut value = first;
    let mut rates = Vec::new();
    for slope in [0.0].into_iter().chain(slopes) {
        value *= 2f64.powf(slope);
        rates.push(LrSummary {
            value: Some(value),
            lower: Some(0.9 * value),
            upper: Some(1.2 * value),
            bracketed: true,
            at_grid_point: 0,
        });
    }
    (fit, rates)
}

fn results(
    opt: (ExponentSummary, Vec<LrSummary>),
    stable: (ExponentSummary, Vec<LrSummary>),
) -> InitSummary {
    let nothing = ValueSummary::default;
    let row = |(place, &width): (usize, &usize)| WidthSummary {
        width,
        eta_opt: opt.1[place].clone(),
        basin: BasinSummary::default(),
        eta_stable: stable.1[place].clone(),
        loss: nothing(),
        test_loss: nothing(),
        za_rms: nothing(),
        zb_rms: nothing(),
        za_norm: nothing(),
        zb_norm: nothing(),
        diverged_runs: 0,
        runs: 9,
    };
    let widths = WIDTHS.iter().enumerate().map(row).collect();
    InitSummary { eta_opt: opt.0, eta_stable: stable.0, widths }
}

/// A run of a transformer under Init\[A\] alone: η_opt follows n^-0.6, and η_stable bends.
fn planted() -> Session {
    let session = Session::new();
    let bend = "no power law over these widths, and no exponent describes them: it is planted";
    let init =
        results(law(0.01, [-0.5, -0.6, -0.7], None), law(0.1, [-0.2, -0.5, -0.9], Some(bend)));
    let summary = Summary {
        schema: 1,
        experiment: "planted".to_owned(),
        title: "Planted".to_owned(),
        quick: false,
        level: 0.95,
        inits: BTreeMap::from([(Init::A, init)]),
        statements: Vec::new(),
        coordinates: None,
        limit: None,
        warnings: Vec::new(),
    };
    write(&session, "run", &summary, TRANSFORMER);
    session
}

const TRANSFORMER: &str =
    "[model]\nkind = \"transformer\"\nwidths = [64, 128, 256, 512]\n[training]\ninits = [\"A\"]\n";

/// The directory of a run that has trained nothing, with a summary.
fn write(session: &Session, dir: &str, summary: &Summary, experiment: &str) {
    let experiment = parse_resolved("planted", experiment).expect("an experiment");
    let manifest = Manifest::new("planted", false, &experiment, "none".to_owned(), 1.0);
    let results = Results::default();
    let store = Store::for_writing(&session.path(dir)).expect("a directory");
    store.write_results(&experiment, &results, &manifest.expect("a manifest")).expect("results");
    let text = serde_json::to_vec(summary).expect("JSON");
    fs::write(session.path(&format!("{dir}/summary.json")), text).expect("a file");
}

fn changed(session: &Session, dir: &str, change: impl Fn(&mut InitSummary)) {
    let summary = |summary: &mut Summary| {
        change(summary.inits.get_mut(&Init::A).expect("Init[A]"));
    };
    planted_again(session, dir, TRANSFORMER, summary);
}

/// The planted run with another experiment and another summary.
fn planted_again(session: &Session, dir: &str, experiment: &str, change: impl Fn(&mut Summary)) {
    let text = session.read("run/summary.json");
    let mut summary: Summary = serde_json::from_slice(&text).expect("a summary");
    change(&mut summary);
    write(session, dir, &summary, experiment);
}

/// Measured at its first two widths alone.
fn at_two(init: &mut InitSummary) {
    init.widths.iter_mut().skip(2).for_each(|row| row.eta_opt.bracketed = false);
    init.eta_opt.widths_used.truncate(2);
    init.eta_opt.local_slopes.truncate(1);
}

fn json(session: &Session, words: &str) -> Value {
    let printed = session.ok(&format!("transfer --json --from-run {words}"));
    serde_json::from_str(&printed).expect("JSON")
}

fn ends(range: &Value) -> [f64; 3] {
    ["lower", "value", "upper"].map(|end| range[end].as_f64().expect("a number"))
}

fn close(one: f64, other: f64) {
    assert!((one / other - 1.0).abs() < 1e-9, "{one}, expected {other}");
}

fn beside<'v>(answer: &'v Value, by: &str) -> &'v Value {
    let all = answer["beside"].as_array().expect("others");
    all.iter().find(|of| of["by"].as_str().expect("a name").starts_with(by)).expect("it is beside")
}

#[test]
fn between_the_runs_widths_its_local_slopes_multiply() {
    let session = planted();
    let answer = json(&session, "run --from-width 128 --from-lr 3e-4 --to-width 512");
    assert_eq!(answer["method"], "interpolated");
    let [lower, value, upper] = ends(&answer["lr"]);
    close(value, 3e-4 * 2f64.powf(-1.3));
    let off = 2f64.powf(0.1 * 2f64.sqrt());
    close(lower, value / off);
    close(upper, value * off);
}

#[test]
fn beyond_them_the_fit_continues_with_the_last_slope_in_the_range() {
    let session = planted();
    let answer = json(&session, "run --from-width 512 --from-lr 3e-4 --to-width 2048");
    assert_eq!(answer["method"], "fit");
    let [lower, value, upper] = ends(&answer["factor"]);
    close(value, 4f64.powf(-0.6));
    close(lower, 4f64.powf(-0.7));
    close(upper, 4f64.powf(-0.55));
    let farther =
        ends(&json(&session, "run --from-width 512 --from-lr 3e-4 --to-width 8192")["factor"]);
    assert!(farther[0] / farther[1] < lower / value, "it widens");
}

/// Without a learning rate of one's own the run's own one is taken, with its interval.
#[test]
fn the_run_knows_its_own_learning_rates() {
    let session = planted();
    let own = |place: usize| 0.01 * 2f64.powf([0.0, -0.5, -1.1, -1.8][place]);
    let there = json(&session, "run --to-width 256");
    assert_eq!(
        (there["method"].as_str(), there["changes"].as_array().map(Vec::len)),
        (Some("measured"), Some(0))
    );
    let [lower, value, upper] = ends(&there["lr"]);
    close(value, own(2));
    close(lower, 0.9 * value);
    close(upper, 1.2 * value);
    // In logarithms 370 is nearer to 512 than to 256.
    for (to, place, width) in [(300, 2, 256.0), (370, 3, 512.0)] {
        let near = json(&session, &format!("run --to-width {to}"));
        close(near["from_lr"].as_f64().expect("a LR"), own(place));
        assert_eq!(near["changes"][0]["from"], width);
    }
    let beyond = json(&session, "run --to-width 1024");
    let [lower, value, upper] = ends(&beyond["lr"]);
    close(value, own(3) * 2f64.powf(-0.6));
    close(lower, 0.9 * own(3) * 2f64.powf(-0.7));
    close(upper, 1.2 * own(3) * 2f64.powf(-0.55));
    let words = session.ok("transfer --from-run run --to-width 256");
    assert!(words.contains("the run measured it at this width (95% interval)"), "{words}");
    assert!(words.contains("Init[A], as measured by run (Planted)"), "{words}");
}

/// What others say of the same change always stands beside the answer for a transformer.
#[test]
fn the_synthetic_network_and_the_public_rules_stand_beside_it() {
    let session = planted();
    let answer = json(&session, "run --from-width 128 --from-lr 1e-3 --to-width 512");
    let llama = beside(&answer, "rule tinker-llama");
    close(ends(&llama["lr"])[1], 1e-3 * 4f64.powf(-0.781));
    let qwen = beside(&answer, "rule tinker-qwen");
    close(ends(&qwen["lr"])[1], 1e-3 * 4f64.powf(-0.0775));
    assert_eq!((&llama["outside"], &qwen["outside"]), (&true.into(), &true.into()));
    let synthetic = beside(&answer, "synthetic network, a = 1/2");
    let stored =
        Session::new().ok("transfer --json --from-width 128 --from-lr 1e-3 --to-width 512");
    let stored: Value = serde_json::from_str(&stored).expect("JSON");
    assert_eq!(synthetic["lr"], stored["lr"]);
    let warned = answer["warnings"].to_string();
    assert!(
        warned.contains(
            "by the rule tinker-qwen it would be 8.98e-4; the factor on the LR is 0.898 there, outside the \
             range of this answer’s, 0.368 to 0.448"
        ),
        "{warned}"
    );
    let words =
        session.ok("transfer --from-run run --from-width 128 --from-lr 1e-3 --to-width 512");
    for row in
        ["rule tinker-llama", "rule tinker-qwen", "−0.781", "−0.0775", "synthetic network, a = 1/2"]
    {
        assert!(words.contains(row), "{row}: {words}");
    }
}

/// The start is the same for every law, and so is its error: the factor decides.
#[test]
fn the_error_of_the_start_hides_no_difference() {
    let session = planted();
    changed(&session, "wide", |init| {
        for lr in init.widths.iter_mut().map(|row| &mut row.eta_opt) {
            (lr.lower, lr.upper) = (lr.value.map(|x| x / 100.0), lr.value.map(|x| x * 100.0));
        }
    });
    let answer = json(&session, "wide --to-width 1024");
    let [lower, _, upper] = ends(&answer["lr"]);
    let qwen = beside(&answer, "rule tinker-qwen");
    let [_, value, _] = ends(&qwen["lr"]);
    assert!(lower < value && value < upper, "the start is wide");
    assert_eq!(qwen["outside"], true);
    assert!(
        answer["warnings"].to_string().contains("by the rule tinker-qwen it would be"),
        "{answer}"
    );
}

/// The synthetic network was measured with Adam, with one learning rate for both factors, and at some a alone.
#[test]
fn the_synthetic_network_is_named_for_what_is_known_of_it() {
    let session = planted();
    let names = |model: &str, training: &str| -> Vec<String> {
        let text = format!(
            "[model]\nwidths = [64, 128, 256, 512]\n{model}\n[training]\ninits = [\"A\"]\n{training}\n"
        );
        planted_again(&session, "again", &text, |_| ());
        let answer = json(&session, "again --from-width 128 --from-lr 1e-3 --to-width 512");
        let all = answer["beside"].as_array().into_iter().flatten();
        all.map(|of| of["by"].as_str().expect("a name").to_owned()).collect()
    };
    assert_eq!(names("", ""), ["synthetic network, a = 1/2, as measured"]);
    let other = names("readout_exponent = \"3/5\"", "");
    assert_eq!(other, ["synthetic network, a = 3/5, by the theory"]);
    assert_eq!(names("", "optimizer = \"sgd\""), [""; 0]);
    assert_eq!(names("", "lr_ratio = 4.0"), [""; 0]);
}

/// Two points always lie on a power law.
#[test]
fn two_widths_are_interpolated_and_not_continued() {
    let session = planted();
    changed(&session, "two", |init| {
        at_two(init);
        init.eta_opt.predicted_exact = Some("-3/4".to_owned());
        init.eta_opt.agreement = Agreement::Excluded;
    });
    let answer = json(&session, "two --from-width 64 --from-lr 1e-3 --to-width 100");
    assert_eq!(answer["method"], "interpolated");
    assert!(answer["fit"].is_null(), "{answer}");
    assert!(
        answer["warnings"].to_string().contains(
            "the theory's exponent of n, -3/4, is undecided: the run measured it at two widths, and a power law \
             takes three"
        ),
        "{answer}"
    );
    refused(
        &session,
        "transfer --from-run two --to-width 1024",
        2,
        "transfer: the best LR is not carried from n = 128 to 1024, beyond the measured n = 64 and 128, because two \
         points always lie on a power law; it takes three to go beyond them; stay between 64 and 128, or give your \
         own --exponent",
    );
    let own = json(&session, "two --to-width 1024 --exponent -1/2");
    assert_eq!(own["method"], "given");
}

/// Every reading of the run's interval has words of its own.
#[test]
fn the_verdict_on_the_theorys_exponent_is_the_runs() {
    let session = planted();
    for (agreement, warning) in [
        (Agreement::Agrees, None),
        (Agreement::Excluded, Some("refuted: the run’s 95% interval does not hold it")),
        (
            Agreement::TooWide,
            Some("undecided: the run’s 95% interval holds another multiple of 1/4 as well"),
        ),
        (Agreement::NoInterval, Some("undecided: the run has no interval")),
    ] {
        changed(&session, "judged", |init| {
            init.eta_opt.predicted_exact = Some("-1/2".to_owned());
            init.eta_opt.agreement = agreement;
        });
        let answer = json(&session, "judged --from-width 128 --from-lr 1e-3 --to-width 512");
        close(ends(&answer["theory"])[1], 1e-3 * 4f64.powf(-0.5));
        let warned = answer["warnings"].to_string();
        match warning {
            Some(words) => {
                let whole = format!("the theory's exponent of n, -1/2, is {words}");
                assert!(warned.contains(&whole), "{agreement:?}: {warned}");
            }
            None => assert!(!warned.contains("the theory's exponent"), "{warned}"),
        }
    }
}

/// A run's own caution is the answer's.
#[test]
fn what_the_run_warns_of_is_repeated() {
    let session = planted();
    planted_again(&session, "doubtful", TRANSFORMER, |summary| {
        summary.quick = true;
        summary.warnings = vec!["the planted curve has two minima".to_owned()];
    });
    let told = session.ok("transfer --from-run doubtful --to-width 256");
    for line in [
        "\n- the run has the quick sizes of its experiment\n",
        "\n- the run warns: the planted curve has two minima\n",
    ] {
        assert!(told.contains(line), "{line}: {told}");
    }
}

/// What is read back is checked: numbers of another run are no answer.
#[test]
fn a_directory_that_is_not_as_the_run_left_it_is_refused() {
    let session = planted();
    let call = |dir: &str| format!("transfer --to-width 1024 --from-run {dir}");
    planted_again(&session, "wider", &TRANSFORMER.replace("512", "512, 1024"), |_| ());
    let stale = "transfer: --from-run wider/summary.json: is of Init[A] at n = 64, 128, 256, 512, but the run is of \
                 Init[A] at n = 64, 128, 256, 512, 1024; this writes its summary: width-sweep plot wider";
    refused(&session, &call("wider"), 2, stale);
    planted_again(&session, "both", &TRANSFORMER.replace("[\"A\"]", "[\"A\", \"B\"]"), |_| ());
    let stale = "transfer: --from-run both/summary.json: says nothing of Init[B] at n = 64, 128, 256, 512, which was \
                 run; this writes its summary: width-sweep plot both";
    refused(&session, &call("both"), 2, stale);
    changed(&session, "edited", |_| ());
    replace(&session, "edited/experiment.toml", "steps = ", "steps = 1");
    let output = session.call(&call("edited"));
    assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0));
    assert!(
        told(&output).contains("edited/experiment.toml: training.steps is 1"),
        "{}",
        told(&output)
    );
    changed(&session, "spoilt", |_| ());
    fs::write(session.path("spoilt/runs.csv"), "key\n").expect("a file");
    let output = session.call(&call("spoilt"));
    assert_eq!(output.stdout.len(), 0);
    assert!(told(&output).starts_with("error: spoilt/runs.csv: "), "{}", told(&output));
}

/// No planted table: three widths and three seeds are trained.
#[test]
fn a_real_run_answers_by_its_own_summary() {
    let session = Session::new();
    session.ok("run tiny.toml --engine cpu --out out");
    let summary = session.json("out/summary.json");
    for init in ["A", "B"] {
        let of = &summary["inits"][init];
        let fit = &of["eta_opt"];
        assert_eq!(fit["widths_used"], serde_json::json!([16, 32, 64]), "{fit}");
        let at = |place: usize| of["widths"][place]["eta_opt"]["value"].as_f64().expect("a LR");
        let there = json(&session, &format!("out --init {init} --to-width 32"));
        assert_eq!(ends(&there["lr"])[1], at(1));
        let answer = json(&session, &format!("out --init {init} --to-width 256"));
        assert_eq!(
            (answer["method"].as_str(), answer["from_lr"].as_f64()),
            (Some("fit"), Some(at(2)))
        );
        let gamma = fit["exponent"].as_f64().expect("an exponent");
        close(ends(&answer["lr"])[1], at(2) * 4f64.powf(gamma));
        let between =
            json(&session, &format!("out --init {init} --from-width 16 --from-lr 1 --to-width 64"));
        close(ends(&between["lr"])[1], at(2) / at(0));
        assert!(beside(&between, "synthetic network, a = 1/2, as measured")["lr"].is_object());
    }
}

#[test]
fn a_rule_is_an_exponent_with_a_name() {
    let session = planted();
    let words = "transfer --from-width 2048 --from-lr 3e-4 --to-width 4096 --rule";
    let printed = session.ok(&format!("{words} tinker-llama --json"));
    let answer: Value = serde_json::from_str(&printed).expect("JSON");
    assert_eq!(answer["method"], "given");
    close(ends(&answer["lr"])[1], 3e-4 * 2f64.powf(-0.781));
    assert!(answer.get("beside").is_none(), "{answer}");
    let told = session.ok(&format!("{words} tinker-qwen"));
    assert!(told.contains("Use 2.84e-4: n by the rule tinker-qwen."), "{told}");
    assert!(told.contains("the rule tinker-qwen of n has no interval"), "{told}");
    let ruled = json(&session, "run --to-width 1024 --rule tinker-llama");
    assert_eq!(ruled["method"], "given");
    assert_eq!(beside(&ruled, "rule tinker-llama")["outside"], false);
}

#[test]
fn what_bends_is_interpolated_and_not_continued() {
    let session = planted();
    let inside = json(&session, "run --from-width 64 --from-lr 0.1 --to-width 512 --goal stable");
    close(ends(&inside["factor"])[1], 2f64.powf(-1.6));
    assert_eq!(
        inside["warnings"][0],
        "over n = 64 to 512, the run’s points lie on no power law over these widths, and no exponent describes \
         them: it is planted; in a model unlike those of the run the bend may lie elsewhere"
    );
    assert_eq!(inside["beside"].as_array().map(Vec::len), Some(1), "the rules are of the best LR");
    refused(
        &session,
        "transfer --from-run run --goal stable --to-width 1024",
        2,
        "transfer: the largest stable LR is not carried from n = 512 to 1024, beyond the measured n = 64 to 512, \
         because the run’s points lie on no power law over these widths, and no exponent describes them: it is \
         planted; stay between 64 and 512, or give your own --exponent",
    );
}

#[test]
fn what_answers_nothing_is_refused_in_one_line() {
    let session = planted();
    changed(&session, "one-seed", |init| {
        (init.eta_opt.lower, init.eta_opt.upper) = (None, None);
    });
    planted_again(&session, "one-width", &TRANSFORMER.replace(", 128, 256, 512", ""), |summary| {
        summary.inits.values_mut().for_each(|init| init.widths.truncate(1));
    });
    changed(&session, "open", |init| {
        init.eta_opt.exponent = None;
        init.widths.iter_mut().skip(1).for_each(|row| row.eta_opt.bracketed = false);
    });
    for dir in ["bare", "spoilt"] {
        changed(&session, dir, |_| ());
    }
    fs::remove_file(session.path("bare/summary.json")).expect("a file");
    fs::write(session.path("spoilt/summary.json"), "{}").expect("a file");
    for (words, message) in [
        (
            "bare",
            "bare: has no summary.json, but must be the directory of a finished run of an experiment; this writes \
             its summary: width-sweep plot bare",
        ),
        (
            "spoilt",
            "spoilt/summary.json: is not a run’s summary: missing field `schema` at line 1 column 2",
        ),
        ("run --init B", "run: Init[B] was not run, only Init[A]"),
        ("one-width", "one-width: has only one width, n = 64; an exponent needs at least two"),
        ("one-seed", "one-seed: has one seed; an interval needs at least two"),
        (
            "open",
            "open: the search enclosed the best LR of Init[A] only at n = 64; an exponent needs at least two widths",
        ),
    ] {
        let call = format!("transfer --to-width 1024 --from-run {words}");
        refused(&session, &call, 2, &format!("transfer: --from-run {message}"));
    }
    let nowhere = "nowhere: there is no such directory, but must be the directory of a run, which holds \
                   experiment.toml, runs.csv and manifest.json";
    refused(&session, "transfer --to-width 1024 --from-run nowhere", 2, nowhere);
    let rule =
        "transfer --from-width 64 --from-lr 1 --to-width 128 --goal stable --rule tinker-qwen";
    let message = "transfer: the public rules apply to the best LR, not to the largest stable one; leave out --goal \
                   stable, or --rule";
    refused(&session, rule, 2, message);
    // The run has measured this width itself.
    let stays = "transfer: --rule tinker-llama is of the width, which does not change; give another --to-width, or \
                 leave out --rule";
    refused(&session, "transfer --from-run run --to-width 256 --rule tinker-llama", 2, stays);
    let interval = session.call(
        "transfer --from-width 64 --from-lr 1 --to-width 128 --rule tinker-qwen --exponent-interval -0.1,0",
    );
    assert_eq!(interval.status.code(), Some(2));
    let words = "error: the argument '--rule <RULE>' cannot be used with '--exponent-interval <LOW,HIGH>'\n";
    assert!(told(&interval).starts_with(words), "{}", told(&interval));
}

#[test]
fn flags_that_a_run_does_not_go_with_are_refused() {
    let session = planted();
    for more in
        ["--to-rank 8", "--readout 1", "--optimizer sgd", "--from-lr 1e-3", "--from-width 64"]
    {
        let output = session.call(&format!("transfer --from-run run --to-width 1024 {more}"));
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{more}");
    }
    assert_eq!(session.call("transfer --from-run run").status.code(), Some(2));
    assert_eq!(session.call("transfer --to-width 64").status.code(), Some(2));
}
