"""What the tests share: the command line, and the repository's examples."""

import json
import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def root():
    return ROOT


@pytest.fixture(scope="session")
def command():
    """Calls the command line and reads the JSON that it prints."""

    def call(*words):
        done = subprocess.run(
            [os.environ["WIDTH_SWEEP"], *map(str, words)], cwd=ROOT, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return call


@pytest.fixture(scope="session")
def refused():
    """Calls the command line and reads why it refuses."""

    def call(*words):
        done = subprocess.run(
            [os.environ["WIDTH_SWEEP"], *map(str, words)], cwd=ROOT, capture_output=True, text=True
        )
        assert done.returncode == 2, done.stdout
        return done.stderr.strip().removeprefix("error: ")

    return call
