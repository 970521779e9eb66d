#!/usr/bin/env python3
"""Writes tiny checkpoints as seeds for the targets safetensors, gguf, adapter and diagnosis.

    checkpoint_seeds.py SEEDS

Needs python3 alone: the formats are written out below.
"""

import json
import struct
import sys
from pathlib import Path

WIDTH, MLP, ROWS, PLACES, HEADS = 8, 12, 10, 16, 2


def safetensors(tensors, number=None, kind="F32"):
    """Names and shapes as a file of zeros, or of the numbers that `number` makes of a name and a place."""
    header, end, data = {"__metadata__": {"format": "pt"}}, 0, b""
    for name, shape in tensors.items():
        count = 1
        for axis in shape:
            count *= axis
        size = {"F16": 2, "F32": 4, "F64": 8}[kind]
        header[name] = {"dtype": kind, "shape": shape, "data_offsets": [end, end + size * count]}
        end += size * count
        if number:
            code = {"F16": "e", "F32": "f", "F64": "d"}[kind]
            data += struct.pack(f"<{count}{code}", *(number(name, place) for place in range(count)))
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + (data if number else bytes(end))


def linear(name, out, into, bias):
    """A linear module."""
    return {f"{name}.weight": [out, into]} | ({f"{name}.bias": [out]} if bias else {})


