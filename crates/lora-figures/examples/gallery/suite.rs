//! Made-up data for the figures of the verification suite.

use lora_figures::{
    ChoiceRow, ChoicesFigure, CollapseFigure, CollapsePanel, CollapseRow, DriftFigure, DriftLine,
    DriftRow, FeatureRegime, LayerRow, LayersFigure, LoraPlusFigure, MapMark, MapPoint, RegionRow,
    Verdict, VerdictRow, VerdictsFigure, Width,
};

use super::sample::{noise, words};

const PANELS: [&str; 2] = ["Init[A]", "Init[B]"];

/// Claims of every verdict, one without a measurement and one that is not known at all well.
pub fn verdicts_data() -> VerdictsFigure {
    use Verdict::{Holds, NotAPowerLaw, Refuted, Undecided};
    let claims = [
        ("Refuted", "Init[B], a = 1: η_{stable}", Some((-1.98, 0.12)), -1.0, Refuted),
        ("Refuted", "Init[B], a = 1/2: η_{stable}", Some((-1.12, 0.05)), -1.0, Refuted),
        (
            "Not a power law",
            "Init[B], 100 steps: η_{stable}",
            Some((-1.8, 0.04)),
            -1.0,
            NotAPowerLaw,
        ),
        ("Undecided", "Init[A], a = 1: η_{stable}", Some((-0.46, 0.16)), -0.5, Undecided),
        ("Undecided", "Init[A], SGD: η_{opt} where the loss hardly moves", None, 0.0, Undecided),
        ("Undecided", "Init[AB], rank r: η_{opt}", Some((-0.2, 6.0)), -0.5, Undecided),
        ("Holds", "Init[A], a = 1/2: η_{opt}", Some((-0.78, 0.06)), -0.75, Holds),
        ("Holds", "Init[B], a = 1/2: η_{opt}", Some((-0.96, 0.16)), -1.0, Holds),
        ("Holds", "Init[A], a = 1: η_{opt}", Some((-0.55, 0.08)), -0.5, Holds),
        ("Holds", "Init[B], a = 1: η_{opt}", Some((-0.45, 0.07)), -0.5, Holds),
        ("Holds", "Z_{A} at the optimum, Init[A], a = 1/2", Some((0.25, 0.03)), 0.25, Holds),
        ("Holds", "Z_{B} at the optimum, Init[A], a = 1/2", Some((-0.55, 0.06)), -0.5, Holds),
        ("Holds", "δ_{1} with η_{A} = η_{B}", Some((0.01, 0.02)), 0.0, Holds),
    ];
    let row = |(group, label, measured, predicted, verdict): (&str, &str, _, f64, _)| {
        let measured: Option<(f64, f64)> = measured;
        let ends = measured.map(|(value, half)| (value - half, value + half));
        VerdictRow {
            group: group.to_owned(),
            label: label.to_owned(),
            estimate: measured.map(|m| m.0),
            lower: ends.map(|e| e.0),
            upper: ends.map(|e| e.1),
            corrected: ends.filter(|_| verdict != Undecided).map(|(a, b)| (a - 0.04, b + 0.09)),
            predicted,
            tolerance: 0.1,
            verdict,
        }
    };
    VerdictsFigure {
        text: words("What holds of the predicted exponents", false),
        x_label: "exponent of the width".to_owned(),
        x_range: None,
        rows: claims.into_iter().map(row).collect(),
    }
}

/// Four findings under choices of two kinds, some of them not measured.
pub fn choices_data() -> ChoicesFigure {
    use Verdict::{Holds, NotAPowerLaw, Refuted, Undecided};
    let cell = |seed: usize| {
        let of = |finding: usize| match (seed * 7 + finding * 3) % 5 {
            0 => Some(Holds),
            1 => Some(Undecided),
            2 => Some(Refuted),
            3 => Some(NotAPowerLaw),
            _ => None,
        };
        (0..4).map(of).collect()
    };
    let row = |index: usize| ChoiceRow {
        group: ["standard readout", "muP's readout"][index / 3].to_owned(),
        label: format!("targets × {}", ["0.1", "1", "10"][index % 3]),
        cells: (0..5).map(|column| cell(5 * index + column)).collect(),
    };
    ChoicesFigure {
        text: words("What comes out as printed under which choices", false),
        columns_name: "steps T".to_owned(),
        columns: ["10", "30", "100", "300", "1000"].map(str::to_owned).to_vec(),
        findings: [
            "η_{opt} ∝ n^{-1/2} under Init[A]",
            "η_{opt} ∝ n^{-1} under Init[B]",
            "Z_{A} larger",
            "lower loss",
        ]
        .map(str::to_owned)
        .to_vec(),
        rows: (0..6).map(row).collect(),
    }
}

/// Norms of five kinds of modules over 12 layers, of two adapters.
pub fn layers_data() -> LayersFigure {
    let kinds = ["q_proj", "v_proj", "gate_proj", "up_proj", "down_proj"];
    let panels = ["rms of A", "rms of B", "largest σ of s B A"];
    let row = |index: usize| {
        let (panel, kind, layer) = (index / 120, index / 12 % 5, index % 12);
        LayerRow {
            column: index / 60 % 2,
            panel: panels[panel].to_owned(),
            series: kinds[kind].to_owned(),
            layer: layer as f64,
            value: 0.01 * (1.0 + kind as f64) * (1.0 + 0.3 * (layer as f64 + panel as f64).sin()),
        }
    };
    LayersFigure {
        text: words("Norms of the adapters over depth", false),
        x_label: "layer".to_owned(),
        columns: ["adapters/rank-8", "adapters/rank-64"].map(str::to_owned).to_vec(),
        panels: panels.map(str::to_owned).to_vec(),
        rows: (0..360).map(row).collect(),
    }
}

