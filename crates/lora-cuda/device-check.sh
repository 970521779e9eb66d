#!/usr/bin/env bash
# What a short loan of a machine with a GPU must measure, in under nine minutes.
#
#   device-check.sh --pack DIR [--dev]     where cargo is: builds the binaries and puts them into DIR
#   device-check.sh --bin DIR --out DIR    where the GPU is: measures with them; neither cargo nor a
#                                          network is needed, only a driver
#   device-check.sh --limits               the most seconds that each step and all of them may take
#
# --dev packs the dev profile, which needs less to be built. The measuring machine needs these binaries
# and this checkout's files. The peers run where python3, or what PYTHON names, has JAX or PyTorch;
# compute-sanitizer runs where it is installed. Steps whose tools are missing are skipped, steps that
# fail or outlast their limit stop no other. Without a usable device one line says so, and that is no
# failure: exit code 0. Otherwise 1 if a step failed.
#
# OUT gets two files: summary.md, and results.tar.gz with every log, measurement, table and figure.
#
# --tiny, with --bin, shrinks everything; it is for trying this script on the stand-in driver of
# lora-cuda-shim, and its times mean nothing.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)

# Steps in order, with their limits in seconds; a test holds the sum under nine minutes. What a step
# leaves of its time may be used by those behind it, up to three times their own.
steps=(
  driver 5
  conformance 40
  memcheck 10 racecheck 10 synccheck 10 initcheck 10
  bench-8192-4 10 bench-65536-4 12 bench-1048576-4 35
  bench-8192-64 12 bench-65536-64 20
  paper 12
  million 180
  engines 12
  cell 6 cell-jax 12 cell-torch 12
  jax-8192 12 torch-8192 25 jax-65536 12 torch-65536 25 jax-1048576 20 torch-1048576 35
)

fail() {
  echo "device-check: $*" >&2
  exit 2
}

limits() {
  local at sum=0
  for ((at = 0; at < ${#steps[@]}; at += 2)); do
    printf '%-18s %4d\n' "${steps[at]}" "${steps[at + 1]}"
    sum=$((sum + ${steps[at + 1]}))
  done
  printf '%-18s %4d\n' total "$sum"
}

# The executable of a target, from cargo's messages.
built() {
  sed -n 's/.*"target":{[^}]*"name":"'"$1"'".*"executable":"\([^"]*\)".*/\1/p' | tail -n 1
}

pack() {
  local to=$1 profile=(--release) messages
  [[ ${2:-} != --dev ]] || profile=()
  mkdir -p "$to"
  messages=$(mktemp)
  cd "$root"
  local json=(--locked --message-format=json "${profile[@]}")
  cargo build -p width-sweep -p lora-cuda-bench --bins "${json[@]}" >"$messages"
  cargo test -p lora-cuda --test device --no-run "${json[@]}" >>"$messages"
  local pair from
  for pair in width-sweep:width-sweep lora-cuda-bench:lora-cuda-bench device:conformance; do
    from=$(built "${pair%:*}" <"$messages")
    [[ -n $from ]] || fail "cargo built no ${pair%:*}"
    # Names of lines are of no use there.
    strip -o "$to/${pair#*:}" "$from" 2>/dev/null || cp "$from" "$to/${pair#*:}"
  done
  rm "$messages"
  du -h "$to"/*
}

# What may be missing but must not be guessed: whether there is a device.
probe() {
  local told code=0
  told=$("$bin/lora-cuda-bench" --width 1 --points 1 --rank 1 --runs 1 --steps 4 --repeats 1 2>&1) ||
    code=$?
  case $code in
    0) device=${told%%$'\n'*} ;; # the first line names it
    2) echo "device-check: skipped: ${told#error: }" && exit 0 ;;
    *) echo "device-check: the device does not compute: $told" >&2 && exit 1 ;;
  esac
}

# Runs a step in a process of its own, within its limit and with its own log.
run_step() {
  local name=$1 limit=$2 code=0 from=$SECONDS result note=
  local left=$((due + limit - SECONDS))
  due=$((due + limit))
  limit=$((left > 3 * limit ? 3 * limit : left > 1 ? left : 1))
  [[ -z $tiny ]] || limit=600
  timeout -k 5 "$limit" bash "$here/device-check/steps.sh" "$name" >"$work/$name.log" 2>&1 || code=$?
  case $code in
    0) result=PASS ;;
    77) result=SKIPPED ;;
    124 | 137) result=FAIL note="ran out of its $limit s" ;;
    *) result=FAIL note=$(tail -n 1 "$work/$name.log" | cut -c 1-120) ;;
  esac
  [[ ! -s $work/$name.note ]] || note=$(cat "$work/$name.note")
  echo "$result $name ($((SECONDS - from)) s) $note"
  echo "| $name | $result | $((SECONDS - from)) | ${note//|/\\|} |" >>"$work/steps.md"
  [[ $result != FAIL ]] || failed=1
  summarise
}

# All that is known so far, so that nothing is lost if the machine is taken away.
summarise() {
  {
    echo "# Device check: $device"
    [[ -z $tiny ]] || printf '\nTiny sizes on a stand-in or to try the script: no number here means anything.\n'
    printf '\n| step | result | seconds | measured |\n|---|---|---|---|\n'
    cat "$work/steps.md"
    bash "$here/device-check/steps.sh" peers-table
  } >"$out/summary.md"
  cp "$out/summary.md" "$work/"
  tar -czf "$out/results.tar.gz" -C "$work" --exclude trajectories.csv --exclude '*.npz' .
}

check() {
  local name at
  for name in width-sweep lora-cuda-bench conformance; do
    [[ -x $bin/$name ]] || fail "$bin/$name is missing; make it with --pack"
  done
  bin=$(cd "$bin" && pwd)
  probe
  mkdir -p "$out"
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  failed=0 due=0
  export bin work tiny
  for ((at = 0; at < ${#steps[@]}; at += 2)); do
    run_step "${steps[at]}" "${steps[at + 1]}"
  done
  echo "device-check: $SECONDS s; $out/summary.md and $out/results.tar.gz"
  exit "$failed"
}

bin='' out='' tiny=''
while (($#)); do
  case $1 in
    --pack)
      pack "${2:?--pack needs a directory}" "${3:-}"
      exit
      ;;
    --limits)
      limits
      exit
      ;;
    --bin) bin=${2:?--bin needs a directory} && shift 2 ;;
    --out) out=${2:?--out needs a directory} && shift 2 ;;
    --tiny) tiny=1 && shift ;;
    *) fail "unknown argument $1; the head of $0 says what there is" ;;
  esac
done
[[ -n $bin && -n $out ]] || fail "--bin DIR and --out DIR are needed; the head of $0 says what for"
check
