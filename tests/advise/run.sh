#!/usr/bin/env bash
# Compares what `width-sweep advise` says of PEFT configs with what PEFT makes of them, on small models of every family
# that it knows. The Python environment is that of tests/transformers.
set -euo pipefail
cd "$(dirname "$0")/../.."

tests/transformers/run.sh --environment
python=$PWD/target/transformers/venv/bin/python
cases=$PWD/target/advise
export TQDM_DISABLE=1
# What the cases are made from, to make none twice.
state=$(cat tests/transformers/requirements.txt tests/advise/{families,cases}.py | cksum)
if [[ ! -f $cases.txt || $(<"$cases.txt") != "$state" ]]; then
  rm -rf "$cases" "$cases.txt"
  "$python" tests/advise/cases.py "$cases"
  echo "$state" >"$cases.txt"
fi
cargo build --quiet --locked -p width-sweep
"$python" tests/advise/compare.py "${CARGO_TARGET_DIR:-target}/debug/width-sweep" "$cases"
