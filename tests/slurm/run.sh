#!/usr/bin/env bash
# A sweep on a real Slurm: a controller and a node on this machine, as root, with a configuration of
# their own under target/. `slurm --submit` sends three shards and their merge; one shard is queued
# again in the middle, one hears its time limit come and later SIGTERM, one is cancelled, and the merge
# with it. The printed commands submit all once more, and the merged tables must be those of an unsharded run.
# Where Slurm cannot be started it says SKIPPED and why.
set -euo pipefail
cd "$(dirname "$0")/../.."

skip() {
  echo "SKIPPED: $*"
  exit 0
}
for program in slurmctld slurmd sbatch scontrol scancel squeue sinfo; do
  command -v "$program" >/dev/null || skip "no $program here (Debian's slurm-wlm has it)"
done
[ "$(id -u)" -eq 0 ] || skip "slurmd must be root"

cargo build -q --locked -p width-sweep
program=$PWD/target/debug/width-sweep

work=$PWD/target/slurm
rm -rf "$work"
mkdir -p "$work"/{state,spool}
sweep="$work/it's a \"sweep\" #1"
ports=$((20000 + RANDOM % 10000))
export SLURM_CONF=$work/slurm.conf
cat >"$SLURM_CONF" <<CONF
ClusterName=local
SlurmctldHost=$(hostname)(127.0.0.1)
SlurmctldPort=$ports
SlurmdPort=$((ports + 1))
SlurmUser=root
SlurmdUser=root
AuthType=auth/none
# What a job that is queued again waits for before it starts.
AuthInfo=cred_expire=5
CredType=cred/none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=batch_sched_delay=0,sched_interval=2,bf_interval=2
KillWait=5
# Two jobs at a time, whatever the machine has.
SlurmdParameters=config_overrides
ReturnToService=2
SlurmdTimeout=300
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool
SlurmctldPidFile=$work/slurmctld.pid
SlurmdPidFile=$work/slurmd.pid
SlurmctldLogFile=$work/slurmctld.log
SlurmdLogFile=$work/slurmd.log
NodeName=$(hostname) NodeAddr=127.0.0.1 CPUs=2 State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
CONF

finish() {
  local code=$?
  scancel --user=root >/dev/null 2>&1 || true
  # Their numbers, since both are children of this shell.
  kill "${node:-}" "${controller:-}" 2>/dev/null || true
  wait 2>/dev/null || true
  if [ "$code" -ne 0 ]; then
    tail -n 30 "$work"/*.log "$sweep"/logs/*.log 2>/dev/null || true
    echo "FAILED"
  else
    rm -rf "$work"
  fi
}
trap finish EXIT

slurmctld -D >"$work/controller.out" 2>&1 &
controller=$!
slurmd -D >"$work/node.out" 2>&1 &
node=$!

# Waits until a command succeeds.
await() {
  local what=$1 until=$((SECONDS + 240))
  shift
  until "$@"; do
    [ "$SECONDS" -lt "$until" ] || {
      echo "gave up waiting: $what"
      squeue --all || true
      return 1
    }
    sleep 0.2
  done
}

up() { sinfo --noheader --format=%t 2>/dev/null | grep -qx idle; }
# A machine may forbid what a daemon needs; that is no fault of the sweep.
for _ in $(seq 150); do
  if up || ! kill -0 "$controller" "$node" 2>/dev/null; then break; fi
  sleep 0.2
done
if ! up; then
  tail -n 5 "$work"/*.out "$work"/*.log
  skip "slurmctld and slurmd do not come up here"
fi
echo "$(sinfo --version) is up"

# Runs that a shard keeps.
kept() {
  "$program" status "$sweep/shard-$1-of-3" 2>/dev/null | awk '$1 == "all" { n = $2 } END { print n + 0 }'
}
has_more() { [ "$(kept "$1")" -gt "$2" ]; }
# The state of a job, or of a job of an array.
state() { scontrol show job "$1" | grep -o 'JobState=[A-Z_]*' | head -n 1 | cut -d= -f2; }
is() { [ "$(state "$1")" = "$2" ]; }
restarts() { scontrol show job "$1" | grep -o 'Restarts=[0-9]*' | head -n 1 | cut -d= -f2; }
again() { [ "$(restarts "$1")" -ge "$2" ]; }

experiment=tests/inputs/slow.toml
set=(--set 'training.seeds=[0,1,2,3,4,5]' --set training.steps=10000)
from=$SECONDS
said=$("$program" slurm "$experiment" "${set[@]}" --nodes 3 --cpus-per-task 1 --time 10 --engine cpu \
  --out "$sweep" --sbatch "--comment=it's #1 \\ \"x\"" --submit)
echo "$said"
[[ $said =~ job\ ([0-9]+),\ the\ shards,\ and\ job\ ([0-9]+) ]]
array=${BASH_REMATCH[1]} merge=${BASH_REMATCH[2]}
scontrol show job "$merge" | grep -qF "Comment=it's #1 \\ \"x\""

# Slurm ends it and queues it again, as it does when a node fails or another job goes first.
await "shard 1 begins" has_more 1 0
scontrol requeue "${array}_1"
# As Slurm does when the time limit is near.
await "shard 2 begins" has_more 2 0
scancel --batch --signal=USR1 "${array}_2"
await "shard 2 is queued again" again "${array}_2" 1
grep -q '^stopped: ' "$sweep/logs/shard-2.log"
before=$(kept 2)
# This one is to stay cancelled.
await "shard 3 begins" has_more 3 0
scancel "${array}_3"
# As before a preemption, or by hand.
await "shard 2 goes on" has_more 2 "$before"
scancel --full --signal=TERM "${array}_2"
await "shard 2 is queued once more" again "${array}_2" 2
await "shard 1 is queued again" again "${array}_1" 1
for shard in 1 2; do
  await "shard $shard is done" is "${array}_$shard" COMPLETED
  grep -q '^kept: ' "$sweep/logs/shard-$shard.log"
done
is "${array}_3" CANCELLED
# What would wait for it for ever.
await "the merge is cancelled" is "$merge" CANCELLED
[ ! -e "$sweep/merged" ]
echo "== interrupted after $((SECONDS - from)) s"

# The commands that are printed, as they are typed; only the third shard has something to do.
printed=$("$program" slurm "$experiment" "${set[@]}" --nodes 3 --engine cpu --out "$sweep")
eval "$(grep '^  job=' <<<"$printed")"
said=$(eval "$(grep '^  sbatch ' <<<"$printed")")
merge=${said##* }
await "the merge is done" is "$merge" COMPLETED
[ "$(grep -c ' 0 runs trained, ' "$sweep"/logs/shard-{1,2}.log | grep -c ':1$')" -eq 2 ]
echo "== merged after $((SECONDS - from)) s"

"$program" run "$experiment" "${set[@]}" --engine cpu --out "$work/whole" >/dev/null
for file in experiment.toml runs.csv trajectories.csv summary.json {scaling,norms,curves,phases}.{csv,svg,png}; do
  cmp "$work/whole/$file" "$sweep/merged/$file"
done
test -s "$sweep/merged/report.html"
echo "the merged sweep has the bytes of one run, and a report"
