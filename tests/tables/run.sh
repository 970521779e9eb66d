#!/usr/bin/env bash
# Opens exported tables, CSV and Parquet, in pandas and in polars, and runs the examples of
# docs/export.md. Then `judge` reads what pandas and polars write.
# Needs python3 with venv, and cargo; the environment lies under target/.
set -euo pipefail
cd "$(dirname "$0")/../.."

work=target/tables
python=$work/venv/bin/python
pins=tests/tables/requirements.txt
if ! cmp -s "$pins" "$work/installed.txt"; then
  rm -rf "$work/venv"
  python3 -m venv "$work/venv" || {
    echo "the tables need python3 with venv (Debian: apt-get install python3-venv)" >&2
    exit 1
  }
  "$python" -m pip install --quiet --disable-pip-version-check --only-binary :all: -r "$pins"
  cp "$pins" "$work/installed.txt"
fi

# Where the book's examples look: runs/paper, here of a second's sweeps. One diverges between two
# recorded steps, one has no held-out points, so that there are both NaN and null.
here=$PWD
session=$work/session
rm -rf "$session"
mkdir -p "$session"
cargo build --quiet --locked -p width-sweep
sweep() {
  (cd "$session" && cargo run --quiet --locked --manifest-path "$here/Cargo.toml" -p width-sweep -- "$@")
}
tiny=(run "$here/tests/inputs/good/tiny.toml" --engine cpu --out runs/paper)
sweep "${tiny[@]}" >/dev/null
sweep "${tiny[@]}" --set training.optimizer=sgd --set search.lr_max=1e6 \
  --set training.record_every=7 >/dev/null
sweep "${tiny[@]}" --set model.test_points=0 --set training.seeds=[0] >/dev/null
sweep export runs/paper --csv
sweep export runs/paper --parquet

"$python" tests/tables/tables.py "$session/runs/paper/export"
(cd "$session" && "$here/$python" "$here/tests/tables/examples.py" "$here/docs/export.md")

# `judge` reads Parquet as pandas and polars write it when nobody asks for a compression that it knows.
"$python" tests/tables/rewrite.py examples/judge/sweep.csv "$session"
sweep judge "$here/examples/judge/sweep.csv" --json >"$session/sweep.json"
for written in pandas polars; do
  sweep judge "$written.parquet" --json | sed "s|$written.parquet|$here/examples/judge/sweep.csv|" >"$session/$written.json"
  cmp "$session/sweep.json" "$session/$written.json"
done
if sweep judge zstd.parquet 2>"$session/zstd.txt"; then exit 1; fi
grep -q 'compressed with zstd' "$session/zstd.txt"
