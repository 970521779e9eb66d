//! `map`: sweeps over a fixed grid, read as many experiments.

use crate::session::Session;

/// The small experiment on a grid that no search refines.
const FIXED: &str = "--set search.lr_min=1e-3 --set search.lr_max=1.1 --set search.coarse_factor=2 \
                     --set search.bracket_factor=2 --set search.max_extensions=0";

#[test]
fn a_map_has_a_row_for_every_setting_and_choice() {
    let session = Session::new();
    session.ok(&format!("run tiny.toml --out a {FIXED} --set training.steps=12"));
    session.ok(&format!(
        "run tiny.toml --out b {FIXED} --set training.steps=12 --set model.teacher_scale=3"
    ));
    let told = session.ok("map a b --out map");
    assert!(told.starts_with("On the fine grid at most "), "{told}");
    assert!(told.contains("map/map.csv") && told.contains("map/choices.png"), "{told}");
    let table = session.text("map/map.csv");
    // Two settings, of 10 and 12 steps, under two losses, two grids and two places of the learning rate.
    assert_eq!(table.lines().count(), 1 + 2 * 16);
    let column = |name: &str| {
        let header: Vec<&str> = table.lines().next().expect("a header").split(',').collect();
        let place = header.iter().position(|of| *of == name).expect(name);
        table.lines().skip(1).map(move |line| line.split(',').nth(place).expect("a cell"))
    };
    assert_eq!(column("teacher_scale").filter(|scale| *scale == "3.0").count(), 16);
    assert!(column("steps").all(|steps| ["10", "12"].contains(&steps)));
    let verdicts = ["eta_opt_a", "eta_opt_b", "larger_za", "lower_loss"];
    let verdicts = verdicts.map(|of| column(&format!("{of}_verdict")).collect::<Vec<_>>());
    assert!(verdicts[3].iter().any(|verdict| *verdict != "not measured"), "{table}");
    for (row, count) in column("as_printed").enumerate() {
        let holds = verdicts.iter().filter(|column| column[row] == "holds").count();
        assert_eq!(count, holds.to_string());
    }
    session.ok("map a b --out map");
    assert_eq!(session.text("map/map.csv"), table);
}

#[test]
fn runs_that_no_map_can_be_made_of_are_refused_by_name() {
    let session = Session::new();
    session.ok("run tiny.toml --out refined");
    session.ok(&format!("run tiny.toml --out one {FIXED} --set training.inits=[\"A\"]"));
    session.ok(&format!("run tiny.toml --out fixed {FIXED}"));
    session.ok(&format!("run tiny.toml --out two {FIXED} --set training.steps=2"));
    session.ok(&format!("run tiny.toml --out two {FIXED} --set training.steps=3"));
    for (dir, said) in [
        (
            "refined",
            "was trained at other learning rates than the rest: let the sweep end, and train on a fixed grid",
        ),
        ("one", "one: must have runs of Init[A] and of Init[B]"),
        ("two", "two: has runs of 2 settings, but must hold those of one"),
        ("nowhere", "nowhere"),
        ("fixed fixed", "hold the same setting"),
    ] {
        let output = session.call(&format!("map {dir} --out map"));
        let refused = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{refused}");
        assert!(refused.contains(said), "{refused}");
        assert!(!session.path("map").exists());
    }
}
