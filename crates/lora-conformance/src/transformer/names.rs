//! Hugging Face's names of modules.

use lora_checkpoint::Family;

/// The modules that turn ids into the input of the first block.
pub(super) struct Embeddings {
    pub token: String,
    /// Empty in a decoder, as are the two below.
    pub position: String,
    pub token_type: String,
    pub norm: String,
}

/// The modules of a block.
pub(super) struct Block {
    pub query: String,
    pub key: String,
    pub value: String,
    /// W_O, behind the heads.
    pub output: String,
    /// The norm of the attention branch: behind it in an encoder, before it in a decoder.
    pub attention_norm: String,
    /// W_gate of a gated MLP; empty in an encoder.
    pub gate: String,
    /// W_in, or W_up of a gated MLP.
    pub mlp_in: String,
    /// W_out, or W_down of a gated MLP.
    pub mlp_out: String,
    /// The norm of the MLP branch.
    pub mlp_norm: String,
}

/// The norm behind a decoder's last block.
pub(super) const LAST_NORM: &str = "model.norm";
/// A decoder's token embedding.
pub(super) const TOKENS: &str = "model.embed_tokens";
/// A decoder's language model head.
pub(super) const LM_HEAD: &str = "lm_head";
/// The classifier's last module, in RoBERTa only of a mean-pooled one.
pub(super) const CLASSIFIER: &str = "classifier";

/// The embedding modules of a family.
pub(super) fn embeddings(family: Family) -> Embeddings {
    let prefix = match family {
        Family::Bert => "bert",
        Family::Roberta => "roberta",
        Family::DistilBert => "distilbert",
        Family::Llama | Family::Qwen2 => {
            let none = String::new;
            return Embeddings {
                token: TOKENS.into(),
                position: none(),
                token_type: none(),
                norm: none(),
            };
        }
    };
    let of = |name: &str| format!("{prefix}.embeddings.{name}");
    Embeddings {
        token: of("word_embeddings"),
        position: of("position_embeddings"),
        token_type: of("token_type_embeddings"),
        norm: of("LayerNorm"),
    }
}

/// The modules of block `index`.
pub(super) fn block(family: Family, index: usize) -> Block {
    let [root, parts] = match family {
        Family::Bert => ["bert.encoder.layer", BERT],
        Family::Roberta => ["roberta.encoder.layer", BERT],
        Family::DistilBert => ["distilbert.transformer.layer", DISTILBERT],
        Family::Llama | Family::Qwen2 => ["model.layers", LLAMA],
    };
    let mut names = parts.split_whitespace().map(|part| match part {
        "-" => String::new(),
        part => format!("{root}.{index}.{part}"),
    });
    let mut next = || names.next().expect("nine names");
    Block {
        query: next(),
        key: next(),
        value: next(),
        output: next(),
        attention_norm: next(),
        gate: next(),
        mlp_in: next(),
        mlp_out: next(),
        mlp_norm: next(),
    }
}

// The fields of `Block` in order.
const BERT: &str = "attention.self.query attention.self.key attention.self.value \
    attention.output.dense attention.output.LayerNorm \
    - intermediate.dense output.dense output.LayerNorm";
const DISTILBERT: &str = "attention.q_lin attention.k_lin attention.v_lin \
    attention.out_lin sa_layer_norm - ffn.lin1 ffn.lin2 output_layer_norm";
const LLAMA: &str = "self_attn.q_proj self_attn.k_proj self_attn.v_proj \
    self_attn.o_proj input_layernorm \
    mlp.gate_proj mlp.up_proj mlp.down_proj post_attention_layernorm";

/// The hidden layer in the head of an encoder that classifies by its first token.
pub(super) fn head_dense(family: Family) -> &'static str {
    match family {
        Family::Bert => "bert.pooler.dense",
        Family::Roberta => "classifier.dense",
        Family::DistilBert => "pre_classifier",
        Family::Llama | Family::Qwen2 => panic!("{family:?} has no head on the first token"),
    }
}

/// The module behind [`head_dense`].
pub(super) fn head_output(family: Family) -> &'static str {
    match family {
        Family::Roberta => "classifier.out_proj",
        _ => CLASSIFIER,
    }
}
