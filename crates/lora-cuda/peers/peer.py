"""What the peers share: arguments, the problem, timing, and the line that they print.

crates/peer-bench times the same trainings on a CPU, through `contestant` of both peers.

The problem: Z and H (n x N), w_out (n), y (N) are fixed, all float32. Every run has its own
learning rate and trains A (r x n) and B (n x r) with full-batch Adam (epsilon outside the root):

    pre = H + s B A Z,   f = w_out . relu(pre),   loss = mean (f - y)^2

`ms_per_lr_step` is the time of all steps of all runs, divided by R T: the median of the repeats,
after one that is not counted. Making the problem, compiling and going to the device are not in it.

Tolerance of `--cell`: after t updates a loss may differ from the file's by 8 (t + 1) sqrt(n) eps of
the largest loss so far, with eps = 2^-23. Both sides sum over n neurons in float32, each with
rounding errors that are independent, and every update adds one such error. (tests/replay has n in
place of sqrt(n), which bounds the worst case; at large n that would let anything pass. Set after
first runs on a CPU, which differ by 1% of this tolerance at most.)
"""

import argparse
import json
import math
import statistics
import time
from typing import NamedTuple

import numpy as np

EPS = 2.0**-23


class Problem(NamedTuple):
    z: np.ndarray
    h: np.ndarray
    w_out: np.ndarray
    y: np.ndarray
    multiplier: float
    # By run: the factors at first and their learning rates.
    a: np.ndarray
    b: np.ndarray
    lr_a: np.ndarray
    lr_b: np.ndarray
    steps: int
    beta1: float
    beta2: float
    epsilon: float
    # The losses that the first run must have, where a file says so.
    losses: np.ndarray | None = None

    def corrections(self):
        """1 - beta^t for both betas and t from 1 to T, which float32 would round away."""
        t = np.arange(1, self.steps + 1)
        return np.float32(1 - self.beta1**t), np.float32(1 - self.beta2**t)


def arguments(variants):
    parser = argparse.ArgumentParser(
        description="Trains a batch of LoRA runs and prints one line of JSON; see peer.py",
        allow_abbrev=False,
    )
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--cell", metavar="FILE", help="an .npz of `width-sweep export-cell`")
    source.add_argument("--random", type=int, metavar="SEED", help="made up, for timing only")
    parser.add_argument("--width", type=int, default=1024, help="n, with --random")
    parser.add_argument("--points", type=int, default=1000, help="N, with --random")
    parser.add_argument("--rank", type=int, default=4, help="r, with --random")
    parser.add_argument("--steps", type=int, help="T; 100, or the cell's")
    parser.add_argument("--runs", type=int, default=1, help="learning rates, R")
    parser.add_argument("--at-once", type=int, help="runs in memory at a time; divides R")
    parser.add_argument("--repeats", type=int, default=5, help="timed repeats, after a warm-up")
    parser.add_argument("--variant", choices=variants, default=variants[0])
    args = parser.parse_args()
    args.at_once = args.at_once or args.runs
    if min(args.runs, args.at_once, args.repeats) < 1 or args.runs % args.at_once:
        parser.error(f"--at-once {args.at_once} does not divide --runs {args.runs}")
    return args


def problem(args):
    return from_cell(args) if args.cell else made_up(args)


def from_cell(args):
    """A file's run, and for more runs the same with smaller learning rates."""
    f = np.load(args.cell, allow_pickle=False)
    if (str(f["activation"]), str(f["optimizer"])) != ("relu", "adam"):
        raise SystemExit(f"{args.cell}: the peers train relu with Adam only")
    count, width, rank = int(f["points"]), int(f["width"]), int(f["rank"])
    lr_a = float(f["lr"]) * 0.9 ** np.arange(args.runs)
    return Problem(
        np.float32(f["Z"][:, :count]),
        np.float32(f["H"][:, :count]),
        np.float32(f["W_out"]),
        np.float32(f["y"][:count]),
        float(f["multiplier"]),
        np.broadcast_to(f["A_0"], (args.runs, rank, width)),
        np.broadcast_to(f["B_0"], (args.runs, width, rank)),
        np.float32(lr_a),
        np.float32(lr_a * float(f["lr_ratio"])),
        args.steps or int(f["steps"]),
        *(float(f[key]) for key in ("beta1", "beta2", "epsilon")),
        np.float64(f["losses"]),
    )


