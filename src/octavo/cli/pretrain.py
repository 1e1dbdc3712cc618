"""`octavo pretrain`: from files of text to a pretrained model."""

from __future__ import annotations

import json
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter
from cyclopts.argument import ArgumentCollection
from cyclopts.config import Dict

from octavo._lazy import NEEDLESS, without
from octavo.cli.arguments import AsJson, BadLines, Flat, Input, Resume, Unit, find_corpus, leave_out
from octavo.cli.errors import report
from octavo.errors import UsageError
from octavo.pretraining import Intervals, Settings
from octavo.pretraining.settings import VOCABULARY_SIZE


def read_config(app: App, commands: tuple[str, ...], arguments: ArgumentCollection) -> None:
    """Take from the file of --config the settings that the command line does not give.

    Not by cyclopts' own reader of TOML: its errors about values name no file.

    Raises:
        DataError: if the file cannot be read or is not TOML.
        UsageError: if a name is unknown or a value impossible.
    """
    file = arguments["--config"].convert()
    if not file:
        return
    names = asdict(Settings()).keys()
    given = {
        argument.field_info.name: argument.convert()
        for argument in arguments
        if argument.tokens and argument.field_info.name in names
    }
    settings = Settings.from_file(file, **given)
    Dict(asdict(settings), use_commands_as_keys=False)(app, commands, arguments)


app = App(name="pretrain", help_format="markdown", config=read_config)


@app.default
def pretrain(
    *paths: Input,
    out: Path,
    config: Path | None = None,
    data: Path | None = None,
    vocabulary: Path | None = None,
    vocabulary_size: Annotated[int | None, Parameter(show_default=str(VOCABULARY_SIZE))] = None,
    segmenter: str = "jieba",
    cased: bool = False,
    field: str | None = None,
    bad_lines: BadLines = "stop",
    documents: Unit = "lines",
    workers: int = 1,
    memory: str = "2GB",
    settings: Annotated[Settings, Flat] = Settings(),  # noqa: B008 (frozen)
    intervals: Annotated[Intervals, Flat] = Intervals(),  # noqa: B008
    devices: int | None = None,
    model_parallel: int = 1,
    resume: Resume = True,
    as_json: AsJson = False,
) -> None:
    """Pretrain a model on files of text; the same command goes on where it was stopped.

    For example:

        octavo pretrain news/ --out runs/news

        octavo pretrain books/ --documents files --out runs/books

        octavo pretrain "wiki/*.jsonl.gz" --out runs/wiki --config small.toml --workers 2

        octavo pretrain law/ --out runs/law --preset runs/news --learning-rate 1e-4

        octavo pretrain --data runs/wiki/data --out runs/second --objective mlm:0.7,unilm:0.3

    Parameters
    ----------
    paths
        Files, folders, patterns in quotes; .gz, .bz2, .xz and .zst are unpacked. A line of .jsonl
        and a row of .csv, .tsv and .parquet is a document; of text, see --documents. Without any,
        --data is taken as it is.
    out
        Folder of the run: the model as Hugging Face has it, log.csv, checkpoints.
    config
        A TOML file of settings (sequence_length = 256, ...); options go before it.
    data
        Folder of the token shards; "data" in --out by default.
    vocabulary
        A vocab.txt; without it one is made from the corpus.
    vocabulary_size
        Tokens of a vocabulary that is made.
    segmenter
        Cuts words, which are masked together: jieba, jieba:DICT.txt, whitespace, regex:PATTERN,
        or module:function of your own; characters for none.
    cased
        Keep capitals and accents.
    field
        The field of JSON lines, or the column of CSV or Parquet, that holds the text: "text" by
        default.
    bad_lines
        Lines that are not UTF-8: stop with an error, skip them, or replace what cannot be read.
    documents
        What one document is in a text file: each of its lines; its paragraphs, with blank lines
        between; or, with "files", all of it. One sees nothing of another.
    workers
        Processes that count and encode.
    memory
        Memory for the buffers of counting.
    settings
        The fields of `Settings`, each an option with its own text.
    intervals
        The fields of `Intervals`, each an option with its own text.
    devices
        How many GPUs, TPUs or CPUs each process trains on; by default all GPUs or TPUs, or one CPU.
    model_parallel
        How many of them share one copy of the model.
    resume
        Go on with a stopped run in --out; with --no-resume a run that is there is an error.
    as_json
        Print one JSON object.
    """
    from octavo.pretraining import Corpus, prepare, prepare_once
    from octavo.pretraining.preparation import check_preparation
    from octavo.pretraining.run_folder import RunFolder
    from octavo.training.processes import ends_alone, is_restarted

    # what can be told before Keras is loaded, which takes seconds
    folder = data or out / "data"
    resume = resume or is_restarted()
    RunFolder(out, resume).check(folder)
    wanted: int | Path | list[str] = _vocabulary(
        settings.preset, vocabulary, vocabulary_size, cased
    )
    if paths:
        files = leave_out(find_corpus(paths, field, documents), out, folder)
        check_preparation(files, folder, wanted, segmenter, not cased, workers)
    elif data is None:
        raise UsageError("name the files to read, or the --data they became. Received: no paths")

    with without(*NEEDLESS):
        from octavo._keras import use_compilation_cache
    from octavo.pretraining.building import find_start
    from octavo.pretraining.fit import pretrain
    from octavo.pretraining.settings import check_devices
    from octavo.training.devices import find_devices

    spread = find_devices(devices, model_parallel)
    with ends_alone(spread.processes, report):
        use_compilation_cache()
        settings, start = find_start(settings)
        check_devices(settings, spread)
        make = partial(Corpus, folder, progress=True)
        if paths:
            lowercase = not cased
            if start:
                wanted, lowercase = start.tokenizer.vocabulary, start.tokenizer.lowercase
            make = partial(
                prepare, files, folder, wanted, segmenter=segmenter, lowercase=lowercase,
                field=field, bad_lines=bad_lines, documents=documents, workers=workers,
                memory=memory,
            )  # fmt: skip
        corpus = prepare_once(spread, folder, make)
        result = pretrain(corpus, out, settings, intervals=intervals, devices=spread, resume=resume)
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
