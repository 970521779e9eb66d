//! `device-check.sh` as far as it goes without a GPU.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use lora_cuda::CudaEngine;
use tempfile::TempDir;

/// A file of `lora-cuda`, where the script is.
fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../lora-cuda").join(name)
}

fn run(program: &str, arguments: &[&str]) -> Output {
    Command::new(program).args(arguments).output().unwrap_or_else(|e| panic!("{program}: {e}"))
}

fn check(arguments: &[&str]) -> Output {
    let script = file("device-check.sh");
    run("bash", &[&[script.to_str().expect("UTF-8")], arguments].concat())
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn both_scripts_parse() {
    for script in ["device-check.sh", "device-check/steps.sh"] {
        let output = run("bash", &["-n", file(script).to_str().expect("UTF-8")]);
        assert!(output.status.success(), "{}", text(&output.stderr));
    }
}

#[test]
fn all_steps_together_stay_under_nine_minutes() {
    let printed = text(&check(&["--limits"]).stdout);
    let total = printed.lines().find_map(|line| line.strip_prefix("total")).expect("a total");
    assert!(total.trim().parse::<u32>().expect("seconds") < 9 * 60, "{printed}");
}

#[test]
fn without_a_device_one_line_says_that_it_skips() {
    let Err(unavailable) = CudaEngine::new(0) else { return };
    let dir = TempDir::new().expect("a directory");
    let out = dir.path().join("out");
    let arguments = ["--bin", dir.path().to_str().expect("UTF-8"), "--out", out.to_str().unwrap()];
    let missing = check(&arguments);
    assert_eq!(missing.status.code(), Some(2));
    assert!(text(&missing.stderr).contains("--pack"));
    for name in ["width-sweep", "lora-cuda-bench", "conformance"] {
        symlink(env!("CARGO_BIN_EXE_lora-cuda-bench"), dir.path().join(name)).expect("a link");
    }
    let skipped = check(&arguments);
    assert_eq!(
        text(&skipped.stdout),
        format!("device-check: skipped: {unavailable}{}\n", advice(&unavailable))
    );
    assert!(skipped.status.success() && skipped.stderr.is_empty());
    assert!(!out.exists(), "nothing was written");
}

/// A step at tiny sizes on the stand-in driver: what it prints, and its note.
fn tiny_step(name: &str, work: &Path) -> Option<(String, String)> {
    let driver = lora_cuda_shim::unless_missing(lora_cuda_shim::library_path())?;
    let bin = Path::new(env!("CARGO_BIN_EXE_lora-cuda-bench")).parent().expect("a directory");
    let mut command = Command::new("bash");
    command.arg(file("device-check/steps.sh")).arg(name);
    command.env("LD_LIBRARY_PATH", driver).env("bin", bin).env("work", work).env("tiny", "1");
    let output = command.output().expect("it runs");
    assert!(output.status.success(), "{}", text(&output.stderr));
    let note = fs::read_to_string(work.join(format!("{name}.note"))).unwrap_or_default();
    Some((text(&output.stdout), note))
}

#[test]
fn a_measured_step_has_a_note_and_a_place_among_the_peers() {
    let work = TempDir::new().expect("a directory");
    let Some((_, note)) = tiny_step("bench-65536-4", work.path()) else { return };
    assert!(note.contains(" ms per LR-step, ") && note.contains("; aim 40%: "), "{note}");
    let ours = note.split_whitespace().next().expect("a number");
    let theirs = 4.0 * ours.parse::<f64>().expect("a number");
    let json = format!("{{\"ms_per_lr_step\": {theirs}, \"ms_per_lr_step_all\": [1.0]}}\n");
    fs::write(work.path().join("jax-65536.json"), json).expect("a file");
    let (table, _) = tiny_step("peers-table", work.path()).expect("the stand-in was there");
    let row = table.lines().find(|line| line.contains(ours)).expect("a row");
    assert!(row.ends_with("| – | 4.00 | met |"), "{table}");
}

/// What agree.awk says of these losses of the same runs on two engines.
fn compared(ours: &[&str], theirs: &[&str]) -> String {
    let dir = TempDir::new().expect("a directory");
    let table = |name: &str, losses: &[&str]| {
        let rows = losses.iter().enumerate().map(|(i, loss)| format!("A,64,0,{i},{loss}\n"));
        let path = dir.path().join(name);
        let header = "init,width,seed,lr,train_loss\n";
        fs::write(&path, header.to_owned() + &rows.collect::<String>()).expect("a file");
        path.to_str().expect("UTF-8").to_owned()
    };
    let (ours, theirs) = (table("ours.csv", ours), table("theirs.csv", theirs));
    let script = file("device-check/agree.awk");
    let options = ["-v", "usual=1e-4", "-v", "most=2e-2", "-f", script.to_str().expect("UTF-8")];
    text(&run("awk", &[&options[..], &[&ours, &theirs]].concat()).stdout)
}

#[test]
fn engines_agree_where_nearly_all_losses_are_near() {
    let mut losses = ["0.5"; 20];
    losses[1] = "NaN";
    losses[2] = "inf";
    let said = compared(&losses, &losses);
    assert!(said.starts_with("agree: 20 of 20 runs shared, 20 of them within 0.0001"), "{said}");
    for (other, agrees) in [("0.505", true), ("0.52", false), ("NaN", false), ("inf", false)] {
        let mut others = losses;
        others[7] = other;
        for said in [compared(&losses, &others), compared(&others, &losses)] {
            assert_eq!(said.starts_with("agree"), agrees, "{other}: {said}");
        }
    }
    assert!(compared(&losses, &["0.505"; 20]).starts_with("not"), "all are far");
    assert!(compared(&losses[..17], &losses).starts_with("not"), "three are not shared");
    assert!(compared(&[], &[]).starts_with("not"), "nothing is shared");
}

/// What to do about a missing device, behind what is missing.
fn advice(unavailable: &lora_cuda::Unavailable) -> String {
    unavailable.remedy().map_or(String::new(), |remedy| format!("; {remedy}"))
}
