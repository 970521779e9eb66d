//! Carrying a learning rate by what a finished run measured: its widths are interpolated, a fit continues them, and
//! other laws stand beside the answer.

mod session;

use std::collections::BTreeMap;
use std::fs;

use lora_analysis::summary::{
    BasinSummary, ExponentSummary, InitSummary, LrSummary, SlopeSummary, Summary, ValueSummary,
    WidthSummary,
};
use lora_stats::Agreement;
use lora_types::Init;
use serde_json::Value;
use session::Session;
use session::sharded::refused;

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
        warnings: Vec::new(),
    };
    write(
        &session,
        "run",
        &summary,
        "[model]\nkind = \"transformer\"\nwidths = [64, 128, 256, 512]\n",
    );
    session
}

fn write(session: &Session, dir: &str, summary: &Summary, experiment: &str) {
    fs::create_dir_all(session.path(dir)).expect("a directory");
    let text = serde_json::to_vec(summary).expect("JSON");
    fs::write(session.path(&format!("{dir}/summary.json")), text).expect("a file");
    fs::write(session.path(&format!("{dir}/experiment.toml")), experiment).expect("a file");
}

fn changed(session: &Session, dir: &str, change: impl Fn(&mut InitSummary)) {
    let text = session.read("run/summary.json");
    let mut summary: Summary = serde_json::from_slice(&text).expect("a summary");
    change(summary.inits.get_mut(&Init::A).expect("Init[A]"));
    write(session, dir, &summary, &session.text("run/experiment.toml"));
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
    let near = json(&session, "run --to-width 300");
    assert_eq!(
        (near["from_lr"].as_f64(), near["changes"][0]["from"].as_f64()),
        (Some(own(2)), Some(256.0))
    );
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
            "by the rule tinker-qwen it would be 8.98e-4, outside the range of this answer"
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
    assert!(
        inside["warnings"].to_string().contains("the run’s points lie on no power law"),
        "{inside}"
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
    changed(&session, "one-width", |init| init.widths.truncate(1));
    changed(&session, "open", |init| {
        init.eta_opt.exponent = None;
        init.widths.iter_mut().skip(1).for_each(|row| row.eta_opt.bracketed = false);
    });
    fs::create_dir(session.path("empty")).expect("a directory");
    fs::create_dir(session.path("spoilt")).expect("a directory");
    fs::write(session.path("spoilt/summary.json"), "{}").expect("a file");
    for (words, message) in [
        ("nowhere", "nowhere: there is no such directory"),
        (
            "empty",
            "empty: has no summary.json, but must be the directory of a finished run of an experiment",
        ),
        (
            "spoilt",
            "spoilt/summary.json: is no summary of a run: missing field `schema` at line 1 column 2",
        ),
        ("run --init B", "run: Init[B] was not run, only Init[A]"),
        ("one-width", "one-width: has one width, n = 64, and an exponent takes two"),
        ("one-seed", "one-seed: has one seed, and a range takes two"),
        (
            "open",
            "open: the search enclosed the best LR of Init[A] at n = 64 alone, and an exponent takes two widths",
        ),
    ] {
        let call = format!("transfer --to-width 1024 --from-run {words}");
        refused(&session, &call, 2, &format!("transfer: --from-run {message}"));
    }
    let rule =
        "transfer --from-width 64 --from-lr 1 --to-width 128 --goal stable --rule tinker-qwen";
    let message = "transfer: the public rules are of the best LR, not of the largest stable one; leave out --goal \
                   stable, or --rule";
    refused(&session, rule, 2, message);
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
