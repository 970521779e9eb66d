//! Judges the tables of an earlier verification again by today's rules. Nothing is trained, and the
//! results say so.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::SystemTime;

use lora_stats::{Decision, Verdict, WidthRule, decide_exponent};
use lora_theory::approximate;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::verdict::names::{CLAIMS, JUDGED, MANIFEST, PAGE, SLOPES, TESTS, VERDICTS};
use crate::verdict::rows::TestRow;
use crate::verdict::tables::EarlierTables;
use crate::verdict::tested::{Judged, Tested, of_all};
use crate::verdict::{KNOWN, figures, files, page};
use crate::{AnalysisError, FileFault};
use lora_experiment::study::claim::Claim;
use lora_experiment::study::suite::Suite;
use lora_store::digest::{self, Digests};
use lora_store::error::Remedy;
use lora_store::folder::Folder;
use lora_store::manifest::{Manifest, utc};

/// Judges a directory's tables again, and writes what follows from the verdicts. The text has the
/// verdicts as `render` shows them, and those that changed.
///
/// # Errors
/// [`AnalysisError::NotRejudgeable`] for a directory without such tables, [`AnalysisError::Table`] for
/// one that cannot be read, and [`AnalysisError::UnknownClaims`] for claims that the suite lacks.
pub fn rejudge(
    mut suite: Suite,
    dir: &Path,
    render: impl FnOnce(&[Judged]) -> String,
) -> Result<String, AnalysisError> {
    if !JUDGED.iter().all(|name| dir.join(name).is_file()) {
        return Err(AnalysisError::NotRejudgeable { dir: dir.to_owned() });
    }
    let mut manifest = read_manifest(dir)?;
    check(dir, &manifest)?;
    let mut tables = EarlierTables::read(dir)?;
    tables.first_verdicts(first_verdicts(dir, &manifest)?);
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
    folder.write_json(VERDICTS, &files::verdicts(&judged, quick))?;
    folder.write_csv(CLAIMS, &files::claim_rows(&judged))?;
    folder.write_csv(TESTS, &files::test_rows(&judged))?;
    figures::draw_verdicts(&folder, &judged, quick)?;
    let page = page::verdicts(&suite, &judged, &note, quick) + rest(&page_before);
    folder.write(PAGE, page.as_bytes())?;
    manifest["judged_again"] = again;
    let names = [VERDICTS, CLAIMS, TESTS, SLOPES, "verdicts.svg"];
    manifest["digests"] = json!(digests(dir, &names, &manifest)?);
    folder.write_json(MANIFEST, &manifest)?;
    Ok(format!("{}\n{}", render(&judged), changed_text(&tables, &judged)))
}

fn read(path: &Path) -> Result<String, AnalysisError> {
    fs::read_to_string(path).map_err(|error| spoilt(path, error))
}

fn spoilt(path: &Path, fault: impl Into<FileFault>) -> AnalysisError {
    AnalysisError::Table { path: path.to_owned(), fault: fault.into() }
}

fn read_manifest(dir: &Path) -> Result<Value, AnalysisError> {
    let path = dir.join(MANIFEST);
    let manifest: Value =
        serde_json::from_str(&read(&path)?).map_err(|error| spoilt(&path, error))?;
    if manifest.is_object() { Ok(manifest) } else { Err(spoilt(&path, FileFault::NoManifest)) }
}

/// The verdicts from before the tables were first judged again; none if they never were.
fn first_verdicts(
    dir: &Path,
    manifest: &Value,
) -> Result<BTreeMap<String, Verdict>, AnalysisError> {
    let before = Option::deserialize(&manifest["judged_again"]["before"]);
    Ok(before.map_err(|error| spoilt(&dir.join(MANIFEST), error))?.unwrap_or_default())
}

/// The digests that the manifest lists; none in one of an older version.
fn known_digests(dir: &Path, manifest: &Value) -> Result<Digests, AnalysisError> {
    let digests = Option::<Digests>::deserialize(&manifest["digests"]);
    Ok(digests.map_err(|error| spoilt(&dir.join(MANIFEST), error))?.unwrap_or_default())
}

/// The tables must be those that were written.
fn check(dir: &Path, manifest: &Value) -> Result<(), AnalysisError> {
    let known = known_digests(dir, manifest)?;
    for name in JUDGED {
        let path = dir.join(name);
        let contents = fs::read(&path).map_err(|error| spoilt(&path, error))?;
        digest::check(&known, (&path, &contents), Remedy::VerifyAgain)?;
    }
    Ok(())
}

