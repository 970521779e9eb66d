//! Causal language models.

use lora_checkpoint::CheckpointError;

use super::body::Body;
use super::families::Family;
use super::sizes::{MOST_WIDTH, Sizes};
use crate::head::Head;
use crate::module::Part;

/// The heads of a decoder: logits of tokens, or classes of sequences.
fn heads(width: usize, vocabulary: usize, labels: usize) -> Vec<(Head, Vec<Part>)> {
    vec![
        (Head::Language, vec![Part::output("lm_head", width, vocabulary)]),
        (Head::Sequence, vec![Part::output("score", width, labels)]),
    ]
}

/// A decoder whose body lies behind `model.`, with layers in `layers`.
fn decoder(sizes: &Sizes<'_>, layer: Vec<Part>) -> Result<Body, CheckpointError> {
    let vocabulary = sizes.vocabulary()?;
    Ok(Body {
        prefix: "model.",
        layers: "layers",
        around: vec![Part::lookup("embed_tokens", vocabulary, sizes.width)],
        layer,
        pooler: None,
        heads: heads(sizes.width, vocabulary, sizes.labels),
    })
}

/// Llama, Mistral, Qwen 2 and 3, Gemma 1 to 3: separate projections, and a gated MLP.
pub(super) fn llama(family: &Family, sizes: &Sizes<'_>) -> Result<Body, CheckpointError> {
    let (n, mlp) = (sizes.width, sizes.size("intermediate_size")?);
    let [queries, keys] = sizes.heads(family)?;
    let layer = vec![
        Part::linear("self_attn.q_proj", n, queries),
        Part::linear("self_attn.k_proj", n, keys),
        Part::linear("self_attn.v_proj", n, keys),
        Part::linear("self_attn.o_proj", queries, n),
        Part::linear("mlp.gate_proj", n, mlp),
        Part::linear("mlp.up_proj", n, mlp),
        Part::linear("mlp.down_proj", mlp, n),
    ];
    let body = decoder(sizes, layer)?;
    Ok(if family.nested { Body { prefix: "model.language_model.", ..body } } else { body })
}

/// Phi 1 and 2: a plain MLP.
pub(super) fn phi(family: &Family, sizes: &Sizes<'_>) -> Result<Body, CheckpointError> {
    let (n, mlp) = (sizes.width, sizes.size("intermediate_size")?);
    let [queries, keys] = sizes.heads(family)?;
    let layer = vec![
        Part::linear("self_attn.q_proj", n, queries),
        Part::linear("self_attn.k_proj", n, keys),
        Part::linear("self_attn.v_proj", n, keys),
        Part::linear("self_attn.dense", queries, n),
        Part::linear("mlp.fc1", n, mlp),
        Part::linear("mlp.fc2", mlp, n),
    ];
    decoder(sizes, layer)
}

/// Phi 3: queries, keys and values in one projection, gate and up in another.
pub(super) fn phi3(family: &Family, sizes: &Sizes<'_>) -> Result<Body, CheckpointError> {
    let (n, mlp) = (sizes.width, sizes.size("intermediate_size")?);
    let [queries, keys] = sizes.heads(family)?;
    let layer = vec![
        Part::linear("self_attn.o_proj", queries, n),
        Part::linear("self_attn.qkv_proj", n, queries + 2 * keys),
        Part::linear("mlp.gate_up_proj", n, 2 * mlp),
        Part::linear("mlp.down_proj", mlp, n),
    ];
    decoder(sizes, layer)
}

/// GPT-2: `Conv1D` everywhere.
pub(super) fn gpt2(sizes: &Sizes<'_>) -> Result<Body, CheckpointError> {
    let (n, vocabulary) = (sizes.width, sizes.vocabulary()?);
    let mlp = sizes.fields.whole("n_inner", 1, MOST_WIDTH)?.unwrap_or(4 * n);
    let positions = match sizes.fields.get("n_positions") {
        Some(_) => sizes.size("n_positions")?,
        None => sizes.size("max_position_embeddings")?,
    };
    Ok(Body {
        prefix: "transformer.",
        layers: "h",
        around: vec![Part::lookup("wte", vocabulary, n), Part::lookup("wpe", positions, n)],
        layer: vec![
            Part::conv1d("attn.c_attn", n, 3 * n),
            Part::conv1d("attn.c_proj", n, n),
            Part::conv1d("mlp.c_fc", n, mlp),
            Part::conv1d("mlp.c_proj", mlp, n),
        ],
        pooler: None,
        heads: heads(n, vocabulary, sizes.labels),
    })
}

/// GPT-NeoX and Pythia.
pub(super) fn gpt_neox(sizes: &Sizes<'_>) -> Result<Body, CheckpointError> {
    let (n, mlp) = (sizes.width, sizes.size("intermediate_size")?);
    let vocabulary = sizes.vocabulary()?;
    Ok(Body {
        prefix: "gpt_neox.",
        layers: "layers",
        around: vec![Part::lookup("embed_in", vocabulary, n)],
        layer: vec![
            Part::linear("attention.query_key_value", n, 3 * n),
            Part::linear("attention.dense", n, n),
            Part::linear("mlp.dense_h_to_4h", n, mlp),
            Part::linear("mlp.dense_4h_to_h", mlp, n),
        ],
        pooler: None,
        heads: heads(n, vocabulary, sizes.labels),
    })
}

/// OPT, whose embedding may be narrower than its layers.
pub(super) fn opt(sizes: &Sizes<'_>) -> Result<Body, CheckpointError> {
    let (n, mlp) = (sizes.width, sizes.size("ffn_dim")?);
    let vocabulary = sizes.vocabulary()?;
    let narrow = sizes.fields.whole("word_embed_proj_dim", 1, MOST_WIDTH)?.unwrap_or(n);
    // Positions begin behind two rows of padding.
    let rows = sizes.size("max_position_embeddings")? + 2;
    let mut around = vec![
        Part::lookup("decoder.embed_tokens", vocabulary, narrow),
        Part::lookup("decoder.embed_positions", rows, n),
    ];
    if narrow != n {
        around.push(Part::linear("decoder.project_out", n, narrow));
        around.push(Part::linear("decoder.project_in", narrow, n));
    }
    Ok(Body {
        prefix: "model.",
        layers: "decoder.layers",
        around,
        layer: vec![
            Part::linear("self_attn.k_proj", n, n),
            Part::linear("self_attn.v_proj", n, n),
            Part::linear("self_attn.q_proj", n, n),
            Part::linear("self_attn.out_proj", n, n),
            Part::linear("fc1", n, mlp),
            Part::linear("fc2", mlp, n),
        ],
        pooler: None,
        heads: heads(narrow, vocabulary, sizes.labels),
    })
}
