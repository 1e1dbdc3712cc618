"""`octavo embed`: vectors of the words and documents of a corpus."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter

from octavo._files import check_directory
from octavo._interrupts import Terminated
from octavo._lazy import check_installed, without
from octavo.cli.arguments import (
    AsJson,
    BadLines,
    Input,
    Output,
    Unit,
    check_apart,
    check_outputs,
    find_corpus,
    leave_out,
    say_bad_lines,
)
from octavo.cli.document_vectors import search, transform
from octavo.cli.vectors import draw_map, evaluate, export, similar
from octavo.errors import DataError

TRAINING = "training"  # of --out: the folder of a training that is not finished

app = App(name="embed", help_format="markdown")
app.command(similar)
app.command(search)
app.command(transform)
app.command(draw_map, name="map")
app.command(export)
app.command(evaluate)


@app.default
def embed(
    *paths: Input,
    out: Path,
    size: int = 100,
    window: int = 5,
    negatives: int = 2,
    passes: int = 10,
    learning_rate: float = 0.04,
    schedule: Literal["linear", "constant"] = "linear",
    margin: float = 0.3,
    sample: float = 1e-3,
    min_count: int = 5,
    objective: Literal["joint", "hinges"] = "joint",
    cosine_factor: bool = False,
    shared_negatives: Annotated[
        bool, Parameter(negative="--no-shared-negatives", show_default="--shared-negatives")
    ] = True,
    document_vectors: Literal["inferred", "trained"] = "inferred",
    segmenter: str = "jieba",
    field: str | None = None,
    lowercase: bool = False,
    nfkc: bool = False,
    bad_lines: BadLines = "stop",
    documents: Unit = "lines",
    workers: int | None = None,
    deterministic: bool = False,
    seed: int = 0,
    save_seconds: float = 60.0,
    plot: Output = None,
    as_json: AsJson = False,
) -> None:
    """Learn vectors of the words and documents of files; the same command goes on where it stopped.

    For example:

        octavo embed news/ --out vectors

        octavo embed papers.jsonl --field abstract --segmenter whitespace --lowercase --out vectors

        octavo embed similar vectors 经济

    Parameters
    ----------
    paths
        Files, folders, patterns in quotes; .gz, .bz2, .xz and .zst are unpacked; - is standard
        input. A line of .jsonl and a row of .csv, .tsv and .parquet is a document; of text,
        see --documents.
    out
        Folder of the vectors: config.json, vocab.txt, model.safetensors.
    size
        Numbers of a vector.
    window
        How many words on each side of a word are near it, at most.
    negatives
        How many words are drawn against each pair.
    passes
        Over the corpus.
    learning_rate
        At the first word.
    schedule
        linear, the rate falls to 0; constant, it stays.
    margin
        By how much a pair is to be nearer than a drawn one, as cosines.
    sample
        The share of all words above which a frequent word loses places, 0 for never.
    min_count
        The least count of a word that gets a vector.
    objective
        joint, the hinge of the paper; hinges, those of its authors' program.
    cosine_factor
        Make steps longer, the more a vector points away from where it is drawn, as the paper does.
    shared_negatives
        Draw negatives once for all pairs of a place, which is faster.
    document_vectors
        inferred from the trained words; or trained with them, as the paper has it.
    segmenter
        jieba (Chinese words), jieba:DICT.txt (with words of your own), whitespace, characters,
        regex:PATTERN, wordpiece:VOCAB.txt, or module:function of your own.
    field
        The field of JSON lines, or the column of CSV or Parquet, that holds the text: "text" by
        default.
    lowercase
        Put the text into lower case first.
    nfkc
        Bring the text into Unicode's form NFKC first.
    bad_lines
        Lines that are not UTF-8: stop with an error, skip them, or replace what cannot be read.
    documents
        What one document is in a text file: each of its lines; its paragraphs, with blank lines
        between; or, with "files", all of it.
    workers
        Threads that train; all cores by default.
    deterministic
        The same vectors every time: one thread trains.
    seed
        Of all that is drawn.
    save_seconds
        How often the training is saved; a kill loses so much.
    plot
        Draw the loss of each pass: .png, .svg or .pdf.
    as_json
        Print one JSON object.
    """
    for module in ("numba", "safetensors"):
        check_installed(module, extra="embed")
    files = leave_out(find_corpus(paths, field, documents), out)
    check_outputs(paths, plot=plot)
    check_apart(files, plot=plot)
    check_directory(out, parents=True)
    if out.is_dir() and any(out.iterdir()) and not (out / TRAINING).exists():
        raise DataError("holds other files, expected a new folder or that of a stopped run", out)
    with without("scipy"):  # which numba imports where it is installed, for linear algebra
        from octavo.embedding import JoSE
        from octavo.embedding.training import load_kernels

        load_kernels()
    started = time.monotonic()
    model = JoSE(
        size, window=window, negatives=negatives, passes=passes, learning_rate=learning_rate,
        schedule=schedule, margin=margin, sample=sample, min_count=min_count, objective=objective,
        cosine_factor=cosine_factor, shared_negatives=shared_negatives,
        document_vectors=document_vectors, segmenter=segmenter, lowercase=lowercase, nfkc=nfkc,
        workers=workers, deterministic=deterministic, seed=seed,
    )  # fmt: skip
    try:
        model.fit_files(
            files, field=field, bad_lines=bad_lines, documents=documents, folder=out / TRAINING,
            save_seconds=save_seconds,
        )  # fmt: skip
    except (KeyboardInterrupt, Terminated) as error:
        if (out / TRAINING / "state").exists():
            error.args = ("stopped; the same command goes on from the last save",)
        raise
    model.save(out)
    shutil.rmtree(out / TRAINING)
    say_bad_lines(model.bad_lines_, bad_lines)
    found = {
        "words": len(model.words_), "documents": len(model.document_vectors_), "size": size,
        "tokens": int(model.counts_.sum()), "loss": model.losses_[-1],
        "seconds": round(time.monotonic() - started, 1), "out": str(out),
    }  # fmt: skip
    if plot is not None:
        from octavo.report.losses import plot_losses

        plot_losses(model.losses_, plot)
        found["plot"] = str(plot)
    if as_json:
        print(json.dumps(found))
    else:
        print(
            f"wrote vectors of {found['words']:,} words, {found['documents']:,} documents to {out}"
        )
