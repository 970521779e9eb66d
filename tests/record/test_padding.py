"""Padding of a probe: its rows count for nothing, wherever they are."""

import peft
import pytest
import torch
import transformers
from conftest import SIZES, VOCABULARY, adapted, near, recorded, start, tokens

import lora_limits
from lora_limits.torch import record


def test_padding_counts_for_nothing():
    ids = tokens(3, 2, 8)
    short = [{"input_ids": ids[:1, :5]}, {"input_ids": ids[1:]}]
    mask = torch.ones_like(ids)
    mask[0, 5:] = 0
    wanted = recorded(adapted(), short).steps()
    near(recorded(adapted(), {"input_ids": ids, "attention_mask": mask}).steps(), wanted, 1e-4)
    other = recorded(adapted(), {"input_ids": ids}).steps()
    assert abs(other["zb_norm"][-1] / wanted["zb_norm"][-1] - 1) > 1e-3


class Flattened(torch.nn.Module):
    """Its linear module gets batch and sequence as one dimension."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.embed, self.up = torch.nn.Embedding(VOCABULARY, 16), torch.nn.Linear(16, 8)

    def forward(self, input_ids, attention_mask=None):
        return self.up(self.embed(input_ids).reshape(-1, 16))


def test_padding_of_flattened_inputs_counts_for_nothing():
    ids = tokens(3, 2, 8)
    mask = torch.ones_like(ids)
    mask[0, :3] = 0
    model = adapted(Flattened(), "AB", target_modules=["up"])
    wanted = start(model, [{"input_ids": ids[:1, 3:]}, {"input_ids": ids[1:]}])
    near(start(model, {"input_ids": ids, "attention_mask": mask}), wanted)
    assert abs(start(model, {"input_ids": ids})["zb_norm"][0] / wanted["zb_norm"][0] - 1) > 1e-3


def t5():
    """A T5 of one block each with random weights, and LoRA in its attentions, that between them among others."""
    torch.manual_seed(0)
    config = transformers.T5Config(
        vocab_size=VOCABULARY, d_model=24, d_kv=8, d_ff=32, num_layers=1, num_heads=3, decoder_start_token_id=0)
    model = transformers.T5ForConditionalGeneration(config)
    return adapted(model, "AB", target_modules=["q", "k", "v"])


def pairs(source, target):
    """Two pairs of texts padded to these lengths, and the same texts one by one without padding."""
    ids, labels, mask = tokens(4, 2, source), tokens(5, 2, target), torch.ones(2, source, dtype=torch.long)
    mask[0, 5:] = 0
    labels[0, 3:] = -100
    single = [{"input_ids": ids[:1, :5], "labels": labels[:1, :3]}, {"input_ids": ids[1:], "labels": labels[1:]}]
    return {"input_ids": ids, "attention_mask": mask, "labels": labels}, single


@pytest.mark.parametrize("told_by", ["labels", "decoder_attention_mask"])
def test_padding_of_encoder_and_decoder_counts_for_nothing(told_by):
    padded, single = pairs(7, 6)
    if told_by != "labels":
        padded["decoder_attention_mask"] = (padded["labels"] != -100).long()
        # Labels may then leave out what they like.
        padded["labels"][1, 0] = single[1]["labels"][0, 0] = -100
        for one in single:
            one["decoder_attention_mask"] = torch.ones_like(one["labels"])
    wanted, found = start(t5(), single), start(t5(), padded)
    assert len(set(found["module"])) == 9
    near(found, wanted, 1e-5)
    between = found["module"].index("decoder.block.0.layer.1.EncDecAttention.k")
    assert found["za_rms"][between] > 0
    # Each mask is needed: of one alone, the modules of the other one differ.
    alone = start(t5(), {**padded, "attention_mask": torch.ones_like(padded["attention_mask"])})
    assert abs(alone["zb_norm"][between] / wanted["zb_norm"][between] - 1) > 1e-3


def test_masks_that_cannot_be_told_apart_are_refused():
    padded, _ = pairs(6, 6)
    with pytest.raises(lora_limits.LoraLimitsError) as refused:
        record(t5(), padded)
    assert str(refused.value) == (
        "probe: the inputs of encoder and decoder are padded differently to one shape, 2 × 6, so that their rows cannot "
        "be told apart; add a column of padding to one of them"
    )
    whole = {**padded, "attention_mask": (padded["labels"] != -100).long()}
    assert set(SIZES) <= set(start(t5(), whole)), "two masks that agree are one"
