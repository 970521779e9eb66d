#!/usr/bin/env bash
# Trains the sweeps of the map of unknown choices, one after another, and makes the map: paper-map.sh DIR [ARGS]
#
#   DIR/sweeps/…     a sweep for each readout, hidden weight and scale of the targets
#   DIR/map          map.csv and the figure `choices`
#
# ARGS go to every run, as in `paper-map.sh out --quick`. A second call trains what is missing. It takes about two
# and a half hours on two idle cores. WIDTH_SWEEP names the program; without it cargo builds and runs it.
set -euo pipefail

# shellcheck source=examples/sweeps.bash
source "$(dirname "$0")/sweeps.bash"

for readout in 1/2 5/8 3/4 7/8 1; do
  for setting in "gaussian 0.1" "gaussian 1" "gaussian 10" "zero 1"; do
    read -r hidden scale <<<"$setting"
    name=a-${readout/\//-over-}-$hidden-targets-$scale
    train map "$@" --out "$out/sweeps/$name" --set "model.readout_exponent=$readout" \
      --set "model.hidden=$hidden" --set "model.teacher_scale=$scale"
  done
done
"${sweep[@]}" map "$out"/sweeps/* --out "$out/map"
