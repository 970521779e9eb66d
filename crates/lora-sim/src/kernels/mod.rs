//! The fused inner loops, written once over sixteen SIMD lanes and compiled for each instruction set.

// Register blocks are small arrays walked by index, so that every loop unrolls.
#![allow(clippy::needless_range_loop)]

mod activate;
mod chains;
mod data_sums;
mod factors;
mod forward;
mod gram;
#[cfg(target_arch = "aarch64")]
mod neon;
mod neuron_rows;
mod neuron_sums;
mod portable;
mod relu;
mod simd;
mod slopes;
mod tables;
#[cfg(test)]
mod tests;
mod update;
mod wide;
#[cfg(target_arch = "x86_64")]
mod x86;

pub use chains::CHAIN_COUNTS;
pub use data_sums::DataSums;
pub use factors::TileRows;
pub use forward::{Forward, Preactivations, TILE};
pub use gram::{Columns, GramRows, Running, RunningSingle, SIDE};
pub use neuron_rows::NeuronRows;
pub use neuron_sums::{Destination, NeuronSums};
pub use relu::{ReluPass, ReluRun, ReluTile, TILE_TABLES};
pub use slopes::SlopeTile;
pub use tables::MaskedSums;
pub use update::{ParameterSlice, Rule};

use crate::spec::Activation;
use activate::{Gelu, Relu, Tanh};

/// A SIMD instruction set of this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Isa(Set);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Set {
    #[cfg(target_arch = "x86_64")]
    Avx512,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "aarch64")]
    Neon,
    Portable,
}

impl Isa {
    /// All instruction sets of this machine, fastest first.
    #[allow(clippy::vec_init_then_push)] // where nothing is asked in between
    pub fn available() -> Vec<Self> {
        let mut sets = Vec::new();
        #[cfg(target_arch = "x86_64")]
        {
            let avx2 = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
            if avx2 && is_x86_feature_detected!("avx512f") {
                sets.push(Self(Set::Avx512));
            }
            if avx2 {
                sets.push(Self(Set::Avx2));
            }
        }
        // Every 64-bit Arm has it.
        #[cfg(target_arch = "aarch64")]
        sets.push(Self(Set::Neon));
        sets.push(Self(Set::Portable));
        sets
    }

    /// The fastest instruction set of this machine.
    pub fn best() -> Self {
        Self::available()[0]
    }

    /// Its usual name.
    pub fn name(self) -> &'static str {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            Set::Avx512 => "AVX-512",
            #[cfg(target_arch = "x86_64")]
            Set::Avx2 => "AVX2",
            #[cfg(target_arch = "aarch64")]
            Set::Neon => "NEON",
            Set::Portable => "portable",
        }
    }
}

/// Compiles a kernel for each instruction set and dispatches on the given one. `$rows` × `$lines` is
/// the register block of products: 32 registers of 16 floats, 16 of 8, 32 of 4, or the compiler's
/// choice. `$sums` × `$sixteens` is the block of masked sums, whose mask words take registers too.
macro_rules! stamp {
    ($name:ident($($arg:ident: $ty:ty),*) $(-> $out:ty)?, |$set:ident, $rows:ident, $lines:ident $(; $sums:ident, $sixteens:ident)?| $body:expr) => {
        pub(crate) fn $name(isa: Isa, $($arg: $ty),*) $(-> $out)? {
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx512f,avx2,fma")]
            unsafe fn avx512($($arg: $ty),*) $(-> $out)? {
                type $set = x86::Avx512;
                const $rows: usize = 4;
                const $lines: usize = 4;
                $(const $sums: usize = 4; const $sixteens: usize = 4;)?
                // SAFETY: `Isa` holds only sets that the machine has.
                #[allow(unused_unsafe)]
                unsafe { $body }
            }
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma")]
            unsafe fn avx2($($arg: $ty),*) $(-> $out)? {
                type $set = x86::Avx2;
                const $rows: usize = 2;
                const $lines: usize = 2;
                $(const $sums: usize = 4; const $sixteens: usize = 1;)?
                // SAFETY: as above.
                #[allow(unused_unsafe)]
                unsafe { $body }
            }
            #[cfg(target_arch = "aarch64")]
            fn neon($($arg: $ty),*) $(-> $out)? {
                type $set = neon::Neon;
                const $rows: usize = 4;
                const $lines: usize = 1;
                $(const $sums: usize = 4; const $sixteens: usize = 1;)?
                // SAFETY: every 64-bit Arm has it.
                #[allow(unused_unsafe)]
                unsafe { $body }
            }
            fn plain($($arg: $ty),*) $(-> $out)? {
                type $set = portable::Portable;
                const $rows: usize = 2;
                const $lines: usize = 1;
                $(const $sums: usize = 2; const $sixteens: usize = 1;)?
                // SAFETY: every machine has it.
                #[allow(unused_unsafe)]
                unsafe { $body }
            }
            match isa.0 {
                // SAFETY: `Isa` holds only sets that the machine has.
                #[cfg(target_arch = "x86_64")]
                Set::Avx512 => unsafe { avx512($($arg),*) },
                // SAFETY: as above.
                #[cfg(target_arch = "x86_64")]
                Set::Avx2 => unsafe { avx2($($arg),*) },
                #[cfg(target_arch = "aarch64")]
                Set::Neon => neon($($arg),*),
                Set::Portable => plain($($arg),*),
            }
        }
    };
}

