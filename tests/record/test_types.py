"""The types of what needs torch: pyright in strict mode with torch's own types. mypy, for which torch's files would
take minutes, checks the same files in tests/python without them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import lora_limits
import pytest

CODE = """\
import torch
import lora_limits
import lora_limits.torch

model = torch.nn.Linear(2, 2)
with lora_limits.torch.record(model, {"x": torch.zeros(1)}, every=10, lr=1e-3) as recording:
    recording.tell(0.5)
table: dict[str, list[object]] = {**recording.steps()}
judged = lora_limits.judge(lora_limits.torch.join([recording.steps()]))
lora_limits.torch.write_csv(recording.modules(), "modules.csv")
count: str = recording.updates
"""


def test_the_types_hold(tmp_path):
    """Nothing is wrong but the last line."""
    checker = [os.environ["LORA_TYPE_CHECKERS"], "-m", "pyright"]
    starts = subprocess.run([*checker, "--version"], capture_output=True).returncode == 0
    if not starts and "CHECK_PYRIGHT" not in os.environ:
        pytest.skip("pyright does not start: it fetches itself from npm")
    package = Path(lora_limits.__file__).parent
    shutil.copytree(package, tmp_path / "lora_limits", ignore=shutil.ignore_patterns("*.so"))
    (tmp_path / "code.py").write_text(CODE)
    beside = subprocess.run(
        [os.environ["LORA_TYPE_CHECKERS"], "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        capture_output=True, text=True, check=True).stdout.strip()
    (tmp_path / "pyrightconfig.json").write_text(
        f'{{"typeCheckingMode": "strict", "reportMissingModuleSource": false, "extraPaths": ["{beside}"]}}')
    done = subprocess.run(
        [*checker, "--pythonpath", sys.executable, "code.py", "lora_limits"], cwd=tmp_path,
        capture_output=True, text=True)
    wrong = [line for line in done.stdout.splitlines() if " - error" in line]
    assert len(wrong) == 1 and "code.py:11:" in wrong[0], done.stdout + done.stderr
