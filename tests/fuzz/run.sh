#!/usr/bin/env bash
# Fuzzes the readers of experiment files, of kept trajectories, of databases and of checkpoints, and the
# diagnosis of adapters, led by coverage.
#
#   run.sh SECONDS [TARGET...]   experiment, blob, database, safetensors, gguf, adapter and diagnosis, so
#                                long each, from seeds of this repository and what earlier calls found
#                                (target/fuzz/found)
#   run.sh --seeds               the seeds alone, without coverage: that targets build and hold
#
# Needs cargo, python3 and a C++ compiler for libFuzzer; no nightly toolchain. An input that fails is
# left under target/fuzz/failed, and `target/fuzz/TRIPLE/debug/TARGET FILE` tries it again.
set -euo pipefail
cd "$(dirname "$0")/../.."

usage="usage: run.sh SECONDS|--seeds [experiment|blob|database|safetensors|gguf|adapter|diagnosis]..."
seconds=${1:?$usage}
shift
targets=("$@")
((${#targets[@]})) || targets=(experiment blob database safetensors gguf adapter diagnosis)

work=$PWD/target/fuzz
seeds=$work/seeds
rm -rf "$seeds"
mkdir -p "$seeds"/{experiment,blob,database,safetensors,gguf,adapter,diagnosis} "$work/failed"

# Texts by their names, since some are called the same.
for file in experiments/*.toml experiments/verify/*.toml tests/inputs/{good,bad,verify,verify/bad}/*.toml; do
  cp "$file" "$seeds/experiment/${file//\//-}"
done
python3 - "$seeds" <<'PY'
import sqlite3, sys
from pathlib import Path
seeds = Path(sys.argv[1])
cases = Path("tests/inputs/bad_set.txt").read_text().split("\n\n")
for i, case in enumerate(cases):
    (seeds / f"experiment/set-{i}").write_text("\n" + case.strip().splitlines()[0])
kept = Path("tests/inputs/kept.sqlite")
database = sqlite3.connect(f"{kept.resolve().as_uri()}?mode=ro", uri=True)
for i, (blob,) in enumerate(database.execute("SELECT trajectory FROM runs")):
    (seeds / f"blob/{i}").write_bytes(blob)
(seeds / "database/whole").write_bytes(b"\0" + kept.read_bytes())
# A change at the start of every page, and one of a place in the middle of each.
for page in range(kept.stat().st_size // 4096):
    for place in (4096 * page + 3, 4096 * page + 2100):
        change = place.to_bytes(3, "little") + b"\x07"
        if change[0]:
            (seeds / f"database/{place}").write_bytes(change)
PY

python3 tests/fuzz/checkpoint_seeds.py "$seeds"

build=(cargo build --quiet --locked --manifest-path tests/fuzz/Cargo.toml)
if [[ $seconds == --seeds ]]; then
  "${build[@]}" --target-dir target
  programs=target/debug
else
  # What `cargo fuzz` passes, without a sanitizer: those need a nightly compiler, and there is no
  # unsafe code in what is tried.
  host=$(rustc -vV | sed -n 's/^host: //p')
  flags="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4"
  flags+=" -Cllvm-args=-sanitizer-coverage-inline-8bit-counters"
  flags+=" -Cllvm-args=-sanitizer-coverage-pc-table"
  flags+=" -Cllvm-args=-sanitizer-coverage-trace-compares"
  RUSTFLAGS=$flags "${build[@]}" --target "$host" --target-dir "$work"
  programs=$work/$host/debug
fi

common=(-timeout=60 -rss_limit_mb=4096 -print_final_stats=1)
for target in "${targets[@]}"; do
  echo "$target:"
  options=("${common[@]}" "-artifact_prefix=$work/failed/$target-")
  if [[ $seconds == --seeds ]]; then
    "$programs/$target" "${options[@]}" "$seeds/$target"/* 2>&1 | tail -n 3
  else
    mkdir -p "$work/found/$target"
    "$programs/$target" "${options[@]}" "-max_total_time=$seconds" "$work/found/$target" \
      "$seeds/$target" 2>&1 | tail -n 40
  fi
done
