"""What is wrong is said in one message, and is a ValueError; a file that cannot be read is an OSError."""

import shutil
from pathlib import Path

import lora_limits
import pytest
from lora_limits import LoraLimitsError

PAPER = Path(__file__).resolve().parents[2] / "figures/paper"
WIDE = {"from_width": 1024, "from_lr": 2e-4}


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: lora_limits.predict(init="C"), "init: `C` is not a known init: write one of `A`, `B`, `AB`"),
        (lambda: lora_limits.predict(steps=99), "steps 99: must be from 1 to 12"),
        (lambda: lora_limits.predict(train=["A", "A"]), "train A, A: must name each factor once: A, B or both"),
        (lambda: lora_limits.predict(std_a_exponent=0),
         "std_a_exponent and std_b_exponent need each other: give both or none"),
        (lambda: lora_limits.predict(layer=True, readout=1), "layer contradicts readout: give one of them"),
        (lambda: lora_limits.predict(train=["B"], lr_a_exponent=-1),
         "η_A is the learning rate of A, but B alone trains"),
        (lambda: lora_limits.phase_map(from_exponent=0, to_exponent=0), None),
        (lambda: lora_limits.transfer(**WIDE), "nothing changes between the two models"),
        (lambda: lora_limits.transfer(from_width=1, from_lr=1),
         "from_width 1: must be from 2 to 2147483648"),
        (lambda: lora_limits.transfer(from_width=2, from_lr=-1.0),
         "from_lr -1: must be a finite number above 0, such as 2e-4"),
        (lambda: lora_limits.transfer(**WIDE, to_rank=8, exponent=1),
         "an exponent of the width was given, but the width does not change"),
        (lambda: lora_limits.transfer(**WIDE, to_width=2048, exponent=-0.6, exponent_interval=(-0.5, -0.7)),
         "exponent_interval -0.5,-0.7: must have the lower end first, such as -0.7,-0.5"),
        (lambda: lora_limits.transfer(**WIDE, to_rank=8, multiplier="cubic"),
         "multiplier: `cubic` is not a known rule for the multiplier: write one of `constant`, `sqrt`, `inverse`"),
        (lambda: lora_limits.transfer(), "from_width and from_lr are needed, or from_run in their place"),
        (lambda: lora_limits.transfer(from_run=PAPER, from_lr=1e-3, to_width=512),
         "from_width and from_lr need each other: give both or none"),
        (lambda: lora_limits.transfer(from_run=PAPER), "from_run needs to_width, the width to carry the learning rate to"),
        *[(lambda other=other: lora_limits.transfer(from_run=PAPER, to_width=512, **other),
           f"from_run contradicts {next(iter(other))}: a run has one rank, one alpha and one readout")
          for other in [{"from_rank": 4}, {"to_rank": 4}, {"multiplier": "inverse"}, {"from_alpha": 8}, {"to_alpha": 8},
                        {"rslora": True}, {"lora_plus_ratio": 1}, {"to_lora_plus_ratio": 1}, {"rank_exponent": 0},
                        {"rank_exponent_interval": (0, 1)}, {"readout": 1}, {"optimizer": "adam"}]],
        (lambda: lora_limits.transfer(**WIDE, to_width=2048, rule="tinker-gemma"),
         "rule: `tinker-gemma` is not a known public rule: write one of `tinker-llama`, `tinker-qwen`"),
        (lambda: lora_limits.transfer(**WIDE, to_rank=8, rule="tinker-qwen"),
         "rule needs to_width, the width to carry the learning rate to"),
        (lambda: lora_limits.transfer(**WIDE, to_width=2048, rule="tinker-qwen", exponent=-1),
         "rule contradicts exponent: give one of them"),
        (lambda: lora_limits.transfer(**WIDE, to_width=2048, rule="tinker-qwen", exponent_interval=(-1, 0)),
         "rule contradicts exponent_interval: give one of them"),
        (lambda: lora_limits.transfer(**WIDE, to_width=2048, rule="tinker-qwen", goal="stable"),
         "the public rules apply to the best LR, not to the largest stable one"),
        (lambda: lora_limits.diagnose([]), "adapters: names no folder, but must name at least one"),
        (lambda: lora_limits.diagnose("a", lr=1e-3), "lr needs steps: a stated training has lr and steps"),
        (lambda: lora_limits.diagnose("a", steps=3), "steps needs lr: a stated training has lr and steps"),
        (lambda: lora_limits.diagnose("a", lr_ratio=16), "lr_ratio needs lr: a stated training has lr and steps"),
        (lambda: lora_limits.diagnose("a", betas=(0, 0.5)), "betas needs lr: a stated training has lr and steps"),
        (lambda: lora_limits.diagnose("a", lr=0, steps=3), "lr 0: must be a finite number above 0, such as 2e-4"),
        (lambda: lora_limits.diagnose("a", lr=1, steps=0), "steps 0: must be from 1 to 1000000000"),
        (lambda: lora_limits.diagnose("a", lr=1, steps=3, lr_ratio=-1),
         "lr_ratio -1: must be a finite number above 0, such as 2e-4"),
        (lambda: lora_limits.diagnose("a", lr=1, steps=3, betas=(0.9, 1)),
         "betas 0.9,1: must be two numbers from 0 to below 1, the second above 0, such as 0.9,0.999"),
        (lambda: lora_limits.diagnose("a", weight_decay=0.1),
         "weight_decay needs lr: a stated training has lr and steps"),
        (lambda: lora_limits.diagnose("a", lr=1, steps=3, weight_decay=-0.1),
         "weight_decay -0.1: must be a finite number from 0, such as 0.01"),
        (lambda: lora_limits.diagnose("a", lr=1, steps=3, weight_decay=float("nan")),
         "weight_decay NaN: must be a finite number from 0, such as 0.01"),
        (lambda: lora_limits.diagnose("a", lr=0.5, steps=3, weight_decay=2),
         "weight_decay 2: must be below 2.00, one over the largest learning rate: a step keeps 1 − ηλ of a factor"),
        (lambda: lora_limits.diagnose("a", threads=0), "threads 0: must be from 1 to 1024"),
        (lambda: lora_limits.advise({"peft_type": "LORA", "r": 0}, {}),
         "peft_config: `r` is 0; valid is a whole number from 1 to 65536"),
        (lambda: lora_limits.advise({}, {}, from_peft={}),
         "from_peft needs from_lr, the learning rate that is known of it"),
        (lambda: lora_limits.judge({"n": [1, 2], "lr": [1.0]}),
         'table: column "lr" has 1 cells, but the first column has 2'),
        (lambda: lora_limits.judge({"n": [64], "lr": ["x"], "loss": [1.0]}),
         'table: row 1, column "lr": "x" must be a finite number above 0'),
        (lambda: lora_limits.judge({"loss": [1.0]}), None),
        (lambda: lora_limits.judge({"n": [64], "lr": [1.0], "loss": [1.0]}, basin=-1),
         "basin -1: must be a number from 0 to 100, such as 0.1"),
        (lambda: lora_limits.judge({"n": []}), "table: has no rows"),
        (lambda: lora_limits.limit({"model": {"rank": None}}),
         "experiment: model.rank: is None, but TOML has no such value: leave the key out"),
        (lambda: lora_limits.limit(quick=True, neurons=3),
         "neurons is 3, but must be an even number from 2 up to 2^24"),
        (lambda: lora_limits.sweep({"model": {"rank": 0}}, name="x"), None),
        (lambda: lora_limits.sweep({"model": {"rnak": 4}}, name="x"), None),
        (lambda: lora_limits.sweep({"model": {"rank": object()}}, name="x"),
         "experiment: model: rank: must be a number, a text, a list or a dict, not object"),
        (lambda: lora_limits.sweep({}, name="x", engine="tpu"), "engine tpu: must be auto, cpu or cuda"),
        (lambda: lora_limits.sweep({}, name="x", threads=0), "threads 0: must be from 1 to 1024"),
        (lambda: lora_limits.judge({"n": [1]}, threads=1025), "threads 1025: must be from 1 to 1024"),
        (lambda: lora_limits.sweep({}), "experiment: a dict needs name or out, which say where its results go"),
        (lambda: lora_limits.sweep("paper", name="mine"),
         "name mine: is for an experiment that is a dict: a file has its own"),
        *[(lambda name=name: lora_limits.sweep({}, name=name),
           f'name "{shown}": must be the name of a folder, such as tiny, and no path')
          for name, shown in [("", ""), ("../x", "../x"), ("a/b", "a/b"), ("/x", "/x"), ("..", ".."), ("x/", "x/"),
                              ("a\\b", "a\\\\b"), ("a\nb", "a\\nb")]],
        (lambda: lora_limits.predict(lr_exponent=-2 / 3),
         "lr_exponent -0.6666666666666666: is a float of more than 9 decimals, but must be exact: write "
         'Fraction(-2, 3) or "-2/3"'),
        (lambda: lora_limits.predict(std_a_exponent=1 / 3, std_b_exponent=0),
         "std_a_exponent 0.3333333333333333: is a float of more than 9 decimals, but must be exact: write "
         'Fraction(1, 3) or "1/3"'),
        (lambda: lora_limits.phase_map(to_exponent=0.1 + 0.2), None),
        (lambda: lora_limits.transfer(**WIDE, to_width=2048, exponent=-0.5, exponent_interval=(-2 / 3, -0.4)),
         "exponent_interval -0.6666666666666666: is a float of more than 9 decimals, but must be exact: write "
         'Fraction(-2, 3) or "-2/3"'),
        (lambda: lora_limits.transfer(**WIDE, to_width=2048, exponent=0.1 + 0.2),
         "exponent 0.30000000000000004: is a float of more than 9 decimals, but must be exact: write a fraction such "
         "as Fraction(-2, 3)"),
    ],
)
def test_a_request_that_is_wrong(call, said):
    with pytest.raises(LoraLimitsError) as caught:
        call()
    assert isinstance(caught.value, ValueError)
    text = str(caught.value)
    assert text and "\n" not in text
    if said is not None:
        assert text == said


