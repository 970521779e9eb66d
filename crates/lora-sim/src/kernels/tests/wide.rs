//! What is measured in f64.

use super::*;
use crate::kernels::{self, GramRows, quadratic_forms};

/// Within the roundings of `terms` terms of f64.
fn assert_close(got: f64, terms: &[f64]) {
    let sum = Sum::of(terms.iter().copied());
    let within = (terms.len() + 4) as f64 * f64::EPSILON * sum.size;
    assert!((got - sum.value).abs() <= within, "{got} instead of {}", sum.value);
}

/// What `run` returns, which must be the same on all sets.
#[track_caller]
fn everywhere<T: PartialEq + std::fmt::Debug>(run: impl Fn(Isa) -> T) -> T {
    let first = run(Isa::available()[0]);
    for isa in Isa::available() {
        assert_eq!(run(isa), first, "{}", isa.name());
    }
    first
}

/// The f32 that x rounds to, and back.
fn rounded(x: &[f64]) -> Vec<f32> {
    x.iter().map(|&x| x as f32).collect()
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn sums_agree(len in 0usize..100, seed: u64) {
        let x = Numbers(seed).wide(len);
        assert_close(everywhere(|isa| kernels::sum(isa, &x)), &x);
        let squares: Vec<_> = x.iter().map(|x| x * x).collect();
        let roots: Vec<_> = squares.iter().map(|x| x.sqrt()).collect();
        assert_close(everywhere(|isa| kernels::sum_of_roots(isa, &squares)), &roots);
    }

    #[test]
    fn gram_adds_products_of_rows_above_the_diagonal(
        (rank, columns) in (1usize..=9, (0usize..20, 0usize..40)),
        change: bool,
        seed: u64,
    ) {
        let mut numbers = Numbers(seed);
        let columns = [columns.0, columns.1];
        let mut draw = || columns.map(|columns| rounded(&numbers.wide(rank * columns)));
        let (values, minus) = (draw(), draw());
        let minus = |block: usize| change.then_some(&minus[block][..]);
        let blocks = [(&values[0][..], minus(0)), (&values[1][..], minus(1))];
        let before = numbers.wide(rank * rank * kernels::Running::default().len());
        let gram = everywhere(|isa| {
            let mut sums: Vec<kernels::Running> =
                before.chunks(8).map(|sums| sums.try_into().expect("eight sums")).collect();
            for (chunk, sums) in sums.chunks_mut(kernels::SIDE * rank).enumerate() {
                let first = chunk * kernels::SIDE;
                kernels::gram(isa, GramRows { blocks: &blocks, rank, first, sums });
            }
            sums.into_iter().flatten().collect::<Vec<f64>>()
        });
        let entry = |block: usize, at: usize| {
            f64::from(values[block][at]) - minus(block).map_or(0.0, |minus| f64::from(minus[at]))
        };
        for (at, (got, before)) in gram.chunks(8).zip(before.chunks(8)).enumerate() {
            let (k, l) = (at / rank, at % rank);
            let products = [0, 1].into_iter().flat_map(|block| {
                let row = move |k: usize, c| entry(block, k * columns[block] + c);
                (0..columns[block]).map(move |c| row(k, c) * row(l, c))
            });
            let terms: Vec<f64> = products.chain(before.iter().copied()).collect();
            if l >= k {
                assert_close(got.iter().sum(), &terms);
            }
        }
    }

    /// In f32 within the roundings of its running sums, all of which are added to what was there.
    #[test]
    fn single_gram_adds_products_of_rows_above_the_diagonal(
        (rank, columns) in (1usize..=9, (0usize..40, 0usize..80)),
        seed: u64,
    ) {
        let mut numbers = Numbers(seed);
        let columns = [columns.0, columns.1];
        let values = columns.map(|columns| numbers.some(rank * columns));
        let blocks = [&values[0][..], &values[1][..]];
        let before = numbers.some(rank * rank * 16);
        for isa in Isa::available() {
            let mut sums: Vec<kernels::RunningSingle> =
                before.chunks(16).map(|sums| sums.try_into().expect("sixteen sums")).collect();
            for (chunk, sums) in sums.chunks_mut(kernels::SIDE * rank).enumerate() {
                let first = chunk * kernels::SIDE;
                kernels::gram_single(isa, GramRows { blocks: &blocks, rank, first, sums });
            }
            for (at, (got, before)) in sums.iter().zip(before.chunks(16)).enumerate() {
                let (k, l) = (at / rank, at % rank);
                let products = [0, 1].into_iter().flat_map(|block| {
                    let (values, columns) = (&values[block], columns[block]);
                    let entry = move |k: usize, c: usize| f64::from(values[k * columns + c]);
                    (0..columns).map(move |c| entry(k, c) * entry(l, c))
                });
                let terms = Sum::of(products.chain(before.iter().map(|&x| f64::from(x))));
                let got: f64 = got.iter().map(|&x| f64::from(x)).sum();
                let within = 20.0 * f64::from(f32::EPSILON) * terms.size;
                prop_assert!(l < k || (got - terms.value).abs() <= within, "{got} {terms:?}");
            }
        }
    }

    #[test]
    fn quadratic_forms_are_of_the_symmetric_matrix(
        (rank, columns) in (1usize..=9, 0usize..70),
        seed: u64,
    ) {
        let mut numbers = Numbers(seed);
        let rows: Vec<_> = (0..rank).map(|_| numbers.wide(columns)).collect();
        let mut gram = numbers.wide(rank * rank);
        // Positive definite, its lower triangle never read.
        for at in 0..rank * rank {
            let (k, l) = (at / rank, at % rank);
            gram[at] = if k == l { rank as f64 } else if l < k { f64::NAN } else { gram[at] };
        }
        let forms = everywhere(|isa| {
            let mut out = vec![f64::NAN; columns];
            quadratic_forms(isa, &gram, &rows, &mut out);
            out
        });
        for (c, &got) in forms.iter().enumerate() {
            let entry = |k: usize, l: usize| gram[k.min(l) * rank + k.max(l)];
            let pairs = (0..rank * rank).map(|at| (at / rank, at % rank));
            let terms: Vec<_> = pairs.map(|(k, l)| rows[k][c] * entry(k, l) * rows[l][c]).collect();
            prop_assert!(got >= 0.0);
            assert_close(got, &terms);
        }
    }

    #[test]
    fn errors_are_scaled_and_squared(
        (len, further) in (0usize..70, 0usize..20),
        scale in 0.01f64..2.0,
        seed: u64,
    ) {
        let mut numbers = Numbers(seed);
        let (f, y) = (numbers.wide(len), numbers.some(len));
        let (e, sum) = everywhere(|isa| {
            let mut e = vec![GUARD; len + further];
            let sum = kernels::errors(isa, &f, &y, scale, &mut e);
            (e, sum)
        });
        let errors: Vec<_> = f.iter().zip(&y).map(|(f, &y)| f - f64::from(y)).collect();
        assert_close(sum, &errors.iter().map(|e| e * e).collect::<Vec<_>>());
        let scaled: Vec<_> = errors.iter().map(|e| scale * e).collect();
        prop_assert_eq!(&e[..len], &rounded(&scaled)[..]);
        prop_assert!(e[len..].iter().all(|&e| e == GUARD));
    }

    #[test]
    fn distances_agree(len in 0usize..100, seed: u64) {
        let mut numbers = Numbers(seed);
        let (x, y) = (numbers.some(len), numbers.some(len));
        let squares = x.iter().zip(&y).map(|(&x, &y)| (f64::from(x) - f64::from(y)).powi(2));
        let got = everywhere(|isa| kernels::squared_distance(isa, &x, &y));
        assert_close(got, &squares.collect::<Vec<_>>());
    }

    /// One operation an entry: no rounding but its own.
    #[test]
    fn entries_go_alone(len in 0usize..70, seed: u64) {
        let mut numbers = Numbers(seed);
        let (x, y, wide) = (numbers.some(len), numbers.some(len), numbers.wide(len));
        for isa in Isa::available() {
            let [mut product, mut scaled, mut added] = [vec![GUARD; len], x.clone(), x.clone()];
            kernels::product(isa, &x, &y, &mut product);
            kernels::scale(isa, &mut scaled, &y);
            kernels::add(isa, &mut added, &y);
            let [mut widened, mut differences] = [vec![f64::NAN; len], vec![f64::NAN; len]];
            let mut sums = wide.clone();
            kernels::widen(isa, &x, None, &mut widened);
            kernels::widen(isa, &x, Some(&y), &mut differences);
            kernels::add_widened(isa, &mut sums, &x);
            for at in 0..len {
                let (x, y) = (x[at], y[at]);
                prop_assert_eq!([product[at], scaled[at], added[at]], [x * y, x * y, x + y]);
                prop_assert_eq!(widened[at], f64::from(x));
                prop_assert_eq!(differences[at], f64::from(x) - f64::from(y));
                prop_assert_eq!(sums[at], wide[at] + f64::from(x));
            }
        }
    }
}

#[test]
fn what_is_not_finite_shows_in_forms_and_sums() {
    for isa in Isa::available() {
        for bad in [f64::NAN, f64::INFINITY] {
            let mut x = vec![1.0; 40];
            x[37] = bad;
            assert!(!kernels::sum(isa, &x).is_finite());
            assert!(!kernels::sum_of_roots(isa, &x).is_finite());
            let mut forms = vec![0.0; 40];
            // A weight of 0 times ∞ is NaN, not 0.
            quadratic_forms(isa, &[0.0], &[x], &mut forms);
            assert!(forms.iter().enumerate().all(|(c, form)| form.is_nan() == (c == 37)));
        }
    }
}
