//! What is predicted of distances, by what two studies differ in; and what they may not differ in.

use lora_experiment::study::plan::plan;
use lora_experiment::study::suite::Suite;

/// A study of 20 steps, and another one that has `more` and settings of its own.
fn topic(init: &str, gamma: &str, set: &str, more: &str, other_set: &str) -> String {
    let study = |id: &str, more: &str, set: &str| {
        format!(
            "[[study]]\nid = \"{id}\"\nabout = \"x\"\nat = \"2^7..2^11\"\nseeds = 4\n\
             inits = [\"{init}\"]\ngammas = [\"{gamma}\"]\n{more}set = [\"training.steps=20\", {set}]\n"
        )
    };
    format!(
        "title = \"x\"\nalternatives = {{ step = \"1/8\" }}\nreason = \"x\"\n{}{}\
         [[claim]]\nid = \"apart\"\nsays = \"x\"\nsource = \"x\"\nstudy = \"own\"\nagainst = \"other\"\n\
         test = \"distance\"\ninit = \"{init}\"\n",
        study("own", "constant = 0.5\n", set),
        study("other", more, other_set),
    )
}

/// The exponent that is planned, or why there is none.
fn planned(init: &str, gamma: &str, set: &str, more: &str) -> String {
    let text = topic(init, gamma, set, more, set);
    let suite = Suite::of(&[("x", &text)], false).expect("a good topic");
    let predicted = serde_json::to_value(plan(&suite, false)).expect("JSON");
    let predicted = &predicted["claims"][0]["predicted"][0];
    let text = |key: &str| predicted[key].as_str().map(str::to_owned);
    text("exponent").or_else(|| text("none")).expect("either")
}

/// What is wrong with a topic.
fn refused(text: &str) -> String {
    Suite::of(&[("x", text)], false).expect_err("a bad topic").to_string()
}

const LIMIT: &str = "constant = 0.5\nlimit = \"whole\"\n";
const RATIO: &str = "constant = 0.25\nconstant_b = 1.0\n";

#[test]
fn the_approach_to_a_limit_has_a_power_where_no_kink_spoils_it() {
    let at = |readout: &str, phi: &str| {
        format!("\"model.readout_exponent={readout}\", \"model.activation={phi}\"")
    };
    assert_eq!(planned("A", "-1/2", &at("1", "relu"), LIMIT), "-1/2");
    assert_eq!(planned("A", "-3/4", &at("1/2", "relu"), LIMIT), "-1/4");
    assert_eq!(planned("B", "-1", &at("1/2", "gelu"), LIMIT), "-1/2");
    for (gamma, set) in [("-1", at("1/2", "relu")), ("-1/2", at("1", "relu"))] {
        let none = planned("B", gamma, &set, LIMIT);
        let why = "no prediction, because A trains through a random decoder with a kink, and every step has \
                   another power";
        assert_eq!(none, why);
    }
}

/// At a = 3/4 both runs approach the limit like n^-1/4, with an f⁰ in common, and each other like n^-3/8.
#[test]
fn runs_of_one_limit_approach_each_other_with_a_power_of_their_own() {
    let ratio = |readout: &str, gamma: &str| {
        planned("A", gamma, &format!("\"model.readout_exponent={readout}\""), RATIO)
    };
    assert_eq!(ratio("1/2", "-3/4"), "-1/4");
    assert_eq!(ratio("3/4", "-5/8"), "-3/8");
    assert_eq!(ratio("1", "-1/2"), "-1/2");
    let limit = planned("A", "-5/8", "\"model.readout_exponent=3/4\"", LIMIT);
    assert_eq!(limit, "-1/4");
}

/// Everything that decides a run is compared, beside what may differ.
#[test]
fn studies_that_differ_in_more_are_refused() {
    let own = "\"model.points=32\"";
    for other in [
        "\"model.points=16\"",
        "\"model.points=32\", \"model.rank=2\"",
        "\"model.points=32\", \"training.record_every=5\"",
        "\"model.points=32\", \"training.epsilon=1e-9\"",
        "\"model.points=32\", \"model.explicit_hidden_up_to=64\"",
    ] {
        for (more, message) in
            [(LIMIT, "is not the limit of study own"), (RATIO, "have no limit in common")]
        {
            let error = refused(&topic("A", "-3/4", own, more, other));
            assert!(error.contains(message), "{other}: {error}");
        }
    }
    for (more, message) in [
        ("constant = 0.25\nlimit = \"whole\"\n", "is not the limit of study own"),
        ("constant = 0.25\nconstant_b = 1.5\n", "have no limit in common"),
        ("constant = 0.5\n", "must equal own except for model.linearised = true"),
    ] {
        let error = refused(&topic("A", "-3/4", own, more, own));
        assert!(error.contains(message), "{more}: {error}");
    }
    let of_b = refused(&topic("B", "-1", own, RATIO, own));
    assert!(of_b.contains("have no limit in common: under Init[A] alone"), "{of_b}");
}

/// A study that only claims of full size need is not measured in a quick run.
#[test]
fn quick_runs_measure_what_their_claims_need() {
    let points = "\"model.points=32\"";
    let full = topic("A", "-3/4", points, RATIO, points) + "full_only = true\n";
    let one = "[[claim]]\nid = \"za\"\nsays = \"x\"\nsource = \"x\"\nstudy = \"own\"\ntest = \"exponent\"\n\
               init = \"A\"\nquantity = \"za\"\n";
    let ids = |quick| {
        let text = full.clone() + one;
        let suite = Suite::of(&[("x", &text)], quick).expect("a good topic");
        let claims: Vec<String> = suite.claims.iter().map(|claim| claim.id.clone()).collect();
        (claims, suite.studies.iter().map(|study| study.id.clone()).collect::<Vec<_>>())
    };
    let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
    assert_eq!(ids(false), (names(&["apart", "za"]), names(&["own", "other"])));
    assert_eq!(ids(true), (names(&["za"]), names(&["own"])));
}
