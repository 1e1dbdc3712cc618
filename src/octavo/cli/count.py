"""`octavo count`: the words of a corpus, how often each occurs and in how many documents."""

from __future__ import annotations

import json
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from cyclopts import App

from octavo._lazy import check_installed
from octavo.cli.arguments import (
    SHOWN,
    AsJson,
    BadLines,
    Input,
    Output,
    Unit,
    check_apart,
    check_outputs,
    find_corpus,
    leave_out,
    read_stop_words,
    say_bad_lines,
)
from octavo.cli.discover import discover
from octavo.cli.matrix import matrix
from octavo.cli.terminal import printable
from octavo.errors import UsageError

if TYPE_CHECKING:
    from octavo.counting.counts import Counts

app = App(name="count", help_format="markdown")
app.command(discover)
app.command(matrix)


@app.default
def count(
    *paths: Input,
    out: Output = None,
    plot: Output = None,
    segmenter: str = "jieba",
    ngrams: int = 1,
    field: str | None = None,
    lowercase: bool = False,
    nfkc: bool = False,
    bad_lines: BadLines = "stop",
    documents: Unit = "lines",
    min_count: int = 1,
    top: int | None = None,
    stop_words: Path | None = None,
    workers: int = 1,
    memory: str = "2GB",
    resume: bool = False,
    cluster: str | None = None,
    approximate: bool = False,
    as_json: AsJson = False,
) -> None:
    """Count the words of files, and the documents they are in.

    For example:

        octavo count news/ --out counts.tsv

        octavo count "wiki/*.jsonl.gz" --segmenter whitespace --lowercase --out counts.parquet

        zcat news.txt.gz | octavo count - --segmenter characters --top 100 --out -

    Parameters
    ----------
    paths
        Files, folders, patterns in quotes; .gz, .bz2, .xz and .zst are unpacked; - is standard
        input. A line of .jsonl and a row of .csv, .tsv and .parquet is a document; of text,
        see --documents.
    out
        Where the counts go: .tsv (a header, then token, count, documents, by count, then token),
        .parquet, or .txt with a token a line; - is a TSV on standard output. Default: the most
        frequent are shown.
    plot
        A picture (.png, .svg, .pdf) of Zipf's law and of how the vocabulary grows, of all words.
    segmenter
        jieba (Chinese words), jieba:DICT.txt (with words of your own), whitespace, characters,
        regex:PATTERN, wordpiece:VOCAB.txt, or module:function of your own.
    ngrams
        How many words the longest n-gram has, 1 to 6; shorter ones are counted too.
    field
        The field of JSON lines, or the column of CSV or Parquet, that holds the text: "text" by
        default.
        With it, standard input is JSON lines.
    lowercase
        Put the text into lower case first.
    nfkc
        Bring the text into Unicode's form NFKC first: full-width letters and digits become plain
        ones.
    bad_lines
        Lines that are not UTF-8: stop with an error, skip them, or replace what cannot be read.
    documents
        What one document is in a text file: each of its lines; its paragraphs, with blank lines
        between; or, with "files", all of it.
    min_count
        Leave out what occurs less often.
    top
        How many of the most frequent words to keep; without --out they are shown.
    stop_words
        A file of words to leave out, one a line, as they are counted (in lower case, if
        --lowercase).
    workers
        Threads or processes to count with.
    memory
        Memory for the buffers of all workers; what does not fit goes to disk, beside --out.
    resume
        Go on from the finished parts of a run that was stopped.
    cluster
        Address of a Dask scheduler whose workers are to count; they see the files at the same
        paths. --memory is then for each of them.
    approximate
        For streams that never end: forget the rarest words when memory is full; Ctrl-C ends the
        counting. By how much counts may be too low is said.
    as_json
        Print one JSON object, with the most frequent words where there is no --out.
    """
    check_installed("numba", extra="count")  # a second to load: workers are to start before that
    check_installed("pyarrow", extra="count")
    from octavo.counting.counts import check_ending
    from octavo.counting.parts import parts_beside
    from octavo.counting.words import count_words
    from octavo.report.count_plots import plot_counts

    left_out = read_stop_words(stop_words)
    if out is not None:
        check_ending(out)
    if plot is not None:
        fewer = {"stop-words": stop_words, "top": top, "min-count": min_count > 1 and min_count}
        given = [f" --{name} {value}" for name, value in fewer.items() if value]
        if given or approximate:
            options = "".join([*given, *[" --approximate"] * approximate])
            raise UsageError(f"--plot draws all words. Received: --plot {plot}{options}")
    if approximate and resume:
        raise UsageError("approximate counts are of one table. Received: --approximate --resume")
    beside = out if out is not None and str(out) != "-" and not approximate else None
    if resume and beside is None:
        shown = f" --out {out}" if out else ""
        raise UsageError(f"--resume needs a file as --out. Received: --resume{shown}")
    files = find_corpus(paths, field, documents)
    check_outputs([*paths, *([str(stop_words)] if stop_words else [])], out=out, plot=plot)
    check_apart(files, out=out, plot=plot)
    with parts_beside(beside, resume) if beside else nullcontext() as folder:
        if resume and folder:
            files = leave_out(files, folder)
        counts = count_words(
            files, segmenter, ngrams=ngrams, field=field, lowercase=lowercase, nfkc=nfkc,
            bad_lines=bad_lines, documents=documents, min_count=min_count, top=top,
            stop_words=left_out, workers=workers, memory=memory, folder=folder, cluster=cluster,
            approximate=approximate,
        )  # fmt: skip
        if out is not None:
            counts.write(out)
    say_bad_lines(counts.bad_lines, bad_lines)
    if counts.error:
        print(f"octavo: a count may be too low by up to {counts.error:,}", file=sys.stderr)
    _print(counts, counts.most_common(top or SHOWN), out, plot, as_json)
    if plot is not None:  # after all else is out: nothing is to be drawn of an empty corpus
        plot_counts(counts, plot)
        if not as_json and str(out) != "-":
            print(f"drew {plot}")


def _print(
    counts: Counts,
    first: list[tuple[str, int]],
    out: Path | None,
    plot: Path | None,
    as_json: bool,
) -> None:
    if as_json:
        numbers = {"tokens": counts.tokens, "types": counts.types, "documents": counts.documents}
        doubts = {"bad_lines": counts.bad_lines, "error": counts.error}
        written = len(counts) if out else 0
        files = {"out": out and str(out), "plot": plot and str(plot)}
        words = {} if out else {"most_common": first}
        print(json.dumps({**numbers, **doubts, "written": written, **files, **words}))
        return
    if out is None:
        for token, number in first:
            print(f"{number:>12,}  {printable(token)}")
        print(f"{counts.types:,} words, {counts.tokens:,} times, in {counts.documents:,} documents")
    elif str(out) != "-":
        print(f"wrote {len(counts):,} of {counts.types:,} words to {out}")
