"""Ctrl-C ends a long call within two seconds, while other threads of Python run."""

import signal
import subprocess
import sys
import time

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
    process.wait(timeout=60)
    word, count = said.split()
    assert word == "stopped" and took < 2.0, (said, took)
    # A call that holds the GIL would let nothing count.
    assert int(count) > 100, count


def test_an_error_of_the_callback_ends_the_call(tmp_path, root, monkeypatch):
    import lora_limits

    monkeypatch.chdir(root)

    def fail(share, line):
        raise LookupError(line)

    begun = time.monotonic()
    with pytest.raises(LookupError):
        lora_limits.sweep("paper", out=tmp_path / "out", engine="cpu", progress=fail)
    assert time.monotonic() - begun < 10
