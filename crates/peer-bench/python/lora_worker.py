"""One contestant of `peer-bench transformers`, which starts this program and talks to it line by line.

    lora_worker.py FOLDER (eager|compile) THREADS PART PARTS

FOLDER holds the model (model/), adapters at their start as PEFT saves them (adapter-A/, adapter-B/), and
runs.json, which crates/peer-bench/src/transformers/runs.rs describes. Of the runs this process trains every
PARTS-th from number PART on, one after another. It trains all once without measuring and prints a line of
JSON with the losses. Then for every line S on standard input it trains them again until S seconds have
passed, and prints those seconds and how often it has trained them.
"""

import argparse
import json
import os
import re
import shutil
import sys
import time
import warnings
from pathlib import Path


def keep_to(threads, part):
    """Limits the cores, which PyTorch counts when it is imported."""
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, cores[threads * part : threads * (part + 1)] or cores[:threads])
    os.environ.update(OMP_NUM_THREADS=str(threads), CUDA_VISIBLE_DEVICES="", HF_HUB_OFFLINE="1")


def own_cache(folder, part):
    """Compiles anew, so that the time of compiling is what it is on the first day."""
    cache = folder / f"compiled-{part}"
    shutil.rmtree(cache, ignore_errors=True)
    os.environ["TORCHINDUCTOR_CACHE_DIR"] = str(cache)


def resident():
    """What this process has in memory, in KiB."""
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1])


class Contestant:
    """A model with adapters, which trains runs from their starts."""

    def __init__(self, folder, compiled):
        import peft
        import torch
        import transformers

        transformers.utils.logging.set_verbosity_error()
        transformers.utils.logging.disable_progress_bar()
        # transformers deprecates functions that PEFT calls.
        warnings.simplefilter("ignore")
        # transformers asks this before each step, and the stand-ins of absent_cuda.py have no answer.
        torch.cuda.is_current_stream_capturing = lambda: False
        self.torch = torch
        self.versions = {library.__name__: library.__version__ for library in (torch, transformers, peft)}
        self.settings = json.loads((folder / "runs.json").read_text())
        self.model = self.load(folder, transformers, peft)
        self.start = {init: self.started(folder, init, peft) for init in self.inits()}
        self.batches = [self.padded(batch) for batch in self.settings["batches"]]
        self.look_around()
        self.loaded_kib = resident()
        self.forward = torch.compile(self.model) if compiled else self.model

    def inits(self):
        return sorted({run["init"] for run in self.settings["runs"]})

    def load(self, folder, transformers, peft):
        kind = "SequenceClassification" if self.settings["classifies"] else "CausalLM"
        base = getattr(transformers, f"AutoModelFor{kind}").from_pretrained(
            folder / "model", dtype=self.torch.float32
        )
        adapter = folder / f"adapter-{self.inits()[0]}"
        # Without dropout, which configurations of BERT ask for in training.
        return peft.PeftModel.from_pretrained(base, adapter, is_trainable=True).eval()

    def trained(self):
        return {name: value for name, value in self.model.named_parameters() if value.requires_grad}

    def started(self, folder, init, peft):
        """What is trained, at the start of a run."""
        peft.set_peft_model_state_dict(self.model, peft.load_peft_weights(folder / f"adapter-{init}"))
        return {name: value.detach().clone() for name, value in self.trained().items()}

    def padded(self, batch):
        """A batch as the model takes it. A mask is there only where something is padded."""
        longest = max(len(one["ids"]) for one in batch)
        ids = self.torch.tensor([one["ids"] + [0] * (longest - len(one["ids"])) for one in batch])
        if not self.settings["classifies"]:
            return {"input_ids": ids, "labels": ids, "use_cache": False}
        labels = self.torch.tensor([one["label"] for one in batch])
        mask = self.torch.tensor([[place < len(one["ids"]) for place in range(longest)] for one in batch])
        return {"input_ids": ids, "labels": labels} | ({} if mask.all() else {"attention_mask": mask.long()})

    def look_around(self):
        """Brings weights and libraries into memory, so that they do not count as memory of training."""
        sum(value.sum().item() for value in self.model.parameters())
        few = {key: value[:1, :2] if key == "input_ids" else value for key, value in self.batches[0].items()}
        few.pop("attention_mask", None)
        few["labels"] = few["input_ids"] if few["labels"].dim() == 2 else few["labels"][:1]
        self.model(**few).loss.backward()
        self.model.zero_grad(set_to_none=True)

    def prepared(self, run):
        """The optimizer of a run, with the model at the run's start."""
        groups = {"factors": [], "head": []}
        for name, value in self.trained().items():
            groups["factors" if "lora_" in name else "head"].append(value)
            with self.torch.no_grad():
                value.copy_(self.start[run["init"]][name])
        rates = {"factors": run["lr"], "head": self.settings["head_lr"]}
        groups = [{"params": groups[key], "lr": rates[key]} for key in groups if groups[key]]
        return self.torch.optim.AdamW(
            groups, betas=tuple(self.settings["betas"]), eps=self.settings["epsilon"],
            weight_decay=self.settings["weight_decay"], fused=True,
        )  # fmt: skip

    def train(self, optimizer):
        """The losses before each update."""
        losses = []
        for batch in self.batches:
            optimizer.zero_grad()
            loss = self.forward(**batch).loss
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        return losses


def timed(contestant, runs):
    """Seconds of training all runs, and their losses."""
    seconds, losses = 0.0, []
    for run in runs:
        optimizer = contestant.prepared(run)
        start = time.perf_counter()
        losses.append(contestant.train(optimizer))
        seconds += time.perf_counter() - start
    return seconds, losses


def main():
    parser = argparse.ArgumentParser(description="One contestant of peer-bench transformers")
    parser.add_argument("folder", type=Path)
    parser.add_argument("variant", choices=("eager", "compile"))
    for name in ("threads", "part", "parts"):
        parser.add_argument(name, type=int)
    args = parser.parse_args()
    # What a library prints must not come between the lines.
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    keep_to(args.threads, args.part)
    own_cache(args.folder, args.part)
    contestant = Contestant(args.folder, args.variant == "compile")
    contestant.torch.set_num_threads(args.threads)
    runs = contestant.settings["runs"][args.part :: args.parts]

    def tell(**answer):
        # JSON has no NaN; null stands for it.
        print(json.dumps(answer).replace("NaN", "null").replace("Infinity", "null"), file=out, flush=True)

    seconds, losses = timed(contestant, runs)
    tell(versions=contestant.versions, losses=losses, loaded_kib=contestant.loaded_kib, first_seconds=seconds)
    for line in sys.stdin:
        total, trainings = 0.0, 0
        while trainings == 0 or total < float(line):
            total += timed(contestant, runs)[0]
            trainings += 1
        tell(seconds=total, trainings=trainings)


if __name__ == "__main__":
    main()
