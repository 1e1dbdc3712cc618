"""`octavo count`: the words of a corpus, how often each occurs and in how many documents."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from octavo._lazy import require
from octavo.cli.arguments import AsJson, Input, Output, check_inputs, check_outputs
from octavo.errors import UsageError

Flag = Annotated[bool, Parameter(negative="", show_default=False)]
SHOWN = 20

app = App(name="count", help_format="markdown")


@app.default
def count(
    *paths: Input,
    out: Output = None,
    segmenter: str = "rjieba",
    ngrams: int = 1,
    field: str = "text",
    lower: Flag = False,
    nfkc: Flag = False,
    minimum: int = 1,
    top: int | None = None,
    stop: Path | None = None,
    workers: int = 1,
    as_json: AsJson = False,
) -> None:
    """Count the words of files, and the documents they are in.

    For example:

        octavo count news/ --out counts.tsv

        octavo count "wiki/*.jsonl.gz" --segmenter whitespace --lower --out counts.parquet

        zcat news.txt.gz | octavo count - --segmenter characters --top 100 --out -

    Parameters
    ----------
    paths
        Files, folders, patterns in quotes; .gz, .xz and .zst are unpacked; - is standard input. A
        document is a line of text, a line of .jsonl or a row of .parquet.
    out
        Where the counts go: .tsv (a header, then token, count, documents, by count, then token),
        .parquet, or .txt with a token a line; - is a TSV on standard output. Default: the most
        frequent are shown.
    segmenter
        rjieba (Chinese words), whitespace, characters, regex:PATTERN, wordpiece:VOCAB.txt, or
        module:function of your own.
    ngrams
        Words of the longest n-gram, 1 to 6; shorter ones are counted too.
    field
        Of JSON lines and Parquet: where the text stands.
    lower
        Lower-case first.
    nfkc
        Unicode's form NFKC first: full-width letters and digits become plain ones.
    minimum
        Leave out what occurs less often.
    top
        Keep so many of the most frequent.
    stop
        A file of words to leave out, one a line.
    workers
        Processes to count with.
    as_json
        Print one JSON object.
    """
    _check(paths, minimum, top)
    require("numba", extra="count")
    require("pyarrow", extra="count")
    from octavo.counting.counts import check_ending
    from octavo.counting.words import count_words
    from octavo.text.vocabulary import load_vocabulary

    if out is not None:
        check_ending(out)
    check_outputs([*paths, *([str(stop)] if stop else [])], out=out)
    without = load_vocabulary(stop) if stop else []
    counts = count_words(
        paths, segmenter, ngrams=ngrams, field=field, lower=lower, nfkc=nfkc, workers=workers
    )
    kept = counts.select(minimum, top, without)
    if out is not None:
        kept.write(out)
    if as_json:
        numbers = {"tokens": counts.tokens, "types": len(counts), "documents": counts.documents}
        print(json.dumps({**numbers, "written": len(kept) if out else 0, "out": out and str(out)}))
    elif out is None:
        for token, number in kept.most_common(SHOWN):
            print(f"{number:>12,}  {token}")
        print(f"{len(counts):,} words, {counts.tokens:,} times, in {counts.documents:,} documents")
    elif str(out) != "-":
        print(f"wrote {len(kept):,} of {len(counts):,} words to {out}")


def _check(paths: tuple[str, ...], minimum: int, top: int | None) -> None:
    check_inputs(*paths)
    if not paths:
        raise UsageError("name the files to count, or - for standard input. Received: no paths")
    for name, value in (("--minimum", minimum), ("--top", top)):
        if value is not None and value < 1:
            raise UsageError(f"{name} must be 1 or more. Received: {value}")
