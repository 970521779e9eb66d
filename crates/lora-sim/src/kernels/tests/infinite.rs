//! What is not finite goes through relu's pass where it must, and nowhere else: where the neuron is on. In the
//! network itself it is on where its preactivation is above 0 or NaN. Linearised, it is on where H is, so that
//! an infinite or undefined preactivation of a neuron that H turns off does not show, as little as minus infinity
//! does in the network.

use super::relu::{Left, Passes, Shape};
use super::*;
use crate::kernels::TILE;

fn shape() -> impl Strategy<Value = Shape> {
    // One tile, so that what was spoilt is seen in one pass.
    (Shape::any(), 1usize..=TILE).prop_map(|(shape, rows)| Shape { tiles: vec![rows], ..shape })
}

/// One entry of what goes into a preactivation.
#[derive(Clone, Copy, Debug)]
enum Operand {
    H,
    Za,
    B,
}

/// An entry that was made NaN: the run, the row and the column that it belongs to, if not to all.
#[derive(Clone, Copy, Debug, Default)]
struct Spoilt {
    run: Option<usize>,
    row: Option<usize>,
    column: Option<usize>,
}

impl Spoilt {
    /// Whether the preactivation of a row is NaN at a column.
    fn reaches(self, row: usize, column: usize) -> bool {
        self.row.is_none_or(|of| of == row) && self.column.is_none_or(|of| of == column)
    }

    /// Whether f of a run is NaN at a column: some preactivation is, of a neuron that is on.
    fn shows(self, passes: &Passes, run: usize, column: usize) -> bool {
        let (shape, tile) = (&passes.shape, &passes.tiles[0]);
        // NaN is on; and a preactivation is NaN where H is.
        let on = |row: usize| {
            let h = tile.h[row * shape.stride() + column];
            !shape.linearised || h > 0.0 || h.is_nan()
        };
        let mut rows = 0..tile.w_out.len();
        self.run.is_none_or(|of| of == run) && rows.any(|row| self.reaches(row, column) && on(row))
    }
}

/// Makes one entry NaN.
fn spoil(passes: &mut Passes, operand: Operand, numbers: &mut Numbers) -> Spoilt {
    let (shape, tile) = (&passes.shape, &mut passes.tiles[0]);
    let (row, column) = (numbers.below(tile.w_out.len()), numbers.below(shape.columns()));
    let (run, k) = (numbers.below(shape.runs), numbers.below(shape.rank));
    match operand {
        Operand::H => {
            tile.h[row * shape.stride() + column] = f32::NAN;
            Spoilt { row: Some(row), column: Some(column), ..Spoilt::default() }
        }
        Operand::Za => {
            passes.za[run][k * shape.stride() + column] = f32::NAN;
            Spoilt { run: Some(run), column: Some(column), ..Spoilt::default() }
        }
        Operand::B => {
            tile.sb[run][k * TILE + row] = f32::NAN;
            tile.multiply();
            Spoilt { run: Some(run), row: Some(row), ..Spoilt::default() }
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
        let spoilt = spoil(&mut passes, operand, &mut Numbers(!seed));
        let columns = passes.shape.columns();
        for isa in Isa::available() {
            for (run, left) in passes.all_runs(isa, None).iter().enumerate() {
                check_outputs(left, columns, |at| spoilt.shows(&passes, run, at), isa.name());
            }
        }
    }

    /// s B_ik infinite: where z_k has the other sign, or H turns the linearised neuron off, it must not show.
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
                let off = match passes.shape.linearised {
                    true => passes.tiles[0].h[row * stride + column] <= 0.0,
                    false => passes.za[0][k * stride + column] * infinity < 0.0,
                };
                prop_assert_eq!(left.is_on(0, row, column), !off);
                prop_assert_eq!(left.f[column].is_finite(), off, "{}", isa.name());
                for (l, dza) in left.dza.chunks(columns).enumerate() {
                    prop_assert_eq!(dza[column].is_finite(), off || l != k, "{}", isa.name());
                }
            }
        }
    }
}
