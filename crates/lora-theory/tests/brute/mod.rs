//! The training step of the LoRA layer in plain numbers, written from the maths: it shares nothing
//! with the calculus that it checks.

use dashu_float::FBig;
use dashu_float::round::mode::HalfEven;
use lora_theory::{
    Exponent, Init, InitStd, OptimizerKind, Rate, Rational, Scope, Setting, Trained,
};

/// A number with 128 bits and an exponent as wide as a pointer.
pub type Num = FBig<HalfEven, 2>;

/// lcm(1, …, 16): at n = 2^LOG and n = 4^LOG most fractional powers of n are powers of two.
pub const LOG: i64 = 720_720;

/// A width as a power of two.
#[derive(Clone, Copy)]
pub struct Width {
    /// log2 n.
    pub log2: i64,
}

impl Width {
    /// n^x, exactly.
    fn power(self, x: Rational) -> Num {
        let log2 = x * self.log2;
        assert!(log2.is_integer(), "n^{x} is no power of two");
        let one = Num::ONE.with_precision(128).value();
        one << isize::try_from(log2.to_integer()).expect("within the exponent's range")
    }
}

/// A sum of aligned terms that the evaluator takes for independent: a control.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Flaw {
    /// All sums as they are.
    None,
    /// The trained part of A with Z, over n.
    AWithFeatures,
    /// The trained part of B with the backward signal, over n.
    BWithSignal,
    /// The trained part of B with Z_A, over r.
    BWithImage,
}

/// The layer in numbers, each the size of an entry.
///
/// z is the layer's input and w the backward signal, both along n. A = a·A0 + p·z⊗u and
/// B = b·B0 + q·w⊗u, with entries of A0, B0, z, w and u of order one. One direction u along r is
/// enough: with one random factor every update is along that factor's image, A0 z or B0ᵀ w; with
/// two of them r must not grow, and all products along r are then of order one.
struct Layer<'a> {
    setting: &'a Setting,
    /// Sums over n: of independent terms, of z with A's trained part, of w with B's.
    over_n: [Num; 3],
    /// Sums over r: of u with itself, of B0's rows with u.
    over_r: [Num; 2],
    rates: [Num; 2],
    multiplier: Num,
    /// Size of the backward signal: W_out's in the whole network.
    signal: Num,
    error: Num,
    a: Num,
    b: Num,
    p: Num,
    q: Num,
}

/// Z_A, Z_B, δ1, δ2, δ3, ΔZ_B and Δf, each summed over the steps.
pub type Sizes = [Num; 7];

impl<'a> Layer<'a> {
    fn new(setting: &'a Setting, gamma: Rational, n: Width, flaw: Flaw) -> Self {
        let (half, rho) = (Rational::new_raw(1, 2), setting.rank);
        let sum =
            |over: Rational, broken: Flaw| n.power(if flaw == broken { over * half } else { over });
        let rate = |frozen_by: Trained, rate: Rate| match rate {
            _ if setting.train == frozen_by => Num::ZERO,
            Rate::Scanned(offset) => n.power(gamma + offset),
            Rate::Fixed(exponent) => n.power(exponent),
        };
        let (std_a, std_b) = (Exponent::Power(-half), Exponent::Power(rho * -half));
        let (std_a, std_b) = match setting.init {
            InitStd::Of(Init::A) => (std_a, Exponent::Zero),
            InitStd::Of(Init::B) => (Exponent::Zero, std_b),
            InitStd::Of(Init::AB) => (std_a, std_b),
            InitStd::Custom { a, b } => (a, b),
        };
        let drawn = |std: Exponent| std.power().map_or(Num::ZERO, |x| n.power(x));
        let one = Rational::new_raw(1, 1);
        let mut layer = Self {
            setting,
            over_n: [n.power(half), sum(one, Flaw::AWithFeatures), sum(one, Flaw::BWithSignal)],
            // B0 u for u = B0ᵀ w/√n is √r of noise and r/√n along w.
            over_r: [sum(rho, Flaw::BWithImage), n.power(rho * half) + n.power(rho - half)],
            rates: [rate(Trained::B, setting.rate_a), rate(Trained::A, setting.rate_b)],
            multiplier: n.power(setting.multiplier_width - setting.multiplier_rank * rho),
            signal: n.power(Rational::new_raw(0, 1)),
            error: n.power(Rational::new_raw(0, 1)),
            a: drawn(std_a),
            b: drawn(std_b),
            p: Num::ZERO,
            q: Num::ZERO,
        };
        if setting.scope == Scope::Network {
            layer.signal = n.power(-setting.readout);
            // The target, the frozen features read by an independent W_out, and both factors'.
            let frozen = &layer.over_n[0] * &layer.signal;
            let start = layer.output(&layer.b, &layer.q, &layer.z_a());
            layer.error = &layer.error + frozen + start;
        }
        layer
    }

