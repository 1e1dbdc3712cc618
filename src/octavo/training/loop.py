"""The one training loop: Keras' own `fit` in chunks of two seconds, saved in between.

A leaf gives it a compiled model, its batches by number, and what to score:

    >>> from pathlib import Path
    >>> from tempfile import mkdtemp
    >>> import numpy as np
    >>> from octavo._keras import keras
    >>> model = keras.Sequential([keras.layers.Dense(1)])
    >>> model.build((None, 3))
    >>> model.compile("adam", "mse")
    >>> def make_batch(number):
    ...     inputs = np.random.default_rng(number).normal(size=(8, 3))
    ...     return inputs, inputs.sum(axis=1, keepdims=True)
    >>> def score(position):
    ...     return {"validation_loss": model.evaluate(*make_batch(10**6), verbose=0)}
    >>> states = States(Path(mkdtemp()))
    >>> loop = Loop(model, make_batch, steps=200, plan={"seed": 0}, states=states, score=score)
    >>> [sorted(line) for line in loop.run().log]
    [['loss', 'step'], ['loss', 'step', 'validation_loss']]

A batch depends on its number alone. So the model's variables (weights and the seeds of dropout),
the optimizer's and a `Position` are the whole state of a run: one that was killed at any moment and
goes on from its last state has the weights and the log of one that was not, to the last bit.
Neither depends on how the run was cut into calls of `fit`, or on how often it saves.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

from octavo._files import full_disk_named
from octavo._interrupts import collect_interrupts, interrupt
from octavo._progress import Progress
from octavo.errors import DataError, UsageError
from octavo.training.checkpoint import find_whole, load_state, save_state
from octavo.training.chunks import fit_chunk, next_size
from octavo.training.devices import Devices
from octavo.training.interrupts import say_how_to_go_on
from octavo.training.intervals import Intervals
from octavo.training.log_files import LogFiles
from octavo.training.optimizer import check_averages, count_batches
from octavo.training.position import Position, read_position
from octavo.training.prefetch import Prefetched
from octavo.training.states import States

ONE_DEVICE = Devices(None)
USUAL_INTERVALS = Intervals()


@dataclass
class Loop:
    """Trains a model by a plan; the top of this file shows how a leaf uses it.

    Args:
        model: a built and compiled Keras model. What it measures under a name with "loss" in it is
            shown, and must stay finite. Its optimizer may gather several batches for one update.
        batches: gives the batch of a number, from 0 on, as `fit` takes it; called in a thread.
        steps: updates of the whole run.
        plan: whatever else decides the result, in JSON types: a state goes on under the same plan
            and as many steps only.
        states: the files of the run's states; None keeps none.
        intervals: how often it saves, scores and logs.
        save_seconds: time after which a state is saved in between.
        score: measures the model, which stands at the position given; its figures go into the log.
        keeps_best: whether `score` also keeps the best weights, in files or in memory. Then the
            first weights are scored as well, and a state is saved before each score: files that it
            changes must never be newer than the state, or of another run.
        log_files: where the log is written with every state, and the unit of speed; None leaves
            both out.
        devices: what the run is spread over, inside whose scope the model was made and this runs;
            a batch holds the rows of all of them.
        description: of the progress bar.
        progress: show a bar on stderr.

    Attributes:
        position: how far the run is.

    Raises:
        UsageError: if the optimizer has Keras' `use_ema`; if there are log files and no states.

    Example: at the top of this file.
    """

    model: Any
    batches: Callable[[int], Any]
    steps: int
    plan: dict[str, Any]
    states: States | None = None
    intervals: Intervals = USUAL_INTERVALS
    save_seconds: float = math.inf
    score: Callable[[Position], dict[str, float]] | None = None
    keeps_best: bool = False
    log_files: LogFiles | None = None
    devices: Devices = ONE_DEVICE
    description: str = "training"
    progress: bool = True

    def __post_init__(self) -> None:
        """Stand at the beginning."""
        if not self.model.optimizer.built:  # its variables belong to the state
            self.model.optimizer.build(self.model.trainable_variables)
        check_averages(self.model.optimizer)
        if self.log_files and self.states is None:
            raise UsageError("the log is written with the states. Received: states=None, log_files")
        self._batches_per_update = count_batches(self.model.optimizer)
        own = {"steps": self.steps, "batches_per_update": self._batches_per_update}
        self.position = Position({**self.plan, **own})
        self._saved: tuple[int, int] | None = None  # batches and score of the last state
        self._saved_at = time.monotonic()

    def run(self) -> Position:
        """Go on from the last state, if there is one, to the end of the plan.

        Returns:
            The position at the end, with the log of the whole run.

        Raises:
            DataError: if no state can be read, or it is of another plan or model; if a loss is not
                finite any more; if the disk is full. The last state stays.
            KeyboardInterrupt: at Ctrl-C, when the chunk has ended and a state is saved; at once at
                a second one, or while the best weights are kept. SIGTERM and SIGHUP end a command,
                and the process of a script, after the same save.
        """
        disk = full_disk_named(self.states.folder) if self.states else nullcontext()
        with disk, say_how_to_go_on(self.states):
            self._resume()
            if self.keeps_best and self._score_is_due():  # at the start, or it was killed in it
                self._keep_best()
            if self.position.batches < self._total:
                self._train()
        return self.position

    def _resume(self) -> None:
        """Take the newest state that is whole, if there is one."""
        if self.states and self.devices.first:
            self.states.remove_parts()
        found = find_whole(self.states.paths()) if self.states and self.states.resume else None
        if self.states and found:
            path, note = found
            self.position = read_position(note, self.position.plan, path, self.states.anew)
            load_state(path, self.model)
            self._saved = (self.position.batches, self.position.scored)
            if self.progress:
                done = f"{self._update} of {self.steps} steps are done"
                print(f"octavo: {done}", file=sys.stderr)
        if self.log_files:
            self.log_files.begin(self.position.log, self._update)
            if found and self.devices.first:  # it may have been killed before it wrote the log
                self.log_files.write(self.position.log)

    def _save(self) -> None:
        """Write a state and the log, unless nothing has changed; the oldest states go."""
        position = self.position
        now = (position.batches, position.scored)
        if self.states is None or not self.devices.first or now == self._saved:
            return
        path = self.states.path(self._update)
        path.parent.mkdir(parents=True, exist_ok=True)
        save_state(path, self.model, vars(position))
        begun_anew = self._saved is None and not self.states.resume
        self.states.keep(path, 1 if begun_anew else self.intervals.save_total_limit)
        if self.log_files:
            self.log_files.write(position.log)
        self._saved, self._saved_at = now, time.monotonic()

    @property
    def _update(self) -> int:
        """Updates made so far."""
        return self.position.batches // self._batches_per_update

    @property
    def _total(self) -> int:
        """Batches of the whole run."""
        return self.steps * self._batches_per_update

    def _train(self) -> None:
        """Run what is left of the steps."""
        first = self.position.batches
        make = self.devices.share_batches(self.batches)
        with (
            Prefetched(make, first, self._total - first) as data,
            Progress(self.steps, self.description, self.progress) as bar,
        ):
            bar.skip(self._update)
            size = self._batches_per_update
            while self.position.batches < self._total:
                with collect_interrupts() as signals:
                    size = self._train_chunk(data, bar, min(size, self._until_stop()))
                    if self._score_is_due() and not self.keeps_best:
                        with bar.paused():
                            self._score()
                    if signals or self._save_is_due():
                        self._save()
                if signals:
                    interrupt(signals)
                if self._score_is_due():  # out here, as a signal may end it: its state is saved
                    with bar.paused():
                        self._keep_best()

    def _train_chunk(self, data: Prefetched, bar: Progress, batches: int) -> int:
        """Train with so many batches and log it; gives the number for the next chunk."""
        position, before, waited = self.position, self._update, data.waited
        tell = bar.skip if position.batches == data.first else bar.advance  # the first one compiles
        start = time.monotonic()
        means = self._fit(data, batches)
        seconds = time.monotonic() - start
        position.batches += batches
        position.seconds += seconds
        note = [f"{name} {value:.3f}" for name, value in _losses(means).items()]
        if self.log_files:
            self.log_files.count(batches, seconds, data.waited - waited)
            note.append(f"{self.log_files.rate(batches, seconds):,.0f} {self.log_files.unit}/s")
        tell(self._update - before, ", ".join(note))
        if self._due(self.intervals.logging_steps):
            self._add_to_log({**means, **(self.log_files.take_speed() if self.log_files else {})})
            position.metrics = []
        return next_size(batches, seconds, self._batches_per_update, self.devices.processes)

    def _fit(self, data: Prefetched, batches: int) -> dict[str, float]:
        """One call of `fit`; gives Keras' means since the last line of the log."""
        position = self.position
        chunk = data.chunk(position.batches, batches)
        means, position.metrics = fit_chunk(self.model, chunk, position.metrics)
        step = (position.batches + batches) // self._batches_per_update
        for name, loss in _losses(means).items():
            if not math.isfinite(loss):
                text = f"the {name} is {loss} before step {step}: try a lower learning rate"
                if self.states is None or self._saved is None:
                    raise DataError(text)
                kept = f"{text}; the last state is kept: {self.states.anew}"
                raise DataError(kept, self.states.folder)
        return means

    def _until_stop(self) -> int:
        """Batches until something is to be done besides training."""
        intervals, batches = self.intervals, self.position.batches
        every = (intervals.logging_steps, intervals.eval_steps, intervals.save_steps)
        periods = [updates * self._batches_per_update for updates in every]
        return min(self._total - batches, *(period - batches % period for period in periods))

    def _due(self, every: int) -> bool:
        batches = self.position.batches
        return batches == self._total or batches % (every * self._batches_per_update) == 0

    def _score_is_due(self) -> bool:
        position = self.position
        if self.score is None or position.scored == position.batches:
            return False
        return self._due(self.intervals.eval_steps) and (position.batches > 0 or self.keeps_best)

    def _save_is_due(self) -> bool:
        passed = time.monotonic() - self._saved_at
        return self._due(self.intervals.save_steps) or passed >= self.save_seconds

    def _keep_best(self) -> None:
        """Score, which may change files of the run, between two states."""
        self._save()
        self._score()
        self._save()

    def _score(self) -> None:
        assert self.score is not None
        self._add_to_log(self.score(self.position))
        self.position.scored = self.position.batches

    def _add_to_log(self, figures: dict[str, float]) -> None:
        """Put figures into the line of this step."""
        log = self.position.log
        if figures and (not log or log[-1]["step"] != self._update):
            log.append({"step": self._update})
        if figures:
            log[-1] |= figures


def _losses(means: dict[str, float]) -> dict[str, float]:
    return {name: mean for name, mean in means.items() if "loss" in name}
