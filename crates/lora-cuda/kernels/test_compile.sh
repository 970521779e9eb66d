#!/usr/bin/env bash
# Negative controls of compile.sh: what is planted must be noticed, with a message that names it.
set -euo pipefail
cd "$(dirname "$0")"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
kernels=$work/kernels
archive=$work/ptx.zip
root=$(cd ../../.. && pwd)

compile() {
  ./compile.sh --kernels "$kernels" --archive "$archive" --table "$work/table.csv" "$@" 2>&1
}

# STATEMENTS: changes `files`, the unpacked {name: text}, and packs them again.
repack() {
  PYTHONPATH=. "$root/target/nvrtc/venv/bin/python" -B - "$archive" <<PY
import archive, sys
files = archive.unpack(open(sys.argv[1], "rb").read())
$1
open(sys.argv[1], "wb").write(archive.pack(files))
PY
}

# STATEMENTS: changes `packed`, the bytes of the archive.
damage() {
  python3 - "$archive" <<PY
import io, sys, zipfile
packed = bytearray(open(sys.argv[1], "rb").read())
$1
open(sys.argv[1], "wb").write(packed)
PY
}

# A folder with one good kernel, and its PTX.
fresh() {
  rm -rf "$kernels" "$archive"
  mkdir -p "$kernels"
  cat >"$kernels/good.cu" <<'CU'
struct Param { float *x; };
extern "C" __global__ void __launch_bounds__(128) good(const __grid_constant__ Param p) {
  p.x[threadIdx.x] = fmaf(p.x[threadIdx.x], 2.0f, 1.0f);
}
CU
  compile >/dev/null
}

# WHAT MESSAGE: --check must pass, and its output hold the message.
passes() {
  local told
  told=$(compile --check) || fault "$1: must pass" "$told"
  [[ $told == *"$2"* ]] || fault "$1: must say: $2" "$told"
  echo "passes: $1"
}

# WHAT MESSAGE: --check must fail, with the message.
fails() {
  local told
  if told=$(compile --check); then
    fault "$1: must fail" "$told"
  fi
  [[ $told == *"$2"* ]] || fault "$1: must say: $2" "$told"
  echo "fails, as it must: $1"
}

fault() {
  echo "$2"
  echo "compile.sh: $1" >&2
  exit 1
}

# Far more values at once than the registers that two blocks of 1024 threads leave.
write_spilling_kernel() {
  cat >"$kernels/spilling.cu" <<'CU'
struct Param { float *x; int n; };
extern "C" __global__ void __launch_bounds__(1024) spilling(const __grid_constant__ Param p) {
  float v[128];
  #pragma unroll
  for (int i = 0; i < 128; i++) v[i] = p.x[i * 1024 + threadIdx.x];
  for (int k = 0; k < p.n; k++) {
    #pragma unroll
    for (int i = 0; i < 128; i++) v[i] = fmaf(v[i], v[(i + 1) % 128], v[(i + 7) % 128]);
  }
  #pragma unroll
  for (int i = 0; i < 128; i++) p.x[i * 1024 + threadIdx.x] = v[i];
}
CU
  compile >/dev/null
}

# Takes the lines that --check asks for.
allow_spills() {
  { compile --check || true; } |
    sed -n 's/.*spills.txt: \(sm_.*\) WHY$/\1 a test/p' >"$work/spills.txt"
  cp "$work/spills.txt" "$kernels/spills.txt"
}

fresh
passes "one good kernel" "1 kernel files make the 3 PTX files of $archive"
mv "$kernels" "$work/elsewhere"
./compile.sh --kernels "$work/elsewhere" --archive "$work/again.zip" >/dev/null
cmp "$archive" "$work/again.zip" || fault "the archive depends on the folder" ""
echo "same bytes from another folder"

fresh
repack 'files["compute_80/good.ptx"] = files["compute_80/good.ptx"].replace("fma.rn", "fma.rz")'
fails "changed PTX" "compute_80/good.ptx in $archive is not what good.cu compiles to"

fresh
repack 'del files["compute_90/good.ptx"]'
fails "missing PTX" "compute_90/good.ptx is missing in $archive"

fresh
repack 'files["compute_75/gone.ptx"] = files["compute_75/good.ptx"]'
fails "PTX of a kernel that is gone" "compute_75/gone.ptx in $archive is left over"
said=$(compile)
[[ $said == *"removed compute_75/gone.ptx"* ]] || fault "compile.sh must say what it removes" "$said"
passes "left-over PTX after compile.sh" "3 PTX files"

rm "$archive"
fails "no archive" "$archive is missing"

# Byte 60 lies within the first text, and the one 20 from the end within the directory's end.
for change in "packed[60] ^= 1" "packed[-20] ^= 1" "del packed[-1000:]" "packed.clear()"; do
  fresh
  damage "$change"
  fails "a damaged archive: $change" "$archive is damaged: "
done

# No reader minds these: byte 10 is a time, what precedes an archive is skipped, and the texts are
# the same whatever compressed them.
other="old, to = zipfile.ZipFile(io.BytesIO(packed)), io.BytesIO()
with zipfile.ZipFile(to, 'w', zipfile.ZIP_DEFLATED) as new:
    for name in old.namelist(): new.writestr(name, old.read(name))
packed = to.getvalue()"
for change in "packed[10] ^= 1" "packed[:0] = b'ahead'" "$other"; do
  fresh
  damage "$change"
  fails "other bytes for the same texts" "$archive holds the right PTX, but not in the bytes"
done
compile >/dev/null
passes "other bytes after compile.sh" "3 PTX files"

fresh
echo 'nonsense' >"$kernels/bad.cu"
fails "a kernel that does not compile" "bad.cu does not compile for compute_75"

fresh
echo '__device__ int f() { int unused = 1; return 2; }' >>"$kernels/good.cu"
compile >/dev/null || true
fails "a warning" "good.cu compiles with warnings"

fresh
sed -i 's/^}/  asm volatile("mul.f32 %0, %0, %0;" : "+f"(p.x[0]));\n}/' "$kernels/good.cu"
compile >/dev/null || true
fails "a product that a driver may fuse" "mul.f32 of compute_75 has no rounding mode"

fresh
sed -i 's/__launch_bounds__(128)//' "$kernels/good.cu"
compile >/dev/null
fails "no launch bounds" "good states no threads a block"

fresh
sed 's/+ 0//' "$kernels/good.cu" >"$kernels/same.cu"
compile >/dev/null
fails "one name in two files" "good is defined by two files"

fresh
write_spilling_kernel
fails "a kernel that spills" "spilling on sm_80: a stack frame of "
allow_spills
passes "spills that spills.txt states" "2 kernel files"
sed -i '1s/ \([0-9]*\) a test/ 1\1 a test/' "$kernels/spills.txt"
fails "spills.txt that allows more than is needed" "correct it: sm_75 spilling"
cp "$work/spills.txt" "$kernels/spills.txt"
echo "sm_90 good 8 0 0 a test" >>"$kernels/spills.txt"
fails "spills.txt with a kernel that does not spill" "good on sm_90 does not spill"
cp "$work/spills.txt" "$kernels/spills.txt"
echo "sm_90 gone 8 0 0 a test" >>"$kernels/spills.txt"
fails "spills.txt with a kernel that is gone" "there is no such kernel"
echo "sm_90 good 8" >>"$kernels/spills.txt"
fails "a line of spills.txt that cannot be read" "spills.txt:6: needs architecture"

rm -r "$kernels" "$archive"
mkdir "$kernels"
passes "a folder without kernels" "no kernels in"
echo "compile.sh notices all that was planted"
