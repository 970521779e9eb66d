"""examples/notebook.ipynb runs, and goes from a sweep to a verdict with a figure."""

from pathlib import Path

import nbclient
import nbformat

NOTEBOOK = Path(__file__).resolve().parents[2] / "examples/notebook.ipynb"


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
    assert len(pictures) == 1 and "η" in pictures[0]
    assert (tmp_path / "sweep.csv").exists()
