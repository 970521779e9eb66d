//! What is not finite goes through relu's pass where it must, and nowhere else.

use super::relu::{Left, Passes, Shape};
use super::*;
use crate::kernels::TILE;

fn shape() -> impl Strategy<Value = Shape> {
    // One tile, so that what was spoilt is seen in one pass.
    (Shape::any(), 1usize..=TILE).prop_map(|(shape, rows)| Shape {
        tiles: vec![rows],
        linearised: false,
        ..shape
    })
}

/// One entry of what goes into a preactivation.
#[derive(Clone, Copy, Debug)]
enum Operand {
    H,
    Za,
    B,
}

/// Makes one entry NaN; returns the run and the column where it shows, if not everywhere.
fn spoil(
    passes: &mut Passes,
    operand: Operand,
    numbers: &mut Numbers,
) -> (Option<usize>, Option<usize>) {
    let (shape, tile) = (&passes.shape, &mut passes.tiles[0]);
    let (row, column) = (numbers.below(tile.w_out.len()), numbers.below(shape.columns()));
    let (run, k) = (numbers.below(shape.runs), numbers.below(shape.rank));
    match operand {
        Operand::H => {
            tile.h[row * shape.stride() + column] = f32::NAN;
            (None, Some(column))
        }
        Operand::Za => {
            passes.za[run][k * shape.stride() + column] = f32::NAN;
            (Some(run), Some(column))
        }
        Operand::B => {
            tile.sb[run][k * TILE + row] = f32::NAN;
            tile.multiply();
            (Some(run), None)
        }
    }
}

/// f is NaN in the columns that were spoilt and nowhere else.
fn check_outputs(left: &Left, columns: usize, spoilt: impl Fn(usize) -> bool, name: &str) {
    for (column, f) in left.f[..columns].iter().enumerate() {
        assert_eq!(f.is_nan(), spoilt(column), "{name}: f is {f} at {column}");
    }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn nan_shows_in_the_outputs(
        shape in shape(),
        operand in prop::sample::select(vec![Operand::H, Operand::Za, Operand::B]),
        seed: u64,
    ) {
        let mut passes = Passes::random(shape, seed);
        let (run, column) = spoil(&mut passes, operand, &mut Numbers(!seed));
        let columns = passes.shape.columns();
        for isa in Isa::available() {
            for (position, left) in passes.all_runs(isa, None).iter().enumerate() {
                let of_run = run.is_none_or(|run| run == position);
                let spoilt = |at: usize| of_run && column.is_none_or(|column| column == at);
                check_outputs(left, columns, spoilt, isa.name());
            }
        }
    }

    /// s B_ik infinite: where z_k has the other sign, the neuron is off and must not show.
    #[test]
    fn infinite_factors_of_neurons_that_are_off_do_not_show(
        shape in shape(),
        infinity in prop::sample::select(vec![f32::INFINITY, f32::NEG_INFINITY]),
        seed: u64,
    ) {
        let mut passes = Passes::random(shape, seed);
        let mut numbers = Numbers(!seed);
        let (columns, stride) = (passes.shape.columns(), passes.shape.stride());
        let (row, k) = (numbers.below(passes.shape.tiles[0]), numbers.below(passes.shape.rank));
        passes.tiles[0].w_out[row] = numbers.nonzero();
        passes.tiles[0].sb[0][k * TILE + row] = infinity;
        passes.tiles[0].multiply();
        for isa in Isa::available() {
            let left = &passes.all_runs(isa, None)[0];
            for column in 0..columns {
                // 0·∞ is NaN, and on.
                let off = passes.za[0][k * stride + column] * infinity < 0.0;
                prop_assert_eq!(left.is_on(0, row, column), !off);
                prop_assert_eq!(left.f[column].is_finite(), off, "{}", isa.name());
                for (l, dza) in left.dza.chunks(columns).enumerate() {
                    prop_assert_eq!(dza[column].is_finite(), off || l != k, "{}", isa.name());
                }
            }
        }
    }
}
