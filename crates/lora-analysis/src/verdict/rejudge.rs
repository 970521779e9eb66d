//! `verify --rejudge DIR`: the tables of an earlier verification judged again by today's rules. It
//! trains nothing, and the results say so.

use std::fs;
use std::path::Path;
use std::time::SystemTime;

use lora_stats::{Decision, Verdict, WidthRule, decide_exponent};
use lora_theory::approximate;
use serde_json::{Value, json};

use crate::verdict::files::{self, TestRow};
use crate::verdict::judge::{Judged, Tested, of_all};
use crate::verdict::kept_tables::{Before, Tables};
use crate::verdict::{KNOWN, figures, page, table};
use lora_experiment::error::CommandError;
use lora_experiment::study::claim::Claim;
use lora_experiment::study::suite::Suite;
use lora_store::digest::{self, Digests};
use lora_store::folder::Folder;
use lora_store::manifest::{Manifest, utc};

const MANIFEST: &str = "manifest.json";
const PAGE: &str = "RESULTS.md";
const TABLES: [&str; 3] = ["claims.csv", "tests.csv", "slopes.csv"];

/// Judges a directory's tables again, and writes what follows from the verdicts. The text tells them,
/// as `render` does, and which of them changed.
pub fn rejudge(
    mut suite: Suite,
    dir: &Path,
    render: impl FnOnce(&[Judged]) -> String,
) -> Result<String, CommandError> {
    if !TABLES.iter().all(|name| dir.join(name).is_file()) {
        return Err(CommandError::Usage(format!(
            "--rejudge {}: must be the directory of a verification, which holds {}",
            dir.display(),
            TABLES.join(", ")
        )));
    }
    let mut manifest = read_manifest(dir)?;
    check(dir, &manifest)?;
    let mut tables = Tables::read(dir)?;
    tables.first_verdicts(&manifest["judged_again"]["before"]);
    let page_before = read(&dir.join(PAGE))?;
    let folder = Folder::for_writing(dir, &KNOWN)?;
    refuse_part(&suite, &tables, dir)?;
    suite.claims.retain(|claim| tables.claims.contains_key(&claim.id));
    for claim in &mut suite.claims {
        let Some(before) = tables.claims.get(&claim.id) else { continue };
        let earlier = Some(before.changed.clone()).filter(|changed| !changed.is_empty());
        claim.changed = earlier.into_iter().chain(changed(claim, before.tolerance)).collect();
        // What was measured then, which may be of other sizes than what is planned now.
        claim.says.clone_from(&before.statement);
    }
    let judged: Vec<Judged> = suite.claims.iter().map(|claim| judge(claim, &tables)).collect();
    let now = utc(Some(SystemTime::now()));
    // Before anything is written, which would make a checkout that holds the directory dirty.
    let again = again(now.clone(), &tables);
    let note = note(&tables, &judged, &manifest, now.as_deref());
    let quick = manifest["quick"].as_bool().unwrap_or_default();
    folder.write_json("verdicts.json", &files::verdicts(&judged, quick))?;
    folder.write_csv("claims.csv", &files::claim_rows(&judged))?;
    folder.write_csv("tests.csv", &files::test_rows(&judged))?;
    figures::draw_verdicts(&folder, &judged, quick)?;
    let page = page::verdicts(&suite, &judged, &note, quick) + rest(&page_before);
    folder.write(PAGE, page.as_bytes())?;
    manifest["judged_again"] = again;
    let names = ["verdicts.json", "claims.csv", "tests.csv", "slopes.csv", "verdicts.svg"];
    manifest["digests"] = json!(digests(dir, &names, &manifest)?);
    folder.write_json(MANIFEST, &manifest)?;
    Ok(format!("{}\n{}", render(&judged), told(&tables, &judged)))
}

fn read(path: &Path) -> Result<String, CommandError> {
    fs::read_to_string(path)
        .map_err(|error| CommandError::Usage(format!("{}: {error}", path.display())))
}

fn read_manifest(dir: &Path) -> Result<Value, CommandError> {
    let path = dir.join(MANIFEST);
    let manifest: Value = serde_json::from_str(&read(&path)?).unwrap_or_default();
    if manifest.is_object() {
        return Ok(manifest);
    }
    Err(CommandError::Usage(format!("{}: is no manifest of a verification", path.display())))
}

/// The tables must be those that were written.
fn check(dir: &Path, manifest: &Value) -> Result<(), CommandError> {
    let known: Digests = serde_json::from_value(manifest["digests"].clone()).unwrap_or_default();
    for name in TABLES {
        let path = dir.join(name);
        let contents = fs::read(&path)
            .map_err(|error| CommandError::Usage(format!("{}: {error}", path.display())))?;
        digest::check(&known, (&path, &contents), "put it back, or call verify again")?;
    }
    Ok(())
}

/// Of the files written now, and of those that stay and had one.
fn digests(dir: &Path, names: &[&str], manifest: &Value) -> Result<Digests, CommandError> {
    let mut all: Digests = serde_json::from_value(manifest["digests"].clone()).unwrap_or_default();
    let pictures =
        ["drift.svg", "lora-plus.svg"].into_iter().filter(|name| dir.join(name).is_file());
    let names: Vec<&str> = names.iter().copied().chain(pictures).collect();
    all.extend(digest::of_files(dir, &names)?);
    Ok(all)
}

