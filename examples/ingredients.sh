#!/usr/bin/env bash
# Trains the synthetic network with one ingredient of a transformer after another: ingredients.sh DIR [ARGS]
#
#   DIR/bare, DIR/outputs, …   a sweep for each
#   DIR/laws                   their exponents side by side
#
# ARGS go to every run, as in `ingredients.sh out --quick`. A second call trains what is missing. It takes about a
# quarter of an hour on one busy core. WIDTH_SWEEP names the program; without it cargo builds and runs it.
set -euo pipefail

# shellcheck source=examples/sweeps.bash
source "$(dirname "$0")/sweeps.bash"

# The classes are drawn from the softmax of the teacher's outputs. A scale of 10^6 always draws the largest.
classes="model.loss=cross-entropy model.outputs=16"
walk=(
  "bare"
  "outputs-4 model.outputs=4"
  "outputs model.outputs=16"
  "norm model.norm=rms"
  "residual model.residual=true"
  "layers-2 model.layers=2 model.widths=[128,256,512,1024]"
  "trained-base model.pretrain_steps=100"
  "minibatch training.batch=32"
  "cross-entropy $classes"
  "cross-entropy-256-samples $classes model.points=256 model.widths=[128,256,512,1024]"
  "largest-label $classes model.teacher_scale=1e6"
  "cross-entropy-norm $classes model.norm=rms"
  "cross-entropy-norm-residual $classes model.norm=rms model.residual=true"
  "all $classes model.norm=rms model.residual=true training.batch=32"
)
dirs=()
for step in "${walk[@]}"; do
  read -ra settings <<<"$step"
  name=${settings[0]}
  set=()
  for setting in "${settings[@]:1}"; do
    set+=(--set "$setting")
  done
  train ingredients "$@" --out "$out/$name" "${set[@]}"
  dirs+=("$out/$name")
done
"${sweep[@]}" laws "${dirs[@]}" --out "$out/laws"
