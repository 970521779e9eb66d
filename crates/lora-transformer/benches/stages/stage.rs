//! The stages of a step on a slice, with the work of each.
//!
//! Counted are the multiply-adds of products, which attention has for all pairs of places although a
//! causal model needs half of them. Exponentials, activations, norms and updates are not counted as
//! arithmetic: their roofline is that of their bytes, each operand read and each result written once. What
//! stays in a cache can exceed it.

use lora_sim::stages::Cost;
use lora_transformer::activation;
use lora_transformer::attention;
use lora_transformer::buffer::Buffer;
use lora_transformer::loss::cross_entropy;
use lora_transformer::norm;
use lora_transformer::optimizer::Rule;
use lora_transformer::pass::Gradients;
use lora_transformer::product::{Into, Mat, MatMut, product};
use lora_transformer::thin::thin;
use lora_transformer::weight::transposed;

use crate::models::{Model, RANK, entries, measuring};
use crate::setting::{Setting, sequences};

/// One call of a stage.
pub type Call<'s> = Box<dyn FnMut() + 's>;

/// A stage.
pub struct Stage {
    pub name: &'static str,
    pub cost: Cost,
    /// Makes what a thread needs of its own.
    pub prepare: Box<dyn for<'s> Fn(&'s Setting) -> Call<'s> + Sync>,
}

/// Rows of logits in the group that a head computes at once: 16 MiB.
fn logit_rows(model: &Model) -> usize {
    if measuring() { (4 << 20) / model.config.vocabulary } else { 2 }
}

/// All stages, in the order of a step.
pub fn stages(model: &Model) -> Vec<Stage> {
    let config = &model.config;
    let linears = model.linears();
    let (qkv, mlp) = (linears[..3].to_vec(), linears[4..].to_vec());
    let rows = sequences(model) * model.length;
    let (m, n) = (rows as f64, config.width as f64);
    let pairs = m * (model.length * config.heads * config.head_dim) as f64;
    let features = qkv.iter().map(|linear| linear[1] as f64).sum::<f64>();
    let hidden = m * config.mlp_width as f64;
    let gated = f64::from(u8::from(config.family.is_causal()));
    let factors: usize = linears.iter().map(|[inputs, outputs]| RANK * (inputs + outputs)).sum();
    let mut all = vec![
        products("1 q, k, v", rows, qkv.clone(), false),
        products("2 q, k, v back", rows, qkv, true),
        stage(
            "3 attention",
            Cost { executed: 2.0 * pairs, bytes: 4.0 * m * (features + n), ..none() },
            mix,
        ),
        stage(
            "4 attention back",
            Cost { executed: 5.0 * pairs, bytes: 8.0 * m * (features + n), ..none() },
            mix_back,
        ),
        products("5 MLP", rows, mlp.clone(), false),
        products("6 MLP back", rows, mlp, true),
        lora("7 A: z", model, Thin::Down),
        lora("8 B: y + z Bᵀ", model, Thin::Up),
        lora("9 B's gradient", model, Thin::OfB),
        lora("10 z's gradient", model, Thin::OfZ),
        lora("11 A's gradient", model, Thin::OfA),
        lora("12 A: x's gradient", model, Thin::OfX),
        stage("13 norm", Cost { bytes: 8.0 * m * n, ..none() }, normed),
        stage("14 norm back", Cost { bytes: 16.0 * m * n, ..none() }, norm_back),
        stage("15 activation", Cost { bytes: 8.0 * hidden, ..none() }, activated),
        stage("16 activation back", Cost { bytes: (16.0 + 8.0 * gated) * hidden, ..none() }, slope),
        stage("17 AdamW", Cost { bytes: 28.0 * factors as f64, ..none() }, update),
    ];
    if config.family.is_causal() {
        let (logits, vocabulary) = (logit_rows(model), config.vocabulary);
        all.push(products("18 head", logits, vec![[config.width, vocabulary]], false));
        all.push(products("19 head back", logits, vec![[config.width, vocabulary]], true));
        let bytes = 8.0 * (logits * vocabulary) as f64;
        all.push(stage("20 cross-entropy", Cost { bytes, ..none() }, losses));
    }
    all
}

fn none() -> Cost {
    Cost::default()
}

