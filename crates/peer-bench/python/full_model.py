"""The whole model in PyTorch "as papers write it": layers, autograd and torch.optim.Adam, one
learning rate at a time; nothing is known of W_h Z staying the same, so every step computes it."""

import numpy as np
import torch
from torch import nn


class LoraNetwork(nn.Module):
    """Points are rows here, as everywhere in PyTorch."""

    def __init__(self, f):
        super().__init__()

        def tensor(key):
            return torch.tensor(np.float32(f[key]))

        self.register_buffer("w_in", tensor("W_in"))
        self.register_buffer("w_h", tensor("W_h"))
        self.register_buffer("w_out", tensor("W_out"))
        self.lora_a = nn.Parameter(tensor("A_0"))
        self.lora_b = nn.Parameter(tensor("B_0"))
        self.scaling = float(f["multiplier"])

    def forward(self, x):
        y = nn.functional.linear(x, self.w_in)
        z = torch.relu(y)
        low = nn.functional.linear(z, self.lora_a)
        lora = self.scaling * nn.functional.linear(low, self.lora_b)
        hidden = y + nn.functional.linear(z, self.w_h) + lora
        return torch.relu(hidden) @ self.w_out


def contestant(args, p):
    """A new model with its optimizer: a function that resets it, and one that trains args.steps steps."""
    f = np.load(args.cell)
    x = torch.tensor(np.float32(f["X"][:, : len(p.y)].T.copy()))
    y = torch.tensor(p.y)
    model = LoraNetwork(f)
    start = [model.lora_a.detach().clone(), model.lora_b.detach().clone()]

    def prepare():
        with torch.no_grad():
            model.lora_a.copy_(start[0])
            model.lora_b.copy_(start[1])
        factors = [
            {"params": [model.lora_a], "lr": float(p.lr_a[0])},
            {"params": [model.lora_b], "lr": float(p.lr_b[0])},
        ]
        return torch.optim.Adam(factors, betas=(p.beta1, p.beta2), eps=p.epsilon)

    def train(adam):
        losses = []
        for _ in range(args.steps):
            loss = nn.functional.mse_loss(model(x), y)
            adam.zero_grad()
            loss.backward()
            adam.step()
            losses.append(loss.detach())
        return torch.stack(losses)[None]

    return prepare, train
