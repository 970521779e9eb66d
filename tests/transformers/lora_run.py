"""One LoRA run through PEFT: the reference that a case holds.

Every sequence goes through the model alone, so that nothing is padded. The loss of a batch is the
mean over all of its targets (causal) or over its sequences (classifier). Gradients add up over the
sequences; then the optimiser takes one step. With "accumulation" a step is as many batches, whose
losses count alike.
"""

import contextlib
import copy
import re
import unittest.mock
import warnings

import peft
import torch

MASKED = -100
SETTINGS = {
    "kind": "causal",
    "pooling": None,
    "init": "A",
    "r": 0,
    "lora_alpha": 0,
    "use_rslora": False,
    "target_modules": [],
    "exclude_modules": [],
    "layers_to_transform": [],
    "rank_pattern": {},
    "alpha_pattern": {},
    "train_head": False,
    "head_modules": [],
    "optimizer": "adamw",
    "lr": 3e-3,
    "loraplus_lr_ratio": 1.0,
    "head_lr": None,
    "betas": [0.9, 0.999],
    "eps": 1e-8,
    "weight_decay": 0.0,
    "max_grad_norm": None,
    "steps": 20,
    "accumulation": 1,
    "divisor": None,
    "schedule": None,
    "seed": 0,
    "planted": None,
    "model": "model",
}


def saved_name(name: str) -> str:
    """The name in `adapter_model.safetensors` of a parameter of a PEFT model."""
    return re.sub(r"\.(modules_to_save\.)?default(?=\.|$)", "", name)


def trained(model) -> dict[str, torch.nn.Parameter]:
    """What a model trains, under the names of `adapter_model.safetensors`."""
    return {saved_name(name): p for name, p in model.named_parameters() if p.requires_grad}


def adapt(model, settings: dict, generator: torch.Generator):
    """Puts adapters on a model and draws their initial values as `init` says.

    Init[A] draws A and leaves B zero, Init[B] draws B and leaves A zero, "both" draws both. PEFT
    would start the adapter of an embedding with Init[B]; here `init` holds for every adapter.
    """
    with warnings.catch_warnings():
        # PEFT explains how to save a tied head with its adapter merged; nothing is merged here.
        warnings.simplefilter("ignore")
        model = peft.get_peft_model(model, peft.LoraConfig(
            r=settings["r"], lora_alpha=settings["lora_alpha"], use_rslora=settings["use_rslora"],
            target_modules=settings["target_modules"], lora_dropout=0.0,
            exclude_modules=settings["exclude_modules"] or None,
            layers_to_transform=settings["layers_to_transform"] or None,
            rank_pattern=settings["rank_pattern"], alpha_pattern=settings["alpha_pattern"],
            # PEFT adds "classifier" itself.
            modules_to_save=[m for m in settings["head_modules"] if m != "classifier"] or None,
            task_type={"causal": "CAUSAL_LM", "classifier": "SEQ_CLS"}[settings["kind"]]))
    model.peft_config["default"].base_model_name_or_path = settings["model"]
    with torch.no_grad():
        for name, weight in trained(model).items():
            factor = re.search(r"lora_(?:embedding_)?([AB])", name)
            if factor is None:
                continue
            if settings["init"] in (factor[1], "both"):
                weight.copy_(0.15 * torch.randn(weight.shape, generator=generator))
            else:
                weight.zero_()
    saved = peft.get_peft_model_state_dict(model, save_embedding_layers=False)
    assert saved.keys() == trained(model).keys(), "PEFT would save something else"
    return model.eval()


@contextlib.contextmanager
def all_in_f64():
    """Makes `transformers` compute in f64 where it asks for f32, as in RMSNorm and softmax."""
    with (
        unittest.mock.patch.object(torch, "float32", torch.float64),
        unittest.mock.patch.object(torch, "float", torch.float64),
        unittest.mock.patch.object(torch.Tensor, "float", torch.Tensor.double),
    ):
        yield


def in_f64(model):
    """A copy of a model in f64; call it, and the copy, within `all_in_f64`."""
    model = copy.deepcopy(model).double()
    for module in model.modules():
        if hasattr(module, "inv_freq"):
            # The angles of rotary positions were rounded to f32 when the model was made.
            module.inv_freq = type(module)(module.config).inv_freq
    return model


def logits(model, ids: list[int]) -> torch.Tensor:
    """Logits of one sequence: [length, vocabulary] or [labels]."""
    return model(input_ids=torch.tensor([ids])).logits[0]


