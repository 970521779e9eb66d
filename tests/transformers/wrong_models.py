"""Planted errors: models that are wrong in one place, whose values a comparison must refuse."""

import contextlib
import unittest.mock

import torch
from transformers.models.llama import modeling_llama


@contextlib.contextmanager
def transposed_query(model):
    """Reads the square weight of every query as [in, out]."""
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if name.endswith(("q_proj.weight", "q_proj.base_layer.weight")):
                weight.copy_(weight.T.clone())
    yield


@contextlib.contextmanager
def interleaved_rotary(_):
    """Rotates the pairs (2i, 2i + 1) of a head instead of (i, i + d/2)."""
    def rotate(x, cos, sin):
        even, odd = x[..., ::2], x[..., 1::2]
        turned = torch.stack((even * cos - odd * sin, even * sin + odd * cos), dim=-1)
        return turned.flatten(-2)

    def apply(q, k, cos, sin, unsqueeze_dim=1):
        half = cos.shape[-1] // 2
        cos, sin = (x[..., :half].unsqueeze(unsqueeze_dim) for x in (cos, sin))
        return rotate(q, cos, sin), rotate(k, cos, sin)

    with unittest.mock.patch.object(modeling_llama, "apply_rotary_pos_emb", apply):
        yield


@contextlib.contextmanager
def heads_out_of_order(_):
    """Gives key head h mod K to query head h, instead of h / (heads / K)."""
    def repeat(states, times):
        return states.repeat(1, times, 1, 1)

    with unittest.mock.patch.object(modeling_llama, "repeat_kv", repeat):
        yield


@contextlib.contextmanager
def no_scaling(model):
    """Leaves out alpha / r."""
    for module in model.modules():
        if isinstance(getattr(module, "scaling", None), dict):
            module.scaling = dict.fromkeys(module.scaling, 1.0)
    yield


@contextlib.contextmanager
def one_scaling(model):
    """Gives every module the alpha that the modules without a pattern have."""
    config = model.peft_config["default"]
    for module in model.modules():
        if isinstance(getattr(module, "scaling", None), dict):
            ranks = {key: rank**0.5 if config.use_rslora else rank for key, rank in module.r.items()}
            module.scaling = {key: config.lora_alpha / rank for key, rank in ranks.items()}
    yield


@contextlib.contextmanager
def cut_norms(_):
    """Treats the statistics of LayerNorm and RMSNorm as constants in the backward pass."""
    def layer_norm(self, x):
        mean = x.mean(-1, keepdim=True).detach()
        variance = x.var(-1, keepdim=True, unbiased=False).detach()
        return (x - mean) * torch.rsqrt(variance + self.eps) * self.weight + self.bias

    def rms_norm(self, x):
        square = x.pow(2).mean(-1, keepdim=True).detach()
        return x * torch.rsqrt(square + self.variance_epsilon) * self.weight

    with (
        unittest.mock.patch.object(torch.nn.LayerNorm, "forward", layer_norm),
        unittest.mock.patch.object(modeling_llama.LlamaRMSNorm, "forward", rms_norm),
    ):
        yield


@contextlib.contextmanager
def none(_):
    """Nothing wrong."""
    yield


ERRORS = {
    None: none,
    "query-transposed": transposed_query,
    "rotary-interleaved": interleaved_rotary,
    "heads-out-of-order": heads_out_of_order,
    "scaling-missing": no_scaling,
    "norm-backward-cut": cut_norms,
    "alphas-ignored": one_scaling,
}
# Errors that are the right run of wrong settings.
SETTINGS = {
    "loraplus-ignored": {"loraplus_lr_ratio": 1.0},
    "clipping-ignored": {"max_grad_norm": None},
    "schedule-ignored": {"schedule": [1.0] * 20},
    "accumulation-summed": {"divisor": 1},
}