fn stage(
    name: &'static str,
    cost: Cost,
    prepare: impl for<'s> Fn(&'s Setting) -> Call<'s> + Sync + 'static,
) -> Stage {
    Stage { name, cost, prepare: Box::new(prepare) }
}

/// y ← x W for each of some modules, or dx ← dx + dy Wᵀ.
fn products(name: &'static str, rows: usize, modules: Vec<[usize; 2]>, back: bool) -> Stage {
    let mut cost = none();
    for [inputs, outputs] in &modules {
        cost.executed += (rows * inputs * outputs) as f64;
        cost.bytes += 4.0 * (rows * (inputs + outputs) + inputs * outputs) as f64;
        cost.bytes += if back { 4.0 * (rows * inputs) as f64 } else { 0.0 };
    }
    stage(name, cost, move |_| {
        let one = |&[inputs, outputs]: &[usize; 2]| {
            let arrays = [rows * inputs, inputs * outputs, rows * outputs].map(entries);
            ([inputs, outputs], arrays)
        };
        let mut arrays: Vec<_> = modules.iter().map(one).collect();
        Box::new(move || {
            for ([inputs, outputs], [x, w, y]) in &mut arrays {
                let w = Mat::new(w, *inputs, *outputs);
                if back {
                    let y = Mat::new(y, rows, *outputs);
                    // So small a factor that repetition keeps the sum finite.
                    product(&mut MatMut::new(x, rows, *inputs), Into::Add, 1e-9, y, w.t());
                } else {
                    let x = Mat::new(x, rows, *inputs);
                    product(&mut MatMut::new(y, rows, *outputs), Into::Set, 1.0, x, w);
                }
            }
        })
    })
}

/// The thin products of LoRA on the query.
#[derive(Clone, Copy)]
enum Thin {
    /// z ← x Aᵀ.
    Down,
    /// y ← y + s z Bᵀ.
    Up,
    /// dB ← dB + s dyᵀ z.
    OfB,
    /// dz ← s dy B.
    OfZ,
    /// dA ← dA + dzᵀ x.
    OfA,
    /// dx ← dx + dz A.
    OfX,
}

fn lora(name: &'static str, model: &Model, which: Thin) -> Stage {
    let [inputs, outputs] = model.linears()[0];
    let rows = sequences(model) * model.length;
    let wide = if matches!(which, Thin::Down | Thin::OfA | Thin::OfX) { inputs } else { outputs };
    // The factor, x or y, and z; what is added to is also written.
    let written = match which {
        Thin::Down | Thin::OfZ => 0,
        Thin::Up | Thin::OfX => rows * wide,
        Thin::OfA | Thin::OfB => RANK * wide,
    };
    let bytes = 4.0 * (rows * wide + RANK * wide + rows * RANK + written) as f64;
    let cost = Cost { executed: (rows * RANK * wide) as f64, bytes, ..none() };
    stage(name, cost, move |_| {
        let (mut x, mut z) = (entries(rows * wide), entries(rows * RANK));
        let mut factor = entries(RANK * wide);
        Box::new(move || thin_product(which, (rows, wide), &mut x, &mut z, &mut factor))
    })
}

fn thin_product(
    which: Thin,
    (rows, wide): (usize, usize),
    x: &mut [f32],
    z: &mut [f32],
    factor: &mut [f32],
) {
    let small = 1e-9;
    match which {
        Thin::Down => thin(z, 1.0, x, Mat::new(factor, RANK, wide).t()),
        Thin::OfZ => thin(z, 1.0, x, Mat::new(factor, wide, RANK)),
        Thin::Up => {
            let (z, b) = (Mat::new(z, rows, RANK), Mat::new(factor, wide, RANK));
            product(&mut MatMut::new(x, rows, wide), Into::Add, small, z, b.t());
        }
        Thin::OfX => {
            let (z, a) = (Mat::new(z, rows, RANK), Mat::new(factor, RANK, wide));
            product(&mut MatMut::new(x, rows, wide), Into::Add, small, z, a);
        }
        Thin::OfA => {
            let (z, x) = (Mat::new(z, rows, RANK), Mat::new(x, rows, wide));
            product(&mut MatMut::new(factor, RANK, wide), Into::Add, small, z.t(), x);
        }
        Thin::OfB => {
            let mut turned = vec![0.0; RANK * wide];
            let (z, x) = (Mat::new(z, rows, RANK), Mat::new(x, rows, wide));
            product(&mut MatMut::new(&mut turned, RANK, wide), Into::Set, small, z.t(), x);
            let back = transposed(&turned, RANK, wide);
            factor.iter_mut().zip(back).for_each(|(sum, one)| *sum += one);
        }
    }
}

