"""Passages to read, from files of plain text or of questions."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable
from dataclasses import replace
from os import PathLike
from pathlib import PurePath

from octavo.corpus.cleaning import Cleaner
from octavo.corpus.files import COMPRESSED, find_files
from octavo.corpus.units import check_documents, cut_block, read_units
from octavo.errors import DataError, UsageError
from octavo.reading.question_files import Passage, Question, describe_faults, read_questions

LONGEST_PASSAGE = 1_000_000  # characters; thousands of windows, minutes of reading
MOST_BYTES = 4  # of a character
MANY_LINES = 20  # a text of so many lines and no blank one may be meant as one passage a line

_QUESTION_FILES = {".json", ".jsonl", ".ndjson"}


def read_passages(
    paths: Iterable[str | PathLike[str]], documents: str = "paragraphs"
) -> list[Passage]:
    r"""The passages of files, in order; the source of each says its file and line, or question.

    Files named .json, .jsonl or .ndjson, packed or not, hold questions, each of whose passages
    counts once, or passages themselves: objects with a text, and a source or title. Every other
    file, and "-" for standard input, is text, each of whose documents is a passage.

    Args:
        paths: files, folders (with all below, names that begin with a dot left out), patterns such
            as "notes/*.txt", or "-" for standard input. Files without text in a folder are passed
            over; those that cannot be read, such as pictures, are left out with a warning.
        documents: what one document is in a text: one of its "paragraphs", with blank lines
            between, so a text without any is a single one; of its "lines", but for blank ones; or,
            of "files", the whole. Question files stay as they are.

    Raises:
        UsageError: if there are no paths, or documents are none of these.
        DataError: if a file that was named cannot be read, holds no passage or one that is too
            long, or if none in a folder can.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     _ = open(f"{folder}/a.txt", "w").write("The north.\n\nThe south.\n")
        ...     north, south = read_passages([f"{folder}/a.txt"])
        >>> south.text, south.source.endswith("a.txt:3")
        ('The south.', True)
    """
    check_documents(documents)
    passages: list[Passage] = []
    for path in paths:
        found: list[Passage] = []
        faults: list[DataError] = []
        for file in find_passage_files([path]):
            try:
                found += _read_one(file, documents)
            except DataError as error:
                if not os.path.isdir(path):
                    raise
                faults.append(error)
        if faults and not found:
            raise faults[0]
        if faults:
            more = len(faults) - 1
            also = f", and {more:,} more file{'s' * (more > 1)}" if more else ""
            warnings.warn(f"left out: {faults[0]}{also}", stacklevel=2)
        if not found:
            raise DataError("holds no text", path)
        passages += found
    if not passages:
        raise UsageError("at least one file of passages is needed. Received: none")
    return passages


def find_passage_files(paths: Iterable[str | PathLike[str]]) -> list[str]:
    """The files that `read_passages` reads.

    Args:
        paths: files, folders and patterns; a name without a file stays as it is.

    Raises:
        DataError: if a folder or a pattern holds no file.

    Example:
        >>> find_passage_files(["-", "notes.txt"])
        ['-', 'notes.txt']
    """
    found: list[str] = []
    for path in map(str, paths):
        pattern = any(sign in path for sign in "*?[") and not os.path.exists(path)
        found += find_files(path) if pattern or os.path.isdir(path) else [path]
    return found


def is_question_file(path: str | PathLike[str]) -> bool:
    """Whether a file's name says that it holds objects of JSON, not text.

    Example:
        >>> is_question_file("dev.JSON.xz"), is_question_file("dev.json.txt")
        (True, False)
    """
    suffixes = [suffix.lower() for suffix in PurePath(path).suffixes]
    while suffixes and suffixes[-1] in COMPRESSED:
        suffixes.pop()
    return bool(suffixes) and suffixes[-1] in _QUESTION_FILES


def check_lengths(
    questions: Iterable[Question],
    path: str | PathLike[str],
    faults: list[DataError] | None = None,
) -> list[Question]:
    """The questions but for those whose passages are so long that nobody can wait for them.

    Args:
        questions: the questions of a file.
        path: the file, for the message.
        faults: a list that gets an error for each question that is left out; None raises the first.

    Raises:
        DataError: naming the file, the question and the length of the passage, if `faults` is None
            or no question is left.
    """
    kept, first = [], None
    for question in questions:
        try:
            for passage in question.passages:
                _check_length(passage.text, path, f"question {question.id} has ")
        except DataError as error:
            if faults is None:
                raise
            faults.append(error)
            first = first or error
        else:
            kept.append(question)
    if first and not kept:
        raise first
    return kept


def _read_one(path: str | PathLike[str], documents: str) -> list[Passage]:
    return _read_asked(path) if is_question_file(path) else _read_text(path, documents)


def _read_asked(path: str | PathLike[str]) -> list[Passage]:
    """The passages of a question file or of a file of passages, each once."""
    found: dict[str, Passage] = {}
    faults: list[DataError] = []
    for question in read_questions(path, passages_too=True, faults=faults):
        for passage in question.passages:
            _check_length(passage.text, path)
            if passage.text.strip() and passage.text not in found:
                kind = "question" if question.question else "passage"
                source = passage.source or f"{path}, {kind} {question.id}"
                found[passage.text] = replace(passage, source=source)
    if faults:
        warnings.warn(describe_faults(faults), stacklevel=4)
    return list(found.values())


def _read_text(path: str | PathLike[str], documents: str) -> list[Passage]:
    """The documents of a text, each a passage."""
    name = "standard input, line " if str(path) == "-" else f"{path}:"
    passages = []
    before = 0
    for block in read_units(str(path), documents, longest=MOST_BYTES * LONGEST_PASSAGE):
        for text, line in zip(*cut_block(block, documents, Cleaner()), strict=True):
            if text := text.replace("\r\n", "\n").strip():
                _check_length(text, path)
                first, more = before + line + 1, text.count("\n")
                place = f"{first}-{first + more}" if more else first
                passages.append(Passage(text, source=f"{name}{place}"))
        before += block.data.count(b"\n")
    count = passages[0].text.count("\n") + 1 if passages else 0
    if documents == "paragraphs" and len(passages) == 1 and count >= MANY_LINES:
        hint = "no blank line parts them; --documents lines makes each a passage"
        warnings.warn(f"{path}: {count:,} lines are one passage: {hint}", stacklevel=4)
    return passages


def _check_length(text: str, path: str | PathLike[str], whose: str = "") -> None:
    if len(text) > LONGEST_PASSAGE:
        raise DataError(
            f"{whose}a passage of {len(text):,} characters; at most {LONGEST_PASSAGE:,} are read"
            " (of a text file --documents paragraphs or lines makes more passages)",
            path,
        )
