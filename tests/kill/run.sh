#!/usr/bin/env bash
# Kills `plot`, `report`, `export` and `verify` at random moments and looks at every file that is left:
# none may be empty, cut or temporary under a final name, and the next call must put everything right.
# About a minute and a half. Needs cargo and python3 (3.11 or later), nothing else.
#
#   tests/kill/run.sh             with a seed of its own, which is printed
#   tests/kill/run.sh SEED        the moments of an earlier call
#   PROGRAM=FILE tests/kill/run.sh   another build of width-sweep
set -euo pipefail
cd "$(dirname "$0")/../.."

if [ -z "${PROGRAM:-}" ]; then
  cargo build --quiet --locked -p width-sweep
  PROGRAM=$PWD/target/debug/width-sweep
fi
work=$PWD/target/kill
rm -rf "$work"
mkdir -p "$work"
python3 tests/kill/test_whole.py
python3 tests/kill/kill.py "$PROGRAM" "$work" "${1:-$RANDOM}"
rm -rf "$work"