/// Queries, keys and values.
fn queries(setting: &Setting) -> [Buffer; 3] {
    let linears = setting.model.linears();
    [0, 1, 2].map(|place: usize| Buffer::copy(&entries(setting.rows * linears[place][1])))
}

fn mix(setting: &Setting) -> Call<'_> {
    let mut qkv = queries(setting);
    Box::new(move || {
        qkv = attention::mix(&setting.pass(&[]), setting.layout(), std::mem::take(&mut qkv)).qkv;
    })
}

fn mix_back(setting: &Setting) -> Call<'_> {
    let kept = attention::mix(&setting.pass(&[]), setting.layout(), queries(setting));
    let dcontext = entries(setting.rows * setting.model.linears()[0][1]);
    Box::new(move || {
        let (pass, layout) = (setting.pass(&[]), setting.layout());
        std::hint::black_box(attention::mix_backward(&pass, layout, &kept, &dcontext));
    })
}

fn normed(setting: &Setting) -> Call<'_> {
    let x = entries(setting.rows * setting.model.config.width);
    let norm = &setting.base.net.blocks[0].attention_norm;
    Box::new(move || {
        std::hint::black_box(norm::forward(&setting.pass(&[]), norm, &x));
    })
}

fn norm_back(setting: &Setting) -> Call<'_> {
    let count = setting.rows * setting.model.config.width;
    let (x, dy, mut dx) = (entries(count), entries(count), vec![0.0; count]);
    let norm = &setting.base.net.blocks[0].attention_norm;
    let (_, stats) = norm::forward(&setting.pass(&[]), norm, &x);
    let mut gradients = Gradients::default();
    Box::new(move || {
        let saved = (&x[..], &stats);
        norm::backward(&setting.pass(&[]), norm, saved, &dy, &mut gradients, Some(&mut dx));
    })
}

fn activated(setting: &Setting) -> Call<'_> {
    let x = entries(setting.rows * setting.model.config.mlp_width);
    let mut y = vec![0.0; x.len()];
    Box::new(move || activation::apply(setting.model.config.activation, &x, &mut y))
}

fn slope(setting: &Setting) -> Call<'_> {
    let config = &setting.model.config;
    let x = entries(setting.rows * config.mlp_width);
    let (up, mut d, mut dgate, mut y) = (x.clone(), x.clone(), x.clone(), x.clone());
    Box::new(move || {
        // It multiplies in place, again and again: what is small becomes 0, and never a subnormal.
        d.copy_from_slice(&up);
        if config.family.is_causal() {
            activation::back_through_gate(config.activation, (&x, &up), &mut d, &mut dgate, &mut y);
        } else {
            activation::back(config.activation, &x, &mut d, &mut y);
        }
    })
}

fn update(setting: &Setting) -> Call<'_> {
    let rule = Rule::default();
    let factors = setting.trained.adapters.iter().flatten().flat_map(|one| [&one.a, &one.b]);
    let one =
        |values: &Vec<f32>| (values.clone(), rule.moments(values.len()), entries(values.len()));
    let mut arrays: Vec<_> = factors.map(one).collect();
    let mut step = 0;
    Box::new(move || {
        step += 1;
        for (theta, moments, gradient) in &mut arrays {
            rule.update(step, 1e-9, theta, moments, gradient);
        }
    })
}

fn losses(setting: &Setting) -> Call<'_> {
    let vocabulary = setting.model.config.vocabulary;
    let mut logits = entries(logit_rows(&setting.model) * vocabulary);
    Box::new(move || {
        for (row, logits) in logits.chunks_exact_mut(vocabulary).enumerate() {
            std::hint::black_box(cross_entropy(logits, row % vocabulary, 1.0));
        }
    })
}
