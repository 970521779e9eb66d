"""The examples of docs/record.md run as they stand."""

import re
from pathlib import Path

import lora_limits
import torch
from conftest import adapted, factors, tokens

PAGE = Path(__file__).resolve().parents[2] / "docs/record.md"


def test_the_page_is_as_it_runs(tmp_path, monkeypatch, probe):
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.M | re.S)
    assert len(blocks) == 2
    model = adapted()
    optimizer = torch.optim.AdamW(factors(model), lr=1e-3)
    ids = [tokens(step, 2, 9) for step in range(12)]
    names = dict(
        model=model, probe=probe, optimizer=optimizer, lora_limits=lora_limits,
        batches=[{"input_ids": one, "labels": one} for one in ids])
    for block in blocks:
        exec(block, names)
    assert names["table"]["step"] == [0, 10, 12]
    lines = (tmp_path / "sweep.csv").read_text().splitlines()
    assert lines == (tmp_path / "run.csv").read_text().splitlines() and len(lines) == 4
    assert "" in lines[-1].split(","), "parts that are not known are empty"
