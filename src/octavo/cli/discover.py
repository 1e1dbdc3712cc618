"""`octavo count discover`: the words of Chinese text, found without a dictionary."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from octavo._lazy import require
from octavo.cli.arguments import (
    SHOWN,
    AsJson,
    Flag,
    Input,
    Output,
    Whole,
    check_apart,
    check_outputs,
    find_corpus,
    printable,
    say_bad_lines,
)
from octavo.errors import UsageError

if TYPE_CHECKING:
    from octavo.counting.discovery import Words


def discover(
    *paths: Input,
    out: Output = None,
    minimum: Whole | None = None,
    information: str = "2,4,6",
    entropy: float = 1.0,
    new: Flag = False,
    field: str | None = None,
    bad_lines: Literal["stop", "skip", "replace"] = "stop",
    memory: str = "1GB",
    as_json: AsJson = False,
) -> None:
    """Find the words of Chinese text, without a dictionary.

    Characters that keep together more than chance would have it are a word, if what stands before
    and after it varies. Anything but Chinese characters ends a sentence.

    For example:

        octavo count discover news/ --out words.tsv

        octavo count discover "wiki/*.jsonl.gz" --new --minimum 50 --out words.txt

    Parameters
    ----------
    paths
        Files, folders, patterns in quotes; .gz, .bz2, .xz and .zst are unpacked; - is standard
        input.
    out
        Where the words go: .tsv (a header, then word, count, mutual_information, left_entropy,
        right_entropy, by count, then word), .parquet, or .txt with a word a line, which jieba reads
        as a user dictionary; - is a TSV on standard output. Default: the most frequent are shown.
    minimum
        Least count. Default: grows with the corpus, 10 for a million characters, 100 for a billion.
    information
        Least mutual information, in nats, of 2, 3, 4... characters; more keeps fewer and shorter
        words.
    entropy
        Least entropy, in nats, of the characters before a word and of those after it.
    new
        Leave out what jieba's dictionary has.
    field
        Of JSON lines and Parquet: where the text stands, "text" by default. With it, standard input
        is JSON lines.
    bad_lines
        What becomes of lines that are not UTF-8: stop is an error, skip leaves them out, replace
        puts U+FFFD for what cannot be read.
    memory
        Of the table that counts; with less than it needs the corpus is read more often.
    as_json
        Print one JSON object.
    """
    numbers = _parse(information)
    require("numba", extra="count")
    require("pyarrow", extra="count")
    from octavo.counting.counts import check_ending
    from octavo.counting.discovery import discover_words

    if out is not None:
        check_ending(out, "words")
    files = find_corpus(paths, field)
    check_outputs(paths, out=out)
    check_apart(files, out=out)
    words = discover_words(
        files, minimum=minimum, information=numbers, entropy=entropy, new=new,
        field=field, bad_lines=bad_lines, memory=memory,
    )  # fmt: skip
    if out is not None:
        words.write(out)
    say_bad_lines(words.bad_lines, bad_lines)
    _print(words, out, as_json)


def _print(words: Words, out: Path | None, as_json: bool) -> None:
    if as_json:
        numbers = {"words": len(words), "characters": words.characters, "minimum": words.minimum}
        print(json.dumps({**numbers, "bad_lines": words.bad_lines, "out": out and str(out)}))
    elif out is None:
        for word, count in words.most_common(SHOWN):
            print(f"{count:>12,}  {printable(word)}")
        found = f"{len(words):,} words, {words.minimum:,} times or more"
        print(f"{found}, in {words.characters:,} Chinese characters")
    elif str(out) != "-":
        print(f"wrote {len(words):,} words to {out}")


def _parse(information: str) -> list[float]:
    try:
        return [float(number) for number in information.split(",")]
    except ValueError:
        raise UsageError(
            f"--information must be numbers with commas between. Received: {information}"
        ) from None
