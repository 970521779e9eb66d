"""Every answer is the one that the command line prints."""

import ast
import copy
import csv
import json
import os
import pickle
import shutil
import subprocess
from fractions import Fraction

import lora_limits
import pytest
from records import fits, same, typed

TINY = {
    "title": "Tiny: everything once",
    "model": {"widths": [16, 32, 64], "points": 24, "test_points": 8, "teacher_width": 32, "teacher_rank": 4},
    "training": {"seeds": [0, 1, 2], "steps": 10},
}


def check(answer, document):
    """The object, and what it is as a document."""
    if isinstance(document, list):
        assert len(answer) == len(document)
        for one, other in zip(answer, document):
            check(one, other)
        return
    assert answer.to_dict() == document
    same(answer, document)
    typed(answer)
    assert pickle.loads(pickle.dumps(answer)) == answer == copy.deepcopy(answer)
    assert pickle.loads(pickle.dumps(answer)).to_dict() == document
    assert answer != document and answer != 1
    assert len({answer, copy.copy(answer), pickle.loads(pickle.dumps(answer))}) == 1
    assert repr(answer).startswith(type(answer).__name__ + "(")
    assert answer._repr_html_().startswith("<table>")
    with pytest.raises(AttributeError):
        setattr(answer, answer._fields[0], 1)


def test_a_wrong_answer_is_noticed(command):
    """The comparison itself: with another value, without a field, and with one too many."""
    answer = lora_limits.predict(init="A")[0]
    document = command("predict", "--json", "--init", "A")[0]
    same(answer, document)
    for spoil in [
        lambda of: of["eta_opt"].update(exponent="-1/2"),
        lambda of: of["analysis"].pop("z_a"),
        lambda of: of.update(more=1),
        lambda of: of["words"].pop(),
    ]:
        spoilt = json.loads(json.dumps(document))
        spoil(spoilt)
        with pytest.raises(AssertionError):
            same(answer, spoilt)
    other = lora_limits.predict(init="B")[0]
    assert answer != other and answer == lora_limits.predict(init="A")[0]
    for value, stated in [(1, "float"), (True, "int"), ([1], "list[str]"), (other, "Advice"), (None, "str"),
                          ((1.0,), "tuple[float, float]"), ("often", 'Literal["always", "never"]')]:
        assert not fits(value, ast.parse(stated, mode="eval").body), stated


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({}, []),
        ({"init": "a", "readout": 1}, ["--init", "A", "--readout", "1"]),
        ({"init": "AB", "readout": "0.25"}, ["--init", "AB", "--readout", "0.25"]),
        ({"lr_exponent": Fraction(-3, 4)}, ["--lr-exponent", "-3/4"]),
        ({"lr_ratio_exponent": 1.0, "optimizer": "sgd", "steps": 6},
         ["--lr-ratio-exponent", "1", "--optimizer", "sgd", "--steps", "6"]),
        ({"lr_a_exponent": -1, "lr_b_exponent": 0}, ["--lr-a-exponent", "-1", "--lr-b-exponent", "0"]),
        ({"train": ["B"], "layer": True, "rank_exponent": "1/2", "multiplier_rank": 1, "multiplier_width": 0},
         ["--train", "B", "--layer", "--rank-exponent", "1/2", "--multiplier-rank", "1"]),
        ({"std_a_exponent": "-1/2", "std_b_exponent": "zero"},
         ["--std-a-exponent", "-1/2", "--std-b-exponent", "zero"]),
    ],
)
def test_predict(command, arguments, words):
    check(lora_limits.predict(**arguments), command("predict", "--json", *words))


def test_exponents_are_fractions_and_the_exponent_of_a_zero_is_minus_infinity():
    one = lora_limits.predict(init="A", train=["A"], layer=True)[0]
    assert one.eta_opt is None or isinstance(one.eta_opt.largest, (str, Fraction))
    at = lora_limits.predict(init="A", readout=1)[0].at_optimal
    assert at.gamma == Fraction(-1, 2) and at.z_a == Fraction(1, 2)
    frozen = lora_limits.predict(init="A", train=["B"], lr_exponent=-1)[0].at_exponent
    assert frozen.lr_a == float("-inf")


