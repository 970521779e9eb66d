"""Small models with adapters, and a training of them."""

import os

os.environ["HF_HUB_OFFLINE"] = "1"

import peft
import pytest
import torch
import transformers

from lora_limits.torch import record

VOCABULARY = 101
SIZES = ["za_rms", "za_norm", "zb_rms", "zb_norm", "delta1", "delta2", "delta3", "drift", "a_move", "b_move"]


def llama(width=48):
    """A Llama of two blocks with random weights."""
    config = transformers.LlamaConfig(
        vocab_size=VOCABULARY, max_position_embeddings=64, num_hidden_layers=2, hidden_size=width,
        num_attention_heads=4, num_key_value_heads=2, intermediate_size=80, attn_implementation="eager")
    torch.manual_seed(0)
    return transformers.LlamaForCausalLM(config)


def adapted(model=None, init="A", **given):
    """PEFT's LoRA on it, with the init that is named, in training mode."""
    options = dict(r=4, lora_alpha=8, target_modules=["q_proj", "v_proj", "down_proj"])
    model = peft.get_peft_model(llama() if model is None else model, peft.LoraConfig(**{**options, **given}))
    torch.manual_seed(1)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if "lora_A" in name or "lora_B" in name:
                random = ("A" in init) if "lora_A" in name else ("B" in init)
                weight.copy_(0.15 * torch.randn(weight.shape) if random else torch.zeros(weight.shape))
    return model.train()


def tokens(seed, sequences, length):
    """Random sequences of one length."""
    return torch.randint(0, VOCABULARY, (sequences, length), generator=torch.Generator().manual_seed(seed))


def factors(model):
    """What of a model trains."""
    return [weight for weight in model.parameters() if weight.requires_grad]


def train(model, steps=4, optimizer=None, after=lambda step, loss: None):
    """Trains on random tokens and returns the optimiser."""
    optimizer = optimizer or torch.optim.AdamW(factors(model), lr=3e-3, eps=1e-4, weight_decay=0.0)
    torch.manual_seed(2)
    for step in range(steps):
        ids = tokens(100 + step, 2, 9)
        # With a mask transformers looks for no packed sequences, for which it would ask the absent CUDA.
        loss = model(input_ids=ids, attention_mask=torch.ones_like(ids), labels=ids).loss
        loss.backward()
        after(step, loss)
        optimizer.step()
        optimizer.zero_grad()
    return optimizer


def recorded(model, probe, steps=4, every=2, **given):
    with record(model, probe, every=every, **given) as recording:
        train(model, steps)
    return recording


def start(model, probe, **given):
    """What a recording has of each module before the first update."""
    recording = record(model, probe, **given)
    recording.__exit__(RuntimeError, None, None)
    return recording.modules()


def near(found, wanted, share=1e-9):
    """Whether tables have the same sizes, row by row."""
    for name in SIZES:
        assert found[name] == pytest.approx(wanted[name], rel=share, abs=1e-12), name


@pytest.fixture(scope="session", autouse=True)
def one_thread():
    """So that sums come out alike everywhere."""
    torch.set_num_threads(1)


@pytest.fixture
def probe():
    """Three held-out sequences, with what the loss is of."""
    ids = tokens(7, 3, 8)
    return {"input_ids": ids, "labels": ids}
