#!/usr/bin/env python3
"""Compares tensors that lora-checkpoint reads from GGUF files with those of the package `gguf`.

    gguf_blocks.py DEQUANTISE [FILE.gguf...]

DEQUANTISE is the example program of that name of the crate lora-checkpoint. It is tried on a file that
this script makes, with random blocks of every kind in it, and on the files that are named. Every number
must agree to the bit, after the rows of queries and keys of a Llama are put in Hugging Face's order.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType, GGUFReader, GGUFWriter
from gguf.quants import dequantize

WIDTH, HEADS, MLP, ROWS, DEPTH = 256, 4, 512, 64, 2
# The places of 16-bit scales in the blocks of each kind.
SCALES = {
    "F32": None, "F16": None, "BF16": None, "Q4_0": [0], "Q4_1": [0, 2], "Q5_0": [0], "Q5_1": [0, 2],
    "Q8_0": [0], "Q4_K": [0, 2], "Q5_K": [0, 2], "Q6_K": [208],
}  # fmt: skip
INSIDE = {
    "attn_norm": "input_layernorm", "attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj", "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj",
}  # fmt: skip
OUTSIDE = {"token_embd": "embed_tokens", "output_norm": "norm"}


def hugging_face(name):
    """Hugging Face's name of a tensor."""
    module, kind = name.rsplit(".", 1)
    if module == "output":
        return f"lm_head.{kind}"
    if module in OUTSIDE:
        return f"model.{OUTSIDE[module]}.{kind}"
    _, block, module = module.split(".")
    return f"model.layers.{block}.{INSIDE[module]}.{kind}"


def blocks(random, kind, shape):
    """Random numbers of a kind: random bytes, with scales that are finite."""
    values = random.standard_normal(shape, np.float32)
    if kind == "F32":
        return values
    if kind == "F16":
        return values.astype(np.float16)
    size, bytes_of_block = GGML_QUANT_SIZES[GGMLQuantizationType[kind]]
    raw = random.integers(0, 256, (shape[0], shape[1] // size, bytes_of_block), np.uint8)
    if kind == "BF16":
        return (values.view(np.uint32) >> 16).astype(np.uint16).view(np.uint8)
    for place in SCALES[kind]:
        scales = random.standard_normal((*raw.shape[:2], 1)).astype(np.float16)
        raw[:, :, place : place + 2] = scales.view(np.uint8)
    return raw.reshape(shape[0], -1)


def make(path):
    """A Llama with every kind of block."""
    random = np.random.default_rng(1)
    writer = GGUFWriter(path, "llama")
    writer.add_block_count(DEPTH)
    writer.add_context_length(128)
    writer.add_embedding_length(WIDTH)
    writer.add_feed_forward_length(MLP)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS // 2)
    writer.add_layer_norm_rms_eps(1e-5)
    kinds = iter([*SCALES, *SCALES])
    shapes = {
        "attn_q": (WIDTH, WIDTH), "attn_k": (WIDTH // 2, WIDTH), "attn_v": (WIDTH // 2, WIDTH),
        "attn_output": (WIDTH, WIDTH), "ffn_gate": (MLP, WIDTH), "ffn_up": (MLP, WIDTH), "ffn_down": (WIDTH, MLP),
    }  # fmt: skip
    tensors = {f"blk.{block}.{name}.weight": shape for block in range(DEPTH) for name, shape in shapes.items()}
    tensors |= {"token_embd.weight": (ROWS, WIDTH), "output.weight": (ROWS, WIDTH)}
    for name, shape in tensors.items():
        kind = next(kinds)
        writer.add_tensor(name, blocks(random, kind, shape), raw_dtype=GGMLQuantizationType[kind])
    norms = [f"blk.{block}.{norm}.weight" for block in range(DEPTH) for norm in ("attn_norm", "ffn_norm")]
    for name in [*norms, "output_norm.weight"]:
        writer.add_tensor(name, np.ones(WIDTH, np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def ours(program, path):
    """Names and tensors that the example prints."""
    with subprocess.Popen([program, path], stdout=subprocess.PIPE) as run:
        while line := run.stdout.readline():
            name, *shape = line.decode().split()
            shape = [int(axis) for axis in shape]
            raw = run.stdout.read(4 * int(np.prod(shape)))
            yield name, np.frombuffer(raw, np.float32).reshape(shape)
    if run.returncode:
        sys.exit(f"{program} {path}: exit code {run.returncode}")


def theirs(reader):
    """Names and functions that give tensors, from the package `gguf`."""
    value = lambda key: reader.fields[key].contents()
    architecture = value("general.architecture")
    heads = {name: value(f"{architecture}.attention.{key}") for name, key in (("q", "head_count"), ("k", "head_count_kv"))}

    def load(tensor):
        whole = dequantize(tensor.data, tensor.tensor_type).reshape(tensor.shape[::-1])
        name = tensor.name.split(".")[-2]
        if architecture == "llama" and name in ("attn_q", "attn_k"):
            count = heads[name[-1]]
            half = whole.shape[0] // count // 2
            whole = whole.reshape(count, half, 2, -1).swapaxes(1, 2).reshape(whole.shape)
        return np.asarray(whole, np.float32)

    return {hugging_face(tensor.name): (tensor, load) for tensor in reader.tensors if tensor.name != "rope_freqs.weight"}


def compare(program, path):
    """Fails at the first tensor that differs in a bit."""
    expected = theirs(GGUFReader(path))
    kinds = {}
    for name, tensor in ours(program, path):
        their, load = expected.pop(name)
        if not np.array_equal(tensor.view(np.uint32), load(their).view(np.uint32)):
            worst = np.abs(tensor - load(their)).max()
            sys.exit(f"{path}: {name} ({their.tensor_type.name}) differs, by {worst} at most")
        kind = their.tensor_type.name
        kinds[kind] = kinds.get(kind, 0) + tensor.size
    if expected:
        sys.exit(f"{path}: {', '.join(expected)} were not read")
    print(f"{path}: equal to the bit: " + ", ".join(f"{count} of {kind}" for kind, count in sorted(kinds.items())))
    return kinds


def main():
    program, *files = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "every-kind.gguf")
        make(path)
        missing = set(SCALES) - set(compare(program, path))
        assert not missing, missing
    for path in files:
        compare(program, path)


if __name__ == "__main__":
    main()
