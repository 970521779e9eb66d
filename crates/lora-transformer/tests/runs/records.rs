//! What is measured of each module, against plain sums in f64 over the inputs that it had.

use lora_transformer::adapter::Adapter;
use lora_transformer::batch::{Batch, Sequence, Target};
use lora_transformer::net::{Net, Site};
use lora_transformer::observe::{Input, Observer, Seen};
use lora_transformer::pass::Gradients;
use lora_transformer::record::{After, Before, Compared, SiteRecord};
use lora_transformer::run_spec::RunSpec;
use lora_transformer::trainer::Trainer;
use lora_types::Init;

use super::common::{Both, everywhere};

/// Inputs of every module, a unit vector for each token of an embedding, and the A x that the pass used.
struct Inputs {
    sizes: Vec<usize>,
    rows: Vec<Vec<Vec<f64>>>,
    za: Vec<Vec<f64>>,
}

impl Inputs {
    fn new(net: &Net) -> Self {
        let sizes: Vec<usize> = net.sites.iter().map(|info| info.inputs).collect();
        let count = sizes.len();
        Self { sizes, rows: vec![Vec::new(); count], za: vec![Vec::new(); count] }
    }
}

impl Observer for Inputs {
    fn site(&mut self, site: Site, seen: Seen<'_>) {
        let size = self.sizes[site.0];
        let wide = |x: &[f32]| x.iter().map(|&v| f64::from(v)).collect::<Vec<f64>>();
        match seen.input {
            Input::Rows(x) => self.rows[site.0].extend(x.chunks_exact(size).map(wide)),
            Input::Ids(ids) => self.rows[site.0].extend(ids.iter().map(|&id| {
                let mut unit = vec![0.0; size];
                unit[id as usize] = 1.0;
                unit
            })),
        }
        self.za[site.0].extend(wide(seen.za));
    }

    fn other(&mut self, _: &dyn Fn() -> String, _: &[f32]) {}
}

/// M x, with M row-major.
fn times(m: &[f64], x: &[f64]) -> Vec<f64> {
    m.chunks_exact(x.len()).map(|row| row.iter().zip(x).map(|(m, x)| m * x).sum()).collect()
}

fn minus(x: &[f64], y: &[f64]) -> Vec<f64> {
    x.iter().zip(y).map(|(x, y)| x - y).collect()
}

fn rms(values: &[f64]) -> f64 {
    (values.iter().map(|v| v * v).sum::<f64>() / values.len() as f64).sqrt()
}

/// Mean Euclidean norm of rows.
fn mean_norm(values: &[f64], cols: usize) -> f64 {
    let norms = values.chunks_exact(cols).map(|row| rms(row) * (cols as f64).sqrt());
    norms.sum::<f64>() / (values.len() / cols) as f64
}

fn wide(values: &[f32]) -> Vec<f64> {
    values.iter().map(|&v| f64::from(v)).collect()
}

/// δ1, δ2, δ3 and the drift of one module, all rows after one another.
fn parts(before: &Adapter, after: &Adapter, old: &[Vec<f64>], new: &[Vec<f64>]) -> [Vec<f64>; 4] {
    let s = f64::from(before.scaling);
    let (a, b) = (wide(&before.a), wide(&before.b));
    let (da, db) = (minus(&wide(&after.a), &a), minus(&wide(&after.b), &b));
    let through = |b: &[f64], a: &[f64], x: &[f64]| -> Vec<f64> {
        times(b, &times(a, x)).iter().map(|v| s * v).collect()
    };
    let all = |b: &[f64], a: &[f64]| new.iter().flat_map(|x| through(b, a, x)).collect();
    let moves = old.iter().zip(new).map(|(old, new)| minus(new, old));
    let drift = moves.flat_map(|dx| through(&b, &a, &dx)).collect();
    [all(&b, &da), all(&db, &a), all(&db, &da), drift]
}

