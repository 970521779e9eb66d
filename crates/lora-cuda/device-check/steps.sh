#!/usr/bin/env bash
# One step of device-check.sh, which sets `bin`, `work` and `tiny`: steps.sh NAME. A note in
# $work/NAME.note says what was measured; exit code 77 says that the step was skipped.
set -euo pipefail
export LC_ALL=C # points in numbers

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
experiments=$here/../../../experiments
peers=$here/../peers
python=${PYTHON:-python3}
name=$1

# The paper's batch; the tables compare like with like.
runs=16 points=1000 repeats=3
[[ -z $tiny ]] || { runs=4 points=40 repeats=1; }

note() { echo "$*" >"$work/$name.note"; }

skip() {
  note "$*"
  exit 77
}

# The last number under a key in a file of JSON.
number() { grep -o "\"$1\": *[-+.0-9eE]*" "$2" | tail -n 1 | sed 's/.*: *//'; }

calculate() { awk "BEGIN { printf(\"$1\", $2) }"; }

# A width of a step's name, and how many steps are trained there.
width_here() { [[ -z $tiny ]] && echo "$1" || calculate %d "40 + log($1)"; }
steps_at() { [[ -z $tiny ]] || { echo 8 && return; }; (($1 < 1000000)) && echo 100 || echo 50; }

driver() {
  command -v nvidia-smi >/dev/null || skip "no nvidia-smi"
  nvidia-smi
  local query=name,driver_version,memory.total,clocks.max.sm
  note "$(nvidia-smi --query-gpu=$query --format=csv,noheader | head -n 1)"
}

conformance() {
  "$bin/conformance"
  note "$(sed -n 's/^test result: //p' "$work/$name.log" | cut -d ';' -f 1)"
}

# A part of the suite: whole steps of every activation and optimiser, and a divergence.
sanitizer() {
  local tool=$1 part=(equal_rates a_divergence_is_recorded neurons_that_are_off)
  command -v compute-sanitizer >/dev/null || skip "no compute-sanitizer"
  local code=0
  compute-sanitizer --tool "$tool" --error-exitcode 9 "$bin/conformance" --test-threads 1 \
    "${part[@]}" || code=$?
  ! grep -q "Device not supported" "$work/$name.log" || skip "it does not support this device"
  note "$(grep -E 'ERROR SUMMARY|RACECHECK SUMMARY' "$work/$name.log" | tail -n 1 | tr -d '=' | xargs)"
  return "$code"
}

bench() {
  local width=$1 rank=$2 json=$work/$name.json
  "$bin/lora-cuda-bench" --width "$(width_here "$width")" --points $points --rank "$rank" \
    --runs $runs --steps "$(steps_at "$width")" --repeats $repeats --json >"$json"
  local ms share peak
  ms=$(number ms_per_lr_step "$json")
  share=$(number of_peak_multiply_adds "$json") # the last is the whole loop's
  peak=$(grep -o '"peaks":{[^}]*}' "$json" | sed 's/.*"multiply_adds_per_s":\([^,}]*\).*/\1/')
  local aim=
  ((width < 65536)) || aim="; aim 40%: $(calculate %s "$share >= 0.4 ? \"met\" : \"missed\"")"
  note "$(calculate '%.6f ms per LR-step, %.1f%% of the measured peak of %.2f T multiply-adds/s' \
    "$ms, 100 * $share, $peak / 1e12")$aim"
}

# An experiment, timed: NAME AIM FIELD..., where training alone or all of it has the aim.
sweep() {
  local file=$1 aim=$2 what=$3 from=$EPOCHREALTIME small=()
  [[ -z $tiny ]] || small=(--set 'model.widths=[16,32,64]' --set training.seeds=[0]
    --set training.steps=8 --set model.points=40)
  "$bin/width-sweep" run "$experiments/$file" --engine cuda --out "$work/$name" "${small[@]}"
  local all trained
  all=$(calculate %.1f "$EPOCHREALTIME - $from")
  trained=$(calculate %.2f "$(number wall_seconds "$work/$name/manifest.json")")
  rm -f "$work/$name/trajectories.csv" # large, and one command makes it again
  local measured=$all
  [[ $what == all ]] || measured=$trained
  note "trained in $trained s, with figures $all s; aim: $what under $aim s:" \
    "$(calculate %s "$measured < $aim ? \"met\" : \"missed\"")"
}