stamp!(activate(activation: Activation, x: &mut [f32]), |S, _I, _M| match activation {
    Activation::Relu => activate::apply::<S, Relu>(x),
    Activation::Tanh => activate::apply::<S, Tanh>(x),
    Activation::Gelu => activate::apply::<S, Gelu>(x),
});

stamp!(forward(activation: Activation, pass: Forward), |S, I, M| {
    match (activation, pass.linearised) {
        (Activation::Relu, false) => forward::forward::<S, Relu, false, I, M>(pass),
        (Activation::Tanh, false) => forward::forward::<S, Tanh, false, I, M>(pass),
        (Activation::Gelu, false) => forward::forward::<S, Gelu, false, I, M>(pass),
        (Activation::Relu, true) => forward::forward::<S, Relu, true, I, M>(pass),
        (Activation::Tanh, true) => forward::forward::<S, Tanh, true, I, M>(pass),
        (Activation::Gelu, true) => forward::forward::<S, Gelu, true, I, M>(pass),
    }
});

stamp!(slopes(activation: Activation, tile: SlopeTile), |S, _I, _M| {
    match (activation, tile.linearised) {
        (Activation::Relu, false) => slopes::slopes::<S, Relu, false>(tile),
        (Activation::Tanh, false) => slopes::slopes::<S, Tanh, false>(tile),
        (Activation::Gelu, false) => slopes::slopes::<S, Gelu, false>(tile),
        (Activation::Relu, true) => slopes::slopes::<S, Relu, true>(tile),
        (Activation::Tanh, true) => slopes::slopes::<S, Tanh, true>(tile),
        (Activation::Gelu, true) => slopes::slopes::<S, Gelu, true>(tile),
    }
});

stamp!(tile_rows(rows: TileRows), |S, _I, _M| factors::fill::<S>(rows));

stamp!(relu_pass(pass: ReluPass), |S, I, M; K, L| {
    if pass.tile.linearised {
        relu::relu_pass::<S, true, I, M, K, L>(pass);
    } else {
        relu::relu_pass::<S, false, I, M, K, L>(pass);
    }
});

stamp!(neuron_sums(sums: NeuronSums), |S, K, M| neuron_sums::neuron_sums::<S, K, M>(sums));

stamp!(data_sums(sums: DataSums), |S, I, K| data_sums::data_sums::<S, I, K>(sums));

stamp!(subset_sums(x: &[f32], out: &mut [f32]), |S, _I, _M| tables::subset_sums::<S>(x, out));

stamp!(masked_sums(sums: MaskedSums), |S, _I, _M; K, L| tables::masked_sums::<S, K, L>(sums));

stamp!(update(rule: Rule, slice: ParameterSlice) -> f64, |_S, _I, _M| update::update(rule, slice));

stamp!(gram(rows: GramRows<Columns, Running>), |S, _I, _M| gram::gram::<S>(rows));

stamp!(gram_single(rows: GramRows<&[f32], RunningSingle>), |S, _I, _M| {
    gram::gram_single::<S>(rows)
});

stamp!(sum(x: &[f64]) -> f64, |_S, _I, _M| wide::sum(x));

stamp!(sum_of_roots(x: &[f64]) -> f64, |_S, _I, _M| wide::sum_of_roots(x));

stamp!(errors(f: &[f64], y: &[f32], scale: f64, e: &mut [f32]) -> f64, |_S, _I, _M| {
    wide::errors(f, y, scale, e)
});

stamp!(product(x: &[f32], y: &[f32], out: &mut [f32]), |_S, _I, _M| wide::product(x, y, out));

stamp!(scale(x: &mut [f32], y: &[f32]), |_S, _I, _M| wide::scale(x, y));

stamp!(widen(x: &[f32], minus: Option<&[f32]>, out: &mut [f64]), |_S, _I, _M| {
    wide::widen(x, minus, out)
});

stamp!(squared_distance(x: &[f32], y: &[f32]) -> f64, |_S, _I, _M| wide::squared_distance(x, y));

stamp!(quadratic_forms(gram: &[f64], rows: &[Vec<f64>], out: &mut [f64]), |_S, _I, _M| {
    wide::quadratic_forms(gram, rows, out)
});

stamp!(add_widened(out: &mut [f64], x: &[f32]), |_S, _I, _M| wide::add_widened(out, x));

stamp!(add(out: &mut [f32], x: &[f32]), |_S, _I, _M| wide::add(out, x));

stamp!(multiply_add_chains(chains: usize, rounds: usize) -> f32, |S, _I, _M| match chains {
    3 => chains::multiply_add_chains::<S, 3>(rounds),
    4 => chains::multiply_add_chains::<S, 4>(rounds),
    6 => chains::multiply_add_chains::<S, 6>(rounds),
    12 => chains::multiply_add_chains::<S, 12>(rounds),
    other => unreachable!("{other} chains are not among {CHAIN_COUNTS:?}"),
});
