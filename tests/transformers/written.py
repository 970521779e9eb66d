"""Compares what models write here with what they write in transformers: written.py WRITE FOLDER|FILE.gguf...

WRITE is the example program `write` of the crate lora-transformer. A FOLDER holds a causal language model of
Hugging Face; a FILE.gguf is read by transformers and widened to f32. Prompts are random tokens of several
lengths, more than are written at the same time.

Greedy decoding must give the same tokens, up to the first place where transformers' two largest logits are so
close that rounding decides. Log-probabilities of tokens 0 to 3 behind the prompt must agree to 1e-4. Then the
same comparison must fail for a model one of whose norms is off by 10%: a check of this script. Nothing is
fetched.
"""

import json
import os
import pathlib
import subprocess
import sys

os.environ["HF_HUB_OFFLINE"] = "1"

import torch
import transformers

NEW_TOKENS = 12
LENGTHS = [1, 2, 5, 9, 14]
PROMPTS = 40
# Prompts that the wrong model gets.
CONTROLS = 5
CLOSE = 1e-3
TOLERANCE = 1e-4
OFF = 1.1


def load(path: pathlib.Path):
    """The model of a folder or of a GGUF file, in f32."""
    cls = transformers.AutoModelForCausalLM
    if path.suffix == ".gguf":
        return cls.from_pretrained(path.parent, gguf_file=path.name, dtype=torch.float32).eval()
    return cls.from_pretrained(path, dtype=torch.float32).eval()


def ours(write: str, path: pathlib.Path, prompts: list[list[int]], stop: list[int]) -> list[dict]:
    """What the example program says of each prompt."""
    lines = "".join(json.dumps(prompt) + "\n" for prompt in prompts)
    command = [write, str(path), str(NEW_TOKENS), *map(str, stop)]
    done = subprocess.run(command, input=lines, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def theirs(model, prompt: list[int]) -> tuple[list[int], list[float], list[float]]:
    """The tokens, by how much each leads, and the log-probabilities of tokens 0 to 3 behind the prompt."""
    # A model without an end of its own writes on to the last token.
    output = model.generate(
        torch.tensor([prompt]), attention_mask=torch.ones(1, len(prompt), dtype=torch.long), do_sample=False,
        max_new_tokens=NEW_TOKENS, pad_token_id=0, output_logits=True, return_dict_in_generate=True,
        eos_token_id=None,
    )  # fmt: skip
    tokens = output.sequences[0, len(prompt) :].tolist()
    logits = [row[0] for row in output.logits]
    leads = [(two[0] - two[1]).item() for two in (row.topk(2).values for row in logits)]
    return tokens, leads, torch.log_softmax(logits[0], 0)[:4].tolist()


def faults(expected: list[tuple], found: list[dict], stop: list[int]) -> tuple[int, int]:
    """How many prompts differ, and how many tokens were compared. A token of `stop` ends a text, and is no part of it."""
    different = compared = 0
    for (tokens, leads, choices), one in zip(expected, found, strict=False):
        end = next((k for k, token in enumerate(tokens) if token in stop), len(tokens))
        written = tokens[:end]
        sure = next((k for k, lead in enumerate(leads[: end + 1]) if lead < CLOSE), end)
        same = one["written"][:sure] == written[:sure]
        if sure == end:
            same = same and len(one["written"]) == end
        near = all(abs(a - b) <= TOLERANCE * (1 + abs(b)) for a, b in zip(one["choices"], choices, strict=True))
        different += not (same and near)
        compared += sure
    return different, compared


def compare(write: str, path: pathlib.Path) -> None:
    """Compares one model."""
    model = load(path)
    vocabulary = model.config.vocab_size
    stream = torch.Generator().manual_seed(0)
    length = lambda k: LENGTHS[k % len(LENGTHS)]
    prompts = [torch.randint(vocabulary, (length(k),), generator=stream).tolist() for k in range(PROMPTS)]
    most = model.config.max_position_embeddings - NEW_TOKENS
    prompts = [prompt for prompt in prompts if len(prompt) <= most] or [[1], [2, 3]]
    expected = [theirs(model, prompt) for prompt in prompts]
    # A token that the model does write ends texts in a second round.
    free = ours(write, path, prompts, [])
    stop = [free[0]["written"][len(free[0]["written"]) // 2]]
    for found, end in ((free, []), (ours(write, path, prompts, stop), stop)):
        if len(found) != len(prompts):
            sys.exit(f"{path}: {len(found)} answers to {len(prompts)} prompts")
        different, compared = faults(expected, found, end)
        if different or compared < PROMPTS:
            sys.exit(f"{path}: {different} of {len(prompts)} prompts differ, {compared} tokens compared")
        print(f"ok   {path.name}: {compared} written tokens are the same, stop {end}")
    with torch.no_grad():
        model.model.layers[0].input_layernorm.weight *= OFF
    wrong = [theirs(model, prompt) for prompt in prompts[:CONTROLS]]
    different, _ = faults(wrong, free, [])
    if not different:
        sys.exit(f"{path}: a model with a wrong norm passed")
    print(f"ok   with a norm off by 10% {different} of {len(wrong)} prompts differ")


def main() -> None:
    """Compares every model that is named."""
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    for path in sys.argv[2:]:
        compare(sys.argv[1], pathlib.Path(path))


if __name__ == "__main__":
    main()
