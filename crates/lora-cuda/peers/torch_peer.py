"""The batch of runs in PyTorch, as its user would write it: the runs are one batch dimension.

    torch_peer.py (--cell FILE | --random SEED) [--variant compile|graph|eager] ...

compile: one step compiled (max-autotune) and, on a GPU, replayed as a CUDA graph; graph: PyTorch's
own kernels as a CUDA graph; eager: those without a graph. Needs PyTorch 2.11 or later and NumPy;
without a GPU it runs on the CPU.
"""

import numpy as np
import peer
import torch

CUDA = torch.cuda.is_available()
DEVICE = torch.device("cuda" if CUDA else "cpu")


def on_device(array):
    return torch.tensor(np.ascontiguousarray(array), device=DEVICE)


class Batch:
    """Runs that train together, in memory that stays in place, so that a graph can be replayed."""

    def __init__(self, p, at_once, variant):
        self.p = p
        self.z, self.h, self.w_out, self.y = (on_device(x) for x in (p.z, p.h, p.w_out, p.y))
        self.starts = [
            on_device(x) for x in (p.a, p.b, p.lr_a[:, None, None], p.lr_b[:, None, None])
        ]
        self.a, self.b, self.lr_a, self.lr_b = (torch.empty_like(x[:at_once]) for x in self.starts)
        self.moments = [torch.zeros_like(x) for x in (self.a, self.a, self.b, self.b)]
        self.losses = torch.zeros(p.steps, at_once, device=DEVICE)
        # The step's number lives on the device too: a graph has no arguments.
        self.t = torch.zeros(1, dtype=torch.int64, device=DEVICE)
        self.corrections = on_device(np.stack(p.corrections(), axis=1))
        self.start(slice(0, at_once))
        self.step = self.replayed(variant)

    def start(self, part):
        """Puts these runs' factors and learning rates in place."""
        places = (self.a, self.b, self.lr_a, self.lr_b)
        for place, source in zip(places, self.starts, strict=True):
            place.copy_(source[part])
        for cleared in (*self.moments, self.t):
            cleared.zero_()

    def losses_of(self, a, b):
        runs, rank, width = a.shape
        # One product for all runs: Z is the same.
        za = (a.reshape(runs * rank, width) @ self.z).reshape(runs, rank, -1)
        pre = torch.baddbmm(self.h.expand(runs, -1, -1), b, za, alpha=self.p.multiplier)
        f = torch.matmul(self.w_out, torch.relu(pre))
        return ((f - self.y) ** 2).mean(dim=1)

    def total(self, a, b):
        losses = self.losses_of(a, b)
        return losses.sum(), losses

    def update(self, theta, g, m, v, lr, correction):
        """Adam in place, as fused tensor operations; the optimiser of the library knows one
        learning rate a tensor only."""
        p = self.p
        m.mul_(p.beta1).add_(g, alpha=1 - p.beta1)
        v.mul_(p.beta2).addcmul_(g, g, value=1 - p.beta2)
        root = (v / correction[1]).sqrt_().add_(p.epsilon)
        theta.sub_(lr * (m / correction[0]) / root)

    def one_step(self):
        gradient = torch.func.grad_and_value(self.total, argnums=(0, 1), has_aux=True)
        (g_a, g_b), (_, losses) = gradient(self.a, self.b)
        correction = self.corrections[self.t].squeeze(0)
        m_a, v_a, m_b, v_b = self.moments
        self.losses.index_copy_(0, self.t, losses[None])
        self.update(self.a, g_a, m_a, v_a, self.lr_a, correction)
        self.update(self.b, g_b, m_b, v_b, self.lr_b, correction)
        self.t.add_(1)

    def replayed(self, variant):
        """One step, as it will be run."""
        step = self.one_step
        if variant == "compile":
            # The graph is captured here, around the whole step.
            step = torch.compile(step, mode="max-autotune-no-cudagraphs", fullgraph=True)
        if variant == "eager" or not CUDA:
            return step
        # PyTorch asks for a few steps on another stream before a capture.
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(3):
                self.t.zero_()
                step()
        torch.cuda.current_stream().wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        self.t.zero_()
        with torch.cuda.graph(graph):
            step()
        return graph.replay

    def train(self, part):
        """All steps of these runs: R x (T + 1) losses, on the device."""
        self.start(part)
        for _ in range(self.p.steps):
            self.step()
        return torch.cat((self.losses, self.losses_of(self.a, self.b)[None])).T


def wait():
    if CUDA:
        torch.cuda.synchronize()


@torch.no_grad()
def contestant(args, p):
    """What peer.timed takes: what waits for the device, and what trains the runs."""
    # No TF32, neither in the libraries nor in compiled kernels.
    torch.set_float32_matmul_precision("highest")
    torch.backends.cudnn.allow_tf32 = False
    batch = Batch(p, args.at_once, args.variant)

    @torch.no_grad()
    def train_all(_):
        losses = torch.cat([batch.train(part) for part in peer.chunks(args)])
        wait()
        return losses

    return wait, train_all


def main():
    args = peer.arguments(("compile", "graph", "eager"))
    p = peer.problem(args)
    seconds, losses = peer.timed(*contestant(args, p), args.repeats)
    device = torch.cuda.get_device_name() if CUDA else "cpu"
    losses = losses.cpu().numpy()
    peer.tell("torch", args, p, losses, seconds, device=device, version=torch.__version__)


if __name__ == "__main__":
    main()
