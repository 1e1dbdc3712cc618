"""Passages to read, from files of plain text or of questions."""

from __future__ import annotations

import re
from collections.abc import Iterable
from os import PathLike
from pathlib import PurePath

from octavo._files import open_text
from octavo.errors import DataError, UsageError
from octavo.text.question_files import Question, read_questions

LONGEST_PASSAGE = 1_000_000  # characters; thousands of windows, minutes of reading

_BLANK_LINE = re.compile(r"\n[^\S\n]*\n")
_PACKED = {".gz", ".xz", ".zst"}
_QUESTION_FILES = {".json", ".jsonl"}


def read_passages(paths: Iterable[str | PathLike[str]]) -> list[str]:
    r"""The passages of files, in order.

    Files named .json or .jsonl, packed or not, are question files: each of their passages counts
    once. Every other file, and "-" for standard input, is text: what stands between blank lines is
    a passage, so a text without blank lines is a single one.

    Raises:
        UsageError: if there are no paths.
        DataError: if a file cannot be read, holds no passage, or one that is too long.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     _ = open(f"{folder}/a.txt", "w").write("The north.\n\nThe south.\n")
        ...     read_passages([f"{folder}/a.txt"])
        ['The north.', 'The south.']
    """
    passages = [passage for path in paths for passage in _read_one(path)]
    if not passages:
        raise UsageError("at least one file of passages is needed. Received: none")
    return passages


def check_lengths(questions: Iterable[Question], path: str | PathLike[str]) -> None:
    """Refuse passages that nobody can wait for.

    Raises:
        DataError: naming the file, the question and the length of the passage.
    """
    for question in questions:
        for passage in question.passages:
            _check_length(passage.text, path, f"question {question.id} has ")


def _read_one(path: str | PathLike[str]) -> list[str]:
    if _is_question_file(path):
        questions = read_questions(path)
        found = [passage.text for question in questions for passage in question.passages]
        passages = [text for text in dict.fromkeys(found) if text.strip()]
    else:
        passages = _read_paragraphs(path)
    for passage in passages:
        _check_length(passage, path)
    return passages


def _read_paragraphs(path: str | PathLike[str]) -> list[str]:
    with open_text(path) as file:
        text = file.read().replace("\r\n", "\n")
    passages = [part.strip() for part in _BLANK_LINE.split(text) if part.strip()]
    if not passages:
        raise DataError("holds no text", path)
    return passages


def _is_question_file(path: str | PathLike[str]) -> bool:
    suffixes = [suffix.lower() for suffix in PurePath(path).suffixes]
    while suffixes and suffixes[-1] in _PACKED:
        suffixes.pop()
    return bool(suffixes) and suffixes[-1] in _QUESTION_FILES


def _check_length(text: str, path: str | PathLike[str], whose: str = "") -> None:
    if len(text) > LONGEST_PASSAGE:
        raise DataError(
            f"{whose}a passage of {len(text):,} characters; at most {LONGEST_PASSAGE:,} are read"
            " (in a text file blank lines part passages)",
            path,
        )
