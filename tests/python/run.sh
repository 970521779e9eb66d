#!/usr/bin/env bash
# Builds the wheel of lora-limits and checks it: every function against the command line, tables in pandas, polars
# and pyarrow, Ctrl-C, messages, type stubs, and the examples of docs/python.md. `advise` takes objects of PEFT and
# transformers where tests/transformers has made its environment. With CHECK_PYRIGHT set, a pyright that does not
# start is a fault; without, its test is skipped. `run.sh --wheel` only builds the wheel. Further words go to pytest.
# Needs python3 (3.11 or later) with venv, and cargo; the environment lies under target/.
set -euo pipefail
cd "$(dirname "$0")/../.."

work=target/python
python=$PWD/$work/venv/bin/python
pins=tests/python/requirements.txt
mkdir -p "$work"
if ! cmp -s "$pins" "$work/installed.txt"; then
  rm -rf "$work/venv" "$work/installed.txt"
  python3 -m venv "$work/venv" || {
    echo "the package needs python3 with venv (Debian: apt-get install python3-venv)" >&2
    exit 1
  }
  "$python" -m pip install --quiet --disable-pip-version-check --only-binary :all: -r "$pins"
  cp "$pins" "$work/installed.txt"
fi

# As docs/python.md says it: pip calls maturin, in an environment of its own. The workspace's target folder and the
# profile of all else are used, so that little is left to build.
wheels=$work/wheels
rm -rf "$wheels"
from=$SECONDS
MATURIN_PEP517_ARGS=--locked "$python" -m pip wheel --quiet --disable-pip-version-check --no-deps \
  --wheel-dir "$wheels" ./crates/lora-limits-py
wheel=$(ls "$wheels"/*.whl)
echo "$(basename "$wheel"): $(($(stat -c %s "$wheel") >> 20)) MiB, built in $((SECONDS - from)) s"
cargo build --quiet --locked -p width-sweep

"$python" -m pip install --quiet --disable-pip-version-check --no-deps --force-reinstall "$wheel"
# By itself, without a data frame beside it.
bare=$work/bare
rm -rf "$bare"
"$python" -m pip install --quiet --disable-pip-version-check --no-deps --target "$bare" "$wheel"

if [[ ${1:-} == --wheel ]]; then
  exit 0
fi

export LORA_WHEEL=$PWD/$wheel LORA_BARE=$PWD/$bare
export WIDTH_SWEEP=${CARGO_TARGET_DIR:-$PWD/target}/debug/width-sweep
export LORA_PEFT_PYTHON=$PWD/target/transformers/venv/bin/python
"$python" -m pytest -q --no-header -p no:cacheprovider tests/python "$@"
