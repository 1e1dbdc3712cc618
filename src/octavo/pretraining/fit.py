"""Pretrain a model: the training loop on batches of a corpus, scored on documents held out.

A run's folder:

    out/
      config.json model.safetensors vocab.txt ...   the model, as Hugging Face has it
      log.csv                                        loss, accuracy, speed, every so many steps
      events.out.tfevents...                         the same for TensorBoard
      checkpoints/step-00001000.safetensors          everything to go on from, the last two
      training.json                                  settings and figures, at the end
"""

from __future__ import annotations

import json
import sys
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, replace
from os import PathLike
from typing import Any

from octavo._files import full_disk_named, write_atomic
from octavo._keras import keras
from octavo._locks import hold_folder
from octavo._seeds import derive_seed
from octavo.optimizers import WeightAverage, find_wrapper
from octavo.pretraining.baselines import measure_baselines
from octavo.pretraining.batches import Batches
from octavo.pretraining.building import check_vocabulary, find_start, make_model, make_optimizer
from octavo.pretraining.corpus import Corpus
from octavo.pretraining.examples import Examples
from octavo.pretraining.objectives import SPECIALS, parse_objectives
from octavo.pretraining.run_folder import RunFolder
from octavo.pretraining.settings import Settings, check_devices
from octavo.training import Intervals, Loop
from octavo.training.compiling import compile_model
from octavo.training.devices import Devices
from octavo.training.interrupts import say_how_to_go_on
from octavo.training.log_files import LogFiles, round_lines
from octavo.training.position import Position
from octavo.training.prefetch import Prefetched
from octavo.transformer.presets import Preset

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
        {"steps", "seconds", "tokens", "parameters", "rows": of the corpus, "filled": the share of
        their places that hold tokens, "log": the lines of log.csv, "validation": {"loss",
        "accuracy", "unigram", "bigram", "tokens"} or None}, in JSON types.

    Raises:
        DataError: if `out` holds something else or a run with other settings, or another process
            trains there; if the corpus or the preset is damaged, or their vocabularies differ; if
            the loss is not a number any more. The last state stays.

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
    folder = RunFolder(out, resume)
    folder.check(corpus.folder)
    keras.utils.set_random_seed(derive_seed(settings.seed, "weights"))
    with hold_folder(folder.path) if devices.first else nullcontext(), devices.scope():
        run = _Run(corpus, folder, settings, intervals, devices, progress, preset)
        run.announce()
        run.loop.run()
        with full_disk_named(folder.path), say_how_to_go_on(folder.states):
            return run.finish()


class _Run:
    """Model, batches and loop of a run."""

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
        self.devices, self.progress = devices, progress
        self._make_batches()
        self.model = make_model(settings, corpus.tokenizer, preset)
        accuracy = keras.metrics.SparseCategoricalAccuracy(name="accuracy")
        compile_model(self.model, make_optimizer(settings), [accuracy])
        tokens = settings.batch_size * settings.sequence_length
        self.loop = Loop(
            self.model,
            self.batches,
            settings.steps,
            self._plan(),
            states=folder.states,
            intervals=intervals,
            score=None if self.validation is None else self._score,
            log_files=LogFiles(folder.path, "tokens", tokens),
            devices=devices,
            description=f"pretraining, {settings.sequence_length}-token rows",
            progress=progress,
        )

    def _make_batches(self) -> None:
        """Those to train with, and those of documents held out, if there are any."""
        corpus, settings, masking = self.corpus, self.settings, self.settings.make_masking()
        objectives = parse_objectives(settings.objective)
        specials = max(SPECIALS[name] for name in objectives)
        length, size = settings.sequence_length, settings.batch_size
        self.kept, held_out = corpus.split(settings.validation_split, settings.seed)
        rows = corpus.rows(self.kept, length, specials)
        examples = Examples(corpus.tokenizer, length, objectives, masking)
        total = settings.steps * settings.gradient_accumulation_steps
        self.batches = Batches(corpus, rows, examples, size, settings.seed, total)
        self.validation: Batches | None = None
        held_rows = corpus.rows(held_out, length, specials)
        if len(held_rows):
            asked = {"mlm": 1.0} if "mlm" in objectives else objectives
            always = replace(masking, final_mask_selection_rate=0.0)
            fixed = Examples(corpus.tokenizer, length, asked, always, examples.prediction_count)
            seed = derive_seed(settings.seed, "validation")
            self.validation = Batches(corpus, held_rows, fixed, size, seed, once=True)

    def _plan(self) -> dict[str, Any]:
        """The settings, and what tells the corpus from others."""
        keys = ("tokens", "documents", "lower_case", "tokens_blake2b")
        manifest = {key: self.corpus.manifest[key] for key in keys}
        hashes = sum(sum(shard.file.crc32.values()) for shard in self.corpus.shards)
        return {**asdict(self.settings), **manifest, "crc32": hashes}

    def announce(self) -> None:
        """Say how large model and corpus are."""
        if not self.progress:
            return
        rows, settings = len(self.batches.rows), self.settings
        epochs = self.batches.total * settings.batch_size / rows
        print(
            f"octavo: a model of {self.model.count_params():,} parameters, {rows:,} rows of "
            f"{settings.sequence_length} tokens, each read {epochs:.3g} times",
            file=sys.stderr,
        )

    def _score(self, position: Position) -> dict[str, float]:
        """Loss and accuracy on held-out documents, always with the same masks."""
        assert self.validation is not None
        batches, size = self.devices.share_batches(self.validation), self._validation_size()
        with Prefetched(batches, 0, size) as data, self._averaged():
            scores = self.model.evaluate(data, verbose=0, return_dict=True)
        return {f"validation_{name}": round(float(value), 6) for name, value in scores.items()}

    def finish(self) -> dict[str, Any]:
        """Write the model; gives the figures of the run."""
        settings, position = self.settings, self.loop.position
        rows = self.batches.rows
        with self._averaged():  # in every process, as it exchanges arrays
            if self.devices.first:
                self.folder.write_model(self.model, self.corpus.tokenizer)
        result = {
            "steps": position.batches // settings.gradient_accumulation_steps,
            "seconds": round(position.seconds, 1),
            "tokens": position.batches * settings.batch_size * settings.sequence_length,
            "parameters": int(self.model.count_params()),
            "rows": len(rows),
            "filled": round(rows.tokens / (len(rows) * settings.sequence_length), 4),
            "validation": self._validate(),
            "log": round_lines(position.log),
        }
        if self.devices.first:
            with write_atomic(self.folder.path / "training.json") as file:
                file.write(json.dumps({"settings": asdict(settings), **result}, indent=1))
        return result

    def _validate(self) -> dict[str, float] | None:
        """The last scores on held-out documents, beside those of guesses from counts."""
        if self.validation is None:
            return None
        last = self.loop.position.log[-1]  # of the last step, which is always evaluated
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
        if not self.settings.ema_momentum or not self.loop.position.batches:
            return nullcontext()
        return find_wrapper(self.model.optimizer, WeightAverage).averaged()
