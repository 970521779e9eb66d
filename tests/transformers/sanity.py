"""Checks that a reference case can tell a right engine from a wrong one."""

import re

import torch
from peft.optimizers import create_loraplus_optimizer

import lora_run

KINDS = ["logits", "hidden", "loss", "losses", "gradient", "base_gradient", "final", "final_logits"]
# A planted error must move some kind of value by more than this share.
PLANTED = 0.02
# How far f32 may be from f64, where it is not 1e-5. Adam acts on the sign of a gradient, and f32 gets
# the sign of the smallest ones wrong: on another machine of other ones.
ROUNDING = {"gradient": 1e-4, "losses": 1e-3, "final": 5e-2, "final_logits": 1e-2}


def distance(found: dict, wanted: dict) -> dict[str, float]:
    """For each kind of value, the largest difference as a share of the largest value."""
    shares = {}
    for kind in KINDS:
        names = [name for name in wanted if re.match(rf"{kind}(/|$)", name)]
        if names:
            gap = max((found[name] - wanted[name]).abs().max().item() for name in names)
            shares[kind] = gap / max(wanted[name].abs().max().item() for name in names)
    return shares


def spread(found: dict, wanted: dict) -> dict[str, float]:
    """The same with Euclidean norms, on which a few elements of another sign have little weight."""
    def norm(tensors):
        return sum(tensor.double().square().sum().item() for tensor in tensors) ** 0.5

    shares = {}
    for kind in KINDS:
        names = [name for name in wanted if re.match(rf"{kind}(/|$)", name)]
        if names:
            gap = norm(found[name] - wanted[name] for name in names)
            shares[kind] = gap / norm(wanted[name] for name in names)
    return shares


def check_gradient(model, settings: dict, batches: list, exact: dict) -> None:
    """Compares the f64 gradient with central differences of the loss in a random direction.

    They agree to far fewer digits if anything in between is rounded to f32, so this also checks
    that the values in f64 are what they claim to be.
    """
    gradients = {name.partition("/")[2]: g for name, g in exact.items() if "gradient/" in name}
    if not gradients:
        return
    parameters, first = lora_run.trained(model), lora_run.steps(settings, batches)[0]
    generator = torch.Generator().manual_seed(1)
    directions = {name: torch.randn(g.shape, dtype=torch.float64, generator=generator)
                  for name, g in gradients.items()}

    def moved_loss(step):
        with torch.no_grad():
            for name, direction in directions.items():
                parameters[name].add_(step * direction)
            loss = lora_run.step_loss(model, settings, first, backward=False)
            for name, direction in directions.items():
                parameters[name].sub_(step * direction)
        return loss

    step = 1e-5
    slope = (moved_loss(step) - moved_loss(-step)) / (2 * step)
    wanted = sum((directions[name] * g).sum().item() for name, g in gradients.items())
    size = sum(g.square().sum().item() for g in gradients.values()) ** 0.5
    agree = abs(slope - wanted) < 1e-6 * size
    right = settings["planted"] != "norm-backward-cut"
    assert agree == right, f"slope {slope}, gradient {wanted}"


def check(name: str, settings: dict, batches: list, plain: dict, exact: dict,
          right: dict | None = None) -> dict:
    """Fails on a case that tests nothing; returns what `case.json` says about it."""
    assert all(torch.isfinite(value).all() for value in plain.values()), name
    doubled = {key: value.double() for key, value in plain.items()}
    rounding = distance(doubled, exact)
    assert all(gap < ROUNDING.get(kind, 1e-5) for kind, gap in rounding.items()), (name, rounding)
    about = {"rounding": rounding, "rounding_norm": spread(doubled, exact)}

    if right is not None:
        moved = {kind: gap for kind, gap in distance(plain, right).items() if gap > PLANTED}
        assert moved, f"{name} differs too little: {distance(plain, right)}"
        about["differs"] = moved
    elif settings["r"] > 0:
        check_run(name, settings, batches, plain)
    report = ", ".join(f"{kind} {gap:.0e}" for kind, gap in about.get("differs", rounding).items())
    print(f"{name}: {'differs by' if right else 'f32 rounds'} {report}")
    return about


def check_run(name: str, settings: dict, batches: list, plain: dict) -> None:
    """The loss must fall, every factor must move, and a limit on the gradient must act."""
    steps = lora_run.steps(settings, batches)
    again = max(step for step, group in enumerate(steps) if group == steps[0])
    losses = plain["losses"].tolist()
    assert losses[again] < 0.9 * losses[0], (name, losses)
    gradients = {key: g for key, g in plain.items() if key.startswith("gradient/")}
    still = {"A": r"lora_(embedding_)?A", "B": r"lora_(embedding_)?B", "both": "$^"}[settings["init"]]
    for key, gradient in gradients.items():
        # The factor beside a zero has no gradient yet.
        assert (gradient.abs().max() > 0) == (re.search(still, key) is None), (name, key)
    norm = sum(g.square().sum().item() for g in gradients.values()) ** 0.5
    if settings["max_grad_norm"] is not None:
        assert norm > 1.5 * settings["max_grad_norm"], f"{name} clips nothing: {norm}"


def check_rates(model, settings: dict) -> None:
    """LoRA+ as PEFT sets it up must give each factor the rate that is given here."""
    if settings["loraplus_lr_ratio"] == 1.0:
        return
    peers = create_loraplus_optimizer(
        model, torch.optim.AdamW, lr=settings["lr"], loraplus_lr_ratio=settings["loraplus_lr_ratio"])
    ours, theirs = (
        {id(p): group["lr"] for group in optimizer.param_groups for p in group["params"]}
        for optimizer in (lora_run.optimiser(model, settings), peers))
    assert ours == theirs and len(set(ours.values())) == 2
