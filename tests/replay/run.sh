#!/usr/bin/env bash
# Exports runs of every kind and replays them with NumPy, which shares no code with this project.
# Needs python3 with venv, and cargo; the environment lies under target/. A C++ compiler lets the
# GPU's kernels run on the CPU; where there is none, their cells are left out, or it is an error with
# LORA_CUDA_SHIM=required.
set -euo pipefail
cd "$(dirname "$0")/../.."

work=target/replay
python=$work/venv/bin/python
pins=tests/replay/requirements.txt
if ! cmp -s "$pins" "$work/installed.txt"; then
  rm -rf "$work/venv"
  python3 -m venv "$work/venv" || {
    echo "the replay needs python3 with venv (Debian: apt-get install python3-venv)" >&2
    exit 1
  }
  "$python" -m pip install --quiet --disable-pip-version-check --only-binary :all: -r "$pins"
  cp "$pins" "$work/installed.txt"
fi

cells=$work/cells
rm -rf "$cells"
mkdir -p "$cells"
cargo build --quiet --locked -p width-sweep

# NAME ARGUMENT...
export_cell() {
  local name=$1
  shift
  cargo run --quiet --locked -p width-sweep -- export-cell --out "$cells/$name.npz" \
    --engine "${engine:-cpu}" --width "${width:-96}" --steps 20 \
    --set model.points=200 --set model.test_points=30 "$@" >/dev/null
}

for init in A B AB; do
  for a in 1/2 1; do
    export_cell "adam-$init-a${a/\//_}" --init "$init" --readout "$a"
  done
done
export_cell gelu-B --init B --set model.activation=gelu
export_cell tanh-AB --init AB --set model.activation=tanh --set model.multiplier=2
export_cell adamw-A --init A --set training.optimizer=adamw --set training.weight_decay=0.5
export_cell sign-A --init A --lr 0.003 --set training.optimizer=sign-sgd
export_cell sgd-A --init A --lr 0.1 --set training.optimizer=sgd
export_cell sgd-tanh-B --init B --lr 0.1 --set training.optimizer=sgd --set model.activation=tanh
export_cell sampled-A --init A --set model.explicit_hidden_up_to=0
export_cell sampled-gelu-B --init B --set model.explicit_hidden_up_to=0 --set model.activation=gelu
export_cell no-hidden-B --init B --set model.hidden=zero --set training.record_every=7
export_cell faster-b-A --init A --lr 0.001 --set training.lr_ratio=8
export_cell train-b-A --init A --set 'training.train=["B"]'
export_cell train-a-B --init B --set 'training.train=["A"]'
export_cell train-b-gelu-AB --init AB --set 'training.train=["B"]' --set model.activation=gelu
export_cell linearised-A --init A --lr 0.03 --set model.linearised=true
export_cell linearised-gelu-B --init B --lr 0.03 --set model.linearised=true --set model.activation=gelu
width=173 export_cell odd-sizes-A --init A --set model.rank=3 --set model.input_dim=11

# The same on the GPU's kernels, which a stand-in for its driver runs.
export_cuda_cell() {
  engine=cuda LD_LIBRARY_PATH=$driver export_cell "$@"
}

missing=0
# As `cargo test` builds it: a package alone has other features, and is built anew.
cargo build --quiet --locked --workspace --example library-path
driver=$("${CARGO_TARGET_DIR:-target}/debug/examples/library-path") || missing=$?
if ((missing == 0)); then
  export_cuda_cell cuda-relu-A --init A
  export_cuda_cell cuda-gelu-B --init B --set model.activation=gelu
  export_cuda_cell cuda-tanh-AB --init AB --set model.activation=tanh --set model.multiplier=2
  export_cuda_cell cuda-sampled-A --init A --set model.explicit_hidden_up_to=0
  export_cuda_cell cuda-train-b-A --init A --set 'training.train=["B"]'
  export_cuda_cell cuda-rank-16-B --init B --set model.rank=16
elif ((missing == 3)) && [[ ${LORA_CUDA_SHIM:-} != required ]]; then
  echo "skipped: the cells of the GPU's kernels"
else
  echo "the cells of the GPU's kernels need the stand-in driver" >&2
  exit 1
fi

echo "replayed in float64:"
"$python" tests/replay/replay.py "$cells"/*.npz

echo "with a multiplier off by 0.2%, each of which must fail:"
for cell in "$cells"/*.npz; do
  told=$("$python" tests/replay/replay.py --perturb s "$cell") || true
  if [[ $told != *FAIL* ]]; then
    echo "$told"
    echo "the replay does not notice a wrong multiplier" >&2
    exit 1
  fi
  echo "${told%%,*}"
done
