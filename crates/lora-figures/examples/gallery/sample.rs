//! Made-up data with the shapes of real results, the same on every run.

use lora_figures::{
    CriticalRow, CurveMeanRow, CurveRow, CurvesFigure, FigureText, FinalNorm, FitRow, GuideRow,
    Init, LoraFeature, MeasuredRow, NormMeanRow, NormNote, NormRow, NormsFigure, OptimumRow,
    PhaseRow, PhasesFigure, Quantity, Regime, ScalingFigure, ScalingRow,
};

const INITS: [Init; 2] = [Init::A, Init::B];

/// Repeatable noise in (−1, 1) that differs for each set of numbers.
pub fn noise(numbers: &[u64]) -> f64 {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    for &number in numbers {
        state = (state ^ number).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        state ^= state >> 29;
    }
    (state >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
}

pub fn words(title: &str, badge: bool) -> FigureText {
    FigureText {
        title: title.to_owned(),
        caption: "Made-up data for looking at the figures. Readout exponent a = 1/2, rank r = 4, multiplier s = 1, \
                  d = 5, N = 1000 training points, Adam (β_{1} = 0.9, β_{2} = 0.999, ε = 10^{−8}), 300 steps on the \
                  full batch, 3 seeds. Bars: 95% intervals over seeds."
            .to_owned(),
        badge: badge.then(|| "quick run: small widths, do not quote".to_owned()),
    }
}

fn widths() -> impl Iterator<Item = usize> {
    (7..=13).map(|k| 1 << k)
}

/// Learning rates of known exponents, with one point that is not bracketed.
pub fn scaling_data() -> ScalingFigure {
    let laws = [
        (Quantity::EtaOpt, Init::A, 0.5, -0.75, "−3/4"),
        (Quantity::EtaOpt, Init::B, 2.0, -1.0, "−1"),
        (Quantity::EtaStable, Init::A, 0.6, -0.5, "−1/2"),
        (Quantity::EtaStable, Init::B, 5.0, -1.0, "−1"),
        (Quantity::Loss, Init::A, 0.05, -0.12, "0"),
        (Quantity::Loss, Init::B, 0.03, 0.02, "0"),
    ];
    let mut figure = ScalingFigure {
        text: words("Learning rates of LoRA against width", true),
        ..Default::default()
    };
    for (series, (quantity, init, prefactor, exponent, predicted)) in laws.into_iter().enumerate() {
        for width in widths() {
            let off = 0.09 * noise(&[series as u64, width as u64]);
            let value = prefactor * (width as f64).powf(exponent) * off.exp();
            let spread = (0.11 + 0.06 * noise(&[7, series as u64, width as u64])).exp();
            figure.points.push(ScalingRow {
                quantity,
                init,
                width: width.into(),
                value,
                lower: Some(value / spread),
                upper: Some(value * spread),
                bracketed: !(quantity == Quantity::EtaStable && init == Init::A && width == 128),
            });
        }
        let fitted = exponent + 0.01 * noise(&[40 + series as u64]);
        figure.fits.push(FitRow {
            quantity,
            init,
            exponent: fitted,
            lower: Some(fitted - 0.04),
            upper: Some(fitted + 0.04),
            predicted: (quantity != Quantity::Loss).then(|| predicted.to_owned()),
            prefactor: prefactor * 1000_f64.powf(exponent - fitted),
        });
    }
    for quantity in [Quantity::EtaOpt, Quantity::EtaStable] {
        let optimal = quantity == Quantity::EtaOpt;
        let lines = [
            (Some(Init::A), if optimal { -0.75 } else { -0.5 }, "−3/4"),
            (Some(Init::B), -1.0, "−1"),
            (None, -0.5, "−1/2"),
        ];
        for (init, exponent, text) in lines.into_iter().take(if optimal { 3 } else { 2 }) {
            let text = format!("n^{{{}}}", if exponent == -0.5 { "−1/2" } else { text });
            let predicted = init.into_iter().collect();
            figure.guides.push(GuideRow { quantity, predicted, exponent, text });
        }
    }
    figure
}

/// Norms that grow and level off, at 128 and 8192.
pub fn norms_data() -> NormsFigure {
    let mut figure = NormsFigure {
        text: words("LoRA features over training", false),
        seeds: 3,
        ..Default::default()
    };
    for (init, width) in INITS.into_iter().flat_map(|i| [(i, 128), (i, 8192)]) {
        let rate = best_rate(init, width);
        let norm =
            |value: f64| FinalNorm { value, lower: Some(value * 0.8), upper: Some(value * 1.3) };
        figure.notes.push(NormNote {
            init,
            width: width.into(),
            learning_rate: rate,
            final_loss: 0.03,
            z_a: Some(norm(12.0)),
            z_b: Some(norm(340.0)),
        });
        for seed in 0..3 {
            for step in (0..=300).step_by(3) {
                figure.rows.extend(norm_rows(init, width, seed, step, rate));
            }
        }
        for step in (0..=300).step_by(3) {
            figure.means.extend(norm_means(init, width, step, rate));
        }
    }
    figure
}

/// Geometric means of the norms, where they are positive.
fn norm_means(init: Init, width: usize, step: u64, rate: f64) -> impl Iterator<Item = NormMeanRow> {
    let seeds: Vec<[NormRow; 2]> =
        (0..3).map(|seed| norm_rows(init, width, seed, step, rate)).collect();
    LoraFeature::ALL.into_iter().enumerate().filter_map(move |(index, feature)| {
        let norms = seeds.iter().map(|rows| rows[index].norm.ln());
        let norm = (norms.sum::<f64>() / 3.0).exp();
        (norm > 0.0).then_some(NormMeanRow { feature, init, width: width.into(), step, norm })
    })
}

/// Both norms of one run at one step: growth that levels off, with a little jitter.
fn norm_rows(init: Init, width: usize, seed: u64, step: u64, rate: f64) -> [NormRow; 2] {
    let n = width as f64;
    let moved = 1.0 - (-(step as f64) / 60.0).exp();
    let own = 1.0 + 0.25 * noise(&[seed, width as u64, init as u64]);
    let jitter = (0.04 * noise(&[seed, width as u64, step, init as u64])).exp();
    let start = if init == Init::A { 1.0 } else { 0.0 };
    let a = (start + 20.0 * rate * n.powf(0.95) * moved * own) * jitter;
    let b = a * if init == Init::A { 12.0 * rate * moved } else { 0.6 } * own;
    let row = |feature, norm| NormRow { feature, init, width: width.into(), seed, step, norm };
    [row(LoraFeature::ZA, a), row(LoraFeature::ZB, b)]
}

fn best_rate(init: Init, width: usize) -> f64 {
    let n = width as f64;
    if init == Init::A { 0.5 * n.powf(-0.75) } else { 2.0 / n }
}

/// Valleys that move left as the width grows.
pub fn curves_data() -> CurvesFigure {
    let mut figure = CurvesFigure {
        text: words("Loss after training against learning rate", false),
        loss_name: "training loss".to_owned(),
        loss_ceiling: Some(3.0),
        ..Default::default()
    };
    for (init, width) in INITS.into_iter().flat_map(|i| widths().map(move |n| (i, n))) {
        let best = best_rate(init, width);
        let floor = 0.03 * (width as f64 / 128.0).powf(if init == Init::A { -0.12 } else { -0.02 });
        for rate in (0..21).map(|k| 10_f64.powf(-5.0 + 0.2 * f64::from(k))) {
            curve_point(&mut figure, (init, width), rate, (best, floor));
        }
        let bracketed = !(init == Init::B && width == 8192);
        figure.optima.push(OptimumRow {
            init,
            width: width.into(),
            learning_rate: best,
            loss: floor,
            bracketed,
        });
    }
    figure
}

/// A valley around the best rate, steep on the far side, where runs then diverge.
fn curve_point(
    figure: &mut CurvesFigure,
    (init, width): (Init, usize),
    rate: f64,
    (best, floor): (f64, f64),
) {
    let off = (rate / best).ln();
    let depth = if off < 0.0 {
        1.2 * (1.0 - (-0.5 * off * off).exp()) / floor.sqrt() * 0.6
    } else {
        0.9 * off * off
    };
    let diverged = off > 3.2;
    let mut sum = 0.0;
    for seed in 0..3 {
        let loss = floor * (depth + 0.12 * noise(&[seed, width as u64, rate.to_bits()])).exp();
        sum += loss.ln();
        figure.runs.push(CurveRow {
            init,
            width: width.into(),
            seed,
            learning_rate: rate,
            loss,
            diverged,
        });
    }
    if !diverged {
        figure.means.push(CurveMeanRow {
            init,
            width: width.into(),
            learning_rate: rate,
            loss: (sum / 3.0).exp(),
        });
    }
}

/// Four bars, close to what the theory gives.
pub fn phases_data() -> PhasesFigure {
    use Regime::{InternallyUnstable, Learning, LearningInternallyUnstable, NoLearning, Unstable};
    const LAYER: &str = "the LoRA layer alone";
    const NETWORK: &str = "the whole network, readout exponent a = 1/2";
    let mut figure = PhasesFigure {
        text: words("What a learning rate η = Θ(n^{γ}) does", false),
        ..Default::default()
    };
    let bars = [
        (
            Init::A,
            LAYER,
            vec![(-1.5, -1.0, NoLearning), (-1.0, -0.5, InternallyUnstable), (-0.5, 0.0, Unstable)],
        ),
        (
            Init::A,
            NETWORK,
            vec![
                (-1.5, -1.0, NoLearning),
                (-1.0, -0.75, InternallyUnstable),
                (-0.75, 0.0, Unstable),
            ],
        ),
        (
            Init::B,
            LAYER,
            vec![(-1.5, -1.1, NoLearning), (-1.1, -1.0, Learning), (-1.0, 0.0, Unstable)],
        ),
        (
            Init::B,
            NETWORK,
            vec![(-1.5, -1.1, NoLearning), (-1.1, -1.0, Learning), (-1.0, 0.0, Unstable)],
        ),
    ];
    for (init, bar, stretches) in bars {
        figure.phases.extend(stretches.into_iter().map(|(from, to, regime)| PhaseRow {
            bar: bar.to_owned(),
            init,
            from,
            to,
            regime,
            words: if regime == Unstable {
                "unstable: Z_{B} explodes".to_owned()
            } else {
                String::new()
            },
        }));
    }
    let critical = [
        (Init::A, LAYER, -1.0, "−1", "internally stable up to here", NoLearning),
        (Init::A, LAYER, -0.5, "−1/2", "largest stable; efficient", LearningInternallyUnstable),
        (Init::A, NETWORK, -0.75, "−3/4", "optimal", LearningInternallyUnstable),
        (Init::A, NETWORK, -1.0, "−1", "internally stable up to here", NoLearning),
        (Init::B, LAYER, -1.0, "−1", "largest stable; B undertrained", Learning),
        (Init::B, NETWORK, -1.0, "−1", "optimal", Learning),
    ];
    figure.critical.extend(critical.map(|(init, bar, gamma, text, name, regime)| CriticalRow {
        bar: bar.to_owned(),
        init,
        gamma,
        text: text.to_owned(),
        name: name.to_owned(),
        regime,
    }));
    let measured = [
        (Init::A, LAYER, Quantity::EtaStable, -0.51),
        (Init::A, NETWORK, Quantity::EtaOpt, -0.74),
        (Init::B, LAYER, Quantity::EtaStable, -1.0),
        (Init::B, NETWORK, Quantity::EtaOpt, -0.98),
    ];
    figure.measured.extend(measured.map(|(init, bar, quantity, gamma)| MeasuredRow {
        bar: bar.to_owned(),
        init,
        quantity,
        gamma,
        lower: Some(gamma - 0.04),
        upper: Some(gamma + 0.04),
    }));
    figure
}
