//! The factors of one adapted module.

/// A and B of one module, with the scaling of their product.
#[derive(Clone, Debug, PartialEq)]
pub struct Adapter {
    /// A \[r, in\]; of an embedding \[r, vocabulary\].
    pub a: Vec<f32>,
    /// B \[out, r\].
    pub b: Vec<f32>,
    /// r.
    pub rank: usize,
    /// s: alpha/r, or alpha/√r with rsLoRA.
    pub scaling: f32,
}

impl Adapter {
    /// Fan-in.
    pub fn inputs(&self) -> usize {
        self.a.len() / self.rank
    }

    /// Fan-out.
    pub fn outputs(&self) -> usize {
        self.b.len() / self.rank
    }
}
