//! A and B together, as matrices and as one vector.

use lora_sim::AdapterState;
use ndarray::{Array1, Array2, s};

/// Two matrices of the shapes of A and B: the factors themselves, a gradient, or a direction.
#[derive(Clone, Debug, PartialEq)]
pub struct Factors {
    /// r × n.
    pub a: Array2<f64>,
    /// n × r.
    pub b: Array2<f64>,
}

impl Factors {
    /// Zeros for width n and rank r.
    pub fn zeros(width: usize, rank: usize) -> Self {
        Self { a: Array2::zeros((rank, width)), b: Array2::zeros((width, rank)) }
    }

    /// The factors of a state.
    pub fn of_state(state: &AdapterState) -> Self {
        Self { a: state.a.mapv(f64::from), b: state.b.mapv(f64::from) }
    }

    /// All entries, A's rows first.
    pub fn to_vector(&self) -> Array1<f64> {
        self.a.iter().chain(&self.b).copied().collect()
    }

    /// The matrices of such a vector, with the shapes of `self`.
    ///
    /// # Panics
    /// If the vector has another number of entries.
    pub fn with_entries(&self, vector: &Array1<f64>) -> Self {
        let of = |part: ndarray::ArrayView1<f64>, shape| {
            let part = part.to_owned();
            part.into_shape_with_order(shape).expect("as many entries as the matrix")
        };
        let split = self.a.len();
        Self {
            a: of(vector.slice(s![..split]), self.a.dim()),
            b: of(vector.slice(s![split..]), self.b.dim()),
        }
    }

    /// A function of the entries of two, place by place.
    pub fn combine(&self, other: &Self, f: impl Fn(f64, f64) -> f64) -> Self {
        let of = |one: &Array2<f64>, other: &Array2<f64>| {
            ndarray::Zip::from(one).and(other).map_collect(|&x, &y| f(x, y))
        };
        Self { a: of(&self.a, &other.a), b: of(&self.b, &other.b) }
    }

    /// A function of every entry.
    pub fn map(&self, f: impl Fn(f64) -> f64) -> Self {
        Self { a: self.a.mapv(&f), b: self.b.mapv(&f) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vector_holds_the_entries_in_their_places() {
        let mut factors = Factors::zeros(3, 2);
        factors.a[(1, 2)] = 5.0;
        factors.b[(2, 0)] = 7.0;
        let vector = factors.to_vector();
        assert_eq!((vector.len(), vector[5], vector[10]), (12, 5.0, 7.0));
        assert_eq!(factors.with_entries(&vector), factors);
    }
}
