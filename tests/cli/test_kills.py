"""Commands that are killed again and again, at any moment, end as if nothing had been.

OCTAVO_KILLS says how often (`make kills`: 20 each, with those of training, which take minutes).
"""

from __future__ import annotations

import csv
import os
import random
import signal
import subprocess
import sys
import time

import pytest
from tiny import make_questions, make_reader

from octavo.reading.question_files import write_questions

KILLS = int(os.environ.get("OCTAVO_KILLS", "2"))
TRAINING = "--hidden-size 16 --layers 1 --heads 2 --sequence-length 32 --batch-size 8 --steps 300"
OFTEN = "--save-steps 10 --logging-steps 10 --eval-steps 50 --dropout 0.1"


class Kills:
    """Kills a command at random moments, and starts it again, until it was killed often enough."""

    def __init__(self, command, folder, name):
        self.words, self.folder, self.draw = command.split(), folder, random.Random(name)
        self.killed = self.ended = 0

    def start(self, out):
        """The command in a process group of its own, with OUT as its output."""
        words = [word.replace("OUT", out) for word in self.words]
        return subprocess.Popen(
            [sys.executable, "-m", "octavo", *words], cwd=self.folder, start_new_session=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def finish(self, process):
        """Let it end well."""
        error = process.communicate()[1]
        assert process.returncode == 0, error

    def run(self, same):
        """Kill until it is enough; each run that ends is compared with one that was left alone."""
        length = self.run_alone("whole")
        while self.killed < KILLS:
            before, out = self.killed, f"run{self.ended}"
            while (process := self.start(out)) and self.kill(process, length):
                if self.killed == KILLS:
                    process = self.start(out)
                    break
            self.finish(process)
            same("whole", out)
            self.ended += 1
            if self.killed == before:  # the machine is less busy now
                length = min(length, self.run_alone(f"{out}-alone"))
        print(f"{self.killed} kills in {self.ended} runs of {length:.1f} s, all the same")

    def run_alone(self, out):
        """Let the command run to its end; gives the seconds it takes."""
        start = time.monotonic()
        self.finish(self.start(out))
        return time.monotonic() - start

    def kill(self, process, length):
        """Kill the process, or one below it, at some moment; whether it was still running."""
        try:
            process.wait(self.draw.uniform(0, length))
            return False
        except subprocess.TimeoutExpired:
            pass
        victims = [process.pid]
        if "launch" in self.words:  # which starts all again where one of them dies
            listed = subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True)
            victims += map(int, listed.stdout.split())
        victim = self.draw.choice(victims)
        self.killed += 1
        os.kill(victim, signal.SIGKILL)
        if victim == process.pid:
            process.communicate()
            return True
        return self.killed < KILLS and self.kill(process, length)


def same_files(folder, *names):
    def compare(one, other):
        for name in names:
            mine, right = folder / f"{other}{name}", folder / f"{one}{name}"
            assert mine.read_bytes() == right.read_bytes(), mine

    return compare


def test_counting(tmp_path):
    line = " ".join(f"word{number * number % 1009}" for number in range(200)) + "\n"
    (tmp_path / "text").write_text(line * (9 * (1 << 22) // len(line)))
    kills = Kills(
        r"count text --segmenter regex:\S+ --workers 2 --resume --out OUT.tsv", tmp_path, "count"
    )
    kills.run(same_files(tmp_path, ".tsv"))
    assert not list(tmp_path.glob("*.parts"))


@pytest.mark.kills
def test_reading(tmp_path):
    make_reader().save_to_preset(tmp_path / "tiny")
    write_questions(make_questions(24), tmp_path / "learn.jsonl")
    write_questions(make_questions(6), tmp_path / "check.jsonl")
    words = "read train learn.jsonl --validation check.jsonl --preset tiny --out OUT --epochs 12"
    kills = Kills(f"{words} --batch-size 4", tmp_path, "read")
    kills.run(same_files(tmp_path, "/model.safetensors", "/reader.json"))


@pytest.mark.kills
@pytest.mark.parametrize("launch", ["", "launch --processes 2 --max-restarts 30 -- "])
def test_pretraining(tmp_path, launch):
    draw = random.Random(0)
    lines = (" ".join(f"w{draw.randrange(50)}" for _ in range(20)) for _ in range(300))
    (tmp_path / "text").write_text("\n".join(lines))
    words = "pretrain text --out OUT --segmenter whitespace --vocabulary-size 250"
    kills = Kills(f"{launch}{words} {TRAINING} {OFTEN}", tmp_path, f"pretrain{launch}")
    files = same_files(tmp_path, "/model.safetensors", "/data/manifest.json")

    def same(one, other):
        files(one, other)
        logs = [list(csv.DictReader((tmp_path / name / "log.csv").open())) for name in (one, other)]
        curves = [
            [(line["step"], line["loss"], line["validation_loss"]) for line in log] for log in logs
        ]
        assert curves[0] == curves[1]

    kills.run(same)
