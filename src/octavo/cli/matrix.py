"""`octavo count matrix`: the words of each document, as a sparse matrix."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from octavo._lazy import check_installed
from octavo.cli.arguments import (
    AsJson,
    BadLines,
    Input,
    Unit,
    check_apart,
    check_outputs,
    find_corpus,
    read_stop_words,
    say_bad_lines,
)


def matrix(
    *paths: Input,
    out: Annotated[Path, Parameter(allow_leading_hyphen=True)],
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
    memory: str = "2GB",
    as_json: AsJson = False,
) -> None:
    """Count the words of each document: a document-term matrix, as scikit-learn has it.

    For example:

        octavo count matrix news/ --out news.npz

        octavo count matrix mails.jsonl --segmenter whitespace --lowercase --out mails.npz

    scipy.sparse.load_npz reads the matrix; the tokens, one a line in the order of its columns, are
    in the same file: unzip -p news.npz tokens.txt.

    Parameters
    ----------
    paths
        Files, folders, patterns in quotes; .gz, .bz2, .xz and .zst are unpacked; - is standard
        input. A line of .jsonl and a row of .csv, .tsv and .parquet is a document; of text,
        see --documents. Each is a row of the matrix, in their order.
    out
        Where the matrix goes: .npz.
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
        Leave out what occurs less often in all documents together.
    top
        How many of the most frequent words to keep.
    stop_words
        A file of words to leave out, one a line, as they are counted (in lower case, if
        --lowercase).
    memory
        Memory for the matrix and the table of words; what does not fit is an error.
    as_json
        Print one JSON object.
    """
    for package, extra in (("numba", "count"), ("pyarrow", "count"), ("scipy", "matrix")):
        check_installed(package, extra=extra)
    from octavo.counting.matrix import check_npz, vectorize_files

    check_npz(out)
    files = find_corpus(paths, field, documents)
    check_outputs([*paths, *([str(stop_words)] if stop_words else [])], out=out)
    check_apart(files, out=out)
    counted = vectorize_files(
        files, segmenter, ngrams=ngrams, field=field, lowercase=lowercase, nfkc=nfkc,
        bad_lines=bad_lines, documents=documents, min_count=min_count, top=top,
        stop_words=read_stop_words(stop_words), memory=memory,
    )  # fmt: skip
    counted.write(out)
    say_bad_lines(counted.bad_lines, bad_lines)
    rows, columns = counted.matrix.shape
    numbers = {"documents": rows, "tokens": columns, "cells": counted.matrix.nnz}
    if as_json:
        print(json.dumps({**numbers, "bad_lines": counted.bad_lines, "out": str(out)}))
    else:
        print(f"wrote {rows:,} documents x {columns:,} words to {out}")
