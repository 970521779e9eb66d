"""What a recording notices, what it leaves alone, and what it refuses."""

import math

import peft
import pytest
import torch
from conftest import adapted, factors, llama, tokens, train

import lora_limits
import lora_limits.torch
from lora_limits.torch import record

SIZES = ["za_rms", "za_norm", "zb_rms", "zb_norm", "delta1", "delta2", "delta3", "drift", "a_move", "b_move"]


def recorded(model, probe, steps=4, every=2, **given):
    with record(model, probe, every=every, **given) as recording:
        train(model, steps)
    return recording


def start(model, probe, **given):
    """What a recording has of each module before the first update."""
    recording = record(model, probe, **given)
    recording.__exit__(RuntimeError, None, None)
    return recording.modules()


def near(found, wanted, share=1e-9):
    """Whether tables have the same sizes, row by row."""
    for name in SIZES:
        assert found[name] == pytest.approx(wanted[name], rel=share, abs=1e-12), name


def test_the_training_is_the_same_to_the_bit(probe):
    """With dropout, whose random numbers must not move, and a block that is in evaluation mode by itself."""
    plain, watched = adapted(lora_dropout=0.3), adapted(lora_dropout=0.3)
    for model in (plain, watched):
        model.get_base_model().model.layers[0].eval()
    modes = [module.training for module in watched.modules()]
    train(plain)
    recording = recorded(watched, probe)
    assert all(torch.equal(one, other) for one, other in zip(plain.parameters(), watched.parameters(), strict=True))
    assert [module.training for module in watched.modules()] == modes
    assert recording.updates == 4


def test_parts_add_up_and_begin_as_the_init_says(probe):
    steps = recorded(adapted(), probe, every=1).steps()
    assert steps["step"] == [0, 1, 2, 3, 4] and set(steps["init"]) == {"A"}
    assert [steps[name][0] for name in ["zb_rms", "delta1", "delta2", "delta3", "drift", "a_move", "b_move"]] == [0.0] * 7
    # B_0 = 0: the first update moves B alone.
    assert steps["delta2"][1] == pytest.approx(steps["zb_rms"][1]) and steps["delta1"][1] == 0.0
    assert all(value > 0 for value in steps["delta3"][2:] + steps["drift"][2:])
    assert steps["peak_zb"][-1] == max(steps["zb_rms"])
    assert set(recorded(adapted(init="B"), probe).steps()["init"]) == {"B"}


def test_sizes_are_those_of_their_definitions(probe):
    """By plain products of matrices with inputs that a hook of the test has seen."""
    model = adapted(init="AB")
    module = model.get_base_model().model.layers[1].mlp.down_proj
    seen = []

    def look():
        hook = module.lora_A["default"].register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].double()))
        with torch.no_grad():
            model.eval()(**probe)
        hook.remove()
        model.train()
        return seen.pop().reshape(-1, 80), module.lora_A["default"].weight.double().clone(), module.lora_B["default"].weight.double().clone()

    with record(model, probe) as recording:
        x0, a0, b0 = look()
        train(model, 1)
        x1, a1, b1 = look()
    table = recording.modules()
    at = [row for row in range(len(table["step"])) if (table["step"][row], table["module"][row]) == (1, "model.layers.1.mlp.down_proj")]
    found = {name: table[name][at[0]] for name in SIZES}
    s, rms = 2.0, lambda matrix: matrix.square().mean().sqrt().item()
    assert module.scaling["default"] == s
    wanted = {
        "za_rms": rms(x1 @ a1.T), "za_norm": (x1 @ a1.T).norm(dim=1).mean().item(),
        "zb_rms": s * rms(x1 @ a1.T @ b1.T), "zb_norm": s * (x1 @ a1.T @ b1.T).norm(dim=1).mean().item(),
        "delta1": s * rms(x1 @ (a1 - a0).T @ b0.T), "delta2": s * rms(x1 @ a0.T @ (b1 - b0).T),
        "delta3": s * rms(x1 @ (a1 - a0).T @ (b1 - b0).T), "drift": s * rms((x1 - x0) @ a0.T @ b0.T),
        "a_move": rms(a1 - a0), "b_move": rms(b1 - b0),
    }
    assert found == pytest.approx(wanted, rel=1e-9)


def test_a_step_over_modules_is_what_our_own_runs_have(probe):
    recording = recorded(adapted(), probe)
    steps, modules = recording.steps(), recording.modules()
    rows = [row for row, step in enumerate(modules["step"]) if step == 4]
    assert len(rows) == 6
    of = lambda name: [modules[name][row] for row in rows]
    assert steps["zb_rms"][-1] == pytest.approx(math.sqrt(sum(value**2 for value in of("zb_rms")) / 6))
    assert steps["zb_norm"][-1] == pytest.approx(sum(of("zb_norm")) / 6)


