"""Which reference cases there are, and the sequences that they train on."""

import zlib

import torch

import base_models
import lora_run

Q_AND_V = {"bert": ["query", "value"], "distilbert": ["q_lin", "v_lin"], "llama": ["q_proj", "v_proj"]}
ALL = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
CLASSIFIER = dict(kind="classifier", pooling="cls", r=4, lora_alpha=8, train_head=True,
                  head_modules=["classifier"], head_lr=3e-3)
CAUSAL = dict(r=4, lora_alpha=8)


def forward_cases():
    """Name, model and settings of the cases without an adapter."""
    for make in (base_models.bert, base_models.roberta, base_models.distilbert):
        yield f"forward-{make.__name__}", make, dict(kind="classifier", pooling="cls")
    yield "forward-bert-mean", base_models.bert_mean, dict(kind="classifier", pooling="mean")
    yield "forward-bert-encoder", base_models.bert_encoder, dict(kind="encoder")
    for make in (base_models.llama, base_models.llama_tied, base_models.qwen2, base_models.tinyllama):
        yield f"forward-{make.__name__.replace('_', '-')}", make, {}


def lora_cases():
    """Name, model and settings of the cases that train."""
    bert, q_v = base_models.bert, Q_AND_V["bert"]
    yield "lora-bert", bert, CLASSIFIER | dict(target_modules=q_v)
    yield "lora-bert-rslora", bert, CLASSIFIER | dict(target_modules=q_v, use_rslora=True, init="B")
    yield "lora-bert-all", bert, CLASSIFIER | dict(
        target_modules=["query", "key", "value", "dense"], init="both")
    yield "lora-bert-mean", base_models.bert_mean, CLASSIFIER | dict(target_modules=q_v, pooling="mean")
    yield "lora-roberta-embedding", base_models.roberta, CLASSIFIER | dict(
        target_modules=[*q_v, "word_embeddings"], init="both")
    yield "lora-distilbert-decay", base_models.distilbert, CLASSIFIER | dict(
        target_modules=Q_AND_V["distilbert"], init="B", weight_decay=0.1,
        head_modules=["pre_classifier", "classifier"])
    llama = base_models.llama
    # With seed 0 one gradient is so near zero that f32 gets its sign wrong, and Adam acts on signs.
    yield "lora-llama", llama, CAUSAL | dict(target_modules=ALL, seed=1)
    yield "lora-llama-init-b", llama, CAUSAL | dict(target_modules=ALL, init="B")
    yield "lora-llama-rslora", llama, CAUSAL | dict(target_modules=ALL, use_rslora=True, lora_alpha=6)
    yield "lora-llama-plus", llama, CAUSAL | dict(target_modules=ALL, loraplus_lr_ratio=16.0, lr=1e-3)
    yield "lora-llama-embedding-head", llama, CAUSAL | dict(
        target_modules=["q_proj", "v_proj", "embed_tokens", "lm_head"])
    yield "lora-llama-tied-head", base_models.llama_tied, CAUSAL | dict(
        target_modules=["q_proj", "v_proj", "lm_head"], init="B")
    yield "lora-llama-sgd", llama, CAUSAL | dict(
        target_modules=ALL, init="both", optimizer="sgd", lr=0.05)
    yield "lora-llama-warmup-clipped", llama, CAUSAL | dict(
        target_modules=ALL, init="both", max_grad_norm=0.2, betas=[0.9, 0.99], eps=1e-3,
        schedule=[(t + 1) / 5 if t < 5 else (20 - t) / 15 for t in range(20)])
    # The patterns of one module each: PEFT takes the first of several, and the engine refuses them.
    yield "lora-llama-patterns", llama, CAUSAL | dict(
        target_modules=[*ALL, "embed_tokens"], use_rslora=True, init="both",
        rank_pattern={"q_proj": 2, r"layers\.1\.mlp\..*": 6, "embed_tokens": 3},
        alpha_pattern={r"^model.layers.0.self_attn.(q|k)_proj": 3, "down_proj": 16, "embed_tokens": 2.5})
    yield "lora-bert-patterns", bert, CLASSIFIER | dict(
        target_modules=["query", "value", "dense"], init="B",
        rank_pattern={"query": 8, "intermediate.dense": 1}, alpha_pattern={"value": 24, "dense": 4})
    yield "lora-llama-regex", llama, CAUSAL | dict(
        target_modules=r".*\.layers\.(0\.self_attn|1\.mlp)\.\w+_proj", init="both",
        exclude_modules=r".*\.(0\..*o_proj|1\..*gate_proj)")
    yield "lora-tinyllama-blocks", base_models.tinyllama, CAUSAL | dict(
        target_modules=[*ALL, "model.layers.1.self_attn.q_proj"], exclude_modules=["down_proj", "k_proj"],
        layers_to_transform=[0, 2], init="both")
    yield "lora-llama-accumulated", llama, CAUSAL | dict(target_modules=ALL, init="both", accumulation=2)
    yield "lora-bert-accumulated", bert, CLASSIFIER | dict(
        target_modules=q_v, init="both", accumulation=4, max_grad_norm=0.2)
    yield "lora-qwen2", base_models.qwen2, CAUSAL | dict(target_modules=ALL, init="both")
    yield "lora-tinyllama", base_models.tinyllama, CAUSAL | dict(target_modules=Q_AND_V["llama"])


def planted_cases():
    """Name, model, settings and right case of the cases that must not agree."""
    right = {name: (make, settings) for name, make, settings in lora_cases()}
    for error, of in [
        ("query-transposed", "lora-llama"), ("rotary-interleaved", "lora-llama"),
        ("heads-out-of-order", "lora-llama"), ("scaling-missing", "lora-qwen2"),
        ("norm-backward-cut", "lora-llama"), ("norm-backward-cut", "lora-bert-all"),
        ("loraplus-ignored", "lora-llama-plus"), ("clipping-ignored", "lora-llama-warmup-clipped"),
        ("schedule-ignored", "lora-llama-warmup-clipped"),
        ("alphas-ignored", "lora-llama-patterns"), ("accumulation-summed", "lora-llama-accumulated"),
    ]:
        make, settings = right[of]
        yield f"planted-{error}-{of.removeprefix('lora-')}", make, settings | dict(planted=error), of


def batches_for(settings: dict, generator: torch.Generator) -> list[list[dict]]:
    """Three batches of sequences that a model can learn, in turn, as often as the steps need them."""
    def draw(low, high):
        return int(torch.randint(low, high, (), generator=generator))

    def sequence(length):
        start, stride = draw(0, 90), draw(1, 4)
        # Ids below 5 are left out, since RoBERTa gives a padding token a place of its own.
        ids = [5 + (start + stride * i) % 90 for i in range(length + 1)]
        if settings["kind"] == "causal":
            masked = draw(0, max(1, length // 2))
            return {"ids": ids[:-1], "targets": [lora_run.MASKED] * masked + ids[1 + masked:]}
        return {"ids": ids[:-1], "label": stride - 1}

    batches = [[sequence(length) for length in (draw(2, 6), 9, draw(3, 13), 1 + i)] for i in range(3)]
    count = max(1, settings["steps"]) * settings["accumulation"]
    return [batches[k % 3] for k in range(count)]


def seeded(text: str) -> torch.Generator:
    """A stream of random numbers of its own for each text."""
    return torch.Generator().manual_seed(zlib.crc32(text.encode()))
