//! Histories that invite a verdict too many.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::path::Path;

use crate::planting::drawn::Drawn;
use crate::planting::{HALVES, N, R, adam, answer, diagnosed, start, write};
use lora_checkpoint::{Adapter, AdapterConfig, TargetModules, Tensor};
use lora_diagnosis::{
    AdapterDiagnosis, BVerdict, DeclaredVerdict, DiagnoseAnswer, DiagnoseRequest, InitLook,
    MovementVerdict, StatedVerdict,
};
use tempfile::tempdir;

/// A and B of a module.
type Pair = (Vec<f32>, Vec<f32>);

/// Starts of Init[A] as PEFT draws them.
fn init_a(modules: usize) -> Vec<Pair> {
    start(InitLook::A, 3).into_iter().cycle().take(modules).collect()
}

/// Adds rms·u vᵀ, rows × columns, with u and v of rms 1.
fn move_by(factor: &mut [f32], rms: f64, u: &[f32], v: &[f32]) {
    let rms_of =
        |x: &[f32]| (x.iter().map(|x| f64::from(x * x)).sum::<f64>() / x.len() as f64).sqrt();
    let size = rms / (rms_of(u) * rms_of(v));
    for (row, u) in factor.chunks_exact_mut(v.len()).zip(u) {
        for (x, v) in row.iter_mut().zip(v) {
            *x += (size * f64::from(u * v)) as f32;
        }
    }
}

fn move_b(pairs: &mut [Pair], rms: f64) {
    let mut drawn = Drawn(5);
    for (_, b) in pairs {
        move_by(b, rms, &drawn.normal(1.0, N), &drawn.normal(1.0, R));
    }
}

fn read(dir: &Path) -> AdapterDiagnosis {
    answer(dir, None).adapters.remove(0)
}

fn norm(x: &[f64]) -> f64 {
    x.iter().map(|x| x * x).sum::<f64>().sqrt()
}

/// B x, of the one direction x in which A has all its rows.
fn times(b: &[f32], x: &[f32]) -> Vec<f64> {
    let row = |row: &[f32]| row.iter().zip(x).map(|(b, x)| f64::from(b * x)).sum();
    b.chunks_exact(R).map(row).collect()
}

/// More modules than one batch has. The diagnosis leaves off before the batch at which it is told to.
#[test]
fn a_diagnosis_leaves_off_when_it_is_told_to() {
    const WIDE: usize = 1 << 17;
    let dir = tempdir().expect("a folder");
    let config = AdapterConfig::new(R, 16.0, TargetModules::Names(vec!["q_proj".to_owned()]));
    let mut tensors = BTreeMap::new();
    for layer in 0..4 {
        let name = format!("base_model.model.model.layers.{layer}.self_attn.q_proj");
        let zeros =
            |rows: usize, columns: usize| Tensor::f32(&[rows, columns], vec![0.0; rows * columns]);
        tensors.insert(format!("{name}.lora_A.weight"), zeros(R, WIDE));
        tensors.insert(format!("{name}.lora_B.weight"), zeros(WIDE, R));
    }
    Adapter { config, tensors }.write(dir.path()).expect("it is written");
    let asked = DiagnoseRequest { dirs: vec![dir.path().to_owned()], training: None };
    let looks = Cell::new(0);
    let stop = || looks.replace(looks.get() + 1) > 0;
    let error = DiagnoseAnswer::until(&asked, &stop).expect_err("it was stopped");
    let said = format!("{}: stopped after 2 of 4 modules", dir.path().display());
    assert_eq!((error.to_string(), looks.get()), (said, 2));
}

/// B's motion is a twelfth of its start entry by entry, and more than a fifth of B A: it lies in A's direction.
#[test]
fn a_small_motion_of_b_in_the_direction_of_a_has_a_part() {
    let mut drawn = Drawn(9);
    let (std, moved) = ((R as f64).powf(-0.5), 0.03);
    let mut pairs = Vec::new();
    for _ in 0..8 {
        let begun = drawn.normal(std, N * R);
        let (x, y, u) = (drawn.normal(1.0, R), drawn.normal(1.0, N), drawn.normal(1.0, N));
        let (mut a, mut motion) = (vec![0.0; R * N], vec![0.0; N * R]);
        move_by(&mut a, 0.03, &x, &y);
        move_by(&mut motion, moved, &u, &x);
        let share = norm(&times(&motion, &x)) / norm(&times(&begun, &x));
        assert!(moved / std < 0.1 && share > 0.2, "{share}");
        pairs.push((a, begun.iter().zip(&motion).map(|(b, d)| b + d).collect()));
    }
    let plain = diagnosed(&pairs, None).findings;
    assert_eq!(plain.start.verdict, InitLook::B);
    assert_eq!(plain.b.verdict, BVerdict::CannotTell, "{}", plain.b.because);
    // A rate that lets an entry move by 0.03, and one by a hundredth of that.
    let least = 0.03 / adam(1.0, 100).expect("a training").reach()[1].updates;
    let said = |lr| diagnosed(&pairs, adam(lr, 100)).findings.b;
    assert_eq!(said(least).verdict, BVerdict::CannotTell);
    let bound = said(least / 100.0);
    assert_eq!(bound.verdict, BVerdict::Undertrained);
    assert!(bound.because.contains("without weight decay"), "{}", bound.because);
}

