//! The forward pass of new tokens behind those that are kept.

use std::ops::Range;

use super::attention;
use super::cache::Cache;
use crate::buffer::Buffer;
use crate::embedding;
use crate::head::normed;
use crate::linear;
use crate::mlp;
use crate::model::rotary;
use crate::net::{Block, Head};
use crate::norm;
use crate::pass::Pass;
use crate::rotary::Rotary;
use crate::vector::add;

/// New tokens of one sequence.
pub struct Part<'p> {
    /// The tokens.
    pub ids: &'p [u32],
    /// What was read before, and afterwards these tokens, too.
    pub cache: &'p mut Cache,
}

/// Reads tokens.
pub struct Reader<'a> {
    pass: &'a Pass<'a>,
    rotary: Option<Rotary>,
}

impl<'a> Reader<'a> {
    /// For sequences of up to `longest` tokens.
    pub fn new(pass: &'a Pass<'a>, longest: usize) -> Self {
        Self { pass, rotary: rotary(pass.net, longest) }
    }

    /// Logits of the token behind each sequence \[sequences, vocabulary\].
    pub fn logits(&self, parts: &mut [Part]) -> Buffer {
        let (pass, width) = (self.pass, self.pass.net.config.width);
        let Head::NextToken(head) = &pass.net.head else { return Buffer::default() };
        let (x, rows) = self.hidden(parts);
        let last: Vec<f32> =
            rows.iter().flat_map(|rows| &x[(rows.end - 1) * width..][..width]).copied().collect();
        let last = normed(pass, Buffer::copy(&last));
        linear::forward(pass, head, &last, rows.len()).0
    }

    /// Hidden states \[rows, n\] behind the last block, and the rows of each sequence.
    fn hidden(&self, parts: &mut [Part]) -> (Buffer, Vec<Range<usize>>) {
        let ids: Vec<u32> = parts.iter().flat_map(|part| part.ids).copied().collect();
        let mut from = 0;
        let rows = parts.iter().map(|part| {
            from += part.ids.len();
            from - part.ids.len()..from
        });
        let rows: Vec<Range<usize>> = rows.collect();
        let mut x = embedding::forward(self.pass, &ids, &rows).0;
        for (index, block) in self.pass.net.blocks.iter().enumerate() {
            self.block(index, block, parts, &rows, &mut x);
        }
        for part in parts.iter_mut() {
            part.cache.places += part.ids.len();
        }
        (x, rows)
    }

    /// x ← x + attention(norm(x)), then x ← x + mlp(norm(x)): models that write have their norms there.
    fn block(
        &self,
        index: usize,
        block: &Block,
        parts: &mut [Part],
        rows: &[Range<usize>],
        x: &mut [f32],
    ) {
        let (pass, rotary) = (self.pass, self.rotary.as_ref());
        let normed = norm::forward(pass, &block.attention_norm, x).0;
        let caches = parts.iter_mut().map(|part| {
            let Cache { blocks, places } = &mut *part.cache;
            (&mut blocks[index], *places)
        });
        add(
            x,
            &attention::forward(pass, &block.attention, rotary, &normed, rows.iter().zip(caches)),
        );
        let normed = norm::forward(pass, &block.mlp_norm, x).0;
        add(x, &mlp::forward(pass, &block.mlp, &normed).0);
    }
}
