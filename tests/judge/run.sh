#!/usr/bin/env bash
# Sweeps learning rates in PyTorch and PEFT, judges the table, and compares the verdicts with those on our own
# engine's sweep of the same model: same widths, learning rates, steps and seeds, other random numbers.
# Needs cargo and the environment of tests/transformers/run.sh. Half a minute of two cores.
set -euo pipefail
cd "$(dirname "$0")/../.."

tests/transformers/run.sh --environment
python=$PWD/target/transformers/venv/bin/python
work=target/judge
rm -rf "$work"
mkdir -p "$work"
cargo build --quiet --locked -p width-sweep
sweep() {
  cargo run --quiet --locked -p width-sweep -- "$@"
}

"$python" examples/judge/sweep.py "$work"
# PEFT's random A is uniform with a third of our variance: 0.577 of our standard deviation.
sweep run paper --engine cpu --out "$work/ours" --set model.widths=[64,128,256,512,1024] \
  --set model.points=200 --set model.test_points=0 --set model.a_scale=0.57735 --set training.steps=50 \
  --set training.seeds=[0,1,2,3,4,5,6,7] --set search.lr_min=0.0009765625 --set search.lr_max=0.25 \
  --set search.coarse_factor=2 --set search.bracket_factor=2 --set search.max_extensions=0 >"$work/ours.txt"
sweep judge "$work/sweep.csv" --readout 1/2 --json >"$work/theirs.json"
sweep judge "$work/ours/runs.csv" --readout 1/2 --json >"$work/ours.json"
"$python" tests/judge/agree.py "$work/theirs.json" "$work/ours.json"
# The comparison notices another law, and another loss.
"$python" tests/judge/agree.py --wrong "$work/sweep.csv" "$work/wrong"
for wrong in "$work"/wrong/*.csv; do
  sweep judge "$wrong" --readout 1/2 --json >"$work/wrong.json"
  if "$python" tests/judge/agree.py "$work/wrong.json" "$work/ours.json" >"$work/wrong.txt"; then
    echo "$wrong was not noticed" >&2
    exit 1
  fi
done
# The committed tables are what the script writes, up to the rounding of other machines.
"$python" tests/judge/agree.py --tables "$work" examples/judge
