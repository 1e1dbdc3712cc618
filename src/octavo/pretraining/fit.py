"""Pretrain a model: Keras' own `fit` in pieces of two seconds, saved in between, resumed exactly.

A run's folder:

    out/
      config.json model.safetensors vocab.txt ...   the model, as Hugging Face has it
      log.csv                                        loss, accuracy, speed, every so many steps
      events.out.tfevents...                         the same for TensorBoard
      checkpoints/step-00001000.safetensors          everything to go on from, the last two

A batch depends on its number alone, so weights, optimizer, dropout's seeds and a step are the whole
state of a run.
"""

from __future__ import annotations

import json
import math
import sys
import time
import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, replace
from os import PathLike
from typing import Any

from octavo._files import full_disk_named, write_atomic
from octavo._keras import keras, ops
from octavo._progress import Progress
from octavo._seeds import derive_seed
from octavo.errors import DataError
from octavo.optimizers import WeightAverage, find_wrapper
from octavo.pretraining.baselines import measure_baselines
from octavo.pretraining.building import check_vocabulary, find_start, make_model, make_optimizer
from octavo.pretraining.corpus import Batches, Corpus
from octavo.pretraining.examples import Examples
from octavo.pretraining.log import Line, write_log
from octavo.pretraining.objectives import SPECIALS, parse_objectives
from octavo.pretraining.position import Intervals, Position, check_plan
from octavo.pretraining.run_folder import CHECKPOINTS, LOG, RunFolder
from octavo.pretraining.settings import Settings, check_devices
from octavo.pretraining.tensorboard import EventFile
from octavo.training import load_state, read_note, save_state
from octavo.training.compiling import compile_model
from octavo.training.devices import Devices
from octavo.training.interrupts import collect_interrupts, say_how_to_go_on
from octavo.training.prefetch import Prefetched
from octavo.transformer.presets import Preset

PIECE_SECONDS = 2.0  # of one call of `fit`: what it costs to begin one is a hundredth of that
SHARED_PIECE = 10  # updates of a call, where several processes train
MOST_VALIDATION = 32  # batches


def pretrain(
    corpus: Corpus | str | PathLike[str],
    out: str | PathLike[str],
    settings: Settings | None = None,
    *,
    intervals: Intervals | None = None,
    devices: Devices | None = None,
    resume: bool = True,
    progress: bool = True,
) -> dict[str, Any]:
    r"""Pretrain a model on a prepared corpus; goes on where a run in `out` was stopped.

    Args:
        corpus: of `prepare`, or its folder.
        out: folder of the run: the model and everything to go on from.
        settings: of the model and its training.
        intervals: how often it saves, evaluates and logs.
        devices: of `octavo.training.devices.find_devices`; one device by default.
        resume: go on from the last state in `out`; else a state there is an error.
        progress: show a bar on stderr.

    Returns:
        {"steps", "seconds", "tokens", "parameters", "log": the lines of log.csv, "validation":
        {"loss", "accuracy", "unigram", "bigram", "tokens"} or None}, in JSON types.

    Raises:
        DataError: if `out` holds something else or a run with other settings; if the corpus or the
            preset is damaged, or their vocabularies differ; if the loss is not a number any more.
            The last state stays.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from octavo.pretraining import Intervals, Settings, prepare, pretrain
        >>> folder = Path(tempfile.mkdtemp())
        >>> lines = [f"第{n}个句子：长江是中国最长的河流，发源于青藏高原。" for n in range(200)]
        >>> _ = (folder / "text.txt").write_text("\n".join(lines), "utf-8")
        >>> corpus = prepare(folder / "text.txt", folder / "data", vocabulary=200, progress=False)
        >>> small = Settings(
        ...     sequence_length=32, hidden_size=8, layers=1, heads=2, batch_size=4, steps=2
        ... )
        >>> result = pretrain(corpus, folder / "model", small, progress=False)
        >>> result["steps"], sorted(path.name for path in (folder / "model").iterdir())[-2:]
        (2, ['training.json', 'vocab.txt'])
    """
    (settings, preset), intervals = find_start(settings or Settings()), intervals or Intervals()
    devices = devices or Devices(None)
    progress = progress and devices.first
    check_devices(settings, devices)
    corpus = corpus if isinstance(corpus, Corpus) else Corpus(corpus, progress=progress)
    if preset:
        check_vocabulary(corpus.tokenizer, preset, settings.preset)
    folder = RunFolder(out)
    folder.check(corpus.folder, resume)
    keras.utils.set_random_seed(derive_seed(settings.seed, "weights"))
    place = folder.path
    with devices.scope(), full_disk_named(place), say_how_to_go_on(place / CHECKPOINTS):
        run = _Run(corpus, folder, settings, intervals, devices, progress, preset)
        run.begin()
        run.train()
        return run.finish()