/// Who judged again, and when.
fn again(now: Option<String>, tables: &Tables) -> Value {
    let before = tables.claims.iter().map(|(id, before)| (id.clone(), json!(before.verdict)));
    let before: serde_json::Map<String, Value> = before.collect();
    let ours = Manifest::of("verify", false, (b"", Vec::new()), String::new(), 0.0);
    json!({
        "when": now,
        "before": before,
        "version": ours.provenance.version,
        "git_commit": ours.provenance.git_commit,
        "git_dirty": ours.provenance.git_dirty,
    })
}

/// All claims of the tables must be in the suite, since what is written holds those alone.
fn refuse_part(suite: &Suite, tables: &Tables, dir: &Path) -> Result<(), CommandError> {
    let known = |id: &String| suite.claims.iter().any(|claim| claim.id == *id);
    let unknown: Vec<&String> = tables.claims.keys().filter(|id| !known(id)).collect();
    let Some(first) = unknown.first() else { return Ok(()) };
    Err(CommandError::Usage(format!(
        "--rejudge {}: its tables hold {} claims that the topics of this call do not hold, {first} among \
         them: name all topic files that were measured there, and leave out --only",
        dir.display(),
        unknown.len()
    )))
}

/// A tolerance that is not the one of before measuring.
fn changed(claim: &Claim, before: Option<f64>) -> Option<String> {
    let before = before?;
    // Older tables have four digits.
    let differs = (before - claim.tolerance).abs() > 5e-5 && claim.test.is_exponent();
    let now = claim.tolerance;
    differs.then(|| format!("changed after measuring: tolerance {before} → {now:.6}"))
}

fn judge<'c>(claim: &'c Claim, tables: &Tables) -> Judged<'c> {
    let tested: Vec<Tested> = tables.tests(&claim.id).map(|row| test(claim, tables, row)).collect();
    Judged { claim, verdict: of_all(&tested), tested }
}

/// What the rule makes of one row. Regimes and losses keep their verdict, and so does what was not
/// measured well enough to be judged.
fn test(claim: &Claim, tables: &Tables, row: &TestRow) -> Tested {
    let fit = tables.fitted(row).and_then(|table| table.fit(&WidthRule::default()).ok());
    let kept =
        || Decision::new(table::verdict(&row.verdict).unwrap_or(Verdict::Undecided), &*row.reason);
    let decision = match (&fit, row.predicted()) {
        (Some(fit), Some(predicted)) if claim.test.is_exponent() && !row.is_unmeasured() => {
            decide_exponent(fit, approximate(predicted), claim.tolerance)
        }
        _ => kept(),
    };
    Tested {
        study: row.study.clone(),
        init: row.init,
        quantity: row.quantity(),
        rates: row.rates(),
        predicted: row.predicted(),
        fit,
        interval: row.interval(),
        regime: None,
        decision,
    }
}

/// The head of the page: what was done, and which verdicts it changed.
fn note(tables: &Tables, judged: &[Judged], manifest: &Value, now: Option<&str>) -> String {
    let commit = manifest["git_commit"].as_str().unwrap_or("an unknown commit");
    let commit = commit.get(..10).unwrap_or(commit);
    let mut out = format!(
        "**Judged again without training** ({}), by the rules of `docs/method.md`, from the tables of \
         a verification by commit {commit}. The tables hold means and intervals and not the values of \
         each seed, so the shape of each curve was tested as if errors at different widths were \
         independent. Regimes and comparisons of losses keep their verdicts. ",
        now.unwrap_or("at an unknown time")
    );
    let changes = changes(tables, judged);
    if changes.is_empty() {
        return out + "No verdict changed.\n\n";
    }
    out += &format!(
        "Verdicts that changed ({}):\n\n| claim | as measured | now |\n|---|---|---|\n",
        changes.len()
    );
    for (claim, before, now) in changes {
        out += &format!("| {claim} | {before} | {now} |\n");
    }
    out + "\n"
}

fn changes<'j>(tables: &'j Tables, judged: &'j [Judged]) -> Vec<(&'j str, &'j str, &'static str)> {
    let change = |judged: &'j Judged| {
        let Before { verdict, .. } = tables.claims.get(&judged.claim.id)?;
        let now = table::word(judged.verdict);
        (verdict != now).then_some((judged.claim.id.as_str(), verdict.as_str(), now))
    };
    judged.iter().filter_map(change).collect()
}

fn told(tables: &Tables, judged: &[Judged]) -> String {
    let changes = changes(tables, judged);
    let lines = changes.iter().map(|(claim, before, now)| format!("{claim}: {before} → {now}\n"));
    format!(
        "Verdicts that changed: {}. Nothing was trained.\n{}",
        changes.len(),
        lines.collect::<String>()
    )
}

/// What of an earlier page does not depend on verdicts: figures, studies, commands.
fn rest(page: &str) -> &str {
    let starts = ["\n![", "\n## Studies"].into_iter().filter_map(|start| page.find(start));
    starts.min().map_or("", |start| &page[start..])
}
