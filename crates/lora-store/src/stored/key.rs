//! What a run is kept under: a hash of everything that decides its result.

use lora_sim::is_explicit;
use lora_sim::spec::{Init, Model, Run, Training};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use lora_experiment::experiment::TransformerSection;

use crate::error::StoreError;

/// Raised when what is kept of a run changes.
const FORMAT: u32 = 1;

/// Of runs that train one factor. Their text says which, and no program that would pass over it takes
/// them for runs of both; the text of those is what it was before there was a choice.
const FORMAT_OF_ONE: u32 = 2;

/// Of linearised networks, with one factor trained or both, for the same reason.
const FORMAT_OF_LINEARISED: u32 = 3;

/// Of networks with ingredients of a transformer and of trainings on minibatches, likewise.
const FORMAT_OF_INGREDIENTS: u32 = 4;

fn format(model: &Model, training: &Training) -> u32 {
    if !model.ingredients.are_none() || training.batch > 0 {
        return FORMAT_OF_INGREDIENTS;
    }
    match (model.linearised, training.train.both()) {
        (true, _) => FORMAT_OF_LINEARISED,
        (false, true) => FORMAT,
        (false, false) => FORMAT_OF_ONE,
    }
}

/// A SHA-256 hash.
pub type Hash = [u8; 32];

/// Everything that the runs of a sweep share and that decides their results. The number of threads
/// does not, nor do the batch mates of a run.
#[derive(Clone, Debug)]
pub struct RunSetting {
    /// Hash of the text.
    pub id: Hash,
    /// [`lora_sim::Engine::numerics`] of the engine.
    pub numerics: String,
    /// All of it as JSON.
    pub text: String,
    model: Model,
}

#[derive(Serialize)]
struct SettingText<'a> {
    format: u32,
    numerics: &'a str,
    model: &'a Model,
    training: &'a Training,
    /// Absent for the synthetic network and the layer alone, whose texts are what they were.
    #[serde(skip_serializing_if = "Option::is_none")]
    transformer: Option<&'a TransformerSection>,
}

/// The text of a setting, read again.
#[derive(Debug, Deserialize)]
pub struct SettingRead {
    format: u32,
    /// Of the engine.
    pub numerics: String,
    /// Without [`Model::explicit_hidden_up_to`], which belongs to the run.
    pub model: Model,
    /// How every run is trained.
    pub training: Training,
    /// The transformer, where it is one.
    #[serde(default)]
    pub transformer: Option<TransformerSection>,
}

/// What tells runs of one setting apart.
#[derive(Serialize)]
pub struct RunText {
    /// n.
    pub width: usize,
    /// Seed of the cell.
    pub seed: u64,
    /// Whether W_h is drawn entry by entry.
    pub explicit_hidden: bool,
    /// Which factor starts random.
    pub init: Init,
    /// Bits of an f64.
    pub lr: u64,
    /// Seed of the random factor's entries.
    pub adapter_seed: u64,
}

impl SettingRead {
    /// From a text that has this hash; none if it is not one, or one that this program does not know.
    pub fn new(id: &Hash, text: &str) -> Option<Self> {
        let read: Self = serde_json::from_str(text).ok()?;
        let known = read.format == format(&read.model, &read.training);
        (hash(&[text.as_bytes()]) == *id && known).then_some(read)
    }
}

impl RunText {
    /// The key of the run in a setting.
    ///
    /// # Errors
    ///
    /// [`StoreError::Encode`] if a run has no JSON.
    pub fn key(&self, setting: &Hash) -> Result<Hash, StoreError> {
        let text = serde_json::to_vec(self).map_err(StoreError::encode)?;
        Ok(hash(&[setting, &text]))
    }
}

impl RunSetting {
    /// Of a model and its training by an engine of these numerics; `transformer` without the places of its
    /// files, whose content is part of the numerics.
    ///
    /// # Errors
    ///
    /// [`StoreError::Encode`] if a setting has no JSON.
    pub fn new(
        model: Model,
        transformer: Option<&TransformerSection>,
        training: &Training,
        numerics: &str,
    ) -> Result<Self, StoreError> {
        // It acts through the width alone, so it belongs to the run.
        let common = Model { explicit_hidden_up_to: 0, ..model.clone() };
        let format = format(&model, training);
        let text = SettingText { format, numerics, model: &common, training, transformer };
        let text = serde_json::to_string(&text).map_err(StoreError::encode)?;
        let (id, numerics) = (hash(&[text.as_bytes()]), numerics.to_owned());
        Ok(Self { id, numerics, text, model })
    }

    /// Whether W_h of a width is drawn entry by entry.
    pub fn explicit_hidden(&self, width: usize) -> bool {
        is_explicit(&self.model, width)
    }

    /// The key of a run at a width, for a seed.
    ///
    /// # Errors
    ///
    /// [`StoreError::Encode`] if a run has no JSON.
    pub fn key(&self, (width, seed): (usize, u64), run: &Run) -> Result<Hash, StoreError> {
        let text = RunText {
            width,
            seed,
            explicit_hidden: self.explicit_hidden(width),
            init: run.init,
            lr: run.lr.to_bits(),
            adapter_seed: run.adapter_seed,
        };
        text.key(&self.id)
    }
}

