//! Results that are committed under `figures/` come from today's engines, from a clean tree, and cover
//! today's suite of claims.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use lora_experiment::study::limit::{LimitKind, SolvedLimit, are_of_limit};
use lora_experiment::study::suite::Suite;
use lora_store::manifest::{Manifest, RunsOrigin};

fn figures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../figures")
}

/// Folders of committed sweeps and verifications. Timings of other programs are no results of an engine, nor are the
/// sharpnesses of networks that `lora-curvature` trains in f64, and the map is read from sweeps that are not committed. The
/// laws follow from the other folders; `laws.rs` tests that those of figures/laws do.
fn committed() -> Vec<PathBuf> {
    let mut folders = folders(&figures());
    // Sweeps that were trained together lie in a folder of their own.
    for together in ["ingredients", "cross-entropy"] {
        let place = folders.iter().position(|path| path.ends_with(together)).expect("a folder");
        let folder = folders.remove(place);
        folders.extend(self::folders(&folder));
    }
    folders.sort();
    folders
}

/// Folders in a folder, without those of timings and laws.
fn folders(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).expect("a folder of committed figures");
    entries
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| {
            path.file_name().is_some_and(|name| {
                !["edge", "laws", "map", "peers", "stability"].contains(&&*name.to_string_lossy())
            })
        })
        .filter(|path| path.is_dir())
        .collect()
}

fn manifest(folder: &Path) -> Manifest {
    let path = folder.join("manifest.json");
    let text = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_slice(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// What is wrong with the origin of some runs.
fn fault(origin: &RunsOrigin) -> Option<String> {
    let today = |engine: &str| {
        let (name, version) = engine.split(' ').next()?.rsplit_once('-')?;
        let wanted = match name {
            "cpu" | "layer" => lora_sim::NUMERICS,
            "cuda" => lora_cuda::NUMERICS,
            "network" => lora_network::NUMERICS,
            "transformer" => lora_runner::finetune::NUMERICS,
            _ => return None,
        };
        (version.parse() == Ok(wanted)).then_some(())
    };
    let RunsOrigin { numerics, git_commit, git_dirty, .. } = origin;
    if let Some((network, _)) = numerics.split_once(", limit-")
        && !are_of_limit(numerics, network)
    {
        return Some(format!("`{numerics}` is not the limit as it is solved today"));
    }
    if !numerics.split("; ").all(|engine| today(engine).is_some()) {
        return Some(format!("`{numerics}` is not the arithmetic of today's engines"));
    }
    match (git_commit, git_dirty) {
        (Some(_), Some(false)) => None,
        (None, _) => Some("no commit is known".to_owned()),
        _ => Some("the tree was not clean".to_owned()),
    }
}

#[test]
fn committed_results_are_those_of_todays_engines_from_a_clean_tree() {
    let folders = committed();
    assert!(folders.len() >= 3, "{folders:?}");
    let faults: Vec<String> = folders
        .iter()
        .flat_map(|folder| {
            let manifest = manifest(folder);
            let mut faults: Vec<String> = manifest.trained.iter().filter_map(fault).collect();
            if manifest.trained.is_empty() {
                faults.push("nothing says what trained its runs".to_owned());
            }
            if manifest.quick {
                faults.push("its sizes are those of --quick".to_owned());
            }
            let name = folder.file_name().expect("a name").to_string_lossy().into_owned();
            faults.into_iter().map(move |fault| format!("figures/{name}: {fault}"))
        })
        .collect();
    assert!(faults.is_empty(), "run these again:\n{}", faults.join("\n"));
}

#[test]
fn an_older_engine_and_a_tree_with_changes_are_noticed() {
    let origin = |numerics: &str, dirty| RunsOrigin {
        numerics: numerics.to_owned(),
        git_commit: Some("abc".to_owned()),
        git_dirty: Some(dirty),
        runs: 1,
    };
    let today = format!("cpu-{0} AVX2; layer-{0} AVX2", lora_sim::NUMERICS);
    assert_eq!(fault(&origin(&today, false)), None);
    let transformer = |version: u32| format!("transformer-{version} AVX-512, base abc, data def");
    let numerics = lora_runner::finetune::NUMERICS;
    assert_eq!(fault(&origin(&transformer(numerics), false)), None);
    assert!(fault(&origin(&transformer(numerics - 1), false)).is_some());
    assert!(fault(&origin(&today, true)).is_some());
    let network = format!("cpu-{} AVX2", lora_sim::NUMERICS);
    let limit = SolvedLimit { kind: LimitKind::Whole, neurons: 64 }.numerics(&network);
    assert_eq!(fault(&origin(&limit, false)), None);
    assert!(fault(&origin(&limit.replace("limit-", "limit-0"), false)).is_some());
    let older = format!("cpu-{} AVX2", lora_sim::NUMERICS - 1);
    for other in [&older, "cuda-0 9.0", "abacus-1", ""] {
        assert!(fault(&origin(other, false)).is_some(), "{other}");
    }
}

/// The claims of a committed verification.
fn judged(folder: &Path) -> Vec<String> {
    let mut table = csv::Reader::from_path(folder.join("claims.csv")).expect("a table");
    table.records().map(|row| row.expect("a row")[0].to_owned()).collect()
}

/// A claim that joins the suite, or leaves it, makes the committed verifications stale. There may be several, in folders
/// whose names start with "verify", each of topics of its own.
#[test]
fn the_committed_verifications_judge_todays_claims_once_each() {
    let suite = Suite::load(&[], false).expect("the suite");
    let wanted: BTreeSet<String> = suite.claims.into_iter().map(|claim| claim.id).collect();
    let of_topics = |folder: &PathBuf| {
        folder.file_name().is_some_and(|name| name.to_string_lossy().starts_with("verify"))
    };
    let folders: Vec<PathBuf> = committed().into_iter().filter(of_topics).collect();
    let all: Vec<String> = folders.iter().flat_map(|folder| judged(folder)).collect();
    let found: BTreeSet<String> = all.iter().cloned().collect();
    assert_eq!(found, wanted);
    assert_eq!(all.len(), found.len(), "a claim is judged twice");
}