def test_the_end_is_recorded_where_every_does_not_divide_it(probe):
    steps = recorded(adapted(), probe, steps=5, every=2).steps()
    assert steps["step"] == [0, 2, 4, 5]
    assert steps["delta1"][-1] is None and steps["drift"][-1] is None and steps["zb_rms"][-1] > 0
    stopped = record(model := adapted(), probe, every=3)
    with pytest.raises(RuntimeError), stopped:
        train(model, 2)
        raise RuntimeError
    train(model, 4)
    assert stopped.steps()["step"] == [0], "an error ends a recording where it is"


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision(dtype, probe):
    """Factors and inputs as they are, and everything after that in f64: the parts are those of f32 to some digits."""
    half = adapted(llama().to(dtype))
    assert half.get_base_model().model.embed_tokens.weight.dtype == dtype
    found, wanted = recorded(half, probe, every=1).steps(), recorded(adapted(), probe, every=1).steps()
    for name in ["za_rms", "zb_rms", "delta2"]:
        assert found[name] == pytest.approx(wanted[name], rel=0.05), name
    low = adapted(llama().to(dtype)).to(dtype)
    assert math.isfinite(recorded(low, probe, every=1).steps()["delta2"][-1])


def test_autocast_does_not_round_what_is_measured(probe):
    model, plain = adapted(), adapted()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = start(model, probe)["za_rms"]
    wanted = start(plain, probe)["za_rms"]
    # The first block's input is the same, and so is its Z_A; in the second one bf16 has come before.
    assert found[:2] == pytest.approx(wanted[:2], rel=1e-6)
    assert found[3] != wanted[3] and found == pytest.approx(wanted, rel=0.02)


def test_accumulated_gradients_are_one_update(probe):
    def run(model, parts):
        optimizer = torch.optim.SGD(factors(model), lr=0.1)
        with record(model, probe) as recording:
            for step in range(3):
                ids = tokens(step, 4, 9)
                for part in ids.chunk(parts):
                    (model(input_ids=part, labels=part).loss / parts).backward()
                optimizer.step()
                optimizer.zero_grad()
        return recording.steps()

    whole, parts = run(adapted(), 1), run(adapted(), 2)
    assert parts["step"] == [0, 1, 2, 3]
    near(parts, whole, 1e-4)


@pytest.mark.parametrize("reentrant", [False, True])
def test_checkpointing_changes_nothing(reentrant, probe):
    wanted = recorded(adapted(), probe).steps()
    model = adapted()
    model.gradient_checkpointing_enable({"use_reentrant": reentrant})
    model.enable_input_require_grads()
    near(recorded(model, probe).steps(), wanted, 1e-5)


@pytest.mark.parametrize("how", ["torch.compile", "model.compile", "one block"])
def test_compiled_models(how, probe):
    """The numbers are the same, and nothing is compiled anew for the probe."""
    graphs = []

    def backend(graph, _):
        graphs.append(how)
        return graph.forward

    def compiled():
        torch.compiler.reset()
        graphs.clear()
        model = adapted()
        if how == "torch.compile":
            return torch.compile(model, backend=backend)
        if how == "model.compile":
            model.compile(backend=backend)
        else:
            layers = model.get_base_model().model.layers
            layers[0] = torch.compile(layers[0], backend=backend)
        return model

    train(compiled(), 2)
    plain = len(graphs)
    recording = recorded(compiled(), probe, 2, every=1)
    assert len(graphs) == plain > 0
    near(recording.steps(), recorded(adapted(), probe, 2, every=1).steps(), 1e-5)
    assert recording.modules()["module"][0] == "model.layers.0.self_attn.q_proj"


def test_a_compiled_update_is_noticed(probe):
    model = adapted()
    optimizer = torch.optim.SGD(factors(model), lr=0.1)
    step = torch.compile(optimizer.step, backend="eager")
    with record(model, probe) as recording:
        for at in range(2):
            ids = tokens(at, 2, 9)
            model(input_ids=ids, labels=ids).loss.backward()
            step()
    assert recording.steps()["step"] == [0, 1, 2]


def test_a_skipped_update_is_none(probe):
    """GradScaler skips an update whose gradients overflow."""
    model = adapted()
    optimizer, scaler = torch.optim.SGD(factors(model), lr=0.1), torch.amp.GradScaler("cpu", init_scale=8.0)
    with record(model, probe) as recording:
        for at in range(3):
            ids = tokens(at, 2, 9)
            scaler.scale(model(input_ids=ids, labels=ids).loss).backward()
            if at == 1:
                factors(model)[0].grad.fill_(math.inf)
            scaler.step(optimizer)
            scaler.update()
            optimizer.zero_grad()
    assert recording.updates == 2


