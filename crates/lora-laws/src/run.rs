//! A finished run of an experiment.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use lora_analysis::analysis::{Measured, Readings, readings};
use lora_experiment::experiment::Experiment;
use lora_experiment::study::definition::Study;
use lora_store::rows::{ModuleRow, RunRow};
use lora_store::run_dir::Store;
use lora_types::{Init, ModelKind};

use crate::error::LawsError;

/// Positive numbers by seed and width; none where a seed has none.
pub(crate) type Table = Vec<Vec<Option<f64>>>;

/// What a run measured.
#[derive(Clone, Debug)]
pub struct MeasuredRun {
    /// The directory.
    pub dir: PathBuf,
    /// What the run is called: the last name in `dir`, or the whole of it where several runs share that.
    pub label: String,
    /// What was trained.
    pub experiment: Experiment,
    /// Whether its sizes are the quick ones.
    pub quick: bool,
    /// As the experiment's search is read.
    study: Study,
    runs: Vec<RunRow>,
    modules: Vec<ModuleRow>,
}

impl MeasuredRun {
    /// Reads the directories of runs, in their order. Where tables cannot be checked, `note` hears of it.
    ///
    /// # Errors
    /// [`LawsError`] for a directory that is not that of a finished run, that has one width, or that is named twice.
    pub fn read_all(dirs: &[PathBuf], note: &mut dyn FnMut(&str)) -> Result<Vec<Self>, LawsError> {
        for (index, dir) in dirs.iter().enumerate() {
            if dirs[..index].contains(dir) {
                return Err(LawsError::Twice(dir.clone()));
            }
        }
        let mut all: Vec<Self> =
            dirs.iter().map(|dir| Self::read(dir, note)).collect::<Result<_, _>>()?;
        let labels: Vec<String> = all.iter().map(|run| run.label.clone()).collect();
        for run in &mut all {
            if labels.iter().filter(|label| **label == run.label).count() > 1 {
                run.label = run.dir.display().to_string();
            }
        }
        Ok(all)
    }

    /// Reads the directory of a run.
    ///
    /// # Errors
    /// As [`read_all`](Self::read_all).
    pub fn read(dir: &Path, note: &mut dyn FnMut(&str)) -> Result<Self, LawsError> {
        let store = Store::for_report(dir)?;
        let read = store.read_back()?;
        let (runs, modules) = (read.runs()?, read.modules_if_any()?);
        if let Some(said) = read.note() {
            note(&said);
        }
        let (experiment, quick) = (read.experiment, read.manifest.quick);
        if let [width] = experiment.model.widths[..] {
            return Err(LawsError::OneWidth { dir: dir.to_owned(), width });
        }
        let study = Study::of(&read.manifest.experiment, &experiment)
            .map_err(|source| LawsError::Grid { dir: dir.to_owned(), source })?;
        let name = dir.file_name().map(|name| name.to_string_lossy().into_owned());
        let label = name.unwrap_or_else(|| dir.display().to_string());
        Ok(Self { dir: dir.to_owned(), label, experiment, quick, study, runs, modules })
    }

    /// Whether a transformer was trained.
    pub fn is_transformer(&self) -> bool {
        self.experiment.model.kind == ModelKind::Transformer
    }

    /// Whether all its seeds have one base at each width.
    pub fn shares_bases(&self) -> bool {
        self.is_transformer() && !self.experiment.transformer.base_per_seed
    }

    /// Its inits.
    pub fn inits(&self) -> &[Init] {
        &self.experiment.training.inits
    }

    /// n, ascending.
    pub fn widths(&self) -> &[usize] {
        &self.experiment.model.widths
    }

    /// Seeds, ascending.
    pub(crate) fn seeds(&self) -> Vec<u64> {
        let mut seeds = self.experiment.training.seeds.clone();
        seeds.sort_unstable();
        seeds
    }

    /// Its trainings.
    pub(crate) fn rows(&self) -> &[RunRow] {
        &self.runs
    }

    /// What every curve of learning rates says.
    pub(crate) fn readings(&self) -> Readings<'_> {
        readings(&self.study, &self.runs)
    }

    /// The rms of Z_B that a stable run stays under.
    pub(crate) fn bound(&self) -> f64 {
        self.experiment.search.stability_bound
    }

    /// η_opt, η_stable, and at the sampled run with the best score the rms of Z_A and of Z_B and the movements of A and
    /// B in units of η. The latter are told only where the best learning rate is enclosed.
    pub(crate) fn tables(&self, init: Init) -> [Table; 6] {
        let readings = self.readings();
        let (widths, seeds) = (self.widths(), self.seeds());
        let measured = Measured { widths, seeds: &seeds, readings: &readings };
        let at_best = |value: fn(&RunRow) -> f64| -> Table {
            measured.by_seed(init, |reading| {
                reading.optimum.as_ref()?.bracketed_lr()?;
                reading.best.map(value).filter(|value| *value > 0.0)
            })
        };
        let (opt, stable) = (measured.eta_opt(init), measured.eta_stable(init));
        let features = [at_best(|row| row.za_rms), at_best(|row| row.zb_rms)];
        let moves = [at_best(|row| row.a_move / row.lr), at_best(|row| row.b_move / row.lr)];
        let ([za, zb], [a, b]) = (features, moves);
        [opt, stable, za, zb, a, b]
    }

    /// The rows of modules of an init with the norm of the first gradient of the factor that starts at zero, where it is
    /// kept; those of one learning rate for each seed and width, since that gradient depends on none. None of Init\[AB\].
    pub(crate) fn first_gradients(&self, init: Init) -> impl Iterator<Item = (&ModuleRow, f32)> {
        let norm = move |row: &ModuleRow| match init {
            Init::A => row.first_b_gradient,
            Init::B => row.first_a_gradient,
            Init::AB => None,
        };
        let kept = move |row| Some((row, norm(row)?));
        let rows = move || self.modules.iter().filter(move |row| row.init == init);
        let mut least: BTreeMap<(u64, usize), i64> = BTreeMap::new();
        for (row, _) in rows().filter_map(kept) {
            let index = least.entry((row.seed, row.width)).or_insert(row.lr_index);
            *index = row.lr_index.min(*index);
        }
        let of_least = move |(row, _): &(&ModuleRow, f32)| {
            least.get(&(row.seed, row.width)) == Some(&row.lr_index)
        };
        rows().filter_map(kept).filter(of_least)
    }
}
