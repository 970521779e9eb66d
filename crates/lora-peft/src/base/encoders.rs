//! Encoders: BERT and its kin.

use lora_checkpoint::CheckpointError;

use super::body::Body;
use super::sizes::{MOST_WIDTH, Sizes, one_of};
use crate::head::Head;
use crate::module::Part;

/// The layer that BERT and RoBERTa share.
fn layer(n: usize, mlp: usize) -> Vec<Part> {
    vec![
        Part::linear("attention.self.query", n, n),
        Part::linear("attention.self.key", n, n),
        Part::linear("attention.self.value", n, n),
        Part::linear("attention.output.dense", n, n),
        Part::linear("intermediate.dense", n, mlp),
        Part::linear("output.dense", mlp, n),
    ]
}

fn lookups(sizes: &Sizes<'_>, vocabulary: usize) -> Result<Vec<Part>, CheckpointError> {
    let types = sizes.fields.whole("type_vocab_size", 1, MOST_WIDTH)?.unwrap_or(2);
    let positions = sizes.size("max_position_embeddings")?;
    Ok(vec![
        Part::lookup("embeddings.word_embeddings", vocabulary, sizes.width),
        Part::lookup("embeddings.position_embeddings", positions, sizes.width),
        Part::lookup("embeddings.token_type_embeddings", types, sizes.width),
    ])
}

/// The heads of single tokens, which every encoder has alike.
fn of_tokens(n: usize, labels: usize) -> [(Head, Vec<Part>); 2] {
    [
        (Head::Tokens, vec![Part::output("classifier", n, labels)]),
        (Head::Spans, vec![Part::output("qa_outputs", n, 2)]),
    ]
}

/// BERT.
pub(super) fn bert(sizes: &Sizes<'_>) -> Result<Body, CheckpointError> {
    let (n, vocabulary) = (sizes.width, sizes.vocabulary()?);
    let language = vec![
        Part::linear("cls.predictions.transform.dense", n, n),
        Part::output("cls.predictions.decoder", n, vocabulary),
    ];
    let mut heads = vec![
        (Head::Language, language),
        (Head::Sequence, vec![Part::output("classifier", n, sizes.labels)]),
    ];
    heads.extend(of_tokens(n, sizes.labels));
    Ok(Body {
        prefix: "bert.",
        layers: "encoder.layer",
        around: lookups(sizes, vocabulary)?,
        layer: layer(n, sizes.size("intermediate_size")?),
        pooler: Some((Part::linear("pooler.dense", n, n), &[Head::Sequence, Head::None])),
        heads,
    })
}

/// RoBERTa and XLM-RoBERTa, whose classifier has a layer of its own in place of the pooler.
pub(super) fn roberta(sizes: &Sizes<'_>) -> Result<Body, CheckpointError> {
    let (n, vocabulary) = (sizes.width, sizes.vocabulary()?);
    let language =
        vec![Part::linear("lm_head.dense", n, n), Part::output("lm_head.decoder", n, vocabulary)];
    let sequence = vec![
        Part::linear("classifier.dense", n, n),
        Part::output("classifier.out_proj", n, sizes.labels),
    ];
    let mut heads = vec![(Head::Language, language), (Head::Sequence, sequence)];
    heads.extend(of_tokens(n, sizes.labels));
    Ok(Body {
        prefix: "roberta.",
        layers: "encoder.layer",
        around: lookups(sizes, vocabulary)?,
        layer: layer(n, sizes.size("intermediate_size")?),
        pooler: Some((Part::linear("pooler.dense", n, n), &[Head::None])),
        heads,
    })
}

/// DistilBERT.
pub(super) fn distilbert(sizes: &Sizes<'_>) -> Result<Body, CheckpointError> {
    let (n, vocabulary) = (sizes.width, sizes.vocabulary()?);
    let mlp = one_of(&sizes.fields, ["hidden_dim", "intermediate_size"], MOST_WIDTH)?;
    let language =
        vec![Part::linear("vocab_transform", n, n), Part::output("vocab_projector", n, vocabulary)];
    let sequence =
        vec![Part::linear("pre_classifier", n, n), Part::output("classifier", n, sizes.labels)];
    let mut heads = vec![(Head::Language, language), (Head::Sequence, sequence)];
    heads.extend(of_tokens(n, sizes.labels));
    let positions = sizes.size("max_position_embeddings")?;
    Ok(Body {
        prefix: "distilbert.",
        layers: "transformer.layer",
        around: vec![
            Part::lookup("embeddings.word_embeddings", vocabulary, n),
            Part::lookup("embeddings.position_embeddings", positions, n),
        ],
        layer: vec![
            Part::linear("attention.q_lin", n, n),
            Part::linear("attention.k_lin", n, n),
            Part::linear("attention.v_lin", n, n),
            Part::linear("attention.out_lin", n, n),
            Part::linear("ffn.lin1", n, mlp),
            Part::linear("ffn.lin2", mlp, n),
        ],
        pooler: None,
        heads,
    })
}