class _Run:
    """Model, batches and position of a run."""

    def __init__(
        self,
        corpus: Corpus,
        folder: RunFolder,
        settings: Settings,
        intervals: Intervals,
        devices: Devices,
        progress: bool,
        preset: Preset | None = None,
    ) -> None:
        self.corpus, self.folder, self.settings = corpus, folder, settings
        self.intervals, self.devices, self.progress = intervals, devices, progress
        self.total = settings.steps * settings.gradient_accumulation_steps
        objectives = parse_objectives(settings.objective)
        masking = settings.make_masking()
        specials = max(SPECIALS[name] for name in objectives)
        self.kept, held_out = corpus.split(settings.validation_split, settings.seed)
        rows = corpus.rows(self.kept, settings.sequence_length, specials)
        examples = Examples(corpus.tokenizer, settings.sequence_length, objectives, masking)
        self.batches = Batches(
            corpus, rows, examples, settings.batch_size, settings.seed, self.total
        )
        self.validation: Batches | None = None
        held_rows = corpus.rows(held_out, settings.sequence_length, specials)
        if len(held_rows):
            asked = {"mlm": 1.0} if "mlm" in objectives else objectives
            always = replace(masking, final_mask_selection_rate=0.0)
            fixed = Examples(
                corpus.tokenizer, settings.sequence_length, asked, always, examples.prediction_count
            )
            seed = derive_seed(settings.seed, "validation")
            self.validation = Batches(
                corpus, held_rows, fixed, settings.batch_size, seed, once=True
            )
        self.model = make_model(settings, corpus.tokenizer, examples.prediction_count, preset)
        accuracy = keras.metrics.SparseCategoricalAccuracy(name="accuracy")
        compile_model(self.model, make_optimizer(settings), [accuracy])
        self.sums = [*self.model.metrics[0].variables, *accuracy.variables]  # the loss is the first
        # `fit` would begin its means anew at every call; they go on until a line of the log is
        # full, so that the log does not depend on how a run was cut into calls
        self.model.reset_metrics = lambda: None
        keys = ("tokens", "documents", "lower_case", "tokens_blake2b")
        manifest = {key: corpus.manifest[key] for key in keys}
        hashes = sum(sum(shard.file.crc32.values()) for shard in corpus.shards)
        self.position = Position(plan={**asdict(settings), **manifest, "crc32": hashes})

    def begin(self) -> None:
        """Take the last state that is whole, if there is one."""
        if self.progress:
            rows, settings = len(self.batches.rows), self.settings
            epochs = self.total * settings.batch_size / rows
            print(
                f"octavo: a model of {self.model.count_params():,} parameters, {rows:,} rows of "
                f"{settings.sequence_length} tokens, each read {epochs:.3g} times",
                file=sys.stderr,
            )
        states = self.folder.states()
        if self.devices.first:
            self.folder.clear()
        for path in reversed(states):
            try:
                position = Position(**read_note(path))
            except DataError as error:
                warnings.warn(f"{error}; the state before it is taken", stacklevel=2)
                continue
            check_plan(position.plan, self.position.plan, self.folder.path)
            load_state(path, self.model)
            self.position = position
            if self.progress:
                done = position.step // self.settings.gradient_accumulation_steps
                print(f"octavo: {done} of {self.settings.steps} steps are done", file=sys.stderr)
            return
        if states:
            raise DataError("none of its states can be read", self.folder.path / CHECKPOINTS)

    def train(self) -> None:
        """Run what is left of the steps."""
        position, unit = self.position, self.settings.gradient_accumulation_steps
        if position.step >= self.total:
            return
        self.events = EventFile(self.folder.path, position.step // unit)
        self.written = len(position.log)  # lines that are in the events of this run or one before
        left = self.total - position.step
        label = f"pretraining, {self.settings.sequence_length}-token rows"
        tokens = self.settings.batch_size * self.settings.sequence_length
        with (
            Prefetched(self._share(self.batches), position.step, left) as data,
            Progress(self.total // unit, label, self.progress) as bar,
            collect_interrupts() as pressed,
        ):
            bar.skip(position.step // unit)
            count = bar.skip  # the first piece compiles
            self._set_metrics(position.metrics)
            line = Line(tokens)
            steps = unit
            while position.step < self.total:
                stop = self._next_stop()
                steps = min(steps, stop - position.step)
                start = time.monotonic()
                history = self._fit(data, steps)
                seconds = time.monotonic() - start
                before, position.step = position.step, position.step + steps
                position.seconds += seconds
                line.add(steps, seconds)
                rate = tokens * steps / seconds
                count(position.step // unit - before // unit, self._note(history, rate))
                count = bar.advance
                if self._due(self.intervals.logging_steps):
                    speed = line.close(data.waited)
                    position.log.append({"step": position.step // unit, **history, **speed})
                    line = Line(tokens, data.waited)
                    self._set_metrics([])
                if self._due(self.intervals.eval_steps) and self.validation is not None:
                    self._evaluate()
                if self._due(self.intervals.save_steps) or pressed:
                    self.save()
                if pressed:
                    raise KeyboardInterrupt
                steps = self._next_piece(steps, seconds)

    def _share(self, batches: Batches) -> Callable[[int], Any]:
        """Of every batch the rows of this process."""
        rows = self.devices.share(self.settings.batch_size)

        def make(number: int) -> Any:
            inputs, labels, weights = batches(number)
            return (
                {name: array[rows] for name, array in inputs.items()},
                labels[rows],
                weights[rows],
            )

        return make if self.devices.processes > 1 else batches

    def _set_metrics(self, values: list[float]) -> None:
        """Go on from these sums; [] begins anew."""
        for variable, value in zip(self.sums, values or [0.0] * len(self.sums), strict=True):
            variable.assign(value)

    def _next_piece(self, steps: int, seconds: float) -> int:
        """Batches of the next call of `fit`, whole updates, from what the last one took."""
        unit = self.settings.gradient_accumulation_steps
        if self.devices.processes > 1:  # which must all begin and end a call at the same step
            return SHARED_PIECE * unit
        wanted = PIECE_SECONDS / seconds * steps / unit
        return unit * max(1, min(2 * steps // unit, round(wanted)))

    def _fit(self, data: Prefetched, steps: int) -> dict[str, float]:
        part = _Part(data, self.position.step - data.first, steps)
        result = self.model.fit(part, epochs=1, verbose=0, shuffle=False)
        history = {name: round(float(values[-1]), 6) for name, values in result.history.items()}
        if not math.isfinite(history["loss"]):
            raise DataError(
                f"the loss is {history['loss']} before step "
                f"{(self.position.step + steps) // self.settings.gradient_accumulation_steps}; the "
                "last state is kept: try a lower learning rate in another folder",
                self.folder.path,
            )
        return history

    def _note(self, history: dict[str, float], rate: float) -> str:
        return f"loss {history['loss']:.3f}, {rate:,.0f} tokens/s"

    def _due(self, every: int) -> bool:
        step = self.position.step
        return step == self.total or step % (every * self.settings.gradient_accumulation_steps) == 0

    def _next_stop(self) -> int:
        """The next step at which something is to be done besides training."""
        unit, intervals = self.settings.gradient_accumulation_steps, self.intervals
        step = self.position.step
        stops = [
            step - step % (every * unit) + every * unit
            for every in (intervals.logging_steps, intervals.eval_steps, intervals.save_steps)
        ]
        return min(*stops, self.total)

    def _evaluate(self) -> None:
        """Log loss and accuracy on held-out documents, always with the same masks."""
        assert self.validation is not None
        before = [float(ops.convert_to_numpy(value)) for value in self.sums]
        self._set_metrics([])
        batches, size = self._share(self.validation), self._validation_size()
        with Prefetched(batches, 0, size) as data, self._averaged():
            scores = self.model.evaluate(data, verbose=0, return_dict=True)
        self._set_metrics(before)
        scores = {f"validation_{name}": round(float(value), 6) for name, value in scores.items()}
        log, step = (
            self.position.log,
            self.position.step // self.settings.gradient_accumulation_steps,
        )
        if not log or log[-1]["step"] != step:
            log.append({"step": step})
        log[-1] |= scores

    def save(self) -> None:
        """Write state and log; states beyond those kept go."""
        if not self.devices.first:
            return
        path = self.folder.state(self.position.step)
        path.parent.mkdir(parents=True, exist_ok=True)
        self.position.metrics = [float(ops.convert_to_numpy(value)) for value in self.sums]
        save_state(path, self.model, vars(self.position))
        for old in self.folder.states()[: -self.intervals.save_total_limit]:
            old.unlink()
        write_log(self.folder.path / LOG, self.position.log)
        self.events.write(self.position.log[self.written :])
        self.written = len(self.position.log)

    def finish(self) -> dict[str, Any]:
        """Write the model; gives the figures of the run."""
        settings, position = self.settings, self.position
        rows = self.batches.rows
        with self._averaged():  # in every process, as it exchanges arrays
            if self.devices.first:
                self.folder.write_model(self.model, self.corpus.tokenizer)
        result = {
            "steps": position.step // settings.gradient_accumulation_steps,
            "seconds": round(position.seconds, 1),
            "tokens": position.step * settings.batch_size * settings.sequence_length,
            "parameters": int(self.model.count_params()),
            "rows": len(rows),
            "filled": round(rows.tokens / (len(rows) * settings.sequence_length), 4),
            "validation": self._validate(),
            "log": position.log,
        }
        if self.devices.first:
            with write_atomic(self.folder.path / "training.json") as file:
                file.write(json.dumps({"settings": asdict(settings), **result}, indent=1))
        return result

    def _validate(self) -> dict[str, float] | None:
        """The last scores on held-out documents, beside those of guesses from counts."""
        if self.validation is None:
            return None
        last = self.position.log[-1]  # of the last step, which is always evaluated
        names = [name for name in last if name.startswith("validation_")]
        scores = {name.removeprefix("validation_"): last[name] for name in names}
        if self.devices.first:
            asked = [self.validation(number) for number in range(self._validation_size())]
            scores |= measure_baselines(self.corpus, self.kept, asked)
        return scores

    def _validation_size(self) -> int:
        assert self.validation is not None
        batches = -(-len(self.validation.rows) // self.settings.batch_size)
        return min(batches, MOST_VALIDATION)

    def _averaged(self) -> AbstractContextManager[None]:
        """Inside, the model's weights are their averages, if the run keeps any."""
        if not self.settings.ema_momentum or not self.position.step:
            return nullcontext()
        return find_wrapper(self.model.optimizer, WeightAverage).averaged()


class _Part(keras.utils.PyDataset):
    """Some of the batches that are made ahead."""

    def __init__(self, data: Prefetched, first: int, size: int) -> None:
        super().__init__()
        self.data, self.first, self.size = data, first, size

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, index: int) -> Any:
        return self.data[self.first + index]