/// s B z of the A x that the pass itself used.
fn features(adapter: &Adapter, za: &[f64]) -> Vec<f64> {
    let (b, s) = (wide(&adapter.b), f64::from(adapter.scaling));
    za.chunks_exact(adapter.rank).flat_map(|z| times(&b, z)).map(|v| s * v).collect()
}

/// One step with what was seen around it.
struct Around {
    inputs: [Inputs; 2],
    compared: Compared,
    gradients: Gradients,
    records: Vec<SiteRecord>,
}

fn step(both: &Both, trainer: &mut Trainer, start: &[Option<Adapter>]) -> Around {
    let net = &both.base.net;
    let probe = Batch::new(&both.batch);
    let before = trainer.trained.adapters.clone();
    let seen = trainer.observe(&probe, Before::new(net));
    let first = trainer.observe(&probe, Inputs::new(net));
    let gradients = trainer.step(&[Batch::new(&both.batch[1..])]).gradients;
    let second = trainer.observe(&probe, Inputs::new(net));
    let after = trainer.trained.adapters.clone();
    let compared = Compared { start: start.to_vec(), before, after };
    let after = trainer.observe(&probe, After::new(compared.clone(), seen));
    let records = after.records(net, trainer.trained.step, Some(&gradients));
    Around { inputs: [first, second], compared, gradients, records }
}

fn near(found: f64, wanted: f64, size: f64, name: &dyn std::fmt::Debug) {
    // Differences of sums in f32 are known to some 1e-7 of the sums.
    assert!((found - wanted).abs() <= 1e-4 * wanted + 1e-6 * size, "{name:?}: {found}, {wanted}");
}

fn check(both: &Both, around: &Around) {
    let net = &both.base.net;
    let adapted = (0..net.sites.len()).filter(|&site| around.compared.after[site].is_some());
    assert!(adapted.clone().eq(0..net.sites.len()), "embeddings and heads included");
    for (index, record) in adapted.zip(&around.records) {
        let [old, new] = &around.inputs;
        let pick = |all: &[Option<Adapter>]| all[index].clone().expect("adapted");
        let compared = &around.compared;
        let (start, before, after) =
            (pick(&compared.start), pick(&compared.before), pick(&compared.after));
        let name = (both.case.name, &record.module, record.step);
        assert_eq!(record.module, net.sites[index].name);
        let za = &new.za[index];
        let (was, is) = (features(&before, &old.za[index]), features(&after, za));
        let parts = parts(&before, &after, &old.rows[index], &new.rows[index]);
        let size = rms(&is).max(rms(&was)).max(rms(za));
        let sum: Vec<f64> = (0..is.len()).map(|i| parts.iter().map(|part| part[i]).sum()).collect();
        near(rms(&minus(&minus(&is, &was), &sum)), 0.0, size, &("the sum", name));
        let found = [record.delta1, record.delta2, record.delta3, record.drift];
        for (place, (found, part)) in found.into_iter().zip(&parts).enumerate() {
            near(found, rms(part), size, &(place, name));
        }
        near(record.za_rms, rms(za), size, &("za", name));
        near(record.za_norm, mean_norm(za, after.rank), size, &("za", name));
        near(record.zb_rms, rms(&is), size, &("zb", name));
        near(record.zb_norm, mean_norm(&is, after.outputs()), size, &("zb", name));
        let moved = |x: &[f32], y: &[f32]| rms(&minus(&wide(x), &wide(y)));
        near(record.a_move, moved(&after.a, &start.a), 1.0, &("a", name));
        near(record.b_move, moved(&after.b, &start.b), 1.0, &("b", name));
        for (found, gradient) in
            [record.a_gradient, record.b_gradient].into_iter().zip(&around.gradients.sites[index])
        {
            near(found, mean_norm(&wide(gradient), gradient.len()), 0.0, &("gradient", name));
        }
    }
}

