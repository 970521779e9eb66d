"""Figures of answers and of folders, and tables as dicts of columns."""

import copy
import os
import pickle
import xml.etree.ElementTree

import lora_limits
import pytest
from lora_limits import _columns


@pytest.fixture(scope="session")
def judged(tmp_path_factory, root):
    folder = tmp_path_factory.mktemp("judged") / "out"
    answer = lora_limits.judge(root / "examples/judge/sweep.csv", readout="1/2", out=folder)
    assert answer.sweeps[0].inits
    return folder


def test_judge_writes_what_the_command_writes(judged, command, tmp_path, root):
    command("judge", root / "examples/judge/sweep.csv", "--readout", "1/2", "--out", tmp_path / "out", "--json")
    names = sorted(os.listdir(tmp_path / "out"))
    assert sorted(os.listdir(judged)) == names and "curves.svg" in names
    # The page says how it is made again, which is another line.
    for name in set(names) - {"report.html"}:
        assert (judged / name).read_bytes() == (tmp_path / "out" / name).read_bytes(), name
    page, wanted = ((of / "report.html").read_text(encoding="utf-8") for of in (judged, tmp_path / "out"))
    assert "lora_limits.judge(table, …)" in page and "width-sweep judge" in wanted


def test_judge_writes_into_no_folder_of_something_else(root, tmp_path, refused):
    (tmp_path / "notes.txt").write_text("mine")
    table = root / "examples/judge/sweep.csv"
    with pytest.raises(lora_limits.LoraLimitsError) as said:
        lora_limits.judge(table, out=tmp_path)
    assert f"--out {said.value}" == refused("judge", table, "--out", tmp_path)
    assert os.listdir(tmp_path) == ["notes.txt"]


def test_a_figure_is_the_file_in_the_folder(judged, tmp_path):
    figure = lora_limits.plot(judged)
    assert figure.name == "scaling" and repr(figure) == "Figure: scaling"
    assert figure.svg == figure._repr_svg_() == (judged / "scaling.svg").read_text(encoding="utf-8")
    curves = lora_limits.plot(str(judged), "curves")
    assert curves.svg != figure.svg and "</svg>" in curves.svg
    curves.save(tmp_path / "mine.svg")
    assert (tmp_path / "mine.svg").read_bytes() == (judged / "curves.svg").read_bytes()
    assert os.listdir(tmp_path) == ["mine.svg"]


ADAPTERS = ["examples/diagnose/init-a", "examples/diagnose/lora-plus"]

SMALL = {"quick": True, "set": ["training.steps=4", "model.points=8"], "neurons": 64, "width": 64}

# Calls of functions that write a folder, and the figures that each answer has.
CALLS = {
    "judge": (lambda root, out: lora_limits.judge(root / "examples/judge/sweep.csv", readout="1/2", out=out),
              ["curves", "scaling"]),
    "settings": (lambda root, out: lora_limits.judge(of_two_ranks(root), by="depth", out=out),
                 [f"{name}-{figure}" for name in ("1-depth-1", "2-depth-2") for figure in ("curves", "scaling")]),
    "diagnose": (lambda root, out: lora_limits.diagnose([root / of for of in ADAPTERS], out=out), ["depth"]),
    "limit": (lambda root, out: lora_limits.limit("paper", **SMALL, readout=["1/2", 1], out=out, progress=False),
              ["loss-a1", "loss-a1-2"]),
}


def of_two_ranks(root):
    """The example's table twice, told apart by a column."""
    header, *rows = (root / "examples/judge/sweep.csv").read_text(encoding="utf-8").splitlines()
    columns = {name: list(cells) for name, cells in zip(header.split(","), zip(*(row.split(",") for row in rows)))}
    return {**{name: 2 * cells for name, cells in columns.items()}, "depth": [d for d in (1, 2) for _ in rows]}


@pytest.mark.parametrize("call", CALLS)
def test_an_answer_draws_what_the_command_writes(call, root, tmp_path):
    make, names = CALLS[call]
    answer = make(root, tmp_path / "out")
    assert answer.figure_names == names
    assert names == sorted(of.removesuffix(".svg") for of in os.listdir(tmp_path / "out") if of.endswith(".svg"))
    # An answer keeps its figures when its folder is gone, when it is copied, and in another process.
    for one in (answer, copy.deepcopy(answer), pickle.loads(pickle.dumps(answer))):
        for name in names:
            figure = one.figure(name)
            assert isinstance(figure, lora_limits.Figure) and figure.name == name
            assert figure._repr_svg_() == (tmp_path / "out" / f"{name}.svg").read_text(encoding="utf-8"), name
            assert lora_limits.plot(one, name).svg == figure.svg
        first = "scaling" if "scaling" in names else names[0]
        assert one.figure().name == lora_limits.plot(one).name == first
    with pytest.raises(lora_limits.LoraLimitsError) as said:
        answer.figure("norms")
    assert str(said.value) == f"figure 'norms': this answer has {', '.join(names)}"


