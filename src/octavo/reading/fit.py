"""Train a reader: epochs of fresh examples, best weights kept, a killed run goes on exactly.

A run's folder is the preset with the best validation score so far, and beside its files
`training.safetensors`, everything needed to go on. Each is written whole or not at all.
"""

from __future__ import annotations

import warnings
import zlib
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from octavo._files import check_directory
from octavo._keras import keras
from octavo.errors import DataError, UsageError
from octavo.optimizers import LearningRateMultiplier
from octavo.reading.batches import Batches
from octavo.reading.evaluation import evaluate
from octavo.reading.examples import ExampleSampler
from octavo.reading.places import PlaceLoss
from octavo.reading.question_files import Question
from octavo.reading.settings import SETTINGS
from octavo.reading.training_settings import TrainingSettings
from octavo.training import Intervals, Loop, States
from octavo.training.compiling import compile_model
from octavo.training.optimizer import create_optimizer
from octavo.training.position import Position
from octavo.training.run_files import write_files
from octavo.transformer import Transformer, load_preset

STATE = "training.safetensors"
ANEW = (
    "name another folder (this one may be its preset) or start anew with resume=False (--no-resume)"
)
HEADS = "^(head|pointer)/"  # paths of the layers that choose tokens
NEW_HEADS = 8.0  # how many times faster they learn
MEAN_VOTES = "scores are mean votes, not probabilities, until the reader is calibrated"
WARMUP = 10  # of so many steps one warms up