def test_phase_map(command):
    line = lora_limits.phase_map("A", readout=1, from_exponent=-2)
    ends = [phase.gamma_from for phase in line.phases] + [line.phases[-1].gamma_to]
    assert ends[0] == -2 and ends[-1] == 0 and ends == sorted(ends)
    points = [point.snapshot.gamma for point in line.points]
    assert set(ends[1:-1]) <= set(points)
    # The critical learning rates are those that `predict` has.
    critical = command("predict", "--json", "--init", "A", "--readout", "1")[0]["analysis"]["critical"]
    for mark, of in [("largest-stable", "stable"), ("largest-internally-stable", "internally_stable"),
                     ("largest-bounded-output", "bounded_output")]:
        marked = [point.snapshot.gamma for point in line.points if mark in point.marks]
        assert marked == [Fraction(critical[of]["at"])]
    at = line.points[points.index(Fraction(-1, 2))].snapshot
    document = command("predict", "--json", "--init", "A", "--readout", "1", "--lr-exponent", "-1/2")
    exact = document[0]["at_exponent"]
    same(at, {key: value for key, value in exact.items() if key not in ("lr_a", "lr_b")})
    table = line.table.to_dict()
    assert table["gamma_to"][-1] == 0.0 and table["regime"] == [phase.regime for phase in line.phases]
    assert lora_limits.phase_map().to_dict() == lora_limits.phase_map("A").to_dict()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"from_width": 1024, "from_lr": 2e-4, "to_width": 8192},
         ["--from-width", 1024, "--from-lr", "2e-4", "--to-width", 8192]),
        ({"from_width": 512, "from_lr": "0.02", "to_width": 4096, "goal": "stable", "init": "B", "readout": 1},
         ["--from-width", 512, "--from-lr", "0.02", "--to-width", 4096, "--goal", "stable", "--init", "B",
          "--readout", 1]),
        ({"from_width": 4096, "from_lr": 2e-4, "to_rank": 64, "from_rank": 8, "from_alpha": 16, "to_alpha": 32,
          "rslora": True},
         ["--from-width", 4096, "--from-lr", "2e-4", "--to-rank", 64, "--from-rank", 8, "--from-alpha", 16,
          "--to-alpha", 32, "--rslora"]),
        ({"from_width": 1024, "from_lr": 2e-4, "to_width": 65536, "exponent": -0.62,
          "exponent_interval": (-0.7, "-0.55"), "to_lora_plus_ratio": 16},
         ["--from-width", 1024, "--from-lr", "2e-4", "--to-width", 65536, "--exponent", "-0.62",
          "--exponent-interval", "-0.7,-0.55", "--to-lora-plus-ratio", 16]),
        ({"from_width": 2048, "from_lr": 3e-4, "to_width": 4096, "rule": "tinker-llama"},
         ["--from-width", 2048, "--from-lr", "3e-4", "--to-width", 4096, "--rule", "tinker-llama"]),
    ],
)
def test_transfer(command, arguments, words):
    check(lora_limits.transfer(**arguments), command("transfer", "--json", *words))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"to_width": 1500}, ["--to-width", 1500]),
        ({"to_width": 16384, "init": "B", "from_width": 512, "from_lr": "1e-2"},
         ["--to-width", 16384, "--init", "B", "--from-width", 512, "--from-lr", "1e-2"]),
        ({"to_width": 2048, "goal": "stable"}, ["--to-width", 2048, "--goal", "stable"]),
        ({"to_width": 1024, "from_width": 256, "from_lr": 1e-2, "rule": "tinker-qwen"},
         ["--to-width", 1024, "--from-width", 256, "--from-lr", "1e-2", "--rule", "tinker-qwen"]),
    ],
)
def test_transfer_by_a_run(command, root, arguments, words):
    run = root / "figures/paper"
    answer = lora_limits.transfer(from_run=run, **arguments)
    check(answer, command("transfer", "--json", "--from-run", run, *words))
    # At a width of the run itself nothing is carried, and so nothing stands beside it.
    assert bool(answer.beside) == bool(answer.changes) == (arguments["to_width"] != 2048)


