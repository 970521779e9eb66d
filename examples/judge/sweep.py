"""Sweeps the learning rate of a LoRA adapter over widths in PyTorch and PEFT, and writes two tables.

    sweep.py [DIRECTORY]

sweep.csv has a row for each run: its width, init, seed, learning rate and loss. coordinates.csv has the rms of
Z_A and Z_B over the first steps at the learning rate n^-1/2. Both are tables for `width-sweep judge`.

The model is a frozen random network, f(x) = w_out relu(Y + W_h relu(Y)) with Y = W_in x. PEFT puts an adapter
on W_h. It learns a teacher of the same form in full-batch steps of Adam. Needs torch and peft; about a minute
of one core, or half a minute of two.
"""

import csv
import itertools
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import torch
from peft import LoraConfig, get_peft_model

WIDTHS = [64, 128, 256, 512, 1024]
SEEDS = list(range(8))
LEARNING_RATES = [2.0**k for k in range(-10, -1)]
STEPS, TAIL, POINTS, INPUTS, RANK = 50, 5, 200, 5, 4
TEACHER_WIDTH, TEACHER_RANK = 1000, 20
CHECKED_STEPS = 4


class Network(torch.nn.Module):
    """The frozen network; `hidden` is what PEFT adapts."""

    def __init__(self, width):
        super().__init__()
        self.inner = torch.nn.Linear(INPUTS, width, bias=False)
        self.hidden = torch.nn.Linear(width, width, bias=False)
        self.readout = torch.nn.Linear(width, 1, bias=False)
        for layer in (self.inner, self.hidden, self.readout):
            torch.nn.init.normal_(layer.weight, std=layer.in_features**-0.5)

    def forward(self, x):
        y = self.inner(x)
        return self.readout(torch.relu(y + self.hidden(torch.relu(y)))).squeeze(-1)


def teacher(x):
    """Targets from a network with random A and B and without W_h."""
    normal = torch.randn
    w_in = normal(TEACHER_WIDTH, INPUTS) / INPUTS**0.5
    a = normal(TEACHER_RANK, TEACHER_WIDTH) / TEACHER_WIDTH**0.5
    b = normal(TEACHER_WIDTH, TEACHER_RANK) / TEACHER_RANK**0.5
    y = x @ w_in.T
    hidden = torch.relu(y + torch.relu(y) @ a.T @ b.T)
    return hidden @ normal(TEACHER_WIDTH) / TEACHER_WIDTH**0.5


def student(width, seed, init):
    """Data, model and adapter of one seed; every learning rate starts from the same numbers."""
    torch.manual_seed(seed)
    x = torch.randn(POINTS, INPUTS)
    targets = teacher(x)
    config = LoraConfig(r=RANK, lora_alpha=RANK, target_modules=["hidden"])
    model = get_peft_model(Network(width), config)
    layer = model.base_model.model.hidden
    if init == "B":
        # PEFT starts with a random A and B = 0; here it is the other way round.
        torch.nn.init.zeros_(layer.lora_A["default"].weight)
        torch.nn.init.normal_(layer.lora_B["default"].weight, std=RANK**-0.5)
    return x, targets, model, layer


def sizes(layer, model, x):
    """The rms entries of Z_A and Z_B."""
    with torch.no_grad():
        z = torch.relu(model.base_model.model.inner(x))
        za = layer.lora_A["default"](z)
        zb = layer.scaling["default"] * layer.lora_B["default"](za)
    return za.square().mean().sqrt().item(), zb.square().mean().sqrt().item()


def train(width, seed, init, lr, steps, check=None):
    """The losses before every update."""
    x, targets, model, layer = student(width, seed, init)
    adam = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], lr=lr)
    losses = []
    for step in range(steps + 1):
        if check is not None:
            check(step, *sizes(layer, model, x))
        loss = (model(x) - targets).square().mean()
        losses.append(loss.item())
        adam.zero_grad()
        loss.backward()
        adam.step()
    return losses


def runs(width, init, seed):
    """The rows of one width, init and seed."""
    # Models as small as these are slowed down by threads.
    torch.set_num_threads(1)
    rows = []
    for lr in LEARNING_RATES:
        losses = train(width, seed, init, lr, STEPS)
        # The mean over the last steps is less rough than the last loss alone.
        rows.append([width, init, seed, lr, f"{sum(losses[-TAIL:]) / TAIL:.6g}"])
    return rows


def main(directory):
    torch.set_num_threads(1)
    cells = list(itertools.product(WIDTHS, "AB", SEEDS))
    with ProcessPoolExecutor(2) as pool, open(directory / "sweep.csv", "w", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["hidden_size", "init", "seed", "learning_rate", "train_loss"])
        for rows in pool.map(runs, *zip(*cells)):
            table.writerows(rows)
    with open(directory / "coordinates.csv", "w", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["hidden_size", "seed", "step", "lr", "za", "zb"])
        for width in WIDTHS:
            for seed in SEEDS:
                lr = width**-0.5
                row = lambda step, za, zb: table.writerow(
                    [width, seed, step, f"{lr:.6g}", f"{za:.6g}", f"{zb:.6g}"]
                )
                train(width, seed, "A", lr, CHECKED_STEPS, row)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("."))
