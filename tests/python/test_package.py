"""What the wheel holds, its types, and the examples of its page."""

import ast
import inspect
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import lora_limits
import pytest

HERE = Path(__file__).parent
STUB = Path(lora_limits.__file__).parent / "_native.pyi"

GOOD = """\
from fractions import Fraction
import lora_limits

gamma: Fraction | None = None
for one in lora_limits.predict(readout="1/2"):
    if one.eta_opt is not None:
        gamma = one.eta_opt.exponent
fit: float | None = lora_limits.judge({"n": [1]}).sweeps[0].inits["A"].eta_opt.exponent
frame = lora_limits.phase_map("A").table.to_polars()
figure: lora_limits.Figure = lora_limits.phase_map("A").figure("phases")
shown: str = lora_limits.plot(lora_limits.diagnose("a"), "depth").svg + figure.svg
lr: float = lora_limits.transfer(from_width=64, from_lr=1e-3, to_width=128).lr.value
ratio: float | None = None
for adapter in lora_limits.diagnose(["a", "b"], lr=1e-3, steps=10).adapters:
    if adapter.pooled is not None:
        ratio = adapter.pooled.ratio[0]
"""

BAD = """\
import lora_limits
lora_limits.transfer(from_width=64, from_lr=1e-3, to_width=128, progress=True)
text: str = lora_limits.phase_map("A").table.num_rows
"""


def test_the_wheel_holds_no_other_file():
    names = zipfile.ZipFile(os.environ["LORA_WHEEL"]).namelist()
    info = f"lora_limits-{lora_limits.__version__}.dist-info/"
    ours = [
        "__init__.py", "_calls.py", "_columns.py", "_figure.py", "_lora_layer.py", "_native.abi3.so", "_native.pyi",
        "_probe.py", "_progress.py", "_random.py", "_whole_file.py", "py.typed", "torch.py",
    ]
    inside = sorted(name.removeprefix("lora_limits/") for name in names if not name.startswith(info))
    assert inside == ours
    rest = {name.removeprefix(info) for name in names if name.startswith(info)}
    assert {"METADATA", "WHEEL", "RECORD"} <= rest
    assert all(re.fullmatch(r"METADATA|WHEEL|RECORD|licenses/.*|sboms/.*", name) for name in rest), rest
    assert "-cp311-abi3-" in os.environ["LORA_WHEEL"]


def test_it_needs_nothing_beside_it():
    code = f"import sys; sys.path.insert(0, {os.environ['LORA_BARE']!r}); import lora_limits as l; " \
           "l.predict(); l.phase_map('A').table.to_dict(); assert not {'pandas', 'polars'} & set(sys.modules)"
    subprocess.run([sys.executable, "-S", "-c", code], check=True)


def test_the_stub_names_every_field_and_function():
    tree = ast.parse(STUB.read_text(encoding="utf-8"))
    stubs = {node.name: node for node in tree.body if isinstance(node, (ast.ClassDef, ast.FunctionDef))}
    public = {name for name in dir(lora_limits._native) if not name.startswith("_")}
    assert public == {name for name in stubs if not name.startswith("_")}
    assert set(lora_limits.__all__) == public | {"__version__", "Figure", "plot"}
    for name in public:
        native, stub = getattr(lora_limits, name), stubs[name]
        assert native.__doc__ and ast.get_docstring(stub), name
        if isinstance(stub, ast.FunctionDef):
            arguments = stub.args
            found = [one.arg for one in arguments.args + arguments.kwonlyargs]
            assert list(inspect.signature(native).parameters) == found, name
            assert native.__doc__.split("\n")[0] == stub.body[0].value.value.split("\n")[0], name
        elif hasattr(native, "_fields"):
            properties = [node.name for node in stub.body if isinstance(node, ast.FunctionDef)]
            assert properties[: len(native._fields)] == native._fields, name
            for field in native._fields:
                assert getattr(native, field).__doc__, f"{name}.{field}"


def test_the_stub_is_what_the_module_has():
    """Names, arguments with their defaults and kinds, and classes, as mypy's stubtest finds them."""
    done = subprocess.run(
        [
            sys.executable, "-m", "mypy.stubtest", "lora_limits", "--mypy-config-file", HERE / "mypy.ini",
            "--allowlist", HERE / "without_torch.txt",
        ],
        capture_output=True, text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


CHECKERS = {
    "mypy": [
        "--config-file", str(HERE / "mypy.ini"), "--no-incremental", "--no-error-summary",
        "--python-executable", sys.executable,
    ],
    "pyright": ["--pythonpath", sys.executable],
}


@pytest.mark.parametrize("checker", CHECKERS)
def test_the_types_hold(checker, tmp_path):
    """In strict mode nothing is wrong but the two mistakes of `bad.py`."""
    start = [sys.executable, "-m", checker]
    there = subprocess.run([*start, "--version"], capture_output=True, text=True)
    if checker == "pyright" and there.returncode != 0 and "CHECK_PYRIGHT" not in os.environ:
        pytest.skip("pyright does not start: it fetches itself from npm")
    assert there.returncode == 0, there.stderr
    package = Path(lora_limits.__file__).parent
    (tmp_path / "lora_limits").mkdir()
    for file in [*package.glob("*.py"), STUB]:
        # What needs torch pyright checks in tests/record, with torch's types.
        if checker == "mypy" or "import torch" not in file.read_text(encoding="utf-8"):
            shutil.copy(file, tmp_path / "lora_limits")
    (tmp_path / "good.py").write_text(GOOD)
    (tmp_path / "bad.py").write_text(BAD)
    (tmp_path / "pyrightconfig.json").write_text('{"typeCheckingMode": "strict"}')
    words = [*start, *CHECKERS[checker], "good.py", "bad.py", "lora_limits"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True)
    wrong = {line.split(" - ")[0].split("error")[0] for line in done.stdout.splitlines() if "error" in line}
    found = sorted(re.search(r"(\w+\.pyi?):(\d+)", line).group(0) for line in wrong if "bad.py:" in line)
    others = [line for line in done.stdout.splitlines() if re.search(r"\.pyi?:\d+.*error", line) and "bad.py:" not in line]
    assert (found, others) == (["bad.py:2", "bad.py:3"], []), done.stdout + done.stderr


def test_the_page_is_as_it_runs(tmp_path, root, monkeypatch):
    """Every example of docs/python.md runs, and prints what the page shows."""
    page = (root / "docs/python.md").read_text(encoding="utf-8")
    examples = re.findall(r"^```python\n(.*?)^```\n(?:\n```text\n(.*?)^```)?", page, re.M | re.S)
    assert len(examples) >= 7
    (tmp_path / "examples").symlink_to(root / "examples")
    (tmp_path / "experiments").symlink_to(root / "experiments")
    names = "import lora_limits\n"
    for code, printed in examples:
        done = subprocess.run(
            [sys.executable, "-c", names + code], cwd=tmp_path, capture_output=True, text=True
        )
        assert done.returncode == 0, code + done.stderr
        assert done.stdout == printed, code
