"""What a recording refuses, and in which words."""

import warnings

import peft
import pytest
import torch
from conftest import adapted, factors, llama, start, tokens

import lora_limits
import lora_limits.torch
from lora_limits.torch import record


REFUSED = {
    "every": (dict(every=0), "every 0: must be a whole number of at least 1"),
    "adapter": (dict(adapter="x"), "adapter: no LoRA layer has an adapter 'x'; the model's adapters are 'default'"),
    "column": (
        dict(step=3),
        "step: is recorded, so no column can be called that; taken are step, module, loss, za_rms, za_norm, zb_rms, "
        "zb_norm, peak_zb, delta1, delta2, delta3, drift, a_move, b_move",
    ),
    "value": (dict(seed=[1]), "seed [1]: must be a text or a number"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_wrong_arguments_are_refused(what, probe):
    given, message = REFUSED[what]
    with pytest.raises(lora_limits.LoraLimitsError) as refused:
        record(adapted(), probe, **given)
    assert str(refused.value) == message


RECORDED = "LoRA of linear layers and embeddings, where Z_B = s B A x, is recorded"


def test_models_that_are_not_plain_lora_are_refused(probe):
    def refusal(model, probe=probe, **given):
        with pytest.raises(lora_limits.LoraLimitsError) as refused:
            record(model, probe, **given)
        return str(refused.value)

    first = "adapter 'default' of model.layers.0.self_attn.q_proj"
    assert refusal(llama()) == "model: has no LoRA layer of PEFT; get_peft_model with a LoraConfig adds some"
    assert refusal(adapted(use_dora=True)) == f"{first}: is a variant of LoRA (DoRA); {RECORDED}"
    biased = peft.get_peft_model(
        torch.nn.Sequential(torch.nn.Linear(4, 4)), peft.LoraConfig(target_modules=["0"], lora_bias=True))
    assert refusal(biased) == f"adapter 'default' of 0: has a bias (lora_bias=True); {RECORDED}"
    convolution = peft.get_peft_model(
        torch.nn.Sequential(torch.nn.Conv2d(3, 3, 1)), peft.LoraConfig(target_modules=["0"]))
    assert refusal(convolution) == f"adapter 'default' of 0: belongs to Conv2d; {RECORDED}"
    class Attention(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.attn = torch.nn.MultiheadAttention(4, 2)

    attention = peft.get_peft_model(Attention(), peft.LoraConfig(r=2, target_modules=["attn"]))
    assert refusal(attention) == f"adapter 'default' of attn: belongs to MultiheadAttention; {RECORDED}"
    merged = adapted()
    merged.merge_adapter()
    assert refusal(merged) == f"{first}: is merged into its base layer; {RECORDED}"
    both = adapted()
    both.add_adapter("other", peft.LoraConfig(r=2, target_modules=["v_proj"]))
    both.base_model.set_adapter(["default", "other"])
    assert refusal(both) == (
        "adapter: 2 adapters of model.layers.0.self_attn.v_proj are active ('default', 'other'); give the name of one"
    )
    mixed = adapted()
    torch.nn.init.ones_(mixed.get_base_model().model.layers[0].self_attn.v_proj.lora_B["default"].weight)
    assert refusal(mixed) == (
        "init: modules start differently: model.layers.0.self_attn.q_proj has A random; "
        'model.layers.0.self_attn.v_proj has A and B random; give init="A", "B" or "AB"'
    )
    assert set(start(mixed, probe, init="A")["init"]) == {"A"}
    assert refusal(adapted(), []) == (
        "probe: is empty; give a mapping of the model's arguments, a tensor, or a list of such"
    )
    assert refusal(adapted(), ["text"]).startswith("probe: has a str; ")
    aside = adapted(target_modules=["q_proj"])
    aside.forward = lambda **_: None
    assert refusal(aside) == "probe: reaches no LoRA layer of the model"


def test_two_optimisers_are_refused(probe):
    model = adapted()
    a, b = ([w for n, w in model.named_parameters() if f"lora_{factor}" in n] for factor in "AB")
    first, second = torch.optim.SGD(a, lr=0.1), torch.optim.Adam(b, lr=0.1)
    ids = tokens(0, 2, 9)
    model(input_ids=ids, labels=ids).loss.backward()
    with record(model, probe) as recording:
        first.step()
        with pytest.raises(lora_limits.LoraLimitsError) as refused:
            second.step()
    assert str(refused.value) == (
        "optimizer: two of them (SGD and Adam) update the adapter; a recording follows one, with groups for A and B"
    )
    assert recording.updates == 1


def test_an_optimiser_that_is_not_noticed_is_warned_of(probe):
    model = adapted()
    other = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    with pytest.warns(UserWarning, match="nothing but the start is recorded"), record(model, probe) as recording:
        other.step()
    assert recording.steps()["step"] == [0]


def test_a_recording_that_fails_at_its_end_leaves_no_hook(probe):
    recording = record(adapted(), probe)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(UserWarning):
            recording.close()
    assert not recording._hooks
