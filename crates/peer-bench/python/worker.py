"""One contestant of `peer-bench`, which starts this program and talks to it line by line.

    worker.py CONTESTANT CELL RUNS THREADS STEPS

It trains the runs of CELL (from `width-sweep export-cell`) once without measuring and prints a line of
JSON with the losses. Then for every line S on standard input it trains until S seconds have passed and
prints milliseconds per step and learning rate. JAX and PyTorch are those of crates/lora-cuda/peers;
`torch-full` is full_model.py, which trains STEPS steps of the first run.
"""

import argparse
import importlib
import json
import os
import sys
import time
from pathlib import Path

PEERS = Path(__file__).parents[2] / "lora-cuda" / "peers"


def keep_to(threads):
    """Limits the cores, which both libraries count when they are imported."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
    os.environ.update(OMP_NUM_THREADS=str(threads), JAX_PLATFORMS="cpu", CUDA_VISIBLE_DEVICES="")
    # With spinning threads PyTorch was many times slower beside another program.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


def contestant(args):
    """A function that prepares a training, one that trains, and the number of steps times runs."""
    import peer

    p = peer.problem(args)
    if args.contestant == "torch-full":
        import full_model

        prepare, train = full_model.contestant(args, p)
        return prepare, train, args.steps
    library = importlib.import_module(f"{args.library}_peer")
    prepare, train = library.contestant(args, p)
    return prepare, train, args.runs * p.steps


def hello(args, losses):
    """Every run's losses, those of the file, and whose they are."""
    import numpy as np
    import peer

    losses = np.concatenate([np.asarray(part) for part in losses]).reshape(args.runs, -1)
    return {
        "version": importlib.import_module(args.library).__version__,
        "losses": [[peer.finite(float(value)) for value in run] for run in losses],
        "cell": [float(value) for value in np.load(args.cell)["losses"]],
    }


def timed(prepare, train, lr_steps, least):
    """Milliseconds per LR-step over trainings of `least` seconds together."""
    seconds, count = 0.0, 0
    while count == 0 or seconds < least:
        prepared = prepare()
        start = time.perf_counter()
        train(prepared)
        seconds += time.perf_counter() - start
        count += 1
    return 1000 * seconds / (count * lr_steps)


def main():
    parser = argparse.ArgumentParser(description="One contestant of peer-bench")
    parser.add_argument("contestant")
    parser.add_argument("cell")
    for name in ("runs", "threads", "steps"):
        parser.add_argument(name, type=int)
    args = parser.parse_args()
    args.library, args.variant = args.contestant.split("-")
    if args.variant == "full":
        args.runs = 1
    else:
        args.steps = None
    args.at_once = args.runs
    # What a library prints must not come between the lines.
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    keep_to(args.threads)
    sys.path.append(str(PEERS))
    prepare, train, lr_steps = contestant(args)
    print(json.dumps(hello(args, train(prepare()))), file=out, flush=True)
    for line in sys.stdin:
        print(timed(prepare, train, lr_steps, float(line)), file=out, flush=True)


if __name__ == "__main__":
    main()
