//! A and B of a run with their moments and starts.

use lora_sim::spec::Model;
use lora_sim::{AdapterState, Isa, ParameterSlice, Rule};
use ndarray::{Array2, ArrayView2, Axis, concatenate, s};

/// A factor of all layers, L r × n: A, or B transposed. The rows of the first layer are the first r.
pub struct Factor {
    pub value: Array2<f32>,
    start: Array2<f32>,
    m: Array2<f32>,
    v: Array2<f32>,
}

/// Both factors.
pub struct Factors {
    pub a: Factor,
    /// B transposed.
    pub b: Factor,
    rank: usize,
}

/// The bare layer whose A and B hold those of all L layers of a network: its rank is L r, and its starts have the laws of
/// rank r. States of the network have its shapes.
pub fn of_all_layers(model: &Model) -> Model {
    let layers = model.ingredients.layers;
    let b_scale = model.b_scale * (layers as f64).sqrt();
    Model { rank: layers.saturating_mul(model.rank), b_scale, ..model.bare() }
}

/// The rows of some matrices, one below the other.
pub fn stacked(mut parts: Vec<Array2<f32>>) -> Array2<f32> {
    if parts.len() == 1 {
        return parts.remove(0);
    }
    let views: Vec<_> = parts.iter().map(|part| part.view()).collect();
    concatenate(Axis(0), &views).expect("n columns each")
}

/// Updates a matrix with its two moments by its gradient, all of one shape, and returns Σ g².
pub fn update(
    isa: Isa,
    rule: Rule,
    matrices: [&mut Array2<f32>; 3],
    gradient: &Array2<f32>,
) -> f64 {
    let [theta, m, v] = matrices.map(entries_mut);
    // A product of two columns lies column by column.
    let gradient = gradient.as_standard_layout();
    let g = gradient.as_slice().expect("row after row");
    rule.apply(isa, ParameterSlice { theta, m, v, g })
}

impl Factor {
    fn new(value: Array2<f32>, m: Array2<f32>, v: Array2<f32>) -> Self {
        Self { start: value.clone(), value, m, v }
    }

    /// Updates it by its gradient, r × n, and returns Σ g².
    pub fn update(&mut self, isa: Isa, rule: Rule, gradient: &Array2<f32>) -> f64 {
        update(isa, rule, [&mut self.value, &mut self.m, &mut self.v], gradient)
    }

    /// Root of the mean square of its movement from the start.
    pub fn moved(&self) -> f64 {
        let apart = self.value.iter().zip(&self.start);
        let squares = apart.map(|(&now, &start)| (f64::from(now) - f64::from(start)).powi(2));
        (squares.sum::<f64>() / self.value.len() as f64).sqrt()
    }
}

impl Factors {
    /// From a start state, for adapters of a rank.
    pub fn new(state: &AdapterState, rank: usize) -> Self {
        let across = |matrix: &Array2<f32>| matrix.t().as_standard_layout().into_owned();
        let lying = |matrix: &Array2<f32>| matrix.as_standard_layout().into_owned();
        Self {
            a: Factor::new(lying(&state.a), lying(&state.m_a), lying(&state.v_a)),
            b: Factor::new(across(&state.b), across(&state.m_b), across(&state.v_b)),
            rank,
        }
    }

    /// A and B transposed of a layer, r × n each.
    pub fn of(&self, layer: usize) -> [ArrayView2<'_, f32>; 2] {
        let rows = layer * self.rank..(layer + 1) * self.rank;
        [&self.a, &self.b].map(|factor| factor.value.slice(s![rows.clone(), ..]))
    }

    /// The state after `step` updates.
    pub fn state(self, step: usize) -> AdapterState {
        let down = |matrix: Array2<f32>| matrix.reversed_axes().as_standard_layout().into_owned();
        let Self { a, b, .. } = self;
        AdapterState {
            a: a.value,
            m_a: a.m,
            v_a: a.v,
            b: down(b.value),
            m_b: down(b.m),
            v_b: down(b.v),
            step,
        }
    }
}

/// All entries of a matrix that is row after row, as all of this crate's are.
pub fn entries(matrix: &Array2<f32>) -> &[f32] {
    matrix.as_slice().expect("row after row")
}

fn entries_mut(matrix: &mut Array2<f32>) -> &mut [f32] {
    matrix.as_slice_mut().expect("row after row")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A random entry of B has the standard deviation `b_scale` r^-1/2 in every layer.
    #[test]
    fn starts_of_all_layers_have_the_laws_of_one() {
        let mut model = Model { rank: 6, b_scale: 0.5, ..Model::default() };
        model.ingredients.layers = 3;
        let all = of_all_layers(&model);
        assert_eq!((all.rank, all.a_scale), (18, model.a_scale));
        let deviation = |model: &Model| model.b_scale / (model.rank as f64).sqrt();
        assert!((deviation(&all) / deviation(&model) - 1.0).abs() < 1e-15);
    }
}
