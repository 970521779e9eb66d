#!/usr/bin/env bash
# Compares transformers with LoRA, as trained here, with PyTorch, transformers and PEFT: makes reference
# cases, lets the engine run them, and loads the adapters that it writes with PEFT.
# Needs python3 (3.11 or later) with venv, a C compiler, binutils and cargo; the environment lies under
# target/ and takes 1.5 GB. With LORA_MODELS=DIR, what examples/fetch-models.sh has put there is compared,
# too. With LORA_DATA=DIR, tokens of the texts there are compared (tokens.py says which files).
# `run.sh --cases` only makes the cases, `run.sh --environment` only the environment.
set -euo pipefail
cd "$(dirname "$0")/../.."

work=$PWD/target/transformers
python=$work/venv/bin/python
here=tests/transformers
pins=$here/requirements.txt
mkdir -p "$work"
# The file holds all that is needed, so nothing that torch would need for a GPU comes along.
if ! cat "$pins" "$here/absent_cuda.py" | cmp -s - "$work/installed.txt"; then
  rm -rf "$work/venv" "$work/installed.txt"
  python3 -m venv "$work/venv" || {
    echo "the references need python3 with venv (Debian: apt-get install python3-venv)" >&2
    exit 1
  }
  "$python" -m pip install --quiet --disable-pip-version-check --only-binary :all: --no-deps -r "$pins"
  "$python" "$here/absent_cuda.py"
  cat "$pins" "$here/absent_cuda.py" >"$work/installed.txt"
fi
if [[ ${1:-} == --environment ]]; then
  exit 0
fi
export TQDM_DISABLE=1

# What a case is made from, to make none twice.
cases=$work/cases
state=$(cat "$pins" "$here"/*.py | cksum)
if [[ ! -f $cases.txt || $(<"$cases.txt") != "$state" ]]; then
  rm -rf "$cases" "$cases.txt"
  "$python" "$here/make_cases.py" "$cases"
  echo "$state" >"$cases.txt"
fi
references=("$cases")
if [[ -n ${LORA_MODELS:-} ]]; then
  models=$(cd "$LORA_MODELS" && pwd)
  rm -rf "$work/real"
  "$python" "$here/real_cases.py" "$work/real" --minilm "$models/minilm" \
    --smollm2 "$models"/smollm2/*.gguf
  references+=("$work/real")
fi

# PEFT reads its own adapters back with the logits that it had, and notices a wrong scaling.
for perturb in "" --perturb; do
  "$python" "$here/load_adapters.py" ${perturb:+"$perturb"} --cases "$cases" "$cases" >"$work/own.txt" || {
    cat "$work/own.txt"
    exit 1
  }
done
if [[ ${1:-} == --cases ]]; then
  exit 0
fi

# With the whole workspace, as `cargo test` builds it: a package alone has other features, and is built anew.
cargo build --quiet --locked --workspace --example pretrain --example write --example dequantise --example encode
examples=${CARGO_TARGET_DIR:-target}/debug/examples

ours=$work/ours
for directory in "${references[@]}"; do
  rm -rf "$ours"
  # The test leaves NAME/adapter and NAME/logits.safetensors in target/transformers/ours.
  LORA_REFERENCES=$directory LORA_OURS=$ours \
    cargo test --locked --workspace --test references -- --nocapture
  "$python" "$here/load_adapters.py" --cases "$directory" "$ours"
done

# A model that is pretrained here, as transformers loads it.
rm -rf "$work/own"
"$examples/pretrain" "$work/own" 64 30
"$python" "$here/own_model.py" "$work/own"

# What language models write.
writers=("$cases"/forward-{llama,llama-tied,qwen2,tinyllama}/model "$work/own")
if [[ -n ${LORA_MODELS:-} ]]; then
  writers+=("$models"/smollm2/*.gguf)
fi
"$python" "$here/written.py" "$examples/write" "${writers[@]}"

# The programs that tell what this project reads, against Python's packages.
folders=() files=()
if [[ -n ${LORA_MODELS:-} ]]; then
  folders=("$models/minilm") files=("$models"/smollm2/*.gguf)
else
  echo "skipped: pretrained models, since LORA_MODELS names no folder of examples/fetch-models.sh"
fi
"$python" "$here/gguf_blocks.py" "$examples/dequantise" "${files[@]}"
if [[ -n ${LORA_DATA:-} ]]; then
  "$python" "$here/tokens.py" "$examples/encode" "$LORA_DATA" "${folders[@]}" "${files[@]}"
else
  echo "skipped: tokens, since LORA_DATA names no folder of texts"
fi
