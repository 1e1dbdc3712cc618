"""Train a reader: epochs of fresh examples, best weights kept, a killed run goes on exactly.

A run's folder is the preset with the best validation score so far, and beside its files
`training.safetensors`, everything needed to go on. Each is written whole or not at all.
"""

from __future__ import annotations

import math
import sys
import time
import zlib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from octavo._files import check_directory
from octavo._keras import keras
from octavo._progress import Progress
from octavo.errors import DataError, UsageError
from octavo.reading.evaluation import evaluate
from octavo.reading.examples import ExampleSampler
from octavo.reading.question_files import Question
from octavo.reading.settings import SETTINGS
from octavo.training import load_state, read_note, save_state
from octavo.training.compiling import compile_model
from octavo.training.interrupts import collect_interrupts, say_how_to_go_on
from octavo.transformer import Transformer, load_preset

STATE = "training.safetensors"


@dataclass(frozen=True)
class Plan:
    """What decides a run: a state can only go on under the plan it was started with."""

    questions: int
    questions_crc32: int
    validation_crc32: int
    reader_crc32: int  # its vocabulary and settings
    epochs: int
    batch_size: int
    learning_rate: float
    dropout: float
    negative_rate: float
    first_token_weight: float
    seed: int


@dataclass
class Position:
    """How far a run is, and what it scored: the note in its state file."""

    plan: dict[str, Any]
    epoch: int = 0
    batch: int = 0
    loss_sum: float = 0.0  # over the epoch's batches so far
    seconds: float = 0.0
    start: dict[str, float] | None = None  # what the first weights scored
    best: float | None = None
    history: list[dict[str, float]] = field(default_factory=list)


class _Batches(keras.utils.PyDataset):
    """The batches of one epoch from a given one on."""

    def __init__(self, sampler: ExampleSampler, epoch: int, batch_size: int, first: int) -> None:
        super().__init__()
        self.sampler, self.batch_size = sampler, batch_size
        self.batches = sampler.batches(epoch, batch_size)[first:]

    def __len__(self) -> int:
        return len(self.batches)

    def __getitem__(self, index: int) -> Any:
        return self.sampler.arrays(self.batches[index], self.batch_size)


class _Watch(keras.callbacks.Callback):
    """Keeps the position, moves the progress bar, and saves the state every so many seconds."""

    def __init__(
        self,
        position: Position,
        bar: Progress,
        save: Callable[[], None],
        seconds: float,
        pressed: list[int],
    ) -> None:
        super().__init__()
        self.position, self.bar, self.save, self.seconds = position, bar, save, seconds
        self.pressed = pressed
        self.first, self.before = position.batch, position.loss_sum
        self.at = self.saved = time.monotonic()

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        loss = (logs or {}).get("loss", math.nan)  # the mean since fit began
        if not math.isfinite(loss):
            raise DataError(f"the loss is {loss}: try a lower learning rate and --no-resume")
        position, now = self.position, time.monotonic()
        position.batch = self.first + batch + 1
        position.loss_sum = self.before + loss * (batch + 1)
        position.seconds, self.at = position.seconds + now - self.at, now
        self.bar.advance(1, note=f"loss {loss:.3f}")
        if now - self.saved >= self.seconds or self.pressed:
            self.save()
            self.saved = time.monotonic()
        if self.pressed:
            raise KeyboardInterrupt


def make_optimizer(learning_rate: float, steps: int, weight_decay: float = 0.01) -> Any:
    """AdamW: a tenth of the steps warms up, a cosine falls to a hundredth; norm clipped to 1."""
    warmup = max(steps // 10, 1)
    schedule = keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=learning_rate / warmup,
        warmup_target=learning_rate,
        warmup_steps=warmup,
        decay_steps=max(steps - warmup, 1),
        alpha=0.01,
    )
    optimizer = keras.optimizers.AdamW(schedule, weight_decay=weight_decay, global_clipnorm=1.0)
    optimizer.exclude_from_weight_decay(var_names=["bias", "beta", "gamma"])
    return optimizer


