//! The plan is kept from before measuring: whatever changes afterwards shows beside its verdict.

use std::fs;

use crate::session::{Session, inputs};

/// A directory in which tiny.toml's claims were measured.
fn measured() -> Session {
    let session = Session::new();
    fs::copy(inputs().join("verify/tiny.toml"), session.path("tiny.toml")).expect("a copy");
    session.ok("verify tiny.toml --out out");
    session
}

/// Changes the topic file, which must hold `from`.
fn edit(session: &Session, from: &str, to: &str) {
    let text = session.text("tiny.toml");
    assert!(text.contains(from), "{from}");
    fs::write(session.path("tiny.toml"), text.replacen(from, to, 1)).expect("a file");
}

/// The line of RESULTS.md on a claim.
fn line(session: &Session, claim: &str) -> String {
    let page = session.text("out/RESULTS.md");
    let start = format!("| **{claim}**");
    page.lines().find(|line| line.starts_with(&start)).expect("its line").to_owned()
}

#[test]
fn a_plan_that_stays_gives_no_mark() {
    let session = measured();
    let before = session.read("out/plan.json");
    session.ok("verify tiny.toml --out out");
    assert!(before == session.read("out/plan.json"), "the plan stays byte for byte");
    let page = session.text("out/RESULTS.md");
    assert!(!page.contains("measuring") && !page.contains("planned as"), "{page}");
    let plan = session.json("out/plan.json");
    assert_eq!(plan["measured"], serde_json::json!(["tiny-layer"]));
    assert_eq!(plan["changed"], serde_json::json!([]));
    assert!(plan["written"].as_str().is_some_and(|time| time.ends_with('Z')));
}

/// A narrower tolerance is as visible as a wider one, which needs other alternatives, too.
#[test]
fn a_tolerance_changed_after_measuring_shows_beside_its_verdict() {
    let session = measured();
    let widened = "quantity = \"za\"\nalternatives = { step = \"2\" }\n";
    edit(&session, "quantity = \"za\"\n", widened);
    let said = session.ok("verify tiny.toml --out out");
    let mark = "changed after measuring: alternatives step 1/4 → step 2; tolerance 0.125 → 0.25";
    assert!(said.contains(mark), "{said}");
    assert!(line(&session, "tiny-za").contains(mark), "{}", line(&session, "tiny-za"));
    assert!(!line(&session, "tiny-table").contains("changed"));
    assert!(session.text("out/claims.csv").contains(mark));
    let page = session.text("out/RESULTS.md");
    assert!(
        page.contains("**The plan of 1 of 3 claims changed after their study was measured"),
        "{page}"
    );

    let plan = session.json("out/plan.json");
    assert_eq!(plan["claims"][0]["tolerance"], 0.125, "the entry from before measuring stays");
    let changed = plan["changed"].as_array().expect("a list").clone();
    assert_eq!(changed.len(), 2);
    assert_eq!((&changed[1]["name"], &changed[1]["key"]), (&"tiny-za".into(), &"tolerance".into()));
    assert_eq!((&changed[1]["before"], &changed[1]["after"]), (&0.125.into(), &0.25.into()));

    // Changed back: nothing to confess, and the list still tells.
    edit(&session, widened, "quantity = \"za\"\n");
    session.ok("verify tiny.toml --out out");
    assert!(!line(&session, "tiny-za").contains("changed"));
    let after = session.json("out/plan.json")["changed"].as_array().expect("a list").clone();
    assert_eq!(after[..2], changed[..]);
    assert_eq!(after.len(), 4);
}

#[test]
fn more_seeds_after_a_look_are_told() {
    let session = measured();
    edit(&session, "seeds = 8\n", "seeds = 9\n");
    session.ok("verify tiny.toml --out out");
    let mark = "changed after measuring: study tiny-layer: seeds 0 to 7 → 0 to 8";
    assert!(line(&session, "tiny-za").contains(mark), "{}", line(&session, "tiny-za"));
}

#[test]
fn a_claim_that_comes_after_measuring_is_marked_and_one_that_goes_is_named() {
    let session = measured();
    let late = "\n[[claim]]\nid = \"late\"\nsays = \"Z_B is Θ(n^{predicted}).\"\nsource = \"x\"\n\
                study = \"tiny-layer\"\ntest = \"exponent\"\ninit = \"A\"\nquantity = \"zb\"\n";
    let text = session.text("tiny.toml").replace("tiny-table", "renamed") + late;
    fs::write(session.path("tiny.toml"), text).expect("a file");
    for _ in 0..2 {
        session.ok("verify tiny.toml --out out");
        assert!(line(&session, "late").contains("**added after measuring**"));
        assert!(!line(&session, "tiny-za").contains("added"));
    }
    let page = session.text("out/RESULTS.md");
    assert!(page.contains("It left out tiny-table."), "{page}");
}

/// A study that was not measured may still be planned anew.
#[test]
fn before_measuring_everything_may_change() {
    let session = measured();
    let more = "\n[[study]]\nid = \"second\"\nabout = \"x\"\nscope = \"layer\"\nat = \"2^6..2^8\"\n\
                seeds = 2\ninits = [\"A\"]\ngammas = [\"-1/4\"]\nset = [\"model.points=4\", \
                \"training.steps=2\"]\n\n[[claim]]\nid = \"second-za\"\nsays = \"x\"\n\
                source = \"x\"\nstudy = \"second\"\ntest = \"exponent\"\ninit = \"A\"\n\
                quantity = \"za\"\n";
    let text = session.text("tiny.toml") + more;
    fs::write(session.path("tiny.toml"), &text).expect("a file");
    // Planned, and not measured: as after a call that was stopped in the study before.
    let mut plan = session.json("out/plan.json");
    let claims = plan["claims"].as_array_mut().expect("a list");
    let mut planned = claims[0].clone();
    planned["id"] = "second-za".into();
    planned["study"] = "second".into();
    claims.push(planned);
    fs::write(session.path("out/plan.json"), plan.to_string()).expect("a file");
    session.ok("verify tiny.toml --out out");
    assert!(!session.text("out/RESULTS.md").contains("measuring"));
    let plan = session.json("out/plan.json");
    assert_eq!(plan["claims"][3]["predictions"][0], "Z_A 3/4 at γ = -1/4");
    assert_eq!(plan["changed"], serde_json::json!([]));
}

#[test]
fn a_plan_that_was_deleted_or_spoilt_is_noticed() {
    let session = measured();
    fs::remove_file(session.path("out/plan.json")).expect("a plan");
    for _ in 0..2 {
        session.ok("verify tiny.toml --out out");
        assert!(line(&session, "tiny-za").contains("**the plan was missing, so nothing shows"));
    }
    fs::write(session.path("out/plan.json"), "{").expect("a file");
    let output = session.call("verify tiny.toml --out out");
    assert_eq!(output.status.code(), Some(2));
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains("out/plan.json: is no plan of a verification"), "{told}");
    assert_eq!(session.text("out/plan.json"), "{", "it is left as it is");
}

#[test]
fn quick_and_full_sizes_are_never_mixed() {
    let session = measured();
    let before = session.read("out/RESULTS.md");
    let output = session.call("verify tiny.toml --quick --out out");
    assert_eq!(output.status.code(), Some(2));
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains("--out") && told.contains("holds"), "{told}");
    assert!(before == session.read("out/RESULTS.md"));
}