def test_the_messages_are_those_of_the_command_line(refused, root):
    bad = sorted((root / "tests/inputs/bad").glob("*.toml"))
    # What the command line says besides, which is what to type.
    typed = {"topic_of_claims.toml": ": measure them with `width-sweep verify {file}`"}
    assert len(bad) > 200
    for file in bad:
        with pytest.raises(LoraLimitsError) as caught:
            lora_limits.sweep(file, progress=False)
        more = typed.get(file.name, "").format(file=file)
        assert str(caught.value) + more == refused("run", file), file


def test_a_run_and_an_adapter_that_are_at_fault(refused, root, tmp_path):
    """The messages are the command line's, without what it says to type."""
    (tmp_path / "empty").mkdir()
    shutil.copytree(root / "figures/paper", tmp_path / "changed")
    runs = tmp_path / "changed/runs.csv"
    runs.write_text(runs.read_text().replace("A,", "B,", 1))
    shutil.copytree(root / "examples/diagnose/init-a", tmp_path / "cut")
    weights = tmp_path / "cut/adapter_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1])
    good = root / "examples/diagnose/init-a"
    for run in [tmp_path / "empty", tmp_path / "changed", root / "README.md"]:
        with pytest.raises(LoraLimitsError) as caught:
            lora_limits.transfer(from_run=run, to_width=512)
        said = refused("transfer", "--from-run", run, "--to-width", 512)
        assert str(caught.value) in said, run
    for folders in [[tmp_path / "cut"], [good, tmp_path / "cut"], [good, good]]:
        with pytest.raises(LoraLimitsError) as caught:
            lora_limits.diagnose(folders, out=tmp_path / "out")
        assert f"diagnose: {caught.value}" == refused("diagnose", *folders, "--out", tmp_path / "out")
        assert not (tmp_path / "out").exists()