def texts(figure):
    """The words of a figure in their order, and whether it is XML at all."""
    tree = xml.etree.ElementTree.fromstring(figure.svg)
    return " ".join(of.text.strip() for of in tree.iter() if of.tag.endswith("}text") and of.text)


def test_a_phase_map_is_drawn_as_a_sweep_draws_it(tmp_path):
    line = lora_limits.phase_map("A", readout=1)
    assert line.figure_names == ["phases"]
    words = texts(line.figure())
    # Theorem 1's exponent, and the regimes at both ends.
    for word in ["Init[A]", "whole network, a = 1", "−1/2", "no learning", "unstable", "optimiser adam"]:
        assert word in words, (word, words)
    assert line.figure().svg == pickle.loads(pickle.dumps(line)).figure().svg
    assert line.figure().svg != lora_limits.phase_map("B", readout=1).figure().svg
    custom = lora_limits.phase_map(std_a_exponent="-1/4", std_b_exponent="zero", layer=True, to_exponent="1/4")
    assert "LoRA layer alone; A0 of std" in texts(custom.figure()), texts(custom.figure())


def test_what_has_no_limit_has_no_figure():
    limit = lora_limits.limit("paper", **SMALL, lr_exponent=0, progress=False)
    assert limit.figure_names == []
    with pytest.raises(lora_limits.LoraLimitsError) as said:
        lora_limits.plot(limit)
    assert str(said.value) == "this answer: has no figure"


def test_a_sweep_is_plotted(tmp_path):
    experiment = {
        "model": {"widths": [16, 32], "points": 16, "teacher_width": 32},
        "training": {"seeds": [0], "steps": 5},
    }
    sweep = lora_limits.sweep(experiment, out=tmp_path / "tiny", progress=False)
    assert lora_limits.plot(sweep).svg == (tmp_path / "tiny/scaling.svg").read_text(encoding="utf-8")
    assert sweep.figure().svg == lora_limits.plot(sweep).svg and sweep.figure("curves").name == "curves"
    written = sorted(name.removesuffix(".svg") for name in os.listdir(tmp_path / "tiny") if name.endswith(".svg"))
    assert sweep.figure_names == written
    assert {"curves", "norms", "phases"} <= {name.removesuffix(".svg") for name in os.listdir(tmp_path / "tiny")}


def test_what_is_no_figure_is_refused(judged, tmp_path):
    def refusal(*arguments):
        with pytest.raises(lora_limits.LoraLimitsError) as said:
            lora_limits.plot(*arguments)
        return str(said.value)

    assert refusal(judged, "depth") == f"figure 'depth': {judged} has curves, scaling"
    assert refusal(tmp_path) == (
        f"{tmp_path}: holds no figure; sweep writes some, and judge, limit and diagnose with out"
    )
    (tmp_path / "text.svg").write_text("text")
    assert refusal(tmp_path) == f"{tmp_path / 'text.svg'}: is no SVG"
    with pytest.raises(FileNotFoundError):
        lora_limits.plot(tmp_path / "absent")
    with pytest.raises(lora_limits.LoraLimitsError) as said:
        lora_limits.plot(judged).save("picture.png")
    assert str(said.value) == "path picture.png: must end in .svg"


def test_tables_are_joined_and_written(tmp_path):
    table = _columns.join([{"lr": [0.1], "loss": [1.0]}, {"lr": [1e-4, 1 / 3], "init": ["A", None]}])
    assert table == {"lr": [0.1, 1e-4, 1 / 3], "loss": [1.0, None, None], "init": [None, "A", None]}
    _columns.write_csv(table, tmp_path / "table.csv")
    text = "lr,loss,init\n0.1,1.0,\n0.0001,,A\n0.3333333333333333,,\n"
    assert (tmp_path / "table.csv").read_text() == text
    with pytest.raises(lora_limits.LoraLimitsError) as said:
        _columns.write_csv({"a": [1], "b": []}, tmp_path / "table.csv")
    assert str(said.value) == "table: columns must be of one length; 'a' has 1, 'b' has 0"
    with pytest.raises(OSError):
        _columns.write_csv(table, tmp_path / "absent" / "table.csv")
    assert (tmp_path / "table.csv").read_text() == text and os.listdir(tmp_path) == ["table.csv"]
    assert _columns.of_rows([{"a": 1, "b": None}, {"a": 2, "c": 3}]) == {"a": [1, 2], "c": [None, 3]}
