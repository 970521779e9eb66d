"""Ctrl-C ends a long call within two seconds, while other threads of Python run, and loses nothing that trains."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing

import lora_limits
import pytest

# Says when it begins, counts on another thread, and says how far it has counted.
CODE = """
import sys, threading, time
import lora_limits
count, go = 0, True
def counting():
    global count
    while go:
        count += 1
        time.sleep(0.001)
thread = threading.Thread(target=counting)
thread.start()
print("begun", flush=True)
try:
    {call}
except KeyboardInterrupt:
    go = False
    thread.join()
    print("stopped", count, flush=True)
else:
    go = False
    print("not stopped", flush=True)
"""

SWEEP = "lora_limits.sweep('paper', out=sys.argv[1], engine='cpu', progress=False)"
LIMIT = "lora_limits.limit('paper', progress=False)"


@pytest.mark.parametrize("call", [SWEEP, LIMIT])
def test_ctrl_c(call, tmp_path, root):
    code = CODE.format(call=call)
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "out")], stdout=subprocess.PIPE, text=True, cwd=root
    )
    assert process.stdout.readline() == "begun\n"
    time.sleep(1.5)
    assert process.poll() is None, "it ended too early to be stopped"
    process.send_signal(signal.SIGINT)
    sent = time.monotonic()
    said = process.stdout.readline()
    took = time.monotonic() - sent
    assert process.wait(timeout=60) == 0
    word, count = said.split()
    assert word == "stopped" and took < 2.0, (said, took)
    # A call that holds the GIL would let nothing count.
    assert int(count) > 100, count


# One batch, of four seconds on a processor of its own.
SLOW = {
    "model": {"widths": [2048], "points": 256},
    "training": {"seeds": [0], "steps": 8000},
    "search": {"lr_min": 1e-3, "lr_max": 1e-2, "coarse_factor": 10.0, "bracket_factor": 10.0, "max_extensions": 0},
}

# Ends by the exception, as most scripts do.
SCRIPT = """
import sys
import lora_limits
try:
    lora_limits.sweep({slow!r}, out=sys.argv[1], engine="cpu", threads=1, progress=False)
except KeyboardInterrupt:
    print("stopped", flush=True)
    sys.stdin.readline()
    raise
"""


def kept_in(folder):
    """Runs in the database of a folder."""
    if not (folder / "runs.sqlite").exists():
        return 0
    with closing(sqlite3.connect(f"file:{folder}/runs.sqlite?mode=ro", uri=True)) as database:
        return database.execute("SELECT count(*) FROM runs").fetchone()[0]


def begin(folder):
    """A script that was interrupted while a batch trained; it goes on when it is told to."""
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT.format(slow=SLOW), str(folder)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )
    while not (folder / "plan.json").exists():
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.02)
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    assert process.stdout.readline() == "stopped\n", process.stderr.read()
    return process


def test_a_script_that_is_stopped_keeps_the_batch_that_trains(tmp_path):
    folder = tmp_path / "out"
    process = begin(folder)
    assert kept_in(folder) == 0, "the batch ended before the script was stopped"
    said = process.communicate("\n", timeout=120)[1]
    # As Python has it for a KeyboardInterrupt that nobody takes.
    assert process.returncode == -signal.SIGINT, said
    assert f"lora_limits: what trains in {folder} finishes its batch, to keep it; Ctrl-C gives it up\n" in said
    kept = kept_in(folder)
    assert kept > 0
    again = lora_limits.sweep(SLOW, out=folder, engine="cpu", progress=False)
    assert again.kept == kept and again.kept + again.trained == again.runs.num_rows == kept_in(folder)


def test_a_second_ctrl_c_gives_the_batch_up(tmp_path):
    folder = tmp_path / "out"
    process = begin(folder)
    process.stdin.write("\n")
    process.stdin.flush()
    while "to keep it" not in process.stderr.readline():
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    sent = time.monotonic()
    process.communicate(timeout=60)
    assert time.monotonic() - sent < 2.0
    assert kept_in(folder) == 0


def test_a_call_waits_for_what_was_stopped_in_its_folder(tmp_path):
    def fail(share, line):
        raise LookupError(line)

    folder = tmp_path / "out"
    with pytest.raises(LookupError):
        lora_limits.sweep(SLOW, out=folder, engine="cpu", threads=1, progress=fail)
    # By another name, while it goes on.
    again = lora_limits.sweep(SLOW, out=os.path.relpath(folder), engine="cpu", progress=False)
    assert again.kept + again.trained == again.runs.num_rows


def test_an_error_of_the_callback_ends_the_call(tmp_path, root, monkeypatch):
    monkeypatch.chdir(root)

    def fail(share, line):
        raise LookupError(line)

    begun = time.monotonic()
    with pytest.raises(LookupError):
        lora_limits.sweep("paper", out=tmp_path / "out", engine="cpu", progress=fail)
    assert time.monotonic() - begun < 10
