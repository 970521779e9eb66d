//! Keys and values of the tokens that a model has read.

use crate::net::Net;

/// What attention needs of the earlier tokens of a sequence.
#[derive(Clone, Debug)]
pub struct Cache {
    /// By block: keys, turned by their places, and values \[places, key-value heads · d\].
    pub blocks: Vec<[Vec<f32>; 2]>,
    /// Tokens that were read.
    pub places: usize,
}

impl Cache {
    /// Of a sequence without a token.
    pub fn new(net: &Net) -> Self {
        Self { blocks: vec![Default::default(); net.blocks.len()], places: 0 }
    }
}