def made_up(args):
    """Gaussian, with the scales of the experiment; Init[A]."""
    rng, n, count = np.random.default_rng(args.random), args.width, args.points

    def draw(*shape):
        return rng.standard_normal(shape, dtype=np.float32)

    # A million rows would take longer to draw than to train on, so from 2^14 on they repeat.
    before = draw(min(n, 2**14), count)

    def tall(rows):
        return np.resize(rows, (n, count))

    lrs = np.float32(np.geomspace(1e-4, 1e-2, args.runs) if args.runs > 1 else [1e-3])
    return Problem(
        tall(np.maximum(before, 0)),
        tall(before + np.float32(0.5**0.5) * draw(*before.shape)),
        draw(n) / np.float32(n**0.5),
        draw(count),
        1.0,
        np.broadcast_to(draw(args.rank, n) / np.float32(n**0.5), (args.runs, args.rank, n)),
        np.zeros((args.runs, n, args.rank), np.float32),
        lrs,
        lrs,
        args.steps or 100,
        *(0.9, 0.999, 1e-8),
    )


def chunks(args):
    """The runs that are in memory together, as slices."""
    return [slice(k, k + args.at_once) for k in range(0, args.runs, args.at_once)]


def timed(prepare, train, repeats):
    """Seconds of `train(prepare())` for each repeat after a warm-up, and its last result. Only
    `train` is timed; both must wait for the device."""
    seconds = []
    for _ in range(repeats + 1):
        prepared = prepare()
        start = time.perf_counter()
        result = train(prepared)
        seconds.append(time.perf_counter() - start)
    return seconds[1:], result


def agreement(p, losses):
    """How far the first run's losses are from the file's: the largest relative difference, and the
    largest share of the tolerance."""
    ours, theirs = np.float64(losses[0]), p.losses
    both = min(len(ours), len(theirs))
    off = np.abs(ours[:both] - theirs[:both])
    allowed = (
        8 * np.arange(1, both + 1) * len(p.z) ** 0.5 * EPS * np.maximum.accumulate(theirs[:both])
    )
    return float(np.max(off / theirs[:both])), float(np.max(off / allowed))


def finite(value):
    return value if math.isfinite(value) else None


def tell(name, args, p, losses, seconds, **more):
    """Prints the line. `losses` is R x (T + 1): before every update and after the last. Exits with
    1 if they are not the file's."""
    per = [1000 * s / (args.runs * p.steps) for s in seconds]
    line = {
        "peer": name,
        "variant": args.variant,
        "width": len(p.z),
        "points": len(p.y),
        "rank": p.a.shape[1],
        "runs": args.runs,
        "at_once": args.at_once,
        "steps": p.steps,
        "ms_per_lr_step": statistics.median(per),
        "ms_per_lr_step_all": per,
        "losses_first": [finite(float(v)) for v in losses[:, 0]],
        "losses_last": [finite(float(v)) for v in losses[:, -1]],
        "precision": "float32 throughout, no TF32",
        **more,
    }
    agrees = True
    if p.losses is not None:
        relative, share = agreement(p, losses)
        agrees = share <= 1
        line["largest_relative_difference"] = finite(relative)
        line["share_of_tolerance"] = finite(share)
        line["agrees"] = agrees
    print(json.dumps(line), flush=True)
    if not agrees:
        raise SystemExit(f"{name}: the losses are not those of {args.cell}")