    /// Z_A = A z, along u.
    fn z_a(&self) -> Num {
        &self.a * &self.over_n[0] + &self.p * &self.over_n[1]
    }

    /// Mᵀ w, along u, for M with random part `b` and trained part `q`.
    fn back(&self, b: &Num, q: &Num) -> Num {
        b * &self.over_n[0] + q * &self.over_n[2]
    }

    /// An entry of s M v, v = `along`·u.
    fn forward(&self, b: &Num, q: &Num, along: &Num) -> Num {
        (b * &self.over_r[1] + q * &self.over_r[0]) * along * &self.multiplier
    }

    /// s W_outᵀ M v = s (Mᵀ W_out)·v: u meets itself over r. The layer alone has no output.
    fn output(&self, b: &Num, q: &Num, along: &Num) -> Num {
        match self.setting.scope {
            Scope::Layer => Num::ZERO,
            Scope::Network => {
                let read = self.back(b, q) * &self.signal * &self.multiplier;
                read * along * &self.over_r[0]
            }
        }
    }

    /// The update that the optimizer computes from a gradient entry.
    fn update(&self, gradient: Num, rate: &Num) -> Num {
        match self.setting.optimizer {
            OptimizerKind::Sgd => gradient * rate,
            _ if gradient == Num::ZERO => Num::ZERO,
            _ => rate.clone(),
        }
    }

    /// One step; what it changes is added to `sizes`.
    fn step(&mut self, sizes: &mut Sizes) {
        let z_a = self.z_a();
        let signal = &self.multiplier * &self.error * &self.signal;
        let dp = self.update(&signal * self.back(&self.b, &self.q), &self.rates[0]);
        let dq = self.update(&signal * &z_a, &self.rates[1]);
        let dz_a = &dp * &self.over_n[1];
        let zero = Num::ZERO;
        let deltas = [
            self.forward(&self.b, &self.q, &dz_a),
            self.forward(&zero, &dq, &z_a),
            self.forward(&zero, &dq, &dz_a),
        ];
        let change = self.output(&self.b, &self.q, &dz_a)
            + self.output(&zero, &dq, &z_a)
            + self.output(&zero, &dq, &dz_a);
        self.p += dp;
        self.q += dq;
        self.error += &change;
        let [d1, d2, d3] = deltas;
        let moved = &d1 + &d2 + &d3;
        let z_b = self.forward(&self.b, &self.q, &self.z_a());
        for (size, new) in sizes.iter_mut().zip([self.z_a(), z_b, d1, d2, d3, moved, change]) {
            *size += new;
        }
    }
}

/// All sizes at one width, in the order of `Analysis::quantities`.
pub fn evaluate(setting: &Setting, gamma: Rational, n: Width, flaw: Flaw) -> Sizes {
    let mut layer = Layer::new(setting, gamma, n, flaw);
    let mut sizes: Sizes = std::array::from_fn(|_| Num::ZERO);
    sizes[0] = layer.z_a();
    sizes[1] = layer.forward(&layer.b, &layer.q, &sizes[0]);
    (0..setting.steps).for_each(|_| layer.step(&mut sizes));
    sizes
}

/// The output's error before the first step.
pub fn initial_error(setting: &Setting, n: Width) -> Num {
    Layer::new(setting, Rational::new_raw(0, 1), n, Flaw::None).error
}

/// log2 of a positive number.
pub fn log2(x: &Num) -> f64 {
    let exponent = x.repr().exponent();
    let significand = (x.clone() >> exponent).to_f64().value();
    exponent as f64 + significand.log2()
}