def batch_loss(model, batch: list[dict], backward: bool) -> float:
    """Mean loss of a batch; with `backward`, its gradient is added to the parameters'."""
    count = sum(sum(t != MASKED for t in s["targets"]) if "targets" in s else 1 for s in batch)
    total = 0.0
    for sequence in batch:
        scores = logits(model, sequence["ids"])
        if "targets" in sequence:
            targets = torch.tensor(sequence["targets"])
        else:
            scores, targets = scores[None], torch.tensor([sequence["label"]])
        loss = torch.nn.functional.cross_entropy(
            scores, targets, ignore_index=MASKED, reduction="sum") / count
        if backward:
            loss.backward()
        total += loss.item()
    return total


def step_loss(model, settings: dict, batches: list[list[dict]], backward: bool) -> float:
    """Mean loss of the batches of a step, which count alike, as where accelerate accumulates gradients."""
    divisor = settings["divisor"] or len(batches)
    total = sum(batch_loss(model, batch, backward) for batch in batches)
    if backward and divisor > 1:
        for weight in trained(model).values():
            weight.grad /= divisor
    return total / divisor


def steps(settings: dict, batches: list[list[dict]]) -> list[list[list[dict]]]:
    """The batches of each step."""
    count = settings["accumulation"]
    return [batches[start:start + count] for start in range(0, len(batches), count)]


def optimiser(model, settings: dict) -> torch.optim.Optimizer:
    """AdamW or SGD, with rates of their own for B (LoRA+) and for the head."""
    groups = {"A": [], "B": [], "head": []}
    for name, weight in trained(model).items():
        factor = re.search(r"lora_(?:embedding_)?([AB])", name)
        groups[factor[1] if factor else "head"].append(weight)
    lr = settings["lr"]
    rates = {"A": lr, "B": lr * settings["loraplus_lr_ratio"], "head": settings["head_lr"]}
    groups = [{"params": groups[key], "lr": rates[key]} for key in groups if groups[key]]
    if settings["optimizer"] == "sgd":
        return torch.optim.SGD(groups, weight_decay=settings["weight_decay"])
    return torch.optim.AdamW(
        groups, betas=tuple(settings["betas"]), eps=settings["eps"],
        weight_decay=settings["weight_decay"], foreach=False)


def train(model, settings: dict, batches: list[list[dict]]) -> dict[str, torch.Tensor]:
    """Trains in place. Returns losses, the first gradients before clipping, and final values."""
    found, losses = {}, []
    optimizer = optimiser(model, settings)
    base_rates = [group["lr"] for group in optimizer.param_groups]
    for step, group in enumerate(steps(settings, batches)):
        optimizer.zero_grad()
        losses.append(step_loss(model, settings, group, backward=True))
        if step == 0:
            found |= {f"gradient/{name}": p.grad.clone() for name, p in trained(model).items()}
        if settings["max_grad_norm"] is not None:
            torch.nn.utils.clip_grad_norm_(trained(model).values(), settings["max_grad_norm"])
        for group, rate in zip(optimizer.param_groups, base_rates):
            group["lr"] = rate * settings["schedule"][step]
        optimizer.step()
    found["losses"] = torch.tensor(losses, dtype=torch.float64)
    return found | {f"final/{name}": p.detach().clone() for name, p in trained(model).items()}


def run(model, settings: dict, batches: list[list[dict]]) -> dict[str, torch.Tensor]:
    """Logits of the first batch before and after training, and what training gives."""
    def first_logits(prefix):
        with torch.no_grad():
            return {f"{prefix}/{k}": logits(model, s["ids"]) for k, s in enumerate(batches[0])}

    before = first_logits("logits")
    return before | train(model, settings, batches) | first_logits("final_logits")


def forward(model, settings: dict, batch: list[dict]) -> dict[str, torch.Tensor]:
    """A base model alone: its logits or hidden states, the loss, and every weight's gradient."""
    if settings["kind"] == "encoder":
        with torch.no_grad():
            return {f"hidden/{k}": model(input_ids=torch.tensor([s["ids"]])).last_hidden_state[0]
                    for k, s in enumerate(batch)}
    with torch.no_grad():
        found = {f"logits/{k}": logits(model, s["ids"]) for k, s in enumerate(batch)}
    found["loss"] = torch.tensor([batch_loss(model, batch, backward=True)], dtype=torch.float64)
    gradients = {n: p.grad for n, p in model.named_parameters() if p.grad is not None}
    return found | {f"base_gradient/{name}": gradient for name, gradient in gradients.items()}