/// Where each regime lies, close to what the theory gives.
fn regime(panel: &str, a: f64, b: f64) -> FeatureRegime {
    let bound = if panel == PANELS[0] { (-1.0, -0.5) } else { (-0.5, -1.0) };
    let off = [a - bound.0, b - bound.1, (a - bound.0 + b - bound.1) / 2.0];
    match off.into_iter().fold(f64::MIN, f64::max) {
        top if top > 0.06 => FeatureRegime::Unstable,
        _ if off[0].abs() < 0.06 && off[1].abs() < 0.06 => FeatureRegime::Efficient,
        top if top > -0.06 => FeatureRegime::Learning,
        _ => FeatureRegime::Lazy,
    }
}

/// Two maps with points on a coarser grid, a few of which disagree or do not decide.
pub fn lora_plus_data() -> LoraPlusFigure {
    let mut figure = LoraPlusFigure {
        text: words("A learning rate for each factor", false),
        ..Default::default()
    };
    for panel in PANELS {
        let size = 0.125;
        let at = |k: i32| -1.5 + f64::from(k) * size;
        for (gamma_a, gamma_b) in (0..13).flat_map(|i| (0..13).map(move |j| (at(i), at(j)))) {
            let regime = regime(panel, gamma_a, gamma_b);
            figure.regions.push(RegionRow {
                panel: panel.to_owned(),
                gamma_a,
                gamma_b,
                size,
                regime,
            });
        }
        for (i, j) in (0..7).flat_map(|i| (0..7).map(move |j| (2 * i, 2 * j))) {
            let (gamma_a, gamma_b) = (at(i), at(j));
            let draw = noise(&[i as u64, j as u64, panel.len() as u64]);
            let agrees = draw < 0.85;
            let expected = regime(panel, gamma_a, gamma_b);
            let measured = if agrees { expected } else { FeatureRegime::Learning };
            let decided = !(0.6..0.85).contains(&draw);
            let panel = panel.to_owned();
            figure.points.push(MapPoint { panel, gamma_a, gamma_b, measured, agrees, decided });
        }
    }
    for (panel, gamma_a, gamma_b, label) in [
        (PANELS[0], -1.0, -0.5, "LoRA+: efficient"),
        (PANELS[0], -0.5, -0.5, "Theorems 1 and 2: largest stable"),
        (PANELS[1], -1.0, -1.0, "Theorems 1 and 2: largest stable"),
        (PANELS[1], -0.5, -1.0, "LoRA+: efficient"),
    ] {
        let (panel, label) = (panel.to_owned(), label.to_owned());
        figure.marks.push(MapMark { panel, gamma_a, gamma_b, label });
    }
    figure
}

/// Peaks of four widths, which fall on one curve in the units of the limit.
pub fn collapse_data() -> CollapseFigure {
    let panel = |title: &str, x_label: &str, y_label: &str| CollapsePanel {
        title: title.to_owned(),
        x_label: x_label.to_owned(),
        y_label: y_label.to_owned(),
    };
    let rows = [128u32, 512, 2048, 8192].into_iter().flat_map(|n| {
        let root = f64::from(n).sqrt();
        (0..5).map(move |k| {
            let c = 2_f64.powi(k - 6);
            let y = root * c.tanh() * (1.0 + 0.05 * noise(&[u64::from(n), k as u64]));
            let (lower, upper) = (Some(0.93 * y), Some(1.07 * y));
            let (x, x_unit, y_unit) = (c / root, root, 1.0 / root);
            CollapseRow { width: Width::Finite(n as usize), x, x_unit, y, lower, upper, y_unit }
        })
    });
    CollapseFigure {
        text: words("Peak of Z_{B} against the learning rate", false),
        raw: panel("as measured", "learning rate η", "peak of Z_{B}"),
        scaled: panel("in the units of the limit", "η√n", "peak of Z_{B}/√n"),
        rows: rows.collect(),
    }
}

/// Six quantities, some of which drift towards their predictions.
pub fn drift_data() -> DriftFigure {
    let panels = [
        ("η_{opt}, a = 1/2", [-0.75, -1.0], 0.1),
        ("η_{stable}, a = 1/2", [-0.5, -1.0], 0.4),
        ("loss at the optimum", [0.0, 0.0], 0.2),
        ("Z_{A} at the optimum", [0.25, 0.0], -0.3),
        ("Z_{B} at the optimum", [-0.5, 0.0], 0.1),
        ("η_{opt}, a = 1", [-0.5, -0.5], -0.2),
    ];
    let mut figure = DriftFigure {
        text: words("Local slopes against width", false),
        x_label: "width n, between neighbours".to_owned(),
        ..Default::default()
    };
    for (place, (panel, predicted, drift)) in panels.into_iter().enumerate() {
        for (index, (series, predicted)) in PANELS.into_iter().zip(predicted).enumerate() {
            let name = || (panel.to_owned(), series.to_owned());
            let (own, line) = (name(), name());
            figure.lines.push(DriftLine {
                panel: line.0,
                series: line.1,
                predicted,
                tolerance: 0.1,
            });
            figure.rows.extend((0..6).map(|k| {
                let off = drift * 0.6_f64.powi(k) * if index == 0 { 1.0 } else { -0.6 };
                let slope = predicted + off + 0.05 * noise(&[place as u64, index as u64, k as u64]);
                let half = 0.06 + 0.02 * f64::from(k);
                DriftRow {
                    panel: own.0.clone(),
                    series: own.1.clone(),
                    width: 2_f64.powf(7.5 + f64::from(k)),
                    slope,
                    lower: Some(slope - half),
                    upper: Some(slope + half),
                }
            }));
        }
    }
    figure
}