def test_a_run_of_an_older_version_warns(command, root, tmp_path):
    """Its manifest has no digests; the command line says so on standard error."""
    for name in ["experiment.toml", "runs.csv", "summary.json"]:
        shutil.copy(root / "figures/paper" / name, tmp_path)
    manifest = json.loads((root / "figures/paper/manifest.json").read_text())
    manifest.pop("digests")
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    with pytest.warns(UserWarning) as caught:
        answer = lora_limits.transfer(from_run=tmp_path, to_width=1024)
    manifest = tmp_path / "manifest.json"
    said = "holds no digests, since an older version wrote it: the tables beside it are taken as they are"
    assert [str(one.message) for one in caught] == [f"note: {manifest} {said}"]
    check(answer, command("transfer", "--json", "--from-run", tmp_path, "--to-width", 1024))


def test_advise(command, root):
    peft, model = (lambda name: root / "examples/peft" / name), (lambda name: root / "examples/peft" / name)
    answer = lora_limits.advise(
        peft("r64"), model("llama-8b"), from_peft=peft("r8"), from_model=str(model("llama-1b")), from_lr=2e-4
    )
    document = command(
        "advise", "--json", "--peft", peft("r64"), "--model", model("llama-8b"), "--from-peft", peft("r8"),
        "--from-model", model("llama-1b"), "--from-lr", "2e-4",
    )
    check(answer, document)
    table = answer.table.to_dict()
    assert table["kind"] == [one["kind"] for one in document["modules"]]
    assert table["lr"] == [one["lr"]["value"] if one["lr"] else None for one in document["modules"]]


def test_advise_takes_dicts_and_what_has_to_dict(root):
    def read(path):
        return json.loads((root / "examples/peft" / path).read_text())

    class Config:
        def __init__(self, of):
            self.of = of

        def to_dict(self):
            # As PEFT has it: a set, and values that no JSON has.
            return {**self.of, "target_modules": set(self.of["target_modules"]), "runtime_config": object()}

    peft, model = read("r64/adapter_config.json"), read("llama-8b/config.json")
    files = lora_limits.advise(root / "examples/peft/r64", root / "examples/peft/llama-8b").to_dict()
    assert lora_limits.advise(peft, model).to_dict() == files
    assert lora_limits.advise(Config(peft), model).to_dict() == files


