//! How runs are read: what can be chosen after training.

use std::fmt;

/// Lengths of trainings that are looked at beside the whole, as far as runs reach.
const STEPS: [usize; 5] = [10, 30, 100, 300, 1000];

/// Which loss a learning rate is judged by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metric {
    /// After the last step.
    Final,
    /// Mean over all steps, the loss before training among them.
    Mean,
}

/// Which learning rates are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grid {
    /// All, with a parabola through the best one and its neighbours.
    Fine,
    /// About a factor of 4 apart, and the best of these itself.
    Coarse,
}

/// At which learning rate features and losses of the widest network are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LrAt {
    /// At the best one of the widest network.
    EachWidth,
    /// At the best one of the narrowest network, as where one learning rate serves all widths.
    Narrowest,
}

/// One way to read runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    /// T, at most as many steps as were trained.
    pub steps: usize,
    /// The loss.
    pub metric: Metric,
    /// The learning rates.
    pub grid: Grid,
    /// Where the learning rate of the comparison is chosen.
    pub lr_at: LrAt,
}

/// Every choice for runs of so many steps, which are always among the steps.
pub fn choices(longest: usize) -> Vec<Choice> {
    let mut all = Vec::new();
    let shorter = STEPS.into_iter().filter(|&steps| steps < longest);
    let steps: Vec<usize> = shorter.chain([longest]).collect();
    for metric in [Metric::Final, Metric::Mean] {
        for grid in [Grid::Fine, Grid::Coarse] {
            for lr_at in [LrAt::EachWidth, LrAt::Narrowest] {
                for &steps in &steps {
                    all.push(Choice { steps, metric, grid, lr_at });
                }
            }
        }
    }
    all
}

impl Metric {
    /// In words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Final => "final loss",
            Self::Mean => "mean loss",
        }
    }
}

impl Grid {
    /// In words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Fine => "fine grid",
            Self::Coarse => "coarse grid",
        }
    }
}

impl LrAt {
    /// In words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::EachWidth => "LR of each width",
            Self::Narrowest => "LR of the narrowest",
        }
    }
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { steps, metric, grid, lr_at } = self;
        write!(f, "T = {steps}, {}, {}, {}", metric.words(), grid.words(), lr_at.words())
    }
}