/// The hash of several parts, one after the other.
pub fn hash(parts: &[&[u8]]) -> Hash {
    let mut hash = Sha256::new();
    parts.iter().for_each(|part| hash.update(part));
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use lora_sim::spec::Trained;

    use lora_experiment::experiment::Experiment;
    use lora_experiment::experiment::transformer::{InitLaw, Modules};
    use lora_types::{Loss, ModelKind, Norm};

    use super::*;

    const CELL: (usize, u64) = (64, 3);
    const RUN: Run = Run { init: Init::A, lr: 0.01, adapter_seed: 3 };

    fn setting(e: &Experiment, numerics: &str) -> RunSetting {
        let transformer = (!e.model.kind.is_synthetic()).then(|| e.transformer.without_places());
        RunSetting::new(e.model(), transformer.as_ref(), &e.training(), numerics)
            .expect("a setting")
    }

    fn key(change: impl Fn(&mut Experiment), numerics: &str) -> Hash {
        let mut experiment = Experiment::default();
        change(&mut experiment);
        setting(&experiment, numerics).key(CELL, &RUN).expect("a key")
    }

    fn transformer(change: fn(&mut TransformerSection)) -> impl Fn(&mut Experiment) {
        move |e| {
            e.model.kind = ModelKind::Transformer;
            change(&mut e.transformer);
        }
    }

    /// What lies in the files is part of the numerics.
    #[test]
    fn a_key_does_not_depend_on_where_files_lie() {
        let plain = key(transformer(|_| ()), "transformer-1");
        let moved = transformer(|t| {
            (t.checkpoint, t.train_data) = ("there".to_owned(), "elsewhere".to_owned());
            (t.test_data, t.bases) = ("a".to_owned(), "b".to_owned());
            (t.final_data, t.where_to_get) = ("c".to_owned(), "d".to_owned());
            t.pretrain_data = "e".to_owned();
        });
        assert_eq!(key(moved, "transformer-1"), plain);
    }

    #[test]
    fn a_key_depends_on_what_decides_the_result() {
        let of_run =
            |cell, run| setting(&Experiment::default(), "cpu-1").key(cell, &run).expect("a key");
        let keys = [
            key(|_| (), "cpu-1"),
            key(|_| (), "cpu-2"),
            key(|e| e.model.multiplier = 2.0, "cpu-1"),
            key(|e| e.model.teacher_rank = 3, "cpu-1"),
            key(|e| e.model.teacher_scale = 3.0, "cpu-1"),
            key(|e| e.model.linearised = true, "cpu-1"),
            key(|e| e.model.outputs = 2, "cpu-1"),
            key(|e| (e.model.outputs, e.model.loss) = (2, Loss::CrossEntropy), "cpu-1"),
            key(|e| e.model.norm = Norm::Rms, "cpu-1"),
            key(|e| e.model.residual = true, "cpu-1"),
            key(|e| e.model.layers = 2, "cpu-1"),
            key(|e| e.model.pretrain_steps = 5, "cpu-1"),
            key(|e| (e.model.pretrain_steps, e.model.pretrain_lr) = (5, 0.5), "cpu-1"),
            key(|e| e.training.batch = 7, "cpu-1"),
            key(|e| e.model.explicit_hidden_up_to = 63, "cpu-1"),
            key(|e| e.training.steps = 7, "cpu-1"),
            key(|e| e.training.record_every = 7, "cpu-1"),
            key(|e| e.training.beta2 = 0.99, "cpu-1"),
            key(|e| e.training.train = Trained::A, "cpu-1"),
            key(|e| e.training.train = Trained::B, "cpu-1"),
            key(|e| e.model.kind = ModelKind::Transformer, "cpu-1"),
            key(transformer(|t| t.batch = 3), "cpu-1"),
            key(transformer(|t| t.targets = Modules::Names(vec!["q_proj".to_owned()])), "cpu-1"),
            key(transformer(|t| t.targets = Modules::Pattern("q_proj".to_owned())), "cpu-1"),
            key(transformer(|t| t.init_law = InitLaw::Std(0.02)), "cpu-1"),
            key(transformer(|t| t.use_rslora = true), "cpu-1"),
            key(transformer(|t| t.layers_to_transform = vec![0]), "cpu-1"),
            key(transformer(|t| t.accumulation = 2), "cpu-1"),
            key(transformer(|t| t.held_out = 2), "cpu-1"),
            key(transformer(|t| t.test_every = 2), "cpu-1"),
            key(transformer(|t| t.base_per_seed = true), "cpu-1"),
            key(transformer(|t| t.rank_pattern = [("q".to_owned(), 2)].into()), "cpu-1"),
            key(transformer(|t| t.alpha_pattern = [("q".to_owned(), 2.0)].into()), "cpu-1"),
            of_run((32, 3), RUN),
            of_run((64, 4), RUN),
            of_run(CELL, Run { init: Init::B, ..RUN }),
            of_run(CELL, Run { lr: 0.01f64.next_up(), ..RUN }),
            of_run(CELL, Run { adapter_seed: 4, ..RUN }),
        ];
        assert_eq!(keys.iter().collect::<BTreeSet<_>>().len(), keys.len());
    }

    /// Written by hand: a key of a file that a run leaves at its default is not in the text of the run.
    #[test]
    fn a_setting_of_a_transformer_says_what_it_said_before_there_were_more_keys() {
        let mut experiment = Experiment::default();
        transformer(|_| ())(&mut experiment);
        let text = setting(&experiment, "transformer-1").text;
        let section = text.split(r#""transformer":"#).nth(1).expect("a section");
        assert_eq!(
            section,
            concat!(
                r#"{"checkpoint":"","task":"next-token","train_data":"","test_data":"","#,
                r#""targets":["all-linear"],"init_law":"fan-in","dropout":0.0,"head_lr":0.001,"#,
                r#""batch":16,"context":64,"test_sequences":64,"warmup":0,"schedule":"constant","#,
                r#""max_grad_norm":0.0,"depth":2,"head_dim":32,"vocabulary":512,"#,
                r#""parametrisation":"standard","base_width":64,"pretrain_steps":300,"#,
                r#""pretrain_batch":16,"pretrain_lr":0.004,"pretrain_seed":0,"bases":""}}"#,
            )
        );
        let mut own = experiment;
        own.transformer.rank_pattern.insert(".*q_proj".to_owned(), 2);
        own.transformer.init_law = InitLaw::Std(0.02);
        let setting = setting(&own, "transformer-1");
        let read = SettingRead::new(&setting.id, &setting.text).expect("it is known");
        let places = TransformerSection { bases: String::new(), ..own.transformer };
        assert_eq!(read.transformer, Some(places));
    }

    #[test]
    fn a_setting_says_which_factor_is_trained_where_it_is_one() {
        let setting = |train| {
            let mut experiment = Experiment::default();
            experiment.training.train = train;
            setting(&experiment, "cpu-1")
        };
        for train in Trained::ALL {
            let setting = setting(train);
            let read = SettingRead::new(&setting.id, &setting.text).expect("it is known");
            assert_eq!(read.training.train, train);
            // What a program from before there was a choice wrote, and what it cannot have written.
            assert_eq!(setting.text.contains("\"train\":\""), train != Trained::AB);
            let other = setting.text.replace("{\"format\":2", "{\"format\":1");
            let known = SettingRead::new(&hash(&[other.as_bytes()]), &other).is_some();
            assert_eq!(known, train == Trained::AB);
        }
    }

    /// A program from before there was a choice reads formats 1 and 2, and passes over `linearised`.
    #[test]
    fn a_linearised_setting_has_a_format_of_its_own() {
        let mut experiment = Experiment::default();
        assert!(!setting(&experiment, "cpu-1").text.contains("linearised"));
        experiment.model.linearised = true;
        for train in Trained::ALL {
            experiment.training.train = train;
            let setting = setting(&experiment, "cpu-1");
            assert!(setting.text.starts_with("{\"format\":3,"), "{}", setting.text);
            let read = SettingRead::new(&setting.id, &setting.text).expect("it is known");
            assert!(read.model.linearised && read.training.train == train);
            for earlier in 1..=2 {
                let start = format!("{{\"format\":{earlier},");
                let other = setting.text.replace("{\"format\":3,", &start);
                assert!(SettingRead::new(&hash(&[other.as_bytes()]), &other).is_none());
            }
        }
    }

    /// A program from before there were ingredients reads formats 1 to 3, and passes over them.
    #[test]
    fn a_setting_with_ingredients_has_a_format_of_its_own() {
        let mut experiment = Experiment::default();
        let bare = setting(&experiment, "cpu-1").text;
        assert!(!bare.contains("ingredients") && !bare.contains("batch"), "{bare}");
        experiment.training.batch = 5;
        let minibatch = setting(&experiment, "cpu-1");
        (experiment.training.batch, experiment.model.norm) = (0, Norm::Rms);
        let normed = setting(&experiment, "cpu-1");
        for setting in [minibatch, normed] {
            assert!(setting.text.starts_with("{\"format\":4,"), "{}", setting.text);
            assert!(SettingRead::new(&setting.id, &setting.text).is_some());
            let earlier = setting.text.replace("{\"format\":4,", "{\"format\":1,");
            assert!(SettingRead::new(&hash(&[earlier.as_bytes()]), &earlier).is_none());
        }
    }

    #[test]
    fn a_key_does_not_depend_on_what_else_is_asked() {
        let plain = key(|_| (), "cpu-1");
        let more = |e: &mut Experiment| {
            (e.model.widths, e.training.seeds) = (vec![64].into(), vec![3]);
            e.training.inits = vec![Init::A];
            (e.search.lr_max, e.search.stability_bound) = (1.0, 2.0);
            (e.title, e.figures.norm_seeds) = ("other".to_owned(), 1);
        };
        assert_eq!(key(more, "cpu-1"), plain);
        assert_eq!(key(|e| e.model.explicit_hidden_up_to = 64, "cpu-1"), plain);
    }
}
