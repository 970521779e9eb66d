//! Tokens to vectors: a row for the token, in BERT's families also one for the place and the token type,
//! and a norm behind them.
//!
//! LoRA on the token embedding adds s (B A)_{:, t} for token t.

use std::ops::Range;

use lora_checkpoint::Positions;

use crate::adapter::Adapter;
use crate::buffer::Buffer;
use crate::net::Param;
use crate::norm::{self, Stats};
use crate::observe::{Input, Seen};
use crate::pass::{Gradients, Pass};
use crate::product::{Into, Mat, MatMut, product};
use crate::vector;

/// What the backward pass needs.
#[derive(Debug, Default)]
pub struct EmbeddingTape {
    /// The sum before the norm; empty without a norm.
    sum: Buffer,
    stats: Stats,
    /// A's columns of the tokens \[rows, r\]; empty without an adapter.
    za: Vec<f32>,
}

/// The vectors \[rows, n\] of tokens in sequences that lie one after another.
pub fn forward(pass: &Pass, ids: &[u32], sequences: &[Range<usize>]) -> (Buffer, EmbeddingTape) {
    let (embedding, width) = (&pass.net.embedding, pass.net.config.width);
    let mut x = Buffer::zeros(ids.len() * width);
    let mut scratch = vec![0.0; width];
    for (row, &id) in x.chunks_exact_mut(width).zip(ids) {
        pass.values.add_row(embedding.tokens, id as usize, &mut scratch, row);
    }
    let za = adapt(pass, ids, &mut x);
    if let Some(mut observer) = pass.observer() {
        let seen = Seen { input: Input::Ids(ids), za: &za, output: &x };
        observer.site(embedding.site, seen);
    }
    add_places(pass, sequences, &mut scratch, &mut x);
    match &embedding.norm {
        None => (x, EmbeddingTape { za, ..EmbeddingTape::default() }),
        Some(norm) => {
            let (y, stats) = norm::forward(pass, norm, &x);
            (y, EmbeddingTape { sum: x, stats, za })
        }
    }
}

/// Adds the rows of place and token type. An observer sees the sum behind each table, under its name.
fn add_places(pass: &Pass, sequences: &[Range<usize>], scratch: &mut [f32], x: &mut [f32]) {
    let (embedding, width) = (&pass.net.embedding, scratch.len());
    let observe = |table: Param, x: &[f32]| {
        if let Some(mut observer) = pass.observer() {
            observer.other(&|| pass.net.module(table).to_owned(), x);
        }
    };
    if let Some(positions) = embedding.positions {
        for (place, row) in sequences.iter().flat_map(|sequence| sequence.clone().enumerate()) {
            let row = &mut x[row * width..][..width];
            pass.values.add_row(positions, first_place(pass) + place, scratch, row);
        }
        observe(positions, x);
    }
    if let Some(types) = embedding.types {
        x.chunks_exact_mut(width).for_each(|row| pass.values.add_row(types, 0, scratch, row));
        observe(types, x);
    }
}

fn first_place(pass: &Pass) -> usize {
    match pass.net.config.positions {
        Positions::Learned { first, .. } => first,
        Positions::Rotary { .. } => 0,
    }
}

/// Adds the adapter's part to the token rows; returns A's columns of the tokens.
fn adapt(pass: &Pass, ids: &[u32], x: &mut [f32]) -> Vec<f32> {
    let site = pass.net.embedding.site;
    let Some(adapter) = &pass.adapters[site.0] else { return Vec::new() };
    let (rank, width) = (adapter.rank, pass.net.config.width);
    let za = columns(adapter, ids);
    let (z, b) = (Mat::new(&za, ids.len(), rank), Mat::new(&adapter.b, width, rank));
    product(&mut MatMut::new(x, ids.len(), width), Into::Add, adapter.scaling, z, b.t());
    za
}

/// A's columns of some tokens \[rows, r\].
fn columns(adapter: &Adapter, ids: &[u32]) -> Vec<f32> {
    let vocabulary = adapter.inputs();
    let column =
        |&id: &u32| (0..adapter.rank).map(move |row| adapter.a[row * vocabulary + id as usize]);
    ids.iter().flat_map(column).collect()
}

/// Whether anything of the embedding trains.
pub fn trains(pass: &Pass) -> bool {
    let (embedding, wants) = (&pass.net.embedding, pass.wants);
    let tables = [Some(embedding.tokens), embedding.positions, embedding.types];
    wants.site(embedding.site)
        || tables.into_iter().flatten().any(|table| wants.param(table))
        || embedding.norm.is_some_and(|norm| wants.norm(&norm))
}

/// Adds the gradients of what the embedding trains, given `dy` \[rows, n\].
pub fn backward(
    pass: &Pass,
    ids: &[u32],
    sequences: &[Range<usize>],
    tape: &EmbeddingTape,
    dy: Buffer,
    gradients: &mut Gradients,
) {
    let (embedding, width) = (&pass.net.embedding, pass.net.config.width);
    let dx = match &embedding.norm {
        None => dy,
        Some(norm) => {
            let mut dx = Buffer::zeros(dy.len());
            let saved = (&tape.sum[..], &tape.stats);
            norm::backward(pass, norm, saved, &dy, gradients, Some(&mut dx));
            dx
        }
    };
    let mut add = |table, row: usize, dx: &[f32]| {
        if let Some(gradient) = gradients.params.get_mut(&table) {
            vector::add(&mut gradient[row * width..][..width], dx);
        }
    };
    for sequence in sequences {
        for (place, row) in sequence.clone().enumerate() {
            let dx = &dx[row * width..][..width];
            add(embedding.tokens, ids[row] as usize, dx);
            if let Some(positions) = embedding.positions {
                add(positions, first_place(pass) + place, dx);
            }
            if let Some(types) = embedding.types {
                add(types, 0, dx);
            }
        }
    }
    if let Some(adapter) = &pass.adapters[embedding.site.0] {
        adapter_backward(pass, adapter, ids, &tape.za, &dx, gradients);
    }
}

fn adapter_backward(
    pass: &Pass,
    adapter: &Adapter,
    ids: &[u32],
    za: &[f32],
    dx: &[f32],
    gradients: &mut Gradients,
) {
    let (rank, width, rows) = (adapter.rank, pass.net.config.width, ids.len());
    let dx = Mat::new(dx, rows, width);
    let [of_a, of_b] = &mut gradients.sites[pass.net.embedding.site.0];
    if !of_b.is_empty() {
        let z = Mat::new(za, rows, rank);
        product(&mut MatMut::new(of_b, width, rank), Into::Add, adapter.scaling, dx.t(), z);
    }
    if !of_a.is_empty() {
        let mut dz = vec![0.0; rows * rank];
        let b = Mat::new(&adapter.b, width, rank);
        product(&mut MatMut::new(&mut dz, rows, rank), Into::Set, adapter.scaling, dx, b);
        let vocabulary = adapter.inputs();
        for (dz, &id) in dz.chunks_exact(rank).zip(ids) {
            for (row, dz) in dz.iter().enumerate() {
                of_a[row * vocabulary + id as usize] += dz;
            }
        }
    }
}