def fit_reader(
    reader: Any,
    questions: Sequence[Question],
    validation: Sequence[Question] | None = None,
    out: str | Path | None = None,
    epochs: int = 8,
    batch_size: int = 32,
    learning_rate: float = 1e-4,
    dropout: float = 0.1,
    negative_rate: float = 0.1,
    first_token_weight: float = 1.0,
    seed: int = 0,
    resume: bool = True,
    save_seconds: float = 120.0,
    progress: bool = True,
) -> dict[str, Any]:
    """Train a reader in place and keep the best weights by validation F1.

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
        dropout: rate while training, 0-1.
        negative_rate: how often a question with an answer is shown a window without it, 0-1.
        first_token_weight: weight in the loss of an answer's first token, which chooses the place.
        seed: of the examples and the dropout.
        resume: go on where a run in `out` with the same arguments was stopped.
        save_seconds: time between two saves of the state inside an epoch.
        progress: show a bar on stderr.

    Returns:
        {"start": scores of the first weights, "epochs": one record an epoch, "best": the best
        F1 or None} in JSON types.

    Raises:
        DataError: if there is no question, `out` holds files of something else, or its state is
            damaged or of another run.
        UsageError: if an argument is impossible.
    """
    for name, value, low in (("epochs", epochs, 1), ("batch_size", batch_size, 1)):
        if value < low:
            raise UsageError(f"{name} must be at least {low}. Received: {value}")
    for name, rate in (("dropout", dropout), ("negative_rate", negative_rate)):
        if not 0 <= rate < 1:
            raise UsageError(f"{name} must lie in [0, 1). Received: {rate}")
    for name, factor in (
        ("learning_rate", learning_rate),
        ("first_token_weight", first_token_weight),
    ):
        if not 0 < factor < math.inf:
            raise UsageError(f"{name} must be above 0. Received: {factor}")
    if not 0 <= seed < 2**32:
        raise UsageError(f"seed must lie in [0, 2**32). Received: {seed}")
    keras.utils.set_random_seed(seed)
    folder = None if out is None else _check_out(out, resume)
    settings = reader.settings
    config = {
        **reader.model.config.to_dict(),
        "hidden_dropout_prob": dropout,
        "attention_probs_dropout_prob": dropout,
    }
    model = Transformer(config, "unilm", mask_positions=settings.answer_length + 1)
    model.set_weights(reader.model.get_weights())
    sampler = ExampleSampler(
        questions, reader.tokenizer, settings, negative_rate, first_token_weight, seed
    )
    plan = Plan(
        questions=len(questions),
        questions_crc32=_checksum(*questions),
        validation_crc32=_checksum(*(validation or ())),
        reader_crc32=_checksum(settings, *reader.tokenizer.vocabulary),
        epochs=epochs,
        batch_size=batch_size,
        learning_rate=learning_rate,
        dropout=dropout,
        negative_rate=negative_rate,
        first_token_weight=first_token_weight,
        seed=seed,
    )

    def score() -> dict[str, float]:
        reader.model.set_weights(model.get_weights())
        if not validation:
            return {}
        result = evaluate(reader, validation, progress=progress)
        scores = {"f1": result.f1, "em": result.em}
        return scores | (
            {"no_answer_f1": result.no_answer_f1} if result.no_answer_questions else {}
        )

    best = [weight.copy() for weight in model.get_weights()]

    def keep_best() -> None:
        best[:] = model.get_weights()
        if folder is not None:
            reader.save_to_preset(folder)

    position = train(
        model,
        sampler,
        plan,
        score,
        keep_best,
        state=None if folder is None else folder / STATE,
        resume=resume,
        save_seconds=save_seconds,
        progress=progress,
    )
    if folder is not None:  # a resumed run may have found its best before it was stopped
        best = load_preset(folder, application="unilm")[0].get_weights()
    reader.model.set_weights(best)
    return {"start": position.start, "epochs": position.history, "best": position.best}


