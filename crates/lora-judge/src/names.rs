//! What columns may hold, and the names that trackers and frameworks have for it.

use std::collections::BTreeMap;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// n, the width of the model.
    Width,
    /// η, the learning rate.
    Lr,
    /// The loss, or an accuracy.
    Loss,
    /// Which factor starts random.
    Init,
    /// The seed.
    Seed,
    /// r, the rank of the adapter.
    Rank,
    /// Updates made so far.
    Step,
    /// The adapted module.
    Module,
    /// Largest rms of Z_B over the steps.
    PeakZb,
    /// Another loss, on held-out data.
    TestLoss,
    /// The loss before training.
    FirstLoss,
    /// rms of Z_A after training.
    ZaRms,
    /// rms of Z_B after training.
    ZbRms,
    /// Mean norm of Z_A after training.
    ZaNorm,
    /// Mean norm of Z_B after training.
    ZbNorm,
    /// The step at which a run diverged, or whether it did.
    Diverged,
    /// Whether a run has finished.
    State,
}

/// Names that somebody gives to columns, by what they hold.
pub type ColumnNames = BTreeMap<Role, String>;

impl Role {
    /// All, in the order in which columns are looked for.
    pub(crate) const ALL: [Self; 17] = [
        Self::Width,
        Self::Lr,
        Self::Loss,
        Self::Init,
        Self::Seed,
        Self::Rank,
        Self::Step,
        Self::Module,
        Self::PeakZb,
        Self::TestLoss,
        Self::FirstLoss,
        Self::ZaRms,
        Self::ZbRms,
        Self::ZaNorm,
        Self::ZbNorm,
        Self::Diverged,
        Self::State,
    ];

    /// The plain name of such a column.
    pub fn key(self) -> &'static str {
        self.names()[0]
    }

    /// In words.
    pub fn means(self) -> &'static str {
        match self {
            Self::Width => "the width of the model",
            Self::Lr => "the learning rate",
            Self::Loss => "the loss",
            Self::Init => "the initialisation",
            Self::Seed => "the seed",
            Self::Rank => "the rank",
            Self::Step => "the training step",
            Self::Module => "the module",
            Self::PeakZb => "the largest rms of Z_B",
            Self::TestLoss => "the held-out loss",
            Self::FirstLoss => "the loss before training",
            Self::ZaRms => "the rms of Z_A",
            Self::ZbRms => "the rms of Z_B",
            Self::ZaNorm => "the norm of Z_A",
            Self::ZbNorm => "the norm of Z_B",
            Self::Diverged => "the step of divergence",
            Self::State => "the state of a run",
        }
    }

    /// Some of the names.
    pub(crate) fn examples(self) -> String {
        self.names().iter().take(3).copied().collect::<Vec<_>>().join(", ")
    }

    /// The names, the likeliest first, as [`plain`] writes them.
    pub(crate) fn names(self) -> &'static [&'static str] {
        match self {
            Self::Width => &[
                "width",
                "hidden_size",
                "d_model",
                "n",
                "hidden_dim",
                "n_embd",
                "embed_dim",
                "model_width",
                "dim",
            ],
            Self::Lr => &["lr", "learning_rate", "eta", "η", "base_lr", "max_lr"],
            Self::Loss => &[
                "loss",
                "score",
                "final_loss",
                "eval_loss",
                "val_loss",
                "valid_loss",
                "validation_loss",
                "test_loss",
                "train_loss",
                "training_loss",
                "accuracy",
                "acc",
                "eval_accuracy",
                "val_accuracy",
                "test_accuracy",
                "eval_acc",
                "val_acc",
                "test_acc",
            ],
            Self::Init => &["init", "lora_init", "init_lora", "init_lora_weights"],
            Self::Seed => &["seed", "random_seed"],
            Self::Rank => &["rank", "r", "lora_r", "lora_rank"],
            Self::Step => &["step", "_step", "global_step", "train_step", "t"],
            Self::Module => &["module", "target_module", "layer"],
            Self::PeakZb => &["peak_zb", "zb", "z_b", "rms_zb"],
            Self::TestLoss => &["test_loss"],
            Self::FirstLoss => &["first_loss", "initial_loss"],
            Self::ZaRms => &["za_rms"],
            Self::ZbRms => &["zb_rms"],
            Self::ZaNorm => &["za_norm"],
            Self::ZbNorm => &["zb_norm"],
            Self::Diverged => &["diverged_at", "diverged"],
            Self::State => &["state", "status"],
        }
    }
}

/// Whether a name is that of an accuracy, of which more is better.
pub(crate) fn is_accuracy(name: &str) -> bool {
    let name = plain(name);
    name == "acc" || name.ends_with("_acc") || name.ends_with("accuracy")
}

/// What trackers put before the names of settings and of results.
const BEFORE: [&str; 12] = [
    "config.", "config/", "params.", "param.", "params/", "metrics.", "metrics/", "summary.",
    "summary/", "hparams.", "hparams/", "args.",
];

/// A column's name in small letters, without what a tracker puts before it: `config.Learning-Rate` and
/// `learning rate` are `learning_rate`.
pub(crate) fn plain(name: &str) -> String {
    let small = name.trim().to_lowercase();
    let bare = BEFORE.iter().find_map(|before| small.strip_prefix(before)).unwrap_or(&small);
    bare.replace(['-', ' ', '/', '.'], "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_trackers_are_plain_ones() {
        for (name, expected) in [
            ("config.lr", "lr"),
            ("params.lr", "lr"),
            ("metrics.loss", "loss"),
            ("summary/eval/loss", "eval_loss"),
            ("Learning Rate", "learning_rate"),
            ("hidden-size", "hidden_size"),
        ] {
            assert_eq!(plain(name), expected, "{name}");
        }
    }

    #[test]
    fn every_name_is_plain_and_its_own() {
        for role in Role::ALL {
            for name in role.names() {
                assert_eq!(plain(name), *name);
            }
        }
        assert!(is_accuracy("metrics.eval_accuracy") && is_accuracy("acc"));
        assert!(!is_accuracy("loss"));
    }
}