def fit_reader(
    reader: Any,
    questions: Sequence[Question],
    validation: Sequence[Question] | None = None,
    out: str | Path | None = None,
    epochs: int = 8,
    batch_size: int = 32,
    learning_rate: float = 1e-4,
    head_multiplier: float | None = None,
    dropout: float = 0.1,
    negative_rate: float = 0.1,
    first_token_weight: float = 1.0,
    seed: int = 0,
    resume: bool = True,
    save_seconds: float = 120.0,
    progress: bool = True,
) -> dict[str, Any]:
    """Train a reader in place and keep the best weights by validation F1.

    With enough validation questions it is then calibrated on them, see `Reader.calibrate`; without,
    what a calibration had learned of the first weights is forgotten, which is warned of.

    Args:
        reader: the `Reader` whose weights are the start; afterwards it holds the best ones. With
            validation these are the first ones if every epoch scores less.
        questions: every epoch draws one window of one passage of each.
        validation: scored before the first and after every epoch by CMRC's F1; None keeps the
            last weights as the best.
        out: folder of the run: the best preset, with validation from the start on, and the state
            to go on from; None keeps nothing.
        epochs: passes over the questions.
        batch_size: rows a step.
        learning_rate: at the end of the warm-up.
        head_multiplier: how many times faster the layers that choose tokens learn than the rest;
            None: 8 where they are new (`Reader.from_encoder`), else 1.
        dropout: rate while training, 0-1.
        negative_rate: how often a question with an answer is shown a window without it, 0-1.
        first_token_weight: weight in the loss of an answer's first token, which chooses the place.
        seed: of the examples and the dropout.
        resume: go on where a run in `out` with the same arguments and first weights was stopped.
        save_seconds: time between two saves of the state inside an epoch.
        progress: show a bar on stderr.

    Returns:
        {"start": scores of the first weights, "epochs": one record an epoch, "best": the best
        F1 or None} in JSON types.

    Raises:
        DataError: if there is no question, `out` holds files of something else or another process
            trains there, or its state is damaged or of another run.
        UsageError: if an argument is impossible.
    """
    if head_multiplier is None:
        head_multiplier = NEW_HEADS if reader.new else 1.0
    settings = TrainingSettings(
        epochs,
        batch_size,
        learning_rate,
        head_multiplier,
        dropout,
        negative_rate,
        first_token_weight,
        seed,
    )
    keras.utils.set_random_seed(seed)
    folder = None if out is None else _check_out(out, resume)
    model = _copy_model(reader, dropout)
    points = model.config.pointer_head
    sampler = ExampleSampler(
        questions,
        reader.tokenizer,
        reader.settings,
        negative_rate,
        first_token_weight,
        seed,
        places=points,
    )
    batches = Batches(sampler, batch_size)
    epoch_steps = batches.epoch_steps
    steps = epochs * epoch_steps
    warmup = max(steps // WARMUP, 1)
    optimizer = create_optimizer("keras_adamw", learning_rate, steps, warmup)
    if head_multiplier != 1:
        optimizer = LearningRateMultiplier(optimizer, {HEADS: head_multiplier})
    compile_model(model, optimizer, loss=PlaceLoss() if points else None)
    before = reader.settings
    if before.calibration is not None:  # it and the line were drawn for other weights
        reader.settings = replace(before, calibration=None, no_answer_bias=0.0)
    best = _BestWeights(reader, model, validation, folder, progress)
    loop = Loop(
        model,
        batches,
        steps,
        plan={
            "questions": len(questions),
            "questions_crc32": _checksum(*questions),
            "validation_crc32": _checksum(*(validation or ())),
            "reader_crc32": _checksum(reader.settings, *reader.tokenizer.vocabulary),
            **asdict(settings),
            "weights_crc32": _checksum(*reader.model.get_weights()),
        },
        states=None if folder is None else States(folder, STATE, resume, ANEW),
        intervals=Intervals(epoch_steps, epoch_steps, epoch_steps, save_total_limit=1),
        save_seconds=save_seconds,
        score=best.score,
        keeps_best=True,
        description=f"training, {epochs} epochs",
        progress=progress,
    )
    try:
        log = loop.run().log
    except BaseException:  # the reader has its first weights
        reader.settings = before
        raise
    best.restore()
    reader.new = False
    _calibrate(reader, validation or (), folder, progress)
    records = [{name: line[name] for name in line if name != "step"} for line in log]
    start = records.pop(0) if log[0]["step"] == 0 else {}
    scores = [line["f1"] for line in log if "f1" in line]
    return {"start": start, "epochs": records, "best": max(scores, default=None)}


class _BestWeights:
    """Scores a reader in training and keeps the weights of its best validation F1."""

    def __init__(
        self,
        reader: Any,
        model: Transformer,
        validation: Sequence[Question] | None,
        folder: Path | None,
        progress: bool,
    ) -> None:
        self.reader, self.model, self.validation = reader, model, validation
        self.folder, self.progress = folder, progress
        self.weights = [weight.copy() for weight in model.get_weights()]

    def score(self, position: Position) -> dict[str, float]:
        """Score the weights of now, and keep them if none before them were better.

        Without validation those of the last epoch are kept.
        """
        before = self.reader.model.get_weights()
        try:
            self.reader.model.set_weights(self.model.get_weights())
            scores = self._evaluate()
            best = max((line["f1"] for line in position.log if "f1" in line), default=0.0)
            if (scores["f1"] >= best) if scores else (position.batches > 0):
                self._keep()
        finally:  # a run that is stopped here goes on from the weights it began with
            self.reader.model.set_weights(before)
        if not position.batches:
            return scores
        seconds = position.seconds - sum(line.get("seconds", 0.0) for line in position.log)
        return {"seconds": round(seconds, 1), **scores}

    def _keep(self) -> None:
        self.weights = self.model.get_weights()
        if self.folder is not None:
            with write_files(self.folder) as beside:
                self.reader.write_files(beside)

    def _evaluate(self) -> dict[str, float]:
        if not self.validation:
            return {}
        result = evaluate(self.reader, self.validation, progress=self.progress)
        scores = {"f1": result.f1, "em": result.em}
        if result.no_answer_questions:
            scores["no_answer_f1"] = result.no_answer_f1
        return scores

    def restore(self) -> None:
        """Give the reader the best weights; a process before this one may have found them."""
        if self.folder is not None:
            self.weights = load_preset(self.folder, application="unilm")[0].get_weights()
        self.reader.model.set_weights(self.weights)


def _calibrate(
    reader: Any, validation: Sequence[Question], folder: Path | None, progress: bool
) -> None:
    """Make scores probabilities, unless the validation questions are too few to say."""
    try:
        reader.calibrate(validation, progress)
    except UsageError as error:
        warnings.warn(f"{MEAN_VOTES}: {error}", stacklevel=3)
        return
    if folder is not None:
        with write_files(folder) as beside:
            reader.write_files(beside)


def _copy_model(reader: Any, dropout: float) -> Transformer:
    """The reader's model with dropout, which looks at the places of an answer alone."""
    config = {
        **reader.model.config.to_dict(),
        "hidden_dropout_prob": dropout,
        "attention_probs_dropout_prob": dropout,
    }
    model = Transformer(config, "unilm", mask_positions=True)
    model.set_weights(reader.model.get_weights())
    return model


def _check_out(out: str | Path, resume: bool) -> Path:
    """Refuse a folder of other things: a preset's config.json or vocab.txt would replace theirs."""
    folder = check_directory(out, parents=True)
    names = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    if SETTINGS in names and STATE not in names and resume:
        raise DataError(
            "holds a reader that no run here has made; name a new folder, or replace it with "
            "resume=False (--no-resume)",
            out,
        )
    if not names & {SETTINGS, STATE} and any(not name.startswith(".") for name in names):
        raise DataError("holds other files; name a new folder", out)
    return folder


def _checksum(*parts: Any) -> int:
    total = 0
    for part in parts:
        data = part.tobytes() if isinstance(part, np.ndarray) else repr(part).encode()
        total = zlib.crc32(data, total)
    return total
