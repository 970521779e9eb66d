"""Makes reference cases of pretrained models: real_cases.py OUT --minilm DIR --smollm2 FILE.gguf

The models are those of `examples/fetch-models.sh`. The cases have the files that `make_cases.py`
describes. In place of model/ there is a link, whose name `case.json` has under "model"; "texts" are
what the tokens of the first batch were made from.

  minilm-hidden       last hidden states of a few sentences
  minilm-lora         LoRA on query and value, with a classifier on the mean of the hidden states
  smollm2-lora        LoRA on q and v of the dequantised model, with its logits before
"""

import argparse
import os
import pathlib

os.environ["HF_HUB_OFFLINE"] = "1"

import torch
import transformers

import base_models
import case_files
import case_list
import expected_values
import lora_run
import sanity

SENTENCES = [
    ("A warm, funny and quietly wise story about two sisters.", 1),
    ("Nothing in these two hours is worth staying awake for.", 0),
    ("The best café scene since 1962!", 1),
    ("Dull.", 0),
    ("Its jokes land, its songs stay with you, and nobody is left out.", 1),
    ("I wanted to like it; it did not want to be liked.", 0),
]
TEXTS = [
    "The width of a network decides how far one step may go.",
    "def add(a, b):\n    return a + b",
    "In 1905, a clerk in Bern wrote four papers.",
    "Água, naïve, 東京 and 42%: bytes that are no ASCII.",
]
LORA = dict(r=8, lora_alpha=16, steps=5, schedule=[1.0] * 5, lr=2e-3)


def link(folder: pathlib.Path, name: str, model: pathlib.Path) -> None:
    """Puts a link to a model into the folder of its case."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).unlink(missing_ok=True)
    (folder / name).symlink_to(model.resolve())


def minilm_hidden(folder: pathlib.Path, path: pathlib.Path) -> None:
    """Last hidden states of every sentence, with the tokens that the tokenizer frames it in."""
    link(folder, "model", path)
    texts = [text for text, _ in SENTENCES]
    settings = lora_run.SETTINGS | dict(kind="encoder", steps=0, schedule=[], texts=texts)
    tokenizer = transformers.AutoTokenizer.from_pretrained(path)
    batches = [[{"ids": tokenizer(text)["input_ids"]} for text in texts]]
    model = base_models.load(folder / "model", settings)
    expected, exact = expected_values.compute(model, settings, batches)
    about = sanity.check(folder.name, settings, batches, expected, exact)
    case_files.write_case(
        folder, settings | about, batches, {}, case_files.with_exact(expected, exact))


def lora(folder: pathlib.Path, model, settings: dict, sequences: list[dict]) -> None:
    """Five steps that take two batches in turn."""
    half = len(sequences) // 2
    batches = [sequences[:half] if step % 2 == 0 else sequences[half:] for step in range(5)]
    settings = settings | dict(texts=settings["texts"][:half])
    model = lora_run.adapt(model, settings, case_list.seeded(folder.name))
    initial = {name: p.detach().clone() for name, p in lora_run.trained(model).items()}
    expected, exact = expected_values.compute(model, settings, batches)
    about = sanity.check(folder.name, settings, batches, expected, exact)
    case_files.write_case(
        folder, settings | about, batches, initial, case_files.with_exact(expected, exact))
    case_files.write_adapter(folder, model, expected)


def minilm_lora(folder: pathlib.Path, path: pathlib.Path) -> None:
    """MiniLM with a classifier of two labels, which starts random and is trained."""
    link(folder, "model", path)
    settings = lora_run.SETTINGS | LORA | dict(
        kind="classifier", pooling="mean", target_modules=["query", "value"], train_head=True,
        head_modules=["classifier"], head_lr=5e-3, texts=[text for text, _ in SENTENCES])
    model = base_models.load(folder / "model", settings, num_labels=2)
    base_models.randomise(model.classifier, case_list.seeded("classifier"))
    tokenizer = transformers.AutoTokenizer.from_pretrained(path)
    sequences = [{"ids": tokenizer(text)["input_ids"], "label": label} for text, label in SENTENCES]
    lora(folder, model, settings, sequences)


def smollm2_lora(folder: pathlib.Path, path: pathlib.Path) -> None:
    """SmolLM2 as transformers reads the GGUF file; the first two tokens of a text are no targets."""
    link(folder, "model.gguf", path)
    settings = lora_run.SETTINGS | LORA | dict(
        target_modules=["q_proj", "v_proj"], model="model.gguf", texts=TEXTS)
    model = base_models.load(folder / "model.gguf", settings)
    tokenizer = transformers.AutoTokenizer.from_pretrained(path.parent, gguf_file=path.name)
    sequences = []
    for text in TEXTS:
        ids = tokenizer(text, add_special_tokens=False)["input_ids"]
        sequences.append({"ids": ids[:-1], "targets": [lora_run.MASKED] + ids[2:]})
    lora(folder, model, settings, sequences)


def main() -> None:
    """Makes the cases of the models that are given."""
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--minilm", type=pathlib.Path)
    parser.add_argument("--smollm2", type=pathlib.Path)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    if arguments.minilm:
        minilm_hidden(arguments.out / "minilm-hidden", arguments.minilm)
        minilm_lora(arguments.out / "minilm-lora", arguments.minilm)
    if arguments.smollm2:
        smollm2_lora(arguments.out / "smollm2-lora", arguments.smollm2)


if __name__ == "__main__":
    main()