def test_padding_counts_for_nothing():
    ids = tokens(3, 2, 8)
    short = [{"input_ids": ids[:1, :5]}, {"input_ids": ids[1:]}]
    mask = torch.ones_like(ids)
    mask[0, 5:] = 0
    wanted = recorded(adapted(), short).steps()
    near(recorded(adapted(), {"input_ids": ids, "attention_mask": mask}).steps(), wanted, 1e-4)
    other = recorded(adapted(), {"input_ids": ids}).steps()
    assert abs(other["zb_norm"][-1] / wanted["zb_norm"][-1] - 1) > 1e-3


def test_the_active_adapter_is_recorded(probe):
    model = adapted()
    model.add_adapter("other", peft.LoraConfig(r=2, target_modules=["v_proj"]))
    assert set(recorded(model, probe).steps()["rank"]) == {4}
    named = recorded(model, probe, adapter="other")
    assert set(named.modules()["module"]) == {"model.layers.0.self_attn.v_proj", "model.layers.1.self_attn.v_proj"}
    model.set_adapter("other")
    assert set(start(model, probe)["rank"]) == {2}


def test_embeddings(probe):
    model = adapted(target_modules=["embed_tokens", "q_proj"])
    with torch.no_grad():
        table = model.get_base_model().model.embed_tokens
        table.lora_embedding_A["default"].normal_()
    steps = recorded(model, probe, every=1)
    modules = steps.modules()
    found = modules["za_rms"][modules["module"].index("model.embed_tokens")]
    a = table.lora_embedding_A["default"]
    assert found > 0.5 and a.shape == (4, 101)
    assert set(steps.steps()["init"]) == {"A"}, "that of the linear modules"


def test_the_loss_is_the_probes_or_the_one_that_is_told(probe):
    own = recorded(adapted(), probe).steps()["loss"]
    assert own[0] == pytest.approx(math.log(101), rel=0.05) and own[-1] != own[0]
    model = adapted()
    with record(model, {"input_ids": probe["input_ids"]}, every=2) as recording:
        losses = []
        train(model, 4, after=lambda step, loss: (losses.append(loss.item()), recording.tell(loss)))
    assert recording.steps()["loss"] == [None, losses[1], losses[3]]
    assert "loss" not in recorded(adapted(), probe["input_ids"]).steps()


def test_columns_of_the_run(probe):
    steps = recorded(adapted(), probe, seed=3, run_id="x", rank=9).steps()
    assert {name: steps[name][0] for name in ["seed", "run_id", "rank", "width", "lr", "init"]} == {
        "seed": 3, "run_id": "x", "rank": 9, "width": 48, "lr": 3e-3, "init": "A"}
    model = adapted()
    optimizer = torch.optim.SGD(factors(model), lr=0.1)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: [0.1, 1.0, 0.5][step])
    with record(model, probe) as recording:
        train(model, 2, optimizer, after=lambda *_: schedule.step())
    assert recording.steps()["lr"] == pytest.approx([0.1] * 3), "the peak of a schedule"


def test_what_is_not_finite_is_beyond_every_bound(probe):
    model = adapted()
    with record(model, probe) as recording, torch.no_grad():
        model.get_base_model().model.layers[0].mlp.down_proj.lora_B["default"].weight.fill_(math.nan)
        optimizer = torch.optim.SGD(factors(model), lr=0.1)
        optimizer.step()
    assert recording.steps()["peak_zb"][-1] == math.inf and math.isnan(recording.steps()["loss"][-1])


def test_judge_reads_what_is_recorded(probe, tmp_path):
    tables = []
    for init in "AB":
        for width in (16, 32, 64):
            for seed in (0, 1):
                for lr in (1e-3, 1e-1, 10.0):
                    torch.manual_seed(seed)
                    model = adapted(llama(width), init)
                    optimizer = torch.optim.SGD(factors(model), lr=lr)
                    with record(model, probe, every=2, seed=seed) as recording:
                        train(model, 2, optimizer)
                    tables.append(recording.steps())
    table = lora_limits.torch.join(tables)
    judged = lora_limits.judge(table)
    read = {one.holds: one.column for one in judged.columns}
    assert {"width", "lr", "loss", "init", "seed", "rank", "step"} <= set(read)
    assert any(column == "peak_zb" for column in read.values())
    assert judged.counts.runs == 36 and judged.counts.earlier_steps == 36
    lora_limits.torch.write_csv(table, tmp_path / "table.csv")
    again = lora_limits.judge(tmp_path / "table.csv")
    assert again.to_dict()["sweeps"][0]["inits"] == judged.to_dict()["sweeps"][0]["inits"]
    assert [path.name for path in tmp_path.iterdir()] == ["table.csv"]


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
