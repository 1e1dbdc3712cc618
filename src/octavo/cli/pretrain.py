"""`octavo pretrain`: from files of text to a pretrained model."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any, Literal

from cyclopts import App

from octavo.cli.arguments import AsJson, Flag, Input, Whole, find_corpus, leave_out
from octavo.cli.errors import report
from octavo.errors import UsageError

VOCABULARY_SIZE = 8000

app = App(name="pretrain", help_format="markdown")


@app.default
def pretrain(
    *paths: Input,
    out: Path,
    config: Path | None = None,
    data: Path | None = None,
    vocabulary: Path | None = None,
    vocabulary_size: Whole | None = None,
    segmenter: str = "jieba",
    cased: Flag = False,
    field: str | None = None,
    bad_lines: Literal["stop", "skip", "replace"] = "stop",
    workers: Whole = 1,
    memory: str = "2GB",
    preset: str | None = None,
    sequence_length: Whole | None = None,
    hidden_size: Whole | None = None,
    layers: Whole | None = None,
    heads: Whole | None = None,
    intermediate_size: Whole | None = None,
    dropout: float | None = None,
    objective: str | None = None,
    mask_selection_rate: float | None = None,
    final_mask_selection_rate: float | None = None,
    mask_token_rate: float | None = None,
    random_token_rate: float | None = None,
    batch_size: Whole | None = None,
    steps: Whole | None = None,
    learning_rate: float | None = None,
    warmup_ratio: float | None = None,
    optimizer: str | None = None,
    weight_decay: float | None = None,
    global_clipnorm: float | None = None,
    gradient_accumulation_steps: Whole | None = None,
    ema_momentum: float | None = None,
    validation_split: float | None = None,
    precision: str | None = None,
    recompute: Flag | None = None,
    seed: Whole | None = None,
    save_steps: Whole = 1000,
    eval_steps: Whole = 1000,
    logging_steps: Whole = 100,
    save_total_limit: Whole = 2,
    devices: Whole | None = None,
    model_parallel: Whole = 1,
    no_resume: Flag = False,
    as_json: AsJson = False,
) -> None:
    """Pretrain a model on files of text; the same command goes on where it was stopped.

    For example:

        octavo pretrain news/ --out runs/news

        octavo pretrain "wiki/*.jsonl.gz" --out runs/wiki --config small.toml --workers 2

        octavo pretrain law/ --out runs/law --preset runs/news --learning-rate 1e-4

        octavo pretrain --data runs/wiki/data --out runs/second --objective mlm:0.7,unilm:0.3

    Parameters
    ----------
    paths
        Files, folders, patterns in quotes; .gz, .bz2, .xz and .zst are unpacked. A document is a
        line of text, a line of .jsonl or a row of .parquet. Without any, --data is taken as it is.
    out
        Folder of the run: the model as Hugging Face has it, log.csv, checkpoints.
    config
        A TOML file of settings (sequence_length = 256, ...); options go before it.
    data
        Folder of the token shards; "data" in --out by default.
    vocabulary
        A vocab.txt; without it one is made from the corpus.
    vocabulary_size
        Tokens of one that is made, 8000.
    segmenter
        Cuts words, which are masked together: jieba, jieba:DICT.txt, whitespace, regex:PATTERN,
        or module:function of your own; characters for none.
    cased
        Keep capitals and accents.
    field
        Of JSON lines and Parquet: where the text stands, "text" by default.
    bad_lines
        Lines that are not UTF-8: stop with an error, skip them, or replace what cannot be read.
    workers
        Processes that count and encode.
    memory
        For the buffers of counting.
    preset
        Train on from the weights of this model, a folder or hf://owner/name: its vocabulary and
        sizes are taken.
    sequence_length
        Tokens of a row, 256 by default.
    hidden_size
        Width of the model, 256.
    layers
        Transformer blocks, 6.
    heads
        Attention heads of a block, 4.
    intermediate_size
        Width of the feed-forward nets; four times the model's.
    dropout
        Rate, 0.1.
    objective
        mlm (masked words), lm (the next token), unilm (the second part of a text from the first),
        span (a span that a text holds twice, asked of it), or a mix such as mlm:0.7,unilm:0.3.
    mask_selection_rate
        Probability that a word is masked, 0.15.
    final_mask_selection_rate
        The same at the end of training, to which it goes on a straight line; 0 for no change.
    mask_token_rate
        Of the tokens of masked words that become [MASK], 0.8.
    random_token_rate
        Of them that become another token, 0.1; the rest stays.
    batch_size
        Rows of a step, 64.
    steps
        Updates, 10000.
    learning_rate
        At the end of the warm-up, 0.001; it falls linearly to 0.
    warmup_ratio
        Share of the steps in which it rises, 0.1.
    optimizer
        adamw or lamb.
    weight_decay
        Of all weights but norms and biases, 0.01.
    global_clipnorm
        Largest norm of a gradient, 1; 0 for none.
    gradient_accumulation_steps
        Steps whose gradients make one update, 1.
    ema_momentum
        Momentum of the weights' average, which is then what is saved; 0 for none.
    validation_split
        Share of the documents held out, 0.005.
    precision
        float32, or mixed_bfloat16 on a GPU.
    recompute
        Make activations again for the gradient instead of keeping them: less memory, a third more
        work.
    seed
        Of weights, masks, order, dropout and held-out documents, 0.
    save_steps
        Updates between two checkpoints.
    eval_steps
        Updates between two validations.
    logging_steps
        Updates between two lines of log.csv.
    save_total_limit
        Checkpoints that are kept.
    devices
        How many GPUs, TPUs or CPUs each process trains on; by default all GPUs or TPUs, or one CPU.
    model_parallel
        How many of them share one copy of the model.
    no_resume
        A run that is there already is an error.
    as_json
        Print one JSON object.
    """
    given = dict(locals())
    from octavo.pretraining import Corpus, Intervals, Settings, prepare, prepare_once
    from octavo.pretraining.preparation import check_preparation
    from octavo.pretraining.run_folder import RunFolder

    # what can be told before Keras is loaded, which takes seconds
    settings = _settings(Settings, config, given)
    folder = data or out / "data"
    RunFolder(out).check(folder, not no_resume)
    wanted = _vocabulary(settings.preset, vocabulary, vocabulary_size, cased)
    if paths:
        files = leave_out(find_corpus(paths, field), out, folder)
        check_preparation(files, wanted, segmenter, not cased, workers)
    elif data is None:
        raise UsageError("name the files to read, or the --data they became. Received: no paths")
    intervals = Intervals(save_steps, eval_steps, logging_steps, save_total_limit)

    from octavo._keras import use_compilation_cache
    from octavo.pretraining.building import find_start
    from octavo.pretraining.fit import pretrain
    from octavo.pretraining.settings import check_devices
    from octavo.training.devices import find_devices
    from octavo.training.processes import ends_alone

    spread = find_devices(devices, model_parallel)
    with ends_alone(spread.processes, report):
        use_compilation_cache()
        settings, start = find_start(settings)
        check_devices(settings, spread)
        make = partial(Corpus, folder, progress=True)
        if paths:
            lowercase = not cased
            if start:
                wanted, lowercase = start.folder / "vocab.txt", start.tokenizer.lowercase
            make = partial(
                prepare, files, folder, wanted, segmenter=segmenter, lowercase=lowercase,
                field=field, bad_lines=bad_lines, workers=workers, memory=memory,
            )  # fmt: skip
        corpus = prepare_once(spread, folder, make)
        result = pretrain(
            corpus, out, settings, intervals=intervals, devices=spread, resume=not no_resume
        )
        if not spread.first:
            return
        if as_json:
            print(json.dumps({**result, "log": str(out / "log.csv"), "out": str(out)}))
            return
        print(f"wrote a model of {result['parameters']:,} parameters to {out}")
        scores = result["validation"]
        if scores:
            print(
                f"held-out text: accuracy {scores['accuracy']:.3f} (the most frequent token "
                f"{scores['unigram']:.3f}, the most frequent beside its neighbour "
                f"{scores['bigram']:.3f}), loss {scores['loss']:.3f}"
            )


def _vocabulary(preset: str, file: Path | None, size: int | None, cased: bool) -> int | Path:
    """The vocabulary that was asked for: a file, or so many tokens."""
    given = {"--vocabulary": file, "--vocabulary-size": size, "--cased": cased or None}
    names = [name for name, value in given.items() if value is not None]
    if preset and names:
        raise UsageError(f"the vocabulary is that of {preset}. Received: {names[0]}")
    if file and size:
        raise UsageError(f"{file} has a size of its own. Received: --vocabulary-size {size}")
    if size is None:
        return file or VOCABULARY_SIZE
    return size


def _settings(kind: Any, config: Path | None, given: dict[str, Any]) -> Any:
    """The settings of the file, if there is one, and of the options that were given."""
    names = kind.__dataclass_fields__
    changes = {name: given[name] for name in names if given.get(name) is not None}
    return kind.from_file(config, **changes) if config else kind(**changes)