def llama(bias=False):
    """The tensors of a Llama or Qwen2."""
    at = "model.layers.0"
    tensors = {"model.embed_tokens.weight": [ROWS, WIDTH], "model.norm.weight": [WIDTH]}
    tensors |= {f"{at}.{norm}_layernorm.weight": [WIDTH] for norm in ("input", "post_attention")}
    for name, out in (("q", WIDTH), ("k", WIDTH // 2), ("v", WIDTH // 2)):
        tensors |= linear(f"{at}.self_attn.{name}_proj", out, WIDTH, bias)
    tensors |= linear(f"{at}.self_attn.o_proj", WIDTH, WIDTH, False)
    for name, out, into in (("gate", MLP, WIDTH), ("up", MLP, WIDTH), ("down", WIDTH, MLP)):
        tensors |= linear(f"{at}.mlp.{name}_proj", out, into, False)
    return tensors


def bert(prefix, places, token_types):
    """The tensors of a BERT with a head."""
    norm = lambda name: {f"{name}.weight": [WIDTH], f"{name}.bias": [WIDTH]}
    tables = {"word": ROWS, "position": places, "token_type": token_types}
    tensors = {f"{prefix}embeddings.{name}_embeddings.weight": [rows, WIDTH] for name, rows in tables.items()}
    tensors |= norm(f"{prefix}embeddings.LayerNorm")
    at = f"{prefix}encoder.layer.0"
    for name in ("query", "key", "value"):
        tensors |= linear(f"{at}.attention.self.{name}", WIDTH, WIDTH, True)
    tensors |= linear(f"{at}.attention.output.dense", WIDTH, WIDTH, True) | norm(f"{at}.attention.output.LayerNorm")
    tensors |= linear(f"{at}.intermediate.dense", MLP, WIDTH, True) | linear(f"{at}.output.dense", WIDTH, MLP, True)
    return tensors | norm(f"{at}.output.LayerNorm") | linear("classifier", 2, WIDTH, True)


def folders():
    """Configurations with their tensors."""
    sizes = {
        "vocab_size": ROWS, "hidden_size": WIDTH, "num_hidden_layers": 1, "num_attention_heads": HEADS,
        "intermediate_size": MLP, "max_position_embeddings": PLACES,
    }  # fmt: skip
    causal = sizes | {"num_key_value_heads": 1, "rms_norm_eps": 1e-5, "hidden_act": "silu"}
    llama3 = {
        "rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
        "original_max_position_embeddings": 64,
    }  # fmt: skip
    yield "bert", {"model_type": "bert", "hidden_act": "gelu"} | sizes, bert("", PLACES, 2)
    yield "roberta", {"model_type": "roberta", "type_vocab_size": 1} | sizes, bert("roberta.", PLACES, 1)
    yield "llama", {"model_type": "llama", "rope_theta": 500.0, "rope_scaling": llama3} | causal, llama()
    yield "qwen2", {"model_type": "qwen2", "rope_parameters": {"rope_type": "linear", "factor": 2.0}} | causal, llama(True)
    distilbert = {"model_type": "distilbert", "dim": WIDTH, "n_layers": 1, "n_heads": HEADS, "hidden_dim": MLP}
    yield "distilbert", distilbert | sizes, {}


def gguf(kinds, name="llama", version=3):
    """A GGUF file; `kinds` are ggml's numbers of the linear modules' blocks, with 32 numbers in 34 bytes or one in 4."""
    text = lambda text: struct.pack("<Q", len(text)) + text.encode()
    width = 32
    keys = {
        "block_count": 1, "context_length": PLACES, "embedding_length": width, "feed_forward_length": width,
        "attention.head_count": HEADS, "attention.head_count_kv": 1,
    }  # fmt: skip
    pairs = [text("general.architecture") + struct.pack("<I", 8) + text(name)]
    pairs += [text(f"{name}.{key}") + struct.pack("<II", 4, value) for key, value in keys.items()]
    pairs.append(text(f"{name}.attention.layer_norm_rms_epsilon") + struct.pack("<If", 6, 1e-5))
    pairs.append(text("tokenizer.ggml.tokens") + struct.pack("<IIQ", 9, 8, 2) + text("a") + text("bc"))
    pairs.append(text("tokenizer.ggml.token_type") + struct.pack("<IIQii", 9, 5, 2, 1, 3))
    inside = {
        "attn_norm": [width], "ffn_norm": [width], "attn_q": [width, width], "attn_k": [width // 2, width],
        "attn_v": [width // 2, width], "attn_output": [width, width], "ffn_gate": [width, width],
        "ffn_up": [width, width], "ffn_down": [width, width],
    }  # fmt: skip
    tensors = {f"blk.0.{module}.weight": shape for module, shape in inside.items()}
    tensors |= {"token_embd.weight": [ROWS, width], "output_norm.weight": [width], "rope_freqs.weight": [8]}
    if name == "qwen2":
        tensors |= {f"blk.0.attn_{part}.bias": tensors[f"blk.0.attn_{part}.weight"][:1] for part in "qkv"}
    entries, data = b"", b""
    for at, (name, shape) in enumerate(tensors.items()):
        kind = kinds[at % len(kinds)] if len(shape) == 2 else 0
        count = shape[0] * (shape[1] if len(shape) == 2 else 1)
        axes = struct.pack(f"<{len(shape)}Q", *reversed(shape))
        entries += text(name) + struct.pack("<I", len(shape)) + axes + struct.pack("<IQ", kind, len(data))
        block, size = {0: (1, 4), 1: (1, 2), 2: (32, 18), 3: (32, 20), 6: (32, 22), 7: (32, 24), 8: (32, 34), 30: (1, 2)}[kind]
        data += struct.pack("<f", 1.0) * count if kind == 0 else bytes(count // block * size)
        data += bytes(-len(data) % 32)
    start = b"GGUF" + struct.pack("<IQQ", version, len(tensors), len(pairs)) + b"".join(pairs) + entries
    return start + bytes(-len(start) % 32) + data


def adapter():
    """An adapter's two files."""
    config = {
        "peft_type": "LORA", "r": 2, "lora_alpha": 16, "use_rslora": True, "target_modules": ["q_proj", "embed_tokens"],
        "lora_dropout": 0.1, "modules_to_save": None, "task_type": "CAUSAL_LM", "init_lora_weights": True, "bias": "none",
        "rank_pattern": {"q_proj": 2}, "alpha_pattern": {}, "inference_mode": True, "revision": None,
    }  # fmt: skip
    q, embedding = "base_model.model.model.layers.0.self_attn.q_proj", "base_model.model.model.embed_tokens"
    tensors = {
        f"{q}.lora_A.weight": [2, WIDTH], f"{q}.lora_B.weight": [WIDTH, 2],
        f"{embedding}.lora_embedding_A": [2, ROWS], f"{embedding}.lora_embedding_B": [WIDTH, 2],
    }  # fmt: skip
    return json.dumps(config).encode() + b"\0" + safetensors(tensors)


def trained(kind, zero="", extra=None):
    """An adapter with a factor that is spread over its start's range, and one of moved or zero entries."""
    config = {"peft_type": "LORA", "r": 2, "lora_alpha": 4, "rank_pattern": {"v_proj": 1}, "use_dora": True}
    at = "base_model.model.model.layers"
    shapes = {f"{at}.{layer}.self_attn.{name}_proj": rank for layer in range(2) for name, rank in (("q", 2), ("v", 1))}
    tensors = {f"{name}.lora_A.weight": [rank, 64] for name, rank in shapes.items()}
    tensors |= {f"{name}.lora_B.weight": [16, rank] for name, rank in shapes.items()} | (extra or {})

    def number(name, place):
        if zero and zero in name:
            return 0.0
        return (place * 37 % 64 - 31.5) / 256 if "lora_A" in name else (place * 7 % 5 - 2) / 1024

    return json.dumps(config).encode() + b"\0" + safetensors(tensors, number, kind)


def main():
    seeds = Path(sys.argv[1])
    for name, config, tensors in folders():
        (seeds / "safetensors" / name).write_bytes(json.dumps(config).encode() + b"\0" + safetensors(tensors))
    (seeds / "gguf/f32").write_bytes(gguf([0]))
    (seeds / "gguf/blocks").write_bytes(gguf([1, 2, 3, 6, 7, 8, 30]))
    (seeds / "gguf/qwen2").write_bytes(gguf([8, 0], "qwen2", 2))
    (seeds / "adapter/lora").write_bytes(adapter())
    q = "base_model.model.model.layers.0.self_attn.q_proj"
    extra = {f"{q}.lora_magnitude_vector": [16], f"{q}.lora_B.bias": [16], "base_model.model.score.weight": [2, 8]}
    for name, seed in {
        "zeros": adapter(), "trained": trained("F32"), "half": trained("F16"), "double": trained("F64"),
        "untrained": trained("F32", "lora_B"), "untrained-b": trained("F32", "lora_A"), "beside": trained("F32", "", extra),
    }.items():  # fmt: skip
        (seeds / "diagnosis" / name).write_bytes(seed)


if __name__ == "__main__":
    main()