def train(
    model: Any,
    sampler: ExampleSampler,
    plan: Plan,
    score: Callable[[], dict[str, float]],
    keep_best: Callable[[], None],
    state: Path | None = None,
    resume: bool = True,
    save_seconds: float = 120.0,
    progress: bool = True,
) -> Position:
    """Run the epochs of a plan.

    Args:
        model: a UniLM `Transformer` with mask_positions = answer_length + 1, trained in place.
        sampler: draws the examples.
        plan: epochs, batch size, learning rate.
        score: measures the model at the start and after every epoch; its figure "f1" decides
            which weights are best.
        keep_best: called when the model is the best so far (after every epoch, if there is no
            "f1").
        state: the file of the run's state; None keeps none.
        resume: go on from that file, if it is there.
        save_seconds: time between two saves inside an epoch.
        progress: show a bar on stderr.

    Raises:
        DataError: if the state is damaged or of a run with another plan.
    """
    epoch_steps = -(-len(sampler) // plan.batch_size)
    steps = epoch_steps * plan.epochs
    compile_model(model, make_optimizer(plan.learning_rate, steps))
    position = Position(plan=asdict(plan))
    if state is not None and resume and state.exists():
        position = Position(**read_note(state))
        _check_plan(position.plan, plan, state)
        load_state(state, model)
        if progress:
            done = position.epoch * epoch_steps + position.batch
            print(f"{state.parent}: {done} of {steps} steps are done", file=sys.stderr)
    elif state is not None:
        state.parent.mkdir(parents=True, exist_ok=True)

    def save() -> None:
        if state is not None:
            save_state(state, model, vars(position))

    with say_how_to_go_on(state):
        if position.start is None:
            save()  # before an older run's preset changes: its state would not fit
            position.start = score()
            if "f1" in position.start:
                position.best = position.start["f1"]
                keep_best()
            save()
        while position.epoch < plan.epochs:
            record = _train_epoch(model, sampler, plan, position, save, save_seconds, progress)
            save()  # a validation may take minutes
            record |= score()
            position.history.append(record)
            figure = record.get("f1")
            if figure is None or position.best is None or figure >= position.best:
                position.best = figure
                keep_best()
            position.epoch, position.batch = position.epoch + 1, 0
            position.loss_sum = position.seconds = 0.0
            save()
    return position


def _check_out(out: str | Path, resume: bool) -> Path:
    """Refuse a folder of other things: a preset's config.json or vocab.txt would replace theirs."""
    folder = check_directory(out)
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
        total = zlib.crc32(repr(part).encode(), total)
    return total


def _check_plan(saved: dict[str, Any], plan: Plan, state: Path) -> None:
    """Refuse to go on with another plan."""
    for name, value in asdict(plan).items():
        if saved.get(name) != value:
            raise DataError(
                f"the run was started with {name} {saved.get(name)}, not {value}; name another "
                "folder (this one may be its preset) or start anew with resume=False (--no-resume)",
                path=state,
            )


def _train_epoch(
    model: Any,
    sampler: ExampleSampler,
    plan: Plan,
    position: Position,
    save: Callable[[], None],
    save_seconds: float,
    progress: bool,
) -> dict[str, float]:
    """Run what is left of the current epoch; gives the record of the whole epoch."""
    batches = _Batches(sampler, position.epoch, plan.batch_size, position.batch)
    label = f"epoch {position.epoch + 1}/{plan.epochs}"
    if len(batches):
        with Progress(len(batches), label, progress) as bar, collect_interrupts() as pressed:
            watch = _Watch(position, bar, save, save_seconds, pressed)
            model.fit(batches, epochs=1, verbose=0, shuffle=False, callbacks=[watch])
            if pressed:  # after the last step
                save()
                raise KeyboardInterrupt
    return {"loss": position.loss_sum / position.batch, "seconds": round(position.seconds, 1)}
