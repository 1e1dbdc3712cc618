"""Eight devices, four times two and two processes train as one; a killed one is made up for."""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from octavo.transformer import load_preset

STEPS = 50
SETTINGS = f"""
sequence_length = 32
hidden_size = 32
layers = 2
heads = 4
batch_size = 16
steps = {STEPS}
learning_rate = 0.01
dropout = 0.1
ema_momentum = 0.9
validation_split = 0.1
"""
TWO = ["launch", "--processes", "2", "--"]
EIGHT = {"XLA_FLAGS": "--xla_force_host_platform_device_count=8"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("devices")
    (path / "small.toml").write_text(SETTINGS)
    return path


def command(folder, corpus, name, *options):
    words = f"--config {folder}/small.toml --data {corpus.folder} --out {folder}/{name}"
    intervals = "--logging-steps 1 --eval-steps 50 --save-steps 10"
    return ["pretrain", *words.split(), *intervals.split(), *options]


def run(arguments, **more):
    octavo = [sys.executable, "-m", "octavo", *arguments]
    done = subprocess.run(
        octavo, env={**os.environ, **more}, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return done


def curve(folder, name):
    with open(folder / name / "log.csv", encoding="utf-8") as file:
        return [float(line["loss"]) for line in csv.DictReader(file)]


def weights(folder, name):
    return load_preset(folder / name, "unilm")[0].get_weights()


@pytest.fixture(scope="module")
def alone(folder, corpus):
    run(command(folder, corpus, "alone"))
    return curve(folder, "alone")


@pytest.fixture(scope="module")
def two(folder, corpus):
    run([*TWO, *command(folder, corpus, "processes")])
    return curve(folder, "processes")


@pytest.mark.parametrize(
    ("name", "options", "environment"),
    [
        ("data", ["--devices", "8"], EIGHT),
        ("model", ["--devices", "8", "--model-parallel", "2"], EIGHT),
        ("processes", None, {}),
    ],
)
def test_losses_are_those_of_one_device(folder, corpus, alone, name, options, environment, request):
    if options is None:
        request.getfixturevalue("two")
    else:
        run(command(folder, corpus, name, *options), **environment)
    found = curve(folder, name)
    assert len(found) == len(alone) == STEPS
    difference = np.abs(np.array(found) - alone).max()
    print(f"{name}: largest difference in loss over {STEPS} steps {difference:.1e}")
    assert difference < 1e-5


def test_what_is_wrong_ends_all_processes(folder):
    (folder / "bad.jsonl").write_text("{", "utf-8")  # which the first finds, when they have met
    wrong = [*TWO, "pretrain", str(folder / "bad.jsonl"), "--out"]
    octavo = [sys.executable, "-m", "octavo", *wrong, str(folder / "wrong")]
    done = subprocess.run(octavo, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 1
    assert "bad.jsonl, line 1: not JSON" in done.stderr


def test_a_killed_process_changes_no_bit(folder, corpus, two):
    octavo = [sys.executable, "-m", "octavo", *TWO, *command(folder, corpus, "killed")]
    process = subprocess.Popen(octavo, stderr=subprocess.PIPE, text=True)
    states = folder / "killed" / "checkpoints"
    while not list(states.glob("step-*.safetensors")):
        assert process.poll() is None
        time.sleep(0.01)
    os.kill(children(process.pid)[1], signal.SIGKILL)
    error = process.communicate(timeout=300)[1]
    assert process.returncode == 0, error
    assert "all start again, from the last save (restart 1 of 3)" in error
    assert "steps are done" in error
    assert "mistake" not in error
    assert curve(folder, "killed") == two
    pairs = zip(weights(folder, "killed"), weights(folder, "processes"), strict=True)
    assert all(np.array_equal(one, other) for one, other in pairs)


def children(parent):
    """Processes of a process, in the order they were started."""
    listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(parent)], capture_output=True)
    return sorted(map(int, listed.stdout.split()))
