//! What columns may hold, and the names that trackers and frameworks have for it.

use std::collections::BTreeMap;

use crate::origin::{Origin, plain};

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
    /// What tells a run from every other one.
    Run,
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

/// The loss of our own tables. Elsewhere a score may be anything.
const OWN_SCORE: &str = "score";

/// What tells our own tables of runs.
pub(crate) const OWN: &str = "lr_index";

/// Names that may mean something else, so that every other name counts before them.
const WEAK: [&str; 3] = ["n", "dim", "r"];

/// Names that mean something else at the end of a longer one.
const NEVER_ENDS: [&str; 2] = ["n", OWN_SCORE];

/// Names that somebody gives to columns, by what they hold.
pub type ColumnNames = BTreeMap<Role, String>;

impl Role {
    /// All, in the order in which columns are looked for.
    pub(crate) const ALL: [Self; 18] = [
        Self::Width,
        Self::Lr,
        Self::Loss,
        Self::Init,
        Self::Seed,
        Self::Rank,
        Self::Step,
        Self::Module,
        Self::Run,
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
            Self::Run => "the identity of a run",
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
        let known = self.names().iter().filter(|name| **name != OWN_SCORE);
        known.take(3).copied().collect::<Vec<_>>().join(", ")
    }

    /// Whether it is chosen before a run, as a learning rate is, and not measured.
    fn is_setting(self) -> bool {
        use Role::{Init, Lr, Module, Rank, Seed, Width};
        matches!(self, Width | Lr | Init | Seed | Rank | Module)
    }

    /// Whether a longer name that ends in one of [`Role::names`] is taken where no column has the whole name.
    fn has_ends(self) -> bool {
        matches!(self, Self::Width | Self::Lr | Self::Loss | Self::Seed | Self::Rank)
    }

    /// How likely a column holds this, the likeliest first; none for a column whose name is not known.
    ///
    /// What was set counts before what was logged: a logged learning rate may be the last one of a schedule. What
    /// was measured counts before what was set.
    pub(crate) fn preference(self, column: &str, own: bool) -> Option<[usize; 3]> {
        let bare = plain(column);
        let rank = self.names().iter().position(|name| *name == bare)?;
        if bare == OWN_SCORE && !own {
            return None;
        }
        let origin = Origin::of(column);
        Some(if self.is_setting() {
            [usize::from(WEAK.contains(&bare.as_str())), origin as usize, rank]
        } else {
            let measured = [Origin::Measured, Origin::Bare, Origin::Set];
            let order = measured.iter().position(|of| *of == origin).unwrap_or_default();
            [usize::from(origin == Origin::Set), rank, order]
        })
    }

    /// Whether a tracker's column ends in a known name, as `config.model.hidden_size` does.
    pub(crate) fn ends(self, column: &str) -> bool {
        let of = if self.is_setting() { Origin::Set } else { Origin::Measured };
        let last = plain(column.rsplit(['.', '/']).next().unwrap_or_default());
        let known = self.names().contains(&last.as_str());
        self.has_ends() && Origin::of(column) == of && known && !NEVER_ENDS.contains(&last.as_str())
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
            Self::Step => {
                &["step", "_step", "global_step", "train_step", "t", "iteration", "iter", "epoch"]
            }
            Self::Module => &["module", "target_module", "layer"],
            Self::Run => &["run_id", "id", "run", "name", "run_name"],
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

/// Whether a column's name says what it may hold.
pub(crate) fn may_hold(column: &str) -> bool {
    let of = |role: &Role| role.preference(column, true).is_some() || role.ends(column);
    plain(column) == OWN || Role::ALL.iter().any(of)
}

/// Whether a name is that of an accuracy, of which more is better.
pub(crate) fn is_accuracy(name: &str) -> bool {
    let name = plain(name);
    name == "acc" || name.ends_with("_acc") || name.ends_with("accuracy")
}

/// Whether a name says that lower values are better.
pub(crate) fn is_loss(name: &str) -> bool {
    let name = plain(name);
    ["loss", "error", "nll", "ppl", "perplexity"].iter().any(|part| name.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_plain_and_its_own() {
        for role in Role::ALL {
            for name in role.names() {
                assert_eq!(plain(name), *name);
            }
        }
        assert!(is_accuracy("metrics.eval_accuracy") && is_accuracy("acc"));
        assert!(!is_accuracy("loss"));
        assert!(is_loss("summary.eval/nll") && !is_loss("bleu"));
    }

    #[test]
    fn what_was_set_is_the_learning_rate_and_what_was_measured_the_loss() {
        let first = |role: Role, names: [&'static str; 3]| {
            let of = |name: &&str| role.preference(name, false);
            names.into_iter().min_by_key(|name| of(name).expect("it is known"))
        };
        let lr = ["metrics.learning_rate", "lr", "params.learning_rate"];
        assert_eq!(first(Role::Lr, lr), Some("params.learning_rate"));
        assert_eq!(
            first(Role::Loss, ["config.loss", "loss", "summary.loss"]),
            Some("summary.loss")
        );
        assert_eq!(first(Role::Width, ["config.n", "dim", "width"]), Some("width"));
        assert_eq!(Role::Loss.preference("score", false), None);
        assert!(Role::Loss.preference("score", true).is_some());
        assert!(Role::Width.ends("config.model.hidden_size"));
        for other in ["model.hidden_size", "summary.model.hidden_size", "config.data.n"] {
            assert!(!Role::Width.ends(other), "{other}");
        }
    }
}
