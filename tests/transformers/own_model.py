"""Loads a model that was pretrained here with transformers: own_model.py DIR

DIR is what `cargo run -p lora-pretrain --example pretrain -- DIR` leaves: a model and its tokenizer, with
sentences.json (texts and their ids) and logits.safetensors (logits/K of sentence K, up to the model's
context). AutoTokenizer must give the same ids and read them back, and the logits of
AutoModelForCausalLM must agree to 1e-4 of the largest. The same comparison must then fail for a model one
of whose norms is off by 1%: a check of this script. Nothing is fetched.
"""

import json
import os
import pathlib
import sys

os.environ["HF_HUB_OFFLINE"] = "1"

import torch
import transformers
from safetensors.torch import load_file

TOLERANCE = 1e-4
OFF = 1.01


def gap(model, sentences, ours) -> float:
    """The largest difference of logits, as a share of the largest logit."""
    context = model.config.max_position_embeddings
    with torch.no_grad():
        theirs = [model(torch.tensor([one["ids"][:context]])).logits[0] for one in sentences]
    for k, logits in enumerate(theirs):
        if ours[f"logits/{k}"].shape != logits.shape:
            sys.exit(f"logits/{k} has shape {ours[f'logits/{k}'].shape}, should be {logits.shape}")
    largest = max(logits.abs().max() for logits in theirs)
    # The largest of gaps with a NaN among them need not be NaN, so all are looked at together.
    gaps = torch.cat([(ours[f"logits/{k}"] - logits).flatten() for k, logits in enumerate(theirs)])
    return (gaps.abs().max() / largest).item()


def main() -> None:
    """Compares ids and logits."""
    if len(sys.argv) != 2:
        sys.exit("usage: own_model.py DIR")
    folder = pathlib.Path(sys.argv[1])
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    torch.set_num_threads(1)
    sentences = json.loads((folder / "sentences.json").read_text(encoding="utf-8"))
    ours = load_file(folder / "logits.safetensors")
    if not sentences or ours.keys() != {f"logits/{k}" for k in range(len(sentences))}:
        sys.exit(f"{folder}/logits.safetensors holds {sorted(ours)} for {len(sentences)} sentences")

    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    for one in sentences:
        ids = tokenizer(one["text"])["input_ids"]
        if ids != one["ids"]:
            sys.exit(f"{one['text']!r} has the ids {ids}, should be {one['ids']}")
        text = tokenizer.decode(ids)
        if text != one["text"]:
            sys.exit(f"the ids of {one['text']!r} stand for {text!r}")
    if tokenizer.eos_token_id != 0 or tokenizer.convert_ids_to_tokens(0) != "<|endoftext|>":
        sys.exit(f"the end of a text has the id {tokenizer.eos_token_id}")
    print(f"ok   {len(sentences)} sentences have the same ids ({type(tokenizer).__name__})")
    config = transformers.AutoConfig.from_pretrained(folder)
    if (config.bos_token_id, config.eos_token_id) != (0, 0):
        sys.exit(f"config.json says {config.bos_token_id} and {config.eos_token_id} of the ends of a text")

    model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    found = gap(model, sentences, ours)
    if not found <= TOLERANCE:
        sys.exit(f"logits differ by {found:.1e} of the largest")
    print(f"ok   logits differ by {found:.1e} of the largest ({type(model).__name__})")

    with torch.no_grad():
        model.model.layers[0].input_layernorm.weight *= OFF
    found = gap(model, sentences, ours)
    if found <= TOLERANCE:
        sys.exit("a model with a wrong norm passed")
    print(f"ok   with a norm off by 1% they differ by {found:.1e}")


if __name__ == "__main__":
    main()
