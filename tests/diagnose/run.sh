#!/usr/bin/env bash
# Compares what `width-sweep diagnose` says of adapters with what PEFT's training of them truly did. The Python
# environment is that of tests/transformers. Half a minute of one core.
set -euo pipefail
cd "$(dirname "$0")/../.."

tests/transformers/run.sh --environment
python=$PWD/target/transformers/venv/bin/python
cases=$PWD/target/diagnose
export TQDM_DISABLE=1
# What the adapters are made from, to make none twice.
state=$(cat tests/transformers/requirements.txt tests/diagnose/train.py | cksum)
if [[ ! -f $cases.txt || $(<"$cases.txt") != "$state" ]]; then
  rm -rf "$cases" "$cases.txt"
  "$python" tests/diagnose/train.py "$cases"
  echo "$state" >"$cases.txt"
fi
cargo build --quiet --locked -p width-sweep
"$python" tests/diagnose/compare.py "${CARGO_TARGET_DIR:-target}/debug/width-sweep" "$cases"
