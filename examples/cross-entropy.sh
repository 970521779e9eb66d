#!/usr/bin/env bash
# Why does η_stable miss its prediction with cross-entropy? Trains sweeps as they are and with one change each:
# cross-entropy.sh DIR [ARGS]
#
#   DIR/cross-entropy, DIR/cross-entropy-3-steps, …   a sweep for each
#   DIR/laws                                          their exponents
#   DIR/stability                                     Z_B and the movement of B against η, with either loss
#
# ARGS go to every run, as in `cross-entropy.sh out --quick`. A second call trains what is missing. It took 25 minutes
# on two busy cores. WIDTH_SWEEP names the program; without it cargo builds and runs it.
set -euo pipefail

# shellcheck source=examples/sweeps.bash
source "$(dirname "$0")/sweeps.bash"

dirs=()
# sweep_of NAME KEY=VALUE…
sweep_of() {
  local name=$1 set=()
  shift
  for setting in "$@"; do
    set+=(--set "$setting")
  done
  train ingredients "${args[@]}" --out "$out/$name" "${set[@]}"
  dirs+=("$out/$name")
}
args=("$@")

# Sixteen outputs with squared error, as a control, and three settings with cross-entropy.
classes="model.loss=cross-entropy model.outputs=16"
settings=(
  "squared-error model.outputs=16"
  "cross-entropy $classes"
  "largest-label $classes model.teacher_scale=1e6"
  "norm-residual $classes model.norm=rms model.residual=true"
)
# Each as it is, under a bound above the flat part of Z_B, over too few steps to fit the samples, and with updates that
# never shrink.
changes=(
  ""
  "-bound-100 search.stability_bound=100"
  "-3-steps training.steps=3 training.record_every=1"
  "-sign-sgd training.optimizer=sign-sgd"
)
for change in "${changes[@]}"; do
  read -ra changed <<<"$change"
  for setting in "${settings[@]}"; do
    read -ra keys <<<"$setting"
    sweep_of "${keys[0]}${changed[0]:-}" "${keys[@]:1}" "${changed[@]:1}"
  done
done
"${sweep[@]}" laws "${dirs[@]}" --out "$out/laws"
"${sweep[@]}" laws "$out/squared-error" "$out/cross-entropy" --stability --out "$out/stability"
