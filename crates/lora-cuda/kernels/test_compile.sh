#!/usr/bin/env bash
# Negative controls of compile.sh: what is planted must be noticed, with a message that names it.
set -euo pipefail
cd "$(dirname "$0")"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
kernels=$work/kernels
ptx=$work/ptx

compile() {
  ./compile.sh --kernels "$kernels" --ptx "$ptx" --table "$work/table.csv" "$@" 2>&1
}

# A folder with one good kernel and its PTX.
fresh() {
  rm -rf "$kernels" "$ptx"
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
passes "one good kernel" "1 kernel files make the 3 committed PTX files"
mv "$kernels" "$work/elsewhere"
./compile.sh --kernels "$work/elsewhere" --ptx "$work/again" >/dev/null
diff -r "$ptx" "$work/again" || fault "the PTX depends on the folder" ""
echo "same bytes from another folder"

fresh
sed -i 's/fma.rn/fma.rz/' "$ptx/compute_80/good.ptx"
fails "changed PTX" "compute_80/good.ptx is not what good.cu compiles to"

fresh
rm "$ptx/compute_90/good.ptx"
fails "missing PTX" "compute_90/good.ptx is missing"

fresh
cp "$ptx/compute_75/good.ptx" "$ptx/compute_75/gone.ptx"
fails "PTX of a kernel that is gone" "compute_75/gone.ptx is left over"
compile >/dev/null
passes "left-over PTX after compile.sh" "3 committed PTX files"

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

rm -r "$kernels" "$ptx"
mkdir "$kernels"
passes "a folder without kernels" "no kernels in"
echo "compile.sh notices all that was planted"
