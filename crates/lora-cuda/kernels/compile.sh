#!/usr/bin/env bash
# Makes the committed PTX of every kernel, without a GPU. Arguments as in compile.py; paths from the
# repository's root. Needs python3 with venv; the compiler is installed under target/.
set -euo pipefail
cd "$(dirname "$0")/../../.."

work=target/nvrtc
python=$work/venv/bin/python
kernels=crates/lora-cuda/kernels

make_venv() {
  rm -rf "$work"
  mkdir -p "$work"
  python3 -m venv "$work/venv" || {
    echo "the kernels' compiler needs python3 with venv (Debian: apt-get install python3-venv)" >&2
    exit 1
  }
}

# PINS: installed anew when the file has changed.
install() {
  local pins=$kernels/$1
  cmp -s "$pins" "$work/$1" && return
  [[ $1 == requirements.txt ]] && make_venv
  "$python" -m pip install --quiet --disable-pip-version-check --only-binary :all: \
    --require-hashes -r "$pins" || {
    echo "cannot install what $pins names; it needs the package index once" >&2
    exit 1
  }
  cp "$pins" "$work/$1"
}

install requirements.txt
if [[ " $* " == *" --sass"* ]]; then
  install requirements-sass.txt
fi
exec "$python" -B "$kernels/compile.py" "$@"
