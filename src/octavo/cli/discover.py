"""`octavo count discover`: the words of Chinese text, found without a dictionary."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from octavo._lazy import check_installed
from octavo.cli.arguments import (
    SHOWN,
    AsJson,
    BadLines,
    Input,
    Output,
    check_apart,
    check_outputs,
    find_corpus,
    say_bad_lines,
)
from octavo.cli.terminal import printable
from octavo.errors import UsageError

if TYPE_CHECKING:
    from octavo.counting.discovery import Words


def discover(
    *paths: Input,
    out: Output = None,
    min_count: int | None = None,
    min_pmi: str = "2,4,6",
    min_entropy: float = 1.0,
    new_only: bool = False,
    field: str | None = None,
    bad_lines: BadLines = "stop",
    memory: str = "1GB",
    as_json: AsJson = False,
) -> None:
    """Find the words of Chinese text, without a dictionary.

    Characters that keep together more than chance would have it are a word, if what stands before
    and after it varies. Anything but Chinese characters ends a sentence. Words made of what is rare
    in other text, as terms are, come first.

    For example:

        octavo count discover news/ --out words.tsv

        octavo count discover "wiki/*.jsonl.gz" --new-only --min-count 50 --out words.txt

    Parameters
    ----------
    paths
        Files, folders, patterns in quotes; .gz, .bz2, .xz and .zst are unpacked; - is standard
        input.
    out
        Where the words go: .tsv (a header, then word, count, surprisal, mutual_information,
        left_entropy, right_entropy, by surprisal), .parquet, or .txt with a word a line, which
        jieba reads as a user dictionary; - is a TSV on standard output. Default: the first are
        shown.
    min_count
        Least count. Default: grows with the corpus, 10 for a million characters, 100 for a billion.
    min_pmi
        Least pointwise mutual information, in nats, of 2, 3, 4... characters; more keeps
        fewer and shorter words.
    min_entropy
        Least entropy, in nats, of the characters before a word and of those after it.
    new_only
        Leave out what jieba's dictionary has.
    field
        The field of JSON lines, or the column of CSV or Parquet, that holds the text: "text" by
        default.
        With it, standard input is JSON lines.
    bad_lines
        Lines that are not UTF-8: stop with an error, skip them, or replace what cannot be read.
    memory
        Memory for the table that counts; with less than it needs the corpus is read more often.
    as_json
        Print one JSON object.
    """
    numbers = parse_numbers(min_pmi)
    check_installed("numba", extra="count")
    check_installed("pyarrow", extra="count")
    from octavo.counting.counts import check_ending
    from octavo.counting.discovery import discover_words

    if out is not None:
        check_ending(out, "words")
    files = find_corpus(paths, field)
    check_outputs(paths, out=out)
    check_apart(files, out=out)
    words = discover_words(
        files, min_count=min_count, min_pmi=numbers, min_entropy=min_entropy,
        new_only=new_only, field=field, bad_lines=bad_lines, memory=memory,
    )  # fmt: skip
    if out is not None:
        words.write(out)
    say_bad_lines(words.bad_lines, bad_lines)
    _print(words, out, as_json)


def _print(words: Words, out: Path | None, as_json: bool) -> None:
    if as_json:
        found = {"words": len(words), "characters": words.characters}
        numbers = {**found, "min_count": words.min_count, "bad_lines": words.bad_lines}
        print(json.dumps({**numbers, "out": out and str(out)}))
    elif out is None:
        for row in words.table.slice(0, SHOWN).to_pylist():
            print(f"{row['count']:>12,}  {printable(row['word'])}")
        said = f"{len(words):,} words, {words.min_count:,} times or more"
        print(f"{said}, in {words.characters:,} Chinese characters")
    elif str(out) != "-":
        print(f"wrote {len(words):,} words to {out}")


def parse_numbers(min_pmi: str) -> list[float]:
    try:
        return [float(number) for number in min_pmi.split(",")]
    except ValueError:
        raise UsageError(
            f"--min-pmi must be numbers with commas between. Received: {min_pmi}"
        ) from None