/// The digests of the files written now, and those of files that stay.
fn digests(dir: &Path, names: &[&str], manifest: &Value) -> Result<Digests, AnalysisError> {
    let mut all = known_digests(dir, manifest)?;
    let pictures = ["drift.svg", "lora-plus.svg", "collapse.svg"]
        .into_iter()
        .filter(|name| dir.join(name).is_file());
    let names: Vec<&str> = names.iter().copied().chain(pictures).collect();
    all.extend(digest::of_files(dir, &names)?);
    Ok(all)
}

/// When the tables were judged again, and by which version.
fn again(now: Option<String>, tables: &EarlierTables) -> Value {
    let before =
        tables.claims.iter().map(|(id, before)| (id.clone(), json!(before.verdict.name())));
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
fn refuse_part(suite: &Suite, tables: &EarlierTables, dir: &Path) -> Result<(), AnalysisError> {
    let known = |id: &String| suite.claims.iter().any(|claim| claim.id == *id);
    let unknown: Vec<&String> = tables.claims.keys().filter(|id| !known(id)).collect();
    let Some(first) = unknown.first() else { return Ok(()) };
    let (dir, first) = (dir.to_owned(), (*first).clone());
    Err(AnalysisError::UnknownClaims { dir, first, count: unknown.len() })
}

/// How a tolerance differs from the one that was planned before measuring.
fn changed(claim: &Claim, before: Option<f64>) -> Option<String> {
    let before = before?;
    // Older tables have four digits.
    let differs = (before - claim.tolerance).abs() > 5e-5 && claim.test.is_exponent();
    let now = claim.tolerance;
    differs.then(|| format!("changed after measuring: tolerance {before} → {now:.6}"))
}

fn judge<'c>(claim: &'c Claim, tables: &EarlierTables) -> Judged<'c> {
    let tested: Vec<Tested> = tables.tests(&claim.id).map(|row| test(claim, tables, row)).collect();
    Judged { claim, verdict: of_all(&tested), tested }
}

/// One row under today's rules. Regimes and losses keep their verdicts, and so does a number that
/// was not measured well enough to be judged.
fn test(claim: &Claim, tables: &EarlierTables, row: &TestRow) -> Tested {
    let fit = tables.fitted(row).and_then(|table| table.fit(&WidthRule::default()).ok());
    let decision = match (&fit, row.predicted_exact) {
        (Some(fit), Some(predicted)) if claim.test.is_exponent() && !row.is_unmeasured() => {
            decide_exponent(fit, approximate(predicted), claim.tolerance)
        }
        _ => Decision::new(row.verdict, &*row.reason),
    };
    Tested {
        study: row.study.clone(),
        init: row.init,
        quantity: row.quantity,
        rates: row.rates(),
        predicted: row.predicted_exact,
        fit,
        interval: row.interval(),
        regime: None,
        decision,
    }
}

/// The head of the page: what was done, and which verdicts it changed.
fn note(tables: &EarlierTables, judged: &[Judged], manifest: &Value, now: Option<&str>) -> String {
    let commit = manifest["git_commit"].as_str().unwrap_or("an unknown commit");
    let commit = commit.get(..10).unwrap_or(commit);
    let mut out = format!(
        "**Judged again without training** ({}), by the rules of `docs/method.md`, from the tables of \
         a verification by commit {commit}. The tables hold means and intervals and not the values of \
         each seed, so the test of each curve's shape takes errors at different widths for \
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

fn changes<'j>(tables: &EarlierTables, judged: &'j [Judged]) -> Vec<(&'j str, Verdict, Verdict)> {
    let change = |judged: &'j Judged| {
        let (before, now) = (tables.claims.get(&judged.claim.id)?.verdict, judged.verdict);
        (before != now).then_some((judged.claim.id.as_str(), before, now))
    };
    judged.iter().filter_map(change).collect()
}

fn changed_text(tables: &EarlierTables, judged: &[Judged]) -> String {
    let changes = changes(tables, judged);
    let lines = changes.iter().map(|(claim, before, now)| format!("{claim}: {before} → {now}\n"));
    format!(
        "Verdicts that changed: {}. Nothing was trained.\n{}",
        changes.len(),
        lines.collect::<String>()
    )
}

/// The part of an earlier page that does not depend on verdicts: figures, studies, commands.
fn rest(page: &str) -> &str {
    let starts = ["\n![", "\n## Studies"].into_iter().filter_map(|start| page.find(start));
    starts.min().map_or("", |start| &page[start..])
}