def test_advise_takes_objects_of_peft_and_transformers(root):
    python = os.environ["LORA_PEFT_PYTHON"]
    if not os.path.exists(python):
        pytest.skip("tests/transformers/run.sh --environment has not been called")
    code = f"""
import sys
sys.path.append({os.environ["LORA_BARE"]!r})
import lora_limits
from peft import LoraConfig
from transformers import LlamaConfig
peft = LoraConfig(r=16, lora_alpha=32, target_modules=["q_proj", "v_proj"], task_type="CAUSAL_LM")
model = LlamaConfig(hidden_size=256, num_hidden_layers=3, num_attention_heads=4, intermediate_size=512)
model.architectures = ["LlamaForCausalLM"]
answer = lora_limits.advise(peft, model)
assert [one.kind for one in answer.modules] == ["self_attn.q_proj", "self_attn.v_proj"], answer.modules
assert all((one.r, one.scaling, one.count, one.fan_in) == (16, 2.0, 3, 256) for one in answer.modules)
peft.save_pretrained(sys.argv[1])
model.save_pretrained(sys.argv[1])
assert lora_limits.advise(sys.argv[1], sys.argv[1]).to_dict() == answer.to_dict()
"""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run([python, "-c", code, folder], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


ADAPTERS = ["examples/diagnose/init-a", "examples/diagnose/lora-plus"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({}, []),
        ({"lr": 5e-4, "steps": 100}, ["--lr", "5e-4", "--steps", 100]),
        ({"lr": 5e-4, "steps": 100, "weight_decay": 0.01}, ["--lr", "5e-4", "--steps", 100, "--weight-decay", "0.01"]),
        ({"lr": "5e-5", "steps": 3, "lr_ratio": 16, "betas": (0.9, "0.95"), "threads": 1},
         ["--lr", "5e-5", "--steps", 3, "--lr-ratio", 16, "--betas", "0.9,0.95"]),
    ],
)
def test_diagnose(command, root, tmp_path, arguments, words):
    adapters = [root / ADAPTERS[0], str(root / ADAPTERS[1])]
    answer = lora_limits.diagnose(adapters, **arguments, out=tmp_path / "python")
    check(answer, command("diagnose", "--json", *adapters, *words, "--out", tmp_path / "command"))
    ours, theirs = (sorted((tmp_path / of).iterdir()) for of in ["python", "command"])
    assert [one.name for one in ours] == [one.name for one in theirs] and len(ours) > 3
    # Those two name the call that makes them again.
    named = {"diagnosis.json", "report.html"}
    assert named <= {one.name for one in ours}
    for one, other in zip(ours, theirs):
        assert one.read_bytes() == other.read_bytes() or one.name in named, one.name
    same_rows(answer.table, tmp_path / "command/modules.csv")
    # One folder, several by an iterator, and one at a time.
    first = lora_limits.diagnose(adapters[0], **arguments)
    assert first.adapters == answer.adapters[:1]
    assert lora_limits.diagnose(iter(adapters), **arguments) == answer