#[test]
fn a_short_walk_is_no_proof() {
    let mut pairs = init_a(8);
    move_b(&mut pairs, 0.01);
    let said = |pairs: &[Pair], lr, steps| diagnosed(pairs, adam(lr, steps)).findings.b;
    assert_eq!(said(&pairs, 0.01, 29).verdict, BVerdict::Trained);
    let walk = said(&pairs, 0.01, 30);
    assert_eq!(walk.verdict, BVerdict::LooksUndertrained);
    assert!(walk.because.contains("which converged training also shows"), "{}", walk.because);
    // Half of the modules did not train, and have no part in it.
    pairs.extend(init_a(10));
    assert_eq!(said(&pairs, 1e-4, 100).verdict, BVerdict::Trained);
}

#[test]
fn a_factor_that_shrank_did_not_stand_still() {
    let mut pairs = init_a(8);
    move_b(&mut pairs, 0.01);
    assert_eq!(
        diagnosed(&pairs, None).findings.movement.verdict,
        MovementVerdict::RandomStartStill
    );
    pairs.iter_mut().flat_map(|(a, _)| a).for_each(|x| *x *= 0.9);
    let found = diagnosed(&pairs, None);
    assert_eq!(found.findings.start.verdict, InitLook::A);
    assert_eq!(found.pooled.expect("a start").random_start[0], 0.0);
    let movement = found.findings.movement;
    assert_eq!(movement.verdict, MovementVerdict::CannotTell);
    assert!(
        movement.because.ends_with(
            "; but the entries of A are smaller than their law's, so it moved against its start"
        ),
        "{}",
        movement.because
    );
}

/// Rounding to 16 bits hides entries just beyond the edge, and the range has room for them.
#[test]
fn a_movement_that_rounding_hides_is_in_the_range() {
    let begun = init_a(8);
    let mut ended = begun.clone();
    let mut drawn = Drawn(6);
    let by = 1e-3 * (N as f64).powf(-0.5);
    for (a, _) in &mut ended {
        // Of one size, any sign.
        a.iter_mut().for_each(|x| *x += if drawn.unit() < 0.5 { by as f32 } else { -by as f32 });
    }
    move_b(&mut ended, 16.0 * by);
    for kind in HALVES {
        let dir = tempdir().expect("a folder");
        write(dir.path(), &ended, kind);
        let found = read(dir.path());
        let pooled = found.pooled.expect("a start");
        let [_, low, high] = pooled.random_start;
        assert!(low <= by && by <= high, "{by} in [{low}, {high}]");
        assert_ne!(found.findings.movement.verdict, MovementVerdict::RandomStartStill);
    }
}

/// A start that looks like Init[A], and a config that says that neither factor started at zero.
#[test]
fn computed_starts_are_unknown() {
    let mut pairs = init_a(2);
    move_b(&mut pairs, 0.001);
    let dir = tempdir().expect("a folder");
    write(dir.path(), &pairs, Tensor::f32);
    assert_eq!(read(dir.path()).findings.start.verdict, InitLook::A);
    let path = dir.path().join("adapter_config.json");
    let text = std::fs::read_to_string(&path).expect("a config");
    for (name, start) in
        [("pissa_niter_4", InitLook::Unknown), ("olora", InitLook::Unknown), ("eva", InitLook::A)]
    {
        let mut config: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        config["init_lora_weights"] = name.into();
        std::fs::write(&path, config.to_string()).expect("it is written");
        let found = read(dir.path()).findings;
        assert_eq!(found.start.verdict, start, "{name}");
        assert_eq!(found.declared.verdict, DeclaredVerdict::CannotTell, "{name}");
    }
}

#[test]
fn one_module_does_not_stand_for_all() {
    let mut pairs = init_a(8);
    move_b(&mut pairs, 0.01);
    assert_eq!(diagnosed(&pairs, None).findings.start.verdict, InitLook::A);
    let mut drawn = Drawn(8);
    let far = |pair: &mut Pair, drawn: &mut Drawn| {
        *pair = (drawn.normal(3.0, R * N), drawn.normal(3.0, N * R));
    };
    pairs[..4].iter_mut().for_each(|pair| far(pair, &mut drawn));
    assert_eq!(diagnosed(&pairs, None).findings.start.verdict, InitLook::A);
    far(&mut pairs[4], &mut drawn);
    let few = diagnosed(&pairs, adam(1e-3, 100)).findings;
    assert_eq!(few.start.verdict, InitLook::Unknown);
    assert!(few.start.because.contains("Init[A] in 3"), "{}", few.start.because);
    assert_eq!(few.movement.verdict, MovementVerdict::CannotTell);
    assert_eq!(few.stated.map(|stated| stated.verdict), Some(StatedVerdict::Possible));
}

#[test]
fn what_cannot_be_compared_is_not_possible() {
    let mut drawn = Drawn(8);
    let pairs: Vec<Pair> =
        (0..2).map(|_| (drawn.normal(3.0, R * N), drawn.normal(3.0, N * R))).collect();
    let stated = diagnosed(&pairs, adam(1e-3, 100)).findings.stated.expect("a statement");
    assert_eq!(stated.verdict, StatedVerdict::CannotTell);
    assert!(stated.because.contains("without weight decay"), "{}", stated.because);
    assert!(stated.limit.contains("8 bits"), "{}", stated.limit);
}
