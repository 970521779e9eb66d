//! GGUF's names of tensors and Hugging Face's.

/// Factors by which frequencies of rotary positions are divided, in place of a scaling.
pub(super) const ROPE_FACTORS: &str = "rope_freqs.weight";

/// Modules outside of blocks.
const OUTSIDE: [(&str, &str); 3] =
    [("token_embd", "model.embed_tokens"), ("output_norm", "model.norm"), ("output", "lm_head")];

/// Modules of a block.
const INSIDE: [(&str, &str); 9] = [
    ("attn_norm", "input_layernorm"),
    ("attn_q", "self_attn.q_proj"),
    ("attn_k", "self_attn.k_proj"),
    ("attn_v", "self_attn.v_proj"),
    ("attn_output", "self_attn.o_proj"),
    ("ffn_norm", "post_attention_layernorm"),
    ("ffn_gate", "mlp.gate_proj"),
    ("ffn_up", "mlp.up_proj"),
    ("ffn_down", "mlp.down_proj"),
];

/// The Hugging Face name. A tensor that has none keeps its own.
pub(super) fn hugging_face(on_disk: &str) -> String {
    translated(on_disk).unwrap_or_else(|| on_disk.to_owned())
}

fn translated(on_disk: &str) -> Option<String> {
    let (module, kind) = on_disk.rsplit_once('.')?;
    let look = |names: &[(&str, &'static str)], module| {
        names.iter().find(|name| name.0 == module).map(|name| name.1)
    };
    if let Some(block) = module.strip_prefix("blk.") {
        let (number, module) = block.split_once('.')?;
        // `blk.00` would be another name of block 0.
        let number = number.parse::<u32>().ok().filter(|parsed| parsed.to_string() == number)?;
        return Some(format!("model.layers.{number}.{}.{kind}", look(&INSIDE, module)?));
    }
    Some(format!("{}.{kind}", look(&OUTSIDE, module)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_module_has_its_hugging_face_name() {
        assert_eq!(hugging_face("token_embd.weight"), "model.embed_tokens.weight");
        assert_eq!(hugging_face("output.weight"), "lm_head.weight");
        assert_eq!(hugging_face("blk.12.attn_q.bias"), "model.layers.12.self_attn.q_proj.bias");
        assert_eq!(
            hugging_face("blk.0.ffn_norm.weight"),
            "model.layers.0.post_attention_layernorm.weight"
        );
        for other in
            ["blk.00.attn_q.weight", "blk.0.attn_rot_embd.weight", "rope_freqs.weight", "blk", ""]
        {
            assert_eq!(hugging_face(other), other);
        }
    }
}