fn spec(both: &Both, init: Init) -> RunSpec {
    let mut spec = RunSpec { lr: 0.05, head: None, ..both.spec() };
    spec.lora.targets = everywhere();
    // Ranks and multipliers that differ by block.
    spec.lora.rank_pattern.insert(r".*\.0\..*".to_owned(), 2);
    spec.lora.alpha_pattern.insert(r".*\.1\..*".to_owned(), 6.0);
    spec.lora.init = init;
    spec
}

#[test]
fn records_are_the_sums_of_their_definitions_and_the_parts_add_up() {
    for both in Both::all() {
        for init in Init::ALL {
            let mut trainer = Trainer::new(&both.base, &spec(&both, init)).expect("a run");
            let start = trainer.trained.adapters.clone();
            let all = [1, 2, 3].map(|_| step(&both, &mut trainer, &start));
            all.iter().for_each(|around| check(&both, around));
            let last = &all[2].records;
            let counted = last.iter().filter(|r| r.delta1 > 0.0 && r.delta2 > 0.0 && r.drift > 0.0);
            assert!(counted.count() >= last.len() - 1, "the embedding alone has no drift");
            for record in &all[0].records {
                first(init, record, record.module.ends_with("embed_tokens"));
            }
        }
    }
}

/// What is zero in the first step, without any rounding.
fn first(init: Init, record: &SiteRecord, embedding: bool) {
    let embedding = embedding || record.module.ends_with("word_embeddings");
    let zeros = match init {
        // B_0 = 0, so A has no gradient, either.
        Init::A if !embedding => [record.delta1, record.delta3, record.drift, record.a_move],
        // A_0 = 0; an embedding starts so under every init.
        Init::AB if !embedding => return,
        _ => [record.delta2, record.delta3, record.drift, record.b_move],
    };
    assert_eq!(zeros, [0.0; 4], "{init:?}: {record:?}");
    let alive = if init == Init::A && !embedding { record.delta2 } else { record.delta1 };
    assert!(alive > 0.0, "{init:?}: {record:?}");
}

#[test]
fn before_the_first_update_nothing_has_changed() {
    for both in Both::all() {
        let trainer = Trainer::new(&both.base, &spec(&both, Init::AB)).expect("a run");
        let all = trainer.trained.adapters.clone();
        let compared = Compared { start: all.clone(), before: all.clone(), after: all };
        let after = After::new(compared, Before::new(&both.base.net));
        let records =
            trainer.observe(&Batch::new(&both.batch), after).records(&both.base.net, 0, None);
        assert_eq!(records.len(), both.base.net.sites.len());
        for record in records {
            // An embedding starts with A = 0, every other module with two random factors.
            let embedding = record.module == both.base.net.sites[0].name;
            let sizes = [record.za_rms, record.za_norm, record.zb_rms, record.zb_norm];
            assert!(sizes.iter().all(|&size| (size == 0.0) == embedding), "{record:?}");
            let rest = SiteRecord {
                module: record.module.clone(),
                za_rms: record.za_rms,
                za_norm: record.za_norm,
                zb_rms: record.zb_rms,
                zb_norm: record.zb_norm,
                ..SiteRecord::default()
            };
            assert_eq!(record, rest);
        }
    }
}

/// A probe that asks for no token does not reach the head of next tokens.
#[test]
fn a_module_that_the_probe_does_not_reach_has_no_record() {
    let both = Both::named("Llama");
    let trainer = Trainer::new(&both.base, &spec(&both, Init::A)).expect("a run");
    let all = trainer.trained.adapters.clone();
    let silent = |one: &Sequence| Sequence { ids: one.ids.clone(), target: Target::None };
    let probe: Vec<Sequence> = both.batch.iter().map(silent).collect();
    let compared = Compared { start: all.clone(), before: all.clone(), after: all };
    let after = After::new(compared, Before::new(&both.base.net));
    let records = trainer.observe(&Batch::new(&probe), after).records(&both.base.net, 0, None);
    assert_eq!(records.len(), both.base.net.sites.len() - 1);
    assert!(records.iter().all(|record| record.module != "lm_head" && record.za_rms.is_finite()));
}
