"""The bundled reader of Chinese and English, from a pretrained start.

Source: the reader of Su Jianlin, kexue.fm/archives/7115; the start is recipes/e5_preset.py.
Command: KERAS_BACKEND=torch python recipes/reader.py --data ../shared/data --out runs/reader
Needs: torch beside octavo (recipes/reader_torch.py says why the long part is in PyTorch).
Time and scores: see the model card, src/octavo/reading/presets/reader/README.md.

    start      the first 8 layers of multilingual-e5-small as a plain BERT (e5_preset.py)
    data       questions of many sources, some beside passages without the answer (reader_data.py)
    training   in four parts: short windows first, which are cheap, long ones at the end
    reader     the mean of the weights after the last two parts, calibrated on validation
               questions, in 8 bits

Every part can be killed and goes on where it was. No scored question is looked at.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from octavo._keras import keras
from octavo.reading import Question, Reader, ReaderSettings, read_questions
from octavo.reading.examples import ExampleSampler
from octavo.transformer import build_transformer_model
from octavo.transformer.weights import collect_weights
from reader_torch import ReaderNetwork, make_groups

SETTINGS = ReaderSettings(
    window=320, overlap=80, question_length=64, answer_length=80, beams=1, vote="article"
)
LAYERS = 8  # of the 12
BATCH, LENGTH_STEP = 16, 16
WARMUP, LOWEST = 200, 0.03
NEGATIVES = 0.12
VALIDATION = {"cmrc": 160, "drcd": 80, "squad": 80, "webqa": 40, "near": 60, "cut": 60}
CALIBRATION = {"cmrc": 280, "drcd": 170, "squad": 210, "webqa": 134, "near": 476, "cut": 318}
SAVE_SECONDS = 240.0


class Plan(NamedTuple):
    """One part of the training.

    Args:
        stages: (window, share of the questions), one after the other.
        rate: at the end of the warm-up.
        faster: how many times faster what is new learns.
        dropout: rate.
    """

    stages: tuple[tuple[int, float], ...]
    rate: float
    faster: float = 1.0
    dropout: float = 0.0


PLANS = (
    Plan(((96, 0.75), (144, 0.42), (320, 0.06)), 2e-4, faster=8.0),
    Plan(((144, 0.6), (320, 1.0), (320, 0.47)), 1e-4),
    Plan(((144, 0.5), (320, 0.5)), 1e-4, dropout=0.1),
    Plan(((320, 0.35),), 1e-4, dropout=0.1),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--out", type=Path, default=Path("runs/reader"))
    parser.add_argument("--share", type=float, default=1.0, help="of the questions, to try it out")
    options = parser.parse_args()
    encoder, data, out = options.out / "e5", options.out / "data", options.out
    make("reader_data", options.data, data, data / "sources.json")
    make("e5_preset", options.data, encoder, encoder / "vocab.txt")
    keras.utils.set_random_seed(0)
    reader = Reader.from_encoder(encoder, LAYERS)
    reader.settings = SETTINGS
    questions = list(read_questions(data / "train.jsonl"))
    questions = questions[: round(len(questions) * options.share)]
    validation = read_validation(data, VALIDATION)
    weights: list[dict[str, np.ndarray]] = []
    stages = 0
    for number, plan in enumerate(PLANS):
        part = out / f"part-{number}"
        training = Training(reader, plan, questions, validation, part, stages)
        training.run()
        stages += len(plan.stages)
        weights.append(training.network.arrays())
        reader = with_weights(reader, weights[-1])
    last = zip(weights[-2].items(), weights[-1].values(), strict=True)
    reader = with_weights(reader, {name: (before + after) / 2 for (name, before), after in last})
    reader.calibrate(
        [one for asked in read_validation(data, CALIBRATION).values() for one in asked]
    )
    reader.save_to_preset(out / "reader", dtype="int8")


def make(script: str, data: Path, out: Path, result: Path) -> None:
    """Run another recipe once."""
    if not result.is_file():
        path = Path(__file__).with_name(f"{script}.py")
        command = [sys.executable, str(path), "--data", str(data), "--out", str(out)]
        subprocess.run(command, check=True)


def with_weights(reader: Reader, arrays: dict[str, np.ndarray]) -> Reader:
    """A reader that differs by its weights alone."""
    model = build_transformer_model(reader.model.config, arrays, application="unilm")
    return Reader(model, reader.tokenizer, SETTINGS)


def read_validation(data: Path, counts: dict[str, int]) -> dict[str, list[Question]]:
    """Some questions of every source that is like those of users."""
    chosen = {}
    for name, count in counts.items():
        questions = list(read_questions(data / f"validation_{name}.jsonl"))
        chosen[name] = questions[:: max(len(questions) // count, 1)][:count]
    return chosen


class Training:
    """Trains the network by a plan, saved every few minutes.

    Args:
        reader: the first weights and the tokenizer.
        plan: the stages and their rate.
        questions: of the training.
        validation: questions by source, measured after every 400 steps.
        out: the folder of state.pt and log.jsonl.
        before: stages of the parts before, as each stage draws other examples.
    """

    def __init__(
        self,
        reader: Reader,
        plan: Plan,
        questions: Sequence[Question],
        validation: dict[str, list[Question]],
        out: Path,
        before: int = 0,
    ) -> None:
        self.before = before
        self.first, self.plan, self.questions, self.out = reader, plan, questions, out
        out.mkdir(parents=True, exist_ok=True)
        arrays, sep_id = collect_weights(reader.model), reader.tokenizer.sep_id
        self.network = ReaderNetwork(arrays, sep_id, dropout=self.plan.dropout)
        groups = make_groups(self.network, self.plan.rate, self.plan.faster)
        self.optimizer = torch.optim.AdamW(groups, betas=(0.9, 0.98), fused=True)
        self.trained = [one for one in self.network.parameters() if one.requires_grad]
        self.validation = {
            name: self.sampler(asked, SETTINGS.window, seed=9, negative_rate=0.0)
            for name, asked in validation.items()
        }
        self.step = 0
        self.state = out / "state.pt"
        if self.state.is_file():
            state = torch.load(self.state)
            self.network.load_state_dict(state["network"])
            self.optimizer.load_state_dict(state["optimizer"])
            self.step = state["step"]

    def sampler(
        self, questions: Sequence[Question], window: int, seed: int, negative_rate: float
    ) -> ExampleSampler:
        """Examples with windows of so many tokens, and places for labels."""
        settings = dataclasses.replace(SETTINGS, window=window, overlap=window // 3)
        return ExampleSampler(
            questions,
            self.first.tokenizer,
            settings,
            negative_rate,
            seed=seed,
            places=True,
            length_step=LENGTH_STEP,
        )

    def batches(self) -> Iterator[tuple[int, Any]]:
        """All batches of all stages, with the window."""
        for stage, (window, share) in enumerate(self.plan.stages, self.before):
            sampler = self.sampler(self.questions, window, 1, NEGATIVES)
            batches = sampler.batches(stage, BATCH)
            for batch in batches[: round(len(batches) * share)]:
                yield window, partial(sampler.arrays, batch, BATCH)

    def run(self) -> None:
        """Go on from the last state to the end."""
        whole = -(-len(self.questions) // BATCH)
        steps = sum(round(whole * share) for _, share in self.plan.stages)
        if self.step >= steps:
            return
        losses: list[tuple[float, float]] = []
        saved = started = time.monotonic()
        for number, (window, make_arrays) in enumerate(self.batches()):
            if number < self.step:
                continue
            losses.append(self.train(make_arrays(), self.rate(steps)))
            if self.step % 50 == 0:
                seconds = (time.monotonic() - started) / len(losses)
                total, first = np.mean(losses, 0)
                self.log(window=window, loss=total, first=first, seconds=seconds)
                losses, started = [], time.monotonic()
            if self.step % 400 == 0:
                self.log(validation=self.validate())
            if time.monotonic() - saved > SAVE_SECONDS:
                self.save()
                saved = time.monotonic()
        self.log(validation=self.validate())
        self.save()

    def rate(self, steps: int) -> float:
        """What the rates are multiplied by: a warm-up, then a straight line down."""
        return min((self.step + 1) / WARMUP, 1.0) * max(1 - self.step / steps, LOWEST)

    def train(self, batch: tuple[Any, Any, Any], rate: float) -> tuple[float, float]:
        """One step; gives the loss of an answer, and that of its first token."""
        for group in self.optimizer.param_groups:
            group["lr"] = group["rate"] * rate
        with torch.autocast("cpu", torch.bfloat16):
            loss, first = self.loss(*batch)
        self.optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.trained, 1.0)
        self.optimizer.step()
        self.step += 1
        return loss.item(), first.item()

    def loss(self, inputs: Any, marks: Any, weights: Any) -> tuple[torch.Tensor, torch.Tensor]:
        """The loss of an answer, and that of its first token."""
        found = self.network(inputs, marks)
        return -(found * torch.from_numpy(weights)).sum() / len(weights), -found[:, 0].mean()

    @torch.no_grad()
    def validate(self) -> dict[str, float]:
        """The mean loss of an answer's first token by source."""
        self.network.eval()
        losses = {}
        for name, sampler in self.validation.items():
            found: list[float] = []
            for batch in sampler.batches(0, BATCH):
                with torch.autocast("cpu", torch.bfloat16):
                    logs = self.network(*sampler.arrays(batch, len(batch))[:2])
                found += logs[:, 0].tolist()
            losses[name] = -float(np.mean(found))
        self.network.train()
        return losses

    def save(self) -> None:
        """Write the state, whole or not at all."""
        part = self.state.with_suffix(".part")
        state = {
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "step": self.step,
        }
        torch.save(state, part)
        os.replace(part, self.state)

    def log(self, **figures: object) -> None:
        line = json.dumps({"step": self.step, **figures})
        print(line, flush=True)
        with (self.out / "log.jsonl").open("a") as file:
            file.write(line + "\n")


if __name__ == "__main__":
    main()