def same_rows(table, path):
    """A table has the columns and the cells of a CSV file."""
    columns = table.to_dict()
    with open(path, encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert list(columns) == list(rows[0]) and len(rows) == table.num_rows
    for name, cells in columns.items():
        for cell, row in zip(cells, rows):
            text = row[name]
            if cell is None or isinstance(cell, bool):
                assert text == ("" if cell is None else str(cell).lower()), (name, cell, text)
            else:
                assert cell == type(cell)(text), (name, cell, text)


def adapter(folder, a, b, **more):
    """A folder with an adapter of one module as PEFT saves it; A is r × n and B is n × r."""
    import numpy

    name = "base_model.model.model.layers.0.self_attn.q_proj"
    factors = {f"{name}.lora_A.weight": numpy.float32(a), f"{name}.lora_B.weight": numpy.float32(b)}
    header, at = {}, 0
    for key, of in factors.items():
        header[key] = {"dtype": "F32", "shape": of.shape, "data_offsets": [at, at + of.nbytes]}
        at += of.nbytes
    text = json.dumps(header).encode()
    folder.mkdir()
    data = b"".join(of.tobytes() for of in factors.values())
    (folder / "adapter_model.safetensors").write_bytes(len(text).to_bytes(8, "little") + text + data)
    config = {"peft_type": "LORA", "r": len(a), "lora_alpha": 8, "target_modules": ["q_proj"], **more}
    (folder / "adapter_config.json").write_text(json.dumps(config))
    return folder


def test_diagnose_of_every_kind_of_start(command, tmp_path):
    """Zeros, a factor that stood still, both random, and nothing that is told."""
    import numpy

    draw = numpy.random.default_rng(3)
    r, n = 8, 64
    start = draw.uniform(-(n**-0.5), n**-0.5, (r, n))
    normal = draw.normal(0, r**-0.5, (n, r))
    step = numpy.outer(draw.normal(size=n), draw.normal(size=r)) * 1e-3
    folders = [
        adapter(tmp_path / "untrained", start, 0 * step),
        adapter(tmp_path / "nothing", 0 * start, 0 * step),
        adapter(tmp_path / "still", start, step),
        adapter(tmp_path / "init-b", step.T, normal),
        adapter(tmp_path / "both", start, normal, init_lora_weights=False),
        adapter(tmp_path / "pissa", start, normal, init_lora_weights="pissa"),
        adapter(tmp_path / "thin", [[1.0] * n], [[1.0]] * n),
    ]
    for words in [{}, {"lr": 1e-3, "steps": 10}]:
        answer = lora_limits.diagnose(folders, **words)
        flags = [word for name, value in words.items() for word in [f"--{name}", value]]
        check(answer, command("diagnose", "--json", *folders, *flags))
        starts = [one.findings.start.verdict for one in answer.adapters]
        assert starts[:5] == ["Init[A]", "unknown", "Init[A]", "Init[B]", "both random"]
        still = answer.adapters[2].pooled
        assert still.ratio[0] is None and still.ratio[1] > 0 and still.unmoved


def sweep_csv(root):
    with open(root / "examples/judge/sweep.csv", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    numbers = {"hidden_size": int, "init": str, "seed": int, "learning_rate": float, "train_loss": float}
    return {name: [read(row[name]) for row in rows] for name, read in numbers.items()}


def test_judge(command, root):
    path = root / "examples/judge/sweep.csv"
    words = ["judge", path, "--json", "--readout", "1/2", "--basin", "0.2"]
    answer = lora_limits.judge(path, readout=0.5, basin=0.2)
    document = command(*words)
    check(answer, document)
    fits = answer.exponents.to_dict()
    inits = document["sweeps"][0]["inits"]
    assert fits["init"] == [init for init in inits for _ in range(2)]
    assert fits["exponent"][0] == inits["A"]["eta_opt"]["exponent"]
    assert answer.widths.num_rows == sum(len(of["widths"]) for of in inits.values())


def test_judge_writes_what_the_command_writes(command, root, tmp_path):
    path = root / "examples/judge/sweep.csv"
    ours, theirs = tmp_path / "python", tmp_path / "command"
    lora_limits.judge(path, readout="1/2", out=ours)
    command("judge", path, "--json", "--readout", "1/2", "--out", theirs)
    names = sorted(str(one.relative_to(ours)) for one in ours.rglob("*") if one.is_file())
    assert names == sorted(str(one.relative_to(theirs)) for one in theirs.rglob("*") if one.is_file())
    assert "judged.json" in names
    for name in names:
        # Pages and origins of figures say what was typed.
        if not name.endswith((".html", ".json")):
            assert (ours / name).read_bytes() == (theirs / name).read_bytes(), name


def test_judge_takes_data_frames_and_dicts(root):
    import pandas
    import polars
    import pyarrow

    columns = sweep_csv(root)
    path = root / "examples/judge/sweep.csv"
    expected = lora_limits.judge(path).to_dict()
    arrow = pyarrow.table(columns)
    words = pyarrow.table({**columns, "init": pyarrow.array(columns["init"]).dictionary_encode()})
    views = arrow.set_column(1, "init", arrow["init"].cast(pyarrow.string_view()))
    frames = [columns, pandas.DataFrame(columns), polars.DataFrame(columns), arrow, words, views]
    # In pieces, of which some are empty.
    frames.append(pyarrow.concat_tables([arrow.slice(0, 7), arrow.slice(7, 0), arrow.slice(7)]))
    for frame in frames:
        found = lora_limits.judge(frame).to_dict()
        assert found["table"] == "table"
        for document in (found, expected):
            document.pop("table")
            for one in document["sweeps"]:
                one.pop("experiment")
        assert found == expected, type(frame)
        expected = lora_limits.judge(path).to_dict()


def test_judge_reads_columns_of_words_without_a_word(root):
    """A pandas.Categorical whose cells are all missing."""
    import pandas
    import pyarrow

    columns = sweep_csv(root)
    rows = len(columns["seed"])
    expected = lora_limits.judge({**columns, "note": [None] * rows})
    nothing = pandas.DataFrame({**columns, "note": pandas.Categorical([None] * rows)})
    assert lora_limits.judge(nothing) == expected
    missing = pyarrow.array([None] * rows, pyarrow.int8())
    words = pyarrow.DictionaryArray.from_arrays(missing, pyarrow.array([], pyarrow.string()))
    assert lora_limits.judge(pyarrow.table({**columns, "note": words})) == expected


def test_judge_reads_scalars_and_missing_cells(root):
    import types

    import numpy
    import pandas

    class Scalar:
        """As torch has it."""

        shape = ()

        def __init__(self, of):
            self.of = of

        def item(self):
            return self.of

        def __str__(self):
            return f"tensor({self.of:.4f})"

    columns = sweep_csv(root)
    expected = lora_limits.judge(columns)
    scalars = {
        **columns,
        "train_loss": [Scalar(of) for of in columns["train_loss"]],
        "learning_rate": numpy.array(columns["learning_rate"]),
        "seed": (numpy.int32(of) for of in columns["seed"]),
    }
    assert lora_limits.judge(types.MappingProxyType(scalars)) == expected
    for nothing in [None, pandas.NA, float("nan")]:
        columns["train_loss"][0] = nothing
        assert lora_limits.judge(columns).counts.diverged == 1, nothing


def test_one_name_goes_where_several_go(root):
    columns = sweep_csv(root)
    columns["dropout"] = [0.1 * (seed % 2) for seed in columns["seed"]]
    several = lora_limits.judge(columns, by=["dropout"], threads=1)
    assert len(several.sweeps) == 2 and lora_limits.judge(columns, by="dropout") == several
    assert lora_limits.predict(train="A") == lora_limits.predict(train=["A"])


def test_judge_reads_nulls_lists_and_named_columns(root):
    import pyarrow

    columns = sweep_csv(root)
    named = {
        "breadth": columns["hidden_size"], "rate": columns["learning_rate"], "how_bad": columns["train_loss"],
        "init": columns["init"], "seed": columns["seed"], "extra": [[1]] * len(columns["seed"]),
    }
    answer = lora_limits.judge(
        pyarrow.table(named), width_column="breadth", lr_column="rate", loss_column="how_bad", higher_is_better=False
    )
    assert {(one.holds, one.column) for one in answer.columns} >= {("width", "breadth"), ("lr", "rate")}
    columns["train_loss"][0] = None
    assert lora_limits.judge(columns).counts.diverged == 1


def test_limit(command):
    small = {"quick": True, "set": ["training.steps=4", "model.points=8"], "neurons": 64, "width": 64}
    words = ["limit", "--quick", "--set", "training.steps=4", "--set", "model.points=8", "--neurons", 64,
             "--width", 64, "--json"]
    shares = []
    answer = lora_limits.limit("paper", **small, readout=["1/2", 1], progress=lambda share, line: shares.append(share))
    check(answer, command(*words, "--readout", "1/2,1"))
    assert all(0 <= share <= 1 for share in shares)
    table = answer.table.to_dict()
    assert table["readout"] == ["1/2", "1/2", "1", "1"] and table["init"] == ["A", "B"] * 2
    nothing = lora_limits.limit("paper", **small, lr_exponent="-1/2", progress=False)
    check(nothing, command(*words, "--lr-exponent", "-1/2"))
    assert isinstance(nothing.readouts[0].inits["A"], lora_limits.NoLimit)


def test_sweep(tmp_path, root):
    """The folder's tables are those of the command line, byte for byte."""
    ours, theirs = tmp_path / "python", tmp_path / "command"
    told = []
    sweep = lora_limits.sweep(
        TINY, name="tiny", out=ours, engine="cpu", progress=lambda share, line: told.append((share, line))
    )
    tiny = root / "tests/inputs/good/tiny.toml"
    words = [os.environ["WIDTH_SWEEP"], "run", str(tiny), "--engine", "cpu", "--out", str(theirs)]
    subprocess.run(words, check=True, capture_output=True)
    names = sorted(path.name for path in ours.iterdir() if not path.name.startswith("runs.sqlite"))
    assert names == sorted(path.name for path in theirs.iterdir() if not path.name.startswith("runs.sqlite"))
    for name in ["runs.csv", "trajectories.csv", "summary.json", "experiment.toml", "plan.json", "curves.csv"]:
        assert (ours / name).read_bytes() == (theirs / name).read_bytes(), name
    document = json.loads((theirs / "summary.json").read_text())
    check(sweep.summary, document)
    typed(sweep)
    assert (sweep.trained, sweep.kept) == (sweep.runs.num_rows, 0)
    with open(theirs / "runs.csv", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    columns = sweep.runs.to_dict()
    assert list(columns) == list(rows[0])
    for name, cells in columns.items():
        assert len(cells) == len(rows)
        for cell, row in zip(cells, rows):
            text = row[name]
            assert (cell is None and text == "") or cell == type(cell)(text), (name, cell, text)
    with open(theirs / "trajectories.csv", encoding="utf-8") as file:
        assert sweep.steps.num_rows == sum(1 for _ in file) - 1
    again = lora_limits.sweep(TINY, name="tiny", out=ours, engine="cpu", progress=False)
    assert (again.trained, again.kept) == (0, sweep.trained)
    assert again.summary.to_dict() == document
    assert len(sweep.figures) == 4 and repr(sweep).startswith("Sweep(directory=")
    assert "<table>" in sweep._repr_html_()


def test_a_sweep_with_a_coordinate_check(tmp_path):
    experiment = {
        **TINY,
        "search": {"lr_exponent": {"A": "-1/2", "B": "-1"}, "lr_min": 1e-4, "lr_max": 1e-1},
        "figures": {"coordinates_lr": 4e-3},
    }
    sweep = lora_limits.sweep(experiment, out=tmp_path, engine="cpu", progress=False)
    document = json.loads((tmp_path / "summary.json").read_text())
    check(sweep.summary, document)
    found = sweep.summary.coordinates
    assert {of.feature for of in found.features} == {"za_rms", "zb_rms", "delta1", "delta2", "delta3"}
    assert {of.gamma for of in found.features} == {Fraction(-1, 2), Fraction(-1)}
    names = {os.path.basename(path) for path in sweep.figures}
    assert {"coordinates.png", "convergence.png"} <= names


def test_a_sweep_with_the_limit(tmp_path):
    model = {**TINY["model"], "widths": [16, 32, "inf"]}
    experiment = {**TINY, "model": model, "search": {"bracket_factor": 2, "limit_neurons": 16}}
    sweep = lora_limits.sweep(experiment, out=tmp_path, engine="cpu", progress=False)
    limits = sweep.limits.to_dict()
    with open(tmp_path / "limits.csv", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert list(limits) == list(rows[0]) and len(rows) > 0
    for name, cells in limits.items():
        for cell, row in zip(cells, rows, strict=True):
            assert (cell is None and row[name] == "") or cell == type(cell)(row[name]), (name, cell, row)
    assert set(sweep.runs.to_dict()["width"]) == {16, 32}
    assert "curves-in-c" in sweep.figure_names


def test_a_sweep_of_a_transformer(tmp_path):
    """A small Llama that is pretrained here."""
    experiment = {
        "title": "A small transformer",
        "model": {"kind": "transformer", "widths": [32], "rank": 2},
        "transformer": {
            "depth": 1, "head_dim": 16, "vocabulary": 257, "context": 16, "pretrain_steps": 5, "pretrain_batch": 4,
            "batch": 4, "test_sequences": 8, "bases": str(tmp_path / "bases"),
        },
        "training": {"seeds": [0], "steps": 4, "record_every": 2},
        "search": {
            "lr_min": 1e-3, "lr_max": 1e-2, "coarse_factor": 10.0, "bracket_factor": 10.0, "max_extensions": 0,
            "score": "test-final",
        },
    }
    sweep = lora_limits.sweep(experiment, out=tmp_path / "out", progress=False)
    modules = sweep.modules.to_dict()
    assert set(modules["init"]) == {"A", "B"} and min(modules["za_rms"]) > 0
    with open(tmp_path / "out/modules.csv", encoding="utf-8") as file:
        assert modules["module"] == [row["module"] for row in csv.DictReader(file)]
