"""Kills commands at random moments and looks at what they leave."""

import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

from whole import fault

# For each command, until the machine is so slow that there would be fewer tries.
SECONDS = 12
LEAST_TRIES = 6
# A command that writes its one file at its very end is rarely hit: it gets more tries.
MOST_TRIES = 60

# What a killed process may leave until the next call.
HIDDEN_PART = re.compile(r"\..+\.[A-Za-z0-9]{10}\.part")
OTHER_HIDDEN = {".runs.lock"}
# SQLite's own, while a transaction is open; the next program that opens the database takes it back.
DATABASE, JOURNAL = "runs.sqlite", "runs.sqlite-journal"

# Their content tells times; they are complete or not.
TIMED = {"manifest.json", "RESULTS.md", "plan.json", "verdicts.json"}


class Scene:
    """A command, the directory it writes to, and what is there before and after it."""

    def __init__(self, program, work, name, words, before):
        self.program, self.name = program, name
        self.dir, self.before, self.after = work / "out", before, work / f"{name}-after"
        self.words = [word.replace("DIR", str(self.dir)) for word in words]
        self.seconds = min(self.timed() for _ in range(2))
        shutil.rmtree(self.after, ignore_errors=True)
        shutil.copytree(self.dir, self.after)

    def timed(self):
        self.reset()
        started = time.monotonic()
        self.call()
        return time.monotonic() - started

    def reset(self):
        shutil.rmtree(self.dir, ignore_errors=True)
        shutil.copytree(self.before, self.dir)

    def start(self):
        return subprocess.Popen(
            [self.program, *self.words], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )

    def call(self):
        child = self.start()
        _, told = child.communicate()
        if child.returncode != 0:
            raise SystemExit(f"{self.name}: a call that nobody killed failed: {told.decode()}")

    def kill(self, rng):
        """Kills it at any moment, or soon after it has begun to write. True if it was still alive."""
        self.reset()
        seen = listing(self.dir)
        child, until = self.start(), time.monotonic() + self.seconds * rng.random()
        if rng.random() < 0.7:
            while child.poll() is None and listing(self.dir) == seen:
                time.sleep(0.0005)
            # Rather sooner than later: most of what is written is written quickly.
            until = time.monotonic() + self.seconds * 0.8 * rng.random() ** 3
        while child.poll() is None and time.monotonic() < until:
            time.sleep(0.0005)
        alive = child.poll() is None
        child.send_signal(signal.SIGKILL)
        child.communicate()
        return alive

    def check_killed(self):
        """Every file is that of before or that of after, and nothing else has a final name. A database is
        whole, with as many of its runs as were finished."""
        for path in files(self.dir):
            name = path.relative_to(self.dir)
            if path.name.startswith("."):
                known = path.name in OTHER_HIDDEN or HIDDEN_PART.fullmatch(path.name)
                yield from () if known else [f"{name}: a hidden file of an unknown name"]
                continue
            if path.name == JOURNAL:
                continue
            wrong = fault(path)
            if wrong:
                yield f"{name}: {wrong}"
            elif path.name not in {DATABASE, *TIMED} and path.read_bytes() not in self.known(name):
                yield f"{name}: neither the old file nor the new one"

    def known(self, name):
        return [(place / name).read_bytes() for place in (self.before, self.after) if (place / name).exists()]

    def check_mended(self):
        """The next call leaves what one that nobody killed leaves, and nothing else."""
        self.call()
        ours, theirs = ({path.relative_to(place) for path in files(place)} for place in (self.dir, self.after))
        yield from (f"{name}: was left behind" for name in ours - theirs)
        yield from (f"{name}: is missing" for name in theirs - ours)
        for name in ours & theirs:
            same = (self.dir / name).read_bytes() == (self.after / name).read_bytes()
            if name.suffix != ".sqlite" and name.name not in TIMED | OTHER_HIDDEN and not same:
                yield f"{name}: has other bytes than without the kill"


def files(place):
    return [path for path in place.rglob("*") if path.is_file()]


def listing(place):
    """What is there, and since when; a hidden file may be gone before it is asked."""
    found = set()
    for path in place.iterdir():
        try:
            found.add((path, path.stat().st_mtime_ns))
        except FileNotFoundError:
            pass
    return found


def rewrite(path, old, new):
    text = path.read_text()
    assert old in text, f"{path} does not hold {old}"
    path.write_text(text.replace(old, new))


def scenes(program, work):
    """Each command with what stands in its way: nothing of its own, or the files of an earlier call."""

    def call(*words):
        subprocess.run([program, *words], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def copy(of, name):
        return Path(shutil.copytree(of, work / name))

    run = work / "run"
    call("run", "--quick", "--engine", "cpu", "--out", str(run))
    # Drawn under another title, so that old and new files are told apart.
    old = copy(run, "old")
    title = re.search(r'title = ".*"', (old / "experiment.toml").read_text())[0]
    rewrite(old / "experiment.toml", title, 'title = "Old"')
    rewrite(old / "experiment.toml", "norm_widths = []", "norm_widths = [64]")
    call("plot", str(old))
    call("report", str(old))
    page = old / "report.html"
    shutil.copy(run / "experiment.toml", old / "experiment.toml")
    yield "plot", ["plot", "DIR"], old
    with_page = copy(run, "with-page")
    shutil.copy(page, with_page)
    yield "report", ["report", "DIR"], with_page
    for format in ("csv", "parquet"):
        yield f"export-{format}", ["export", "DIR", f"--{format}"], copy(run, f"no-{format}")
    checked = work / "checked"
    verify = ["verify", "--quick", "--only", "theorem-1-stable", "--engine", "cpu", "--out"]
    call(*verify, str(checked))
    with sqlite3.connect(checked / "runs.sqlite") as runs:
        runs.execute("DELETE FROM runs WHERE rowid % 16 = 0")
    yield "verify", [*verify, "DIR"], checked


def main(program, work, seed):
    print(f"seed {seed}")
    rng, faults = random.Random(seed), 0
    for name, words, before in scenes(program, Path(work)):
        scene = Scene(program, Path(work), name, words, before)
        tries, kills, parts, until = 0, 0, 0, time.monotonic() + SECONDS
        while tries < LEAST_TRIES or time.monotonic() < until or (kills == 0 and tries < MOST_TRIES):
            kills += scene.kill(rng)
            parts += any(HIDDEN_PART.fullmatch(path.name) for path in files(scene.dir))
            found = [*scene.check_killed(), *scene.check_mended()]
            for what in found:
                print(f"{name}, try {tries}: {what}")
            faults += len(found)
            tries += 1
        print(f"{name}: {tries} tries, {kills} killed, {parts} of them in the middle of a file")
        if kills == 0:
            raise SystemExit(f"{name}: none was killed, so this says nothing")
    if faults:
        raise SystemExit(f"{faults} faults")


if __name__ == "__main__":
    main(*sys.argv[1:])