# The same runs on both engines. Tolerance: final losses differ by a fiftieth at most, and nine in ten
# by 1e-4 at most. With the kernels on a CPU 4 of 95 runs were beyond 1e-4, the worst at 2.6e-3: Adam's
# first updates have the gradient's sign, which rounding decides where a gradient is nearly zero.
engines() {
  local widths='[128,512,1024]' engine
  [[ -z $tiny ]] || widths='[64,128]'
  for engine in cpu cuda; do
    "$bin/width-sweep" run "$experiments/paper.toml" --engine "$engine" --out "$work/on-$engine" \
      --set "model.widths=$widths" --set training.seeds=[0] --set training.steps=20 \
      --set model.points=200 --set model.test_points=20
  done
  note "$(awk -v usual=1e-4 -v most=2e-2 -f "$here/agree.awk" "$work"/on-{cpu,cuda}/runs.csv)"
  ! grep -q "^not" "$work/$name.note"
}

# One run of ours that the peers must repeat.
cell() {
  # No W_h: at this width it would be a large file, and no peer needs it.
  "$bin/width-sweep" export-cell "$experiments/paper.toml" --engine cuda --out "$work/cell.npz" \
    --width "$(width_here 8192)" --steps 50 --set model.explicit_hidden_up_to=0 \
    --set model.points=$points
  note "exported"
}

# PEER SOURCE...: within the peer's own tolerance if it is a cell.
peer() {
  local peer=$1
  shift
  "$python" -c "import $peer" 2>/dev/null || skip "$python has no $peer"
  "$python" "$peers/${peer}_peer.py" "$@" >"$work/$name.json"
}

peer_cell() {
  [[ -f $work/cell.npz ]] || skip "there is no cell"
  local variant=vmap
  [[ $1 == jax ]] || variant=graph # compiling takes longer, and nothing is timed
  peer "$1" --cell "$work/cell.npz" --variant "$variant" --repeats 1
  note "$(calculate 'losses within %.3f of the tolerance' \
    "$(number share_of_tolerance "$work/$name.json")")"
}

peer_batch() {
  local width=$2 at_once=$runs times=$repeats
  # Their products do not all fit into a device's memory there.
  ((width < 1000000)) || { at_once=2 && times=1; }
  peer "$1" --random 1 --width "$(width_here "$width")" --points $points --rank 4 --runs $runs \
    --at-once "$at_once" --steps "$(steps_at "$width")" --repeats "$times"
  note "$(calculate '%.6f ms per LR-step' "$(number ms_per_lr_step "$work/$name.json")")"
}

# Milliseconds per LR-step in a file, or a dash.
milliseconds() { [[ -s $1 ]] && number ms_per_lr_step "$1" || echo –; }

# All that is there of ours and theirs, as a table.
peers_table() {
  printf '\nMilliseconds per LR-step, %s runs of rank 4 on %s points; aim: ours 3 times as fast as the
best peer.\n\n| n | steps | ours | JAX | PyTorch | best peer / ours | aim |\n|---|---|---|---|---|---|---|\n' \
    $runs $points
  local width
  for width in 8192 65536 1048576; do
    echo "$(width_here $width) $(steps_at $width)" "$(milliseconds "$work/bench-$width-4.json")" \
      "$(milliseconds "$work/jax-$width.json")" "$(milliseconds "$work/torch-$width.json")"
  done | awk '
  function shown(ms) { return ms + 0 > 0 ? sprintf("%.6f", ms) : "–" }
  {
    best = $4 + 0 > 0 && ($5 + 0 <= 0 || $4 + 0 < $5 + 0) ? $4 : $5
    known = best + 0 > 0 && $3 + 0 > 0
    ratio = known ? sprintf("%.2f", best / $3) : "–"
    met = !known ? "–" : best / $3 >= 3 ? "met" : "missed"
    print "| " $1 " | " $2 " | " shown($3) " | " shown($4) " | " shown($5) " | " ratio " | " met " |"
  }'
}

IFS=- read -r kind first second <<<"$name"
case $name in
  driver | conformance | engines | cell) "$name" ;;
  *check) sanitizer "$name" ;;
  bench-*) bench "$first" "$second" ;;
  paper) sweep paper.toml 2 trained ;;
  million) sweep to-a-million.toml 180 all ;;
  cell-*) peer_cell "$first" ;;
  jax-* | torch-*) peer_batch "$kind" "$first" ;;
  peers-table) peers_table ;;
  *) echo "no step is called $name" >&2 && exit 2 ;;
esac
