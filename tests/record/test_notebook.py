"""examples/notebook.ipynb runs, and goes from a sweep to a verdict with a figure. docs/notebook.md is its text."""

import re
from pathlib import Path

import nbclient
import nbformat

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOK, PAGE = ROOT / "examples/notebook.ipynb", ROOT / "docs/notebook.md"


def test_the_notebook_runs(tmp_path):
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbformat.validate(notebook)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(not cell.outputs and cell.execution_count is None for cell in cells), "it is kept without outputs"
    nbclient.NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()
    outputs = [output for cell in cells for output in cell.outputs]
    text = "".join(output.text for output in outputs if output.output_type == "stream" and output.name == "stdout")
    verdicts = [line for line in text.splitlines() if line.startswith("Init[")]
    assert [line.split(":")[0] for line in verdicts] == ["Init[A]", "Init[B]"]
    for line in verdicts:
        assert line.split(": ")[1].split(".")[0] in {"holds", "undecided", "refuted", "not_a_power_law"}
    shown = {kind for output in outputs for kind in output.get("data", {})}
    assert {"text/html", "image/svg+xml"} <= shown
    pictures = [output.data["image/svg+xml"] for output in outputs if "image/svg+xml" in output.get("data", {})]
    assert len(pictures) == 2 and all("η" in picture for picture in pictures)
    # The second one is the theory's.
    assert ["−3/4" in picture for picture in pictures] == [False, True]
    assert (tmp_path / "sweep.csv").exists()


def test_the_page_has_the_code_of_the_notebook():
    """So that what runs above is what the book shows."""
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    cells = [cell.source + "\n" for cell in notebook.cells if cell.cell_type == "code"]
    page = PAGE.read_text(encoding="utf-8")
    assert re.findall(r"^```python\n(.*?)^```", page, re.M | re.S) == cells
    # The words between the cells are those of the notebook, but for its introduction.
    words = [cell.source.replace("../docs/", "") for cell in notebook.cells if cell.cell_type == "markdown"]
    assert all(part in page for part in words[1:])
