//! The parts of s B A of a planted history, computed from its start, lie within what is said of them.

use crate::planting::drawn::Drawn;
use crate::planting::{N, R, diagnosed, moved, start};
use lora_diagnosis::InitLook;

/// α/r of the planted adapters.
const SCALING: f64 = 2.0;

/// The largest singular value of b a, n × r times r × n, by power iteration.
fn norm(b: &[f32], a: &[f32]) -> f64 {
    let mut z: Vec<f64> = Drawn(1).normal(1.0, N).into_iter().map(f64::from).collect();
    let mut size = 0.0;
    for _ in 0..300 {
        let inner = rows(a, N, &z);
        let out = rows(b, R, &inner);
        if dot(&out, &out) == 0.0 {
            return 0.0;
        }
        let back = columns(a, N, &columns(b, R, &out));
        size = dot(&out, &out).sqrt() / dot(&z, &z).sqrt();
        let length = dot(&back, &back).sqrt();
        z = back.into_iter().map(|x| x / length).collect();
    }
    size
}

fn dot(one: &[f64], other: &[f64]) -> f64 {
    one.iter().zip(other).map(|(x, y)| x * y).sum()
}

/// m z, of a matrix with so many columns.
fn rows(m: &[f32], columns: usize, z: &[f64]) -> Vec<f64> {
    let row = |row: &[f32]| row.iter().zip(z).map(|(x, y)| f64::from(*x) * y).sum();
    m.chunks(columns).map(row).collect()
}

/// mᵀ z.
fn columns(m: &[f32], columns: usize, z: &[f64]) -> Vec<f64> {
    let mut out = vec![0.0; columns];
    for (row, y) in m.chunks(columns).zip(z) {
        for (sum, x) in out.iter_mut().zip(row) {
            *sum += f64::from(*x) * y;
        }
    }
    out
}

fn minus(one: &[f32], other: &[f32]) -> Vec<f32> {
    one.iter().zip(other).map(|(x, y)| x - y).collect()
}

/// The random factor goes on along its start, shrinks along it, or moves elsewhere; the other one moves by `zero`.
fn check(init: InitLook, zero: f64, along: f32, elsewhere: f64) {
    let begun = start(init, 3);
    let (mut ended, mut drawn) = (begun.clone(), Drawn(4));
    for (a, b) in &mut ended {
        for x in a.iter_mut().chain(b.iter_mut()) {
            *x *= 1.0 + along;
        }
        let (of_a, of_b) = if init == InitLook::A { (elsewhere, zero) } else { (zero, elsewhere) };
        moved(&mut drawn, a, N, of_a);
        moved(&mut drawn, b, R, of_b);
    }
    let found = diagnosed(&ended, None);
    let at = format!("{init:?} {zero} {along} {elsewhere}");
    assert_eq!(found.findings.start.verdict, init, "{at}");
    for (module, ((a_0, b_0), (a, b))) in found.found.modules.iter().zip(begun.iter().zip(&ended)) {
        let (by_a, by_b) = (minus(a, a_0), minus(b, b_0));
        let deltas = module.deltas.expect("a start");
        let [delta1, delta2, delta3, total] =
            [(b_0, &by_a), (&by_b, a_0), (&by_b, &by_a), (b, a)].map(|(b, a)| SCALING * norm(b, a));
        let (no, part) = if init == InitLook::A {
            assert_eq!((deltas.zero, deltas.start_part), ("delta1", "delta2"));
            (delta1, delta2)
        } else {
            assert_eq!((deltas.zero, deltas.start_part), ("delta2", "delta1"));
            (delta2, delta1)
        };
        assert!(no == 0.0 && (deltas.total / total - 1.0).abs() < 1e-4, "{at}: {total}");
        assert!(part <= deltas.start_at_most && part > 0.2 * deltas.start_at_most, "{at}: {part}");
        assert!(deltas.start_typical <= deltas.start_at_most, "{at}");
        let [low, high] = [deltas.delta3_at_least, deltas.delta3_at_most];
        assert!(low <= delta3 * 1.0001 && delta3 <= high, "{at}: {delta3} in [{low}, {high}]");
    }
}

#[test]
fn the_true_parts_are_within_their_bounds() {
    for along in [0.1, -0.1] {
        check(InitLook::A, 0.01, along, 0.0);
        check(InitLook::B, 0.02, along / 10.0, 0.0);
    }
    check(InitLook::A, 0.01, 0.0, 0.01);
    check(InitLook::B, 0.2, 0.0, 0.01);
    // The movement is the larger part, so δ3 is bounded from below.
    check(InitLook::A, 0.01, 0.9, 0.0);
}
