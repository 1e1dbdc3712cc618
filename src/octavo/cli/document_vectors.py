"""`octavo embed transform | search`: documents that were not trained on, among those that were."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from octavo._checks import check_whole
from octavo.cli.arguments import (
    AsJson,
    BadLines,
    Input,
    Unit,
    check_apart,
    check_inputs,
    check_outputs,
    find_corpus,
    leave_out,
    say_bad_lines,
)
from octavo.cli.terminal import one_line
from octavo.corpus.cleaning import Cleaner
from octavo.corpus.documents import read_texts
from octavo.corpus.files import Files
from octavo.errors import DataError, UsageError
from octavo.vectors import KeyedVectors, nearest_rows
from octavo.vectors.keyed_vectors import beside_numpy, check_ending

SHOWN = 80  # characters of a text


def transform(
    source: Path,
    *paths: Input,
    out: Path,
    field: str | None = None,
    bad_lines: BadLines = "stop",
    documents: Unit = "lines",
) -> None:
    """Write vectors of new documents, the words staying as they are.

    For example:

        octavo embed transform vectors new.txt --out new.npy

    Parameters
    ----------
    source
        Where `octavo embed` wrote its vectors.
    paths
        The new documents: files, folders, patterns in quotes, -, as for `octavo embed`.
    out
        By its ending: .npy, NumPy's, with the documents' numbers from 0 beside it; .txt or .vec,
        word2vec's text; .bin, its binary form.
    field
        The field of JSON lines, or the column of CSV or Parquet, that holds the text: "text" by
        default.
    bad_lines
        Lines that are not UTF-8: stop with an error, skip them, or replace what cannot be read.
    documents
        What one document is in a text file: each of its lines; its paragraphs, with blank lines
        between; or, with "files", all of it.
    """
    files = leave_out(find_corpus(paths, field, documents), source)
    beside = beside_numpy(out) if check_ending(out, packed=False) == ".npy" else None
    check_outputs([*paths, *map(str, source.glob("*"))], out=out, names=beside)
    check_apart(files, out=out, names=beside)
    from octavo.embedding import JoSE

    cleaner = Cleaner(bad_lines)
    vectors = JoSE.load(source).transform(read_texts(files, field, cleaner, documents))
    KeyedVectors([str(number) for number in range(len(vectors))], vectors).save(out)
    say_bad_lines(cleaner.found, bad_lines)
    print(f"wrote vectors of {len(vectors):,} documents to {out}")


def search(
    source: Path,
    text: Input,
    *paths: Input,
    top: int = 10,
    field: str | None = None,
    bad_lines: BadLines = "stop",
    documents: Unit = "lines",
    as_json: AsJson = False,
) -> None:
    """Show the documents that are nearest to a text, by their numbers from 0.

    For example:

        octavo embed search vectors "央行宣布降息"

        octavo embed search vectors "interest rates fall" papers.csv --field abstract

    Parameters
    ----------
    source
        Where `octavo embed` wrote its vectors.
    text
        What is looked for.
    paths
        The files of which the vectors were learned, named as then, to show the texts.
    top
        How many are shown.
    field
        As it was for `octavo embed`; so are the next two.
    bad_lines
        Lines that are not UTF-8.
    documents
        What one document is in a text file.
    as_json
        Print one JSON object.
    """
    check_whole("top", top, 1)
    check_inputs(text)
    files = leave_out(find_corpus(paths, field, documents), source) if paths else Files()
    from octavo.embedding import JoSE

    model = JoSE.load(source)
    vector = model.transform([text])
    if not vector.any():
        raise UsageError(f"no word of it has a vector. Received: {one_line(text)[:SHOWN]}")
    numbers, cosines = nearest_rows(vector, model.document_vectors_, top)
    found: list[dict[str, Any]] = [
        {"document": int(number), "cosine": float(cosine)}
        for number, cosine in zip(numbers[0], cosines[0], strict=True)
    ]
    if files:
        total = len(model.document_vectors_)
        named = paths[0] if len(paths) == 1 else None
        wanted = {one["document"]: one for one in found}
        number = -1
        for number, read in enumerate(read_texts(files, field, Cleaner(bad_lines), documents)):
            if number in wanted:
                wanted[number]["text"] = read
        if number + 1 != total:
            raise DataError(
                f"{number + 1:,} documents, where there are vectors of {total:,}", named
            )
        if model.document_vectors == "inferred":  # so they have the same vectors again
            again = model.transform(one["text"] for one in found)
            if not np.allclose(again, model.document_vectors_[numbers[0]], atol=1e-3):
                raise DataError("other texts than the vectors were learned from", named)
    if as_json:
        print(json.dumps({"similar": found}, ensure_ascii=False))
        return
    for one in found:
        shown = one_line(one.get("text", ""))[:SHOWN]
        print(f"{one['cosine']:.3f}  {one['document']}  {shown}".rstrip())
