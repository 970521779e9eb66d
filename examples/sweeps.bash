# What the scripts here that train several sweeps share; sourced by them, with their own arguments: DIR [ARGS].
#
# It sets `out` to DIR, leaves ARGS in "$@", and has `sweep`, the program, and `train ARGS…`, a `run` that tells
# nothing unless it fails.

if (($# < 1)); then
  sed -n '2,8s/^# \{0,1\}//p' "$0" >&2
  exit 2
fi
out=$1
shift
mkdir -p "$out"
# Nobody could set sweeps of other sizes beside these.
if [[ -f $out/args.txt && $(<"$out/args.txt") != "$*" ]]; then
  echo "$(basename "$0"): $out was begun with other ARGS: $(<"$out/args.txt")" >&2
  exit 2
fi
echo "$*" >"$out/args.txt"
sweep=(cargo run --quiet -p width-sweep --)
[[ -z ${WIDTH_SWEEP:-} ]] || sweep=("$WIDTH_SWEEP")

train() {
  "${sweep[@]}" run "$@" >"$out/last.txt" || {
    cat "$out/last.txt" >&2
    exit 1
  }
  rm -f "$out/last.txt"
}
