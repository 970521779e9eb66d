#!/usr/bin/env python3
"""Trains LoRA adapters with PEFT on a tiny random Llama, and writes what each history truly was.

    train.py DIR
    train.py --examples DIR

Leaves DIR/CASE with the two files that PEFT saves and truth.json: for each module the true movements of both
factors, and the true sizes of the parts of s B A, from copies of the start and of the last step. With --examples it
makes the two adapters of docs/diagnose.md, which have fewer modules, and no truth.json.
"""

import json
import sys
from pathlib import Path

import torch
from peft import LoraConfig, get_peft_model
from peft.optimizers import create_loraplus_optimizer
from transformers import LlamaConfig, LlamaForCausalLM

STEPS, RANK, ALPHA, WIDTH, WORDS = 100, 8, 16, 128, 64
BETAS = (0.9, 0.999)
MODULES = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")

# Learning rate, what starts random, and what else is done.
CASES = {
    "init-a": {"lr": 5e-4},
    "init-b": {"lr": 5e-4, "init": "B"},
    "init-a-small": {"lr": 1e-6},
    "init-b-small": {"lr": 1e-7, "init": "B"},
    "init-a-large": {"lr": 0.1},
    "lora-plus": {"lr": 2e-4, "ratio": 16},
    "frozen-a": {"lr": 5e-4, "frozen": "lora_A"},
    "gaussian": {"lr": 5e-4, "peft": "gaussian"},
    "decayed": {"lr": 5e-4, "decay": 10.0},
    "decayed-b": {"lr": 5e-4, "decay": 2.0, "init": "B"},
    "decayed-ratio": {"lr": 2e-4, "decay": 0.5, "ratio": 16},
    "decay-alone": {"lr": 1e-5, "decay": 300.0},
    "both-random": {"lr": 1e-6, "peft": False},
    "untrained": {"lr": 5e-4, "steps": 0},
    "untrained-b": {"lr": 5e-4, "steps": 0, "init": "B"},
}


def base():
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=WORDS, hidden_size=WIDTH, intermediate_size=192, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, max_position_embeddings=32, tie_word_embeddings=False,
    )  # fmt: skip
    return LlamaForCausalLM(config)


def adapted(case, names):
    config = LoraConfig(
        r=RANK, lora_alpha=ALPHA, target_modules=list(names), task_type="CAUSAL_LM", init_lora_weights=case.get("peft", True)
    )
    model = base()
    torch.manual_seed(1)
    model = get_peft_model(model, config)
    if case.get("init") == "B":
        for name, parameter in model.named_parameters():
            if "lora_A" in name:
                torch.nn.init.zeros_(parameter)
            if "lora_B" in name:
                torch.nn.init.normal_(parameter, std=RANK**-0.5)
    return model


def optimizer(model, case):
    if "frozen" in case:
        for name, parameter in model.named_parameters():
            if case["frozen"] in name:
                parameter.requires_grad = False
    decay = case.get("decay", 0.0)
    if "ratio" in case:
        return create_loraplus_optimizer(
            model, torch.optim.AdamW, lr=case["lr"], loraplus_lr_ratio=case["ratio"], betas=BETAS,
            loraplus_weight_decay=decay,
        )  # fmt: skip
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    return torch.optim.AdamW(trained, lr=case["lr"], betas=BETAS, weight_decay=decay)


def factors(model):
    """The modules with A and B in 64 bits, by their names in the base."""
    all = {}
    for name, parameter in model.named_parameters():
        for factor in ("lora_A", "lora_B"):
            end = f".{factor}.default.weight"
            if name.endswith(end):
                module = name.removeprefix("base_model.model.").removesuffix(end)
                all.setdefault(module, {})[factor[-1]] = parameter.detach().double().clone()
    return all


def truth(start, before, end):
    """What the history of one module was."""
    norm = lambda matrix: torch.linalg.matrix_norm(matrix, 2).item()
    s = ALPHA / RANK
    moved = {factor: end[factor] - start[factor] for factor in "AB"}
    step = {factor: end[factor] - before[factor] for factor in "AB"}
    sizes = lambda matrix: {
        "frobenius": torch.linalg.norm(matrix).item(),
        "rms": matrix.square().mean().sqrt().item(),
        "mean_abs": matrix.abs().mean().item(),
        "largest": matrix.abs().max().item(),
    }
    return {
        "moved": {factor: sizes(moved[factor]) for factor in "AB"},
        "whole": {
            "delta1": norm(s * start["B"] @ moved["A"]),
            "delta2": norm(s * moved["B"] @ start["A"]),
            "delta3": norm(s * moved["B"] @ moved["A"]),
            "total": norm(s * end["B"] @ end["A"]),
        },
        "last_step": {
            "delta1": norm(s * before["B"] @ step["A"]),
            "delta2": norm(s * step["B"] @ before["A"]),
            "delta3": norm(s * step["B"] @ step["A"]),
        },
    }


def train(directory, case, names=MODULES):
    model = adapted(case, names)
    adam = optimizer(model, case)
    generator = torch.Generator().manual_seed(2)
    # A word follows from the one before it, so that there is something to learn.
    follows = torch.randperm(WORDS, generator=generator)
    start = before = factors(model)
    for _ in range(case.get("steps", STEPS)):
        words = [torch.randint(WORDS, (8,), generator=generator)]
        for _ in range(15):
            words.append(follows[words[-1]])
        tokens = torch.stack(words, dim=1)
        before = factors(model)
        loss = model(input_ids=tokens, labels=tokens).loss
        adam.zero_grad()
        loss.backward()
        adam.step()
    end = factors(model)
    model.save_pretrained(directory, safe_serialization=True)
    modules = {name: truth(start[name], before[name], end[name]) for name in end}
    said = {"lr": case["lr"], "steps": case.get("steps", STEPS), "ratio": case.get("ratio", 1)}
    said |= {"decay": case.get("decay", 0.0), "modules": modules}
    (directory / "truth.json").write_text(json.dumps(said))


def main():
    torch.set_num_threads(1)
    if sys.argv[1] == "--examples":
        for name in ("init-a", "lora-plus"):
            directory = Path(sys.argv[2]) / name
            train(directory, CASES[name], ("q_proj", "v_proj"))
            for file in ("truth.json", "README.md"):
                (directory / file).unlink(missing_ok=True)
        return
    for name, case in CASES.items():
        train(Path(sys.argv[1]) / name, case)


if __name__ == "__main__":
    main()
