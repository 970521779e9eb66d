#!/usr/bin/env bash
# Records trainings of PyTorch and PEFT with lora_limits.torch and compares them with this project's own engine; checks
# what a recording refuses, its types, and examples/notebook.ipynb. `run.sh --built` takes the wheel that
# tests/python/run.sh has built; without, it builds one. Further words go to pytest.
# Needs cargo, what tests/python needs, and the environment of tests/transformers; a minute of one core.
set -euo pipefail
cd "$(dirname "$0")/../.."

tests/transformers/run.sh --environment
if [[ ${1:-} == --built ]]; then
  shift
else
  tests/python/run.sh --wheel
fi
work=$PWD/target/record
pins=tests/record/requirements.txt
mkdir -p "$work"
# Beside that environment, which holds what other tests compare with and stays as it is.
if ! cmp -s "$pins" "$work/installed.txt"; then
  rm -rf "$work/packages" "$work/installed.txt"
  target/transformers/venv/bin/python -m pip install --quiet --disable-pip-version-check --only-binary :all: \
    --no-deps --target "$work/packages" -r "$pins"
  cp "$pins" "$work/installed.txt"
fi
# As `cargo test` builds it.
cargo build --quiet --locked --workspace --example record

export RECORD_EXAMPLE=${CARGO_TARGET_DIR:-$PWD/target}/debug/examples/record
export LORA_TYPE_CHECKERS=$PWD/target/python/venv/bin/python
export PYTHONPATH=$PWD/target/python/bare:$work/packages PYTHONDONTWRITEBYTECODE=1 TQDM_DISABLE=1
target/transformers/venv/bin/python -m pytest -q --no-header -p no:cacheprovider tests/record "$@"
