"""What a small reader learns in the same time: windows of several lengths, two teachers.

Command: KERAS_BACKEND=torch python recipes/reader_small.py --out runs/reader
Needs: torch, and the start and the data of recipes/reader.py in the same folder.

Trains readers of 4 layers with windows of 96, 144 and 320 tokens, as many steps each as take the
same time (they are timed first), one more with another seed, and one that learns from both readers
of 144 tokens: half its loss is how far its choice of a place is from the mean of theirs. Printed is
the mean loss of the first token of validation questions, whose windows have 320 tokens.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch

from octavo._keras import keras
from octavo.reading import Reader, read_questions
from reader import BATCH, SETTINGS, VALIDATION, Plan, Training, read_validation
from reader_torch import ReaderNetwork, find_right

LAYERS = 4
WINDOWS = (96, 144, 320)
TAUGHT = 144  # the window of the teachers and of who learns from them
TIMED = 20  # steps


class Taught(Training):
    """A training that learns from other networks, if there are any, as well."""

    teachers: Sequence[ReaderNetwork] = ()

    def loss(self, inputs: Any, marks: Any, weights: Any) -> tuple[torch.Tensor, torch.Tensor]:
        """Half the loss of the right places, half that of the teachers' choice."""
        if not self.teachers:
            return super().loss(inputs, marks, weights)
        with torch.no_grad():
            choices = [one.scores(inputs, marks).softmax(-1) for one in self.teachers]
        scores = self.network.scores(inputs, marks)
        wanted = (torch.stack(choices).mean(0) * scores.log_softmax(-1)).sum(-1)
        found = find_right(scores, marks)
        both = (found + wanted) / 2 * torch.from_numpy(weights)
        return -both.sum() / len(weights), -found[:, 0].mean()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, default=Path("runs/reader"))
    parser.add_argument("--minutes", type=float, default=5.0, help="of each training")
    options = parser.parse_args()
    questions = list(read_questions(options.out / "data" / "train.jsonl"))
    validation = read_validation(options.out / "data", VALIDATION)

    def start(window: int, steps: int, seed: int = 0) -> Taught:
        keras.utils.set_random_seed(seed)
        reader = Reader.from_encoder(options.out / "e5", LAYERS)
        reader.settings = SETTINGS
        share = steps * BATCH / len(questions)
        plan = Plan(((window, share),), 2e-4, faster=8.0)
        out = options.out / f"small-{window}-{steps}-{seed}"
        return Taught(reader, plan, questions, validation, out, before=seed)

    def show(name: str, training: Training) -> None:
        losses = {source: round(loss, 3) for source, loss in training.validate().items()}
        print(json.dumps({"reader": name, "steps": training.step, **losses}), flush=True)

    steps = read_steps(options.out / "small.json", options.minutes * 60, start)
    trained = {}
    for window in WINDOWS:
        for seed in (0, 1) if window == TAUGHT else (0,):
            training = start(window, steps[str(window)], seed)
            training.run()
            show(f"windows of {window}, seed {seed}", training)
            trained[window, seed] = training
    first, second = (trained[TAUGHT, seed] for seed in (0, 1))
    student = start(TAUGHT, first.step, seed=2)
    student.teachers = (first.network.eval(), second.network.eval())
    student.run()
    show("taught by both, as many steps", student)


def read_steps(path: Path, seconds: float, start: Callable[..., Training]) -> dict[str, int]:
    """How many steps each window takes in the same time, measured the first time."""
    if not path.is_file():
        taken = dict.fromkeys(WINDOWS, 0.0)
        trainings = {window: start(window, 3 * TIMED) for window in WINDOWS}
        batches = {window: training.batches() for window, training in trainings.items()}
        for number in range(2 * TIMED):  # in turn, as other work slows down all of them
            for window, training in trainings.items():
                _, make_arrays = next(batches[window])
                began = time.monotonic()
                training.train(make_arrays(), rate=0.0)
                if number >= TIMED:
                    taken[window] += time.monotonic() - began
        found = {str(window): round(seconds * TIMED / taken[window]) for window in WINDOWS}
        path.write_text(json.dumps(found), "utf-8")
    return dict(json.loads(path.read_text("utf-8")))


if __name__ == "__main__":
    main()
