//! A row for each module, for `modules.csv`.

use serde::Serialize;

use crate::answer::DiagnoseAnswer;
use crate::module::ModuleDiagnosis;

/// A module's numbers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Row<'a> {
    adapter: String,
    module: String,
    kind: String,
    layer: Option<usize>,
    fan_in: usize,
    fan_out: usize,
    r: usize,
    alpha: f64,
    scaling: f64,
    a_frobenius: f64,
    a_rms: f64,
    a_spectral: f64,
    b_frobenius: f64,
    b_rms: f64,
    b_spectral: f64,
    product_spectral: f64,
    product_frobenius: f64,
    effective_rank: f64,
    above_a_tenth: usize,
    output_typical: f64,
    output_largest: f64,
    looks_like: &'a str,
    untrained: bool,
    zero_start_rms: Option<f64>,
    share_of_bound: Option<f64>,
    random_start_rms: Option<f64>,
    random_start_rms_low: Option<f64>,
    random_start_rms_high: Option<f64>,
    start_part_at_most: Option<f64>,
    delta3_at_least: Option<f64>,
    delta3_at_most: Option<f64>,
}

/// The rows of all adapters.
pub(crate) fn rows(answer: &DiagnoseAnswer) -> Vec<Row<'_>> {
    let all = answer.adapters.iter();
    all.flat_map(|adapter| {
        adapter.found.modules.iter().map(|module| row(&adapter.found.dir, module))
    })
    .collect()
}

fn row<'a>(dir: &str, module: &'a ModuleDiagnosis) -> Row<'a> {
    let movement = module.movement;
    let random = movement.and_then(|movement| movement.random_start);
    let allowed = movement.and_then(|movement| movement.zero_start.allowed);
    Row {
        adapter: lora_figures::cell(dir),
        module: lora_figures::cell(&module.module),
        kind: lora_figures::cell(&module.place.kind),
        layer: module.place.layer,
        fan_in: module.fan_in,
        fan_out: module.fan_out,
        r: module.r,
        alpha: module.alpha,
        scaling: module.scaling,
        a_frobenius: module.a.sizes.frobenius,
        a_rms: module.a.sizes.rms,
        a_spectral: module.a.spectral,
        b_frobenius: module.b.sizes.frobenius,
        b_rms: module.b.sizes.rms,
        b_spectral: module.b.spectral,
        product_spectral: module.product.spectral,
        product_frobenius: module.product.frobenius,
        effective_rank: module.product.effective_rank,
        above_a_tenth: module.product.above_a_tenth,
        output_typical: module.output.typical,
        output_largest: module.output.largest,
        looks_like: module.start.looks_like.name(),
        untrained: module.start.untrained,
        zero_start_rms: movement.map(|movement| movement.zero_start.rms),
        share_of_bound: allowed.map(|allowed| allowed.share),
        random_start_rms: random.and_then(|random| Some(random.rms?[0])),
        random_start_rms_low: random.and_then(|random| Some(random.rms?[1])),
        random_start_rms_high: random.and_then(|random| Some(random.rms?[2])),
        start_part_at_most: module.deltas.map(|deltas| deltas.start_at_most),
        delta3_at_least: module.deltas.map(|deltas| deltas.delta3_at_least),
        delta3_at_most: module.deltas.map(|deltas| deltas.delta3_at_most),
    }
}