def test_a_file_that_cannot_be_read(tmp_path):
    for call in [
        lambda: lora_limits.sweep(tmp_path / "none.toml"),
        lambda: lora_limits.limit(tmp_path / "none.toml"),
        lambda: lora_limits.judge(tmp_path / "none.csv"),
        lambda: lora_limits.advise(tmp_path / "none.json", {}),
        lambda: lora_limits.diagnose(tmp_path / "none.adapter"),
        lambda: lora_limits.transfer(from_run=tmp_path / "none.run", to_width=64),
    ]:
        with pytest.raises(FileNotFoundError) as caught:
            call()
        assert "none." in str(caught.value)
    for call in [lora_limits.sweep, lora_limits.limit]:
        with pytest.raises(IsADirectoryError) as caught:
            call(tmp_path)
        assert str(tmp_path) in str(caught.value)


def test_a_folder_of_something_else(tmp_path, root):
    (tmp_path / "thesis.tex").write_text("mine")
    with pytest.raises(LoraLimitsError) as caught:
        lora_limits.sweep({}, out=tmp_path, quick=True, progress=False)
    assert str(tmp_path) in str(caught.value)
    with pytest.raises(LoraLimitsError) as caught:
        lora_limits.diagnose(root / "examples/diagnose/init-a", out=tmp_path)
    assert str(tmp_path) in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: lora_limits.predict(readout=[1]), "readout"),
        (lambda: lora_limits.predict(readout=True), "readout"),
        (lambda: lora_limits.advise(1, {}), "peft_config: must be a config with to_dict(), a dict or a path, not int"),
        (lambda: lora_limits.judge({"n": [64], "lr": 1e-3}),
         'table: column "lr": must be a list of cells, not float'),
        (lambda: lora_limits.judge({"n": "64"}), 'table: column "n": must be a list of cells, not str'),
        (lambda: lora_limits.judge(1), "table: must be a path, a dict of columns or a data frame"),
        (lambda: lora_limits.sweep(1), "experiment: must be a dict of sections, a path or a name, not int"),
        (lambda: lora_limits.sweep({}, name="x", progress=1), "progress: must be True, False or a callable"),
        (lambda: lora_limits.predict(redout=1), "redout"),
        (lambda: lora_limits.diagnose(1), "must be the path of a folder or several paths, not int"),
        (lambda: lora_limits.diagnose([1]), "adapters"),
    ],
)
def test_an_argument_of_another_type(call, said):
    with pytest.raises(TypeError) as caught:
        call()
    # PyO3 names the argument in a note.
    text = " ".join([str(caught.value), *getattr(caught.value, "__notes__", [])])
    assert said in text
