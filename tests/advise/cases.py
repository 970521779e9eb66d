"""Makes PEFT adapt small models, and writes what it made of every module.

    cases.py DIR

writes for every case a folder with `config.json` of transformers, `adapter_config.json` as PEFT writes it before
it has seen the model, `resolved/adapter_config.json` as it writes it afterwards, and `modules.json`: for each
adapted module its name, fan-in, fan-out, r, scaling, and the standard deviations of the initial factors with the
number of entries that they were measured on.
"""

import copy
import json
import sys
import warnings
from pathlib import Path

import torch
from peft import LoraConfig, get_peft_model
from peft.tuners.lora.layer import LoraLayer

from families import configs, tasks

# The end of a name, and a part of a pattern for whole names, of one kind of module.
ENDS = {
    "phi": "dense", "phi3": "qkv_proj", "gpt2": "c_proj", "gpt_neox": "dense", "opt": "out_proj", "bert": "dense",
    "roberta": "dense", "xlm-roberta": "dense", "distilbert": "lin2",
}
EMBEDDINGS = {
    "gpt2": "wte", "gpt_neox": "embed_in", "bert": "word_embeddings", "roberta": "word_embeddings",
    "xlm-roberta": "word_embeddings", "distilbert": "word_embeddings",
}
# PEFT adapts `pre_classifier`, and then takes its end for the `classifier` that it trains whole.
BROKEN = ("distilbert", "SEQ_CLS", "all")
NO_DEFAULT = ("phi3", "distilbert", "gemma3")


# PEFT adapts these heads with `all-linear` before it sets them aside to train whole, unless the config says so.
SAVED = {"TOKEN_CLS": ["classifier"], "QUESTION_ANS": ["qa_outputs"]}


def adapters(model_type, task):
    """Names of cases and what their LoraConfig says."""
    end = ENDS.get(model_type, "down_proj")
    table = EMBEDDINGS.get(model_type, "embed_tokens")
    tower = {"exclude_modules": r".*vision_tower.*|.*multi_modal_projector.*"} if model_type == "gemma3" else {}
    if model_type not in NO_DEFAULT:
        yield "default", dict(r=6, lora_alpha=15)
    yield "all", dict(r=4, lora_alpha=10, target_modules="all-linear", use_rslora=True, modules_to_save=SAVED.get(task), **tower)
    yield "list", dict(r=16, lora_alpha=4, target_modules=[end, table], init_lora_weights="gaussian")
    yield "layers", dict(r=8, target_modules=[end], layers_to_transform=[0, 2], init_lora_weights=False)
    yield "regex", dict(
        r=8, lora_alpha=12, target_modules=rf".*\.[12]\..*{end}", rank_pattern={rf"2\..*{end}": 5, end: 3},
        alpha_pattern={rf"^.*\.1\..*{end}": 7},
    )
    yield "both", dict(r=8, target_modules=[end, table], init_lora_weights=False, exclude_modules=[f"1.mlp.{end}"])
    yield "pattern", dict(
        r=8, target_modules=[end], layers_to_transform=1, layers_pattern=["layers", "layer", "h"], use_rslora=True,
        lora_alpha=9, rank_pattern={f"{end}": 12},
    )
    # A pattern with groups of its own, and a name that no module has.
    yield "groups", dict(
        r=8, target_modules=[end, "of_no_module"], layers_to_transform=[1], layers_pattern="(x)?(layers|layer|h)",
    )
    # PEFT puts no group around these, so that `|` parts more than it seems to.
    yield "bars", dict(r=8, target_modules=[end], layers_to_transform=[1], layers_pattern="layers|layer|h")
    yield "saved", dict(r=8, target_modules=[end, table], modules_to_save=[f"of_no_module|{table}"])


def modules(model):
    """What PEFT made of every module that it adapted."""
    for name, layer in model.get_base_model().named_modules():
        if not isinstance(layer, LoraLayer):
            continue
        if "default" in layer.lora_embedding_A:
            a, b = layer.lora_embedding_A["default"], layer.lora_embedding_B["default"]
        else:
            a, b = layer.lora_A["default"].weight, layer.lora_B["default"].weight
        yield {
            "name": name,
            "fan_in": layer.in_features,
            "fan_out": layer.out_features,
            "r": layer.r["default"],
            "alpha": layer.lora_alpha["default"],
            "scaling": layer.scaling["default"],
            # Around 0, where every start has its mean.
            "std_a": a.detach().square().mean().sqrt().item(),
            "std_b": b.detach().square().mean().sqrt().item(),
            "entries_a": a.numel(),
            "entries_b": b.numel(),
        }


def main(folder):
    warnings.simplefilter("ignore")
    made = 0
    for model_type, config in configs().items():
        for task, auto in tasks(model_type).items():
            for case, said in adapters(model_type, task):
                if (model_type, task, case) == BROKEN:
                    continue
                torch.manual_seed(made)
                model = auto.from_config(copy.deepcopy(config))
                lora = LoraConfig(task_type=task, **said)
                at = folder / f"{model_type}-{task}-{case}"
                model.config.architectures = [type(model).__name__]
                model.config.save_pretrained(at)
                lora.save_pretrained(at)
                # Where nothing is left to adapt, PEFT refuses.
                try:
                    adapted = get_peft_model(model, lora)
                except ValueError as error:
                    found = str(error)
                else:
                    found = list(modules(adapted))
                    adapted.peft_config["default"].save_pretrained(at / "resolved")
                (at / "modules.json").write_text(json.dumps(found, indent=1))
                made += 1
    print(f"{made} cases")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
