"""Lists of questions to be asked of passages: lines of text, or a question file."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import replace
from os import PathLike

from octavo._files import open_text
from octavo.errors import DataError, UsageError
from octavo.reading.passage_files import check_lengths, is_question_file
from octavo.reading.question_files import Passage, Question, describe_faults, read_questions


def read_question_list(
    path: str | PathLike[str], passages: Sequence[Passage] = ()
) -> list[Question]:
    r"""The questions of a file, each to be asked of the same passages.

    A file named .json, .jsonl or .ndjson, packed or not, is a question file; every other one, and
    "-" for standard input, is text with a question a line. Blank lines are passed over, and faulty
    questions of a question file are left out with a warning.

    Args:
        path: the file.
        passages: the passages to ask; without any, the questions of a question file are asked of
            their own.

    Raises:
        UsageError: if there are no passages for the questions of a text.
        DataError: if the file cannot be read or holds no question.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     _ = open(f"{folder}/asked.txt", "w").write("Who?\n\nWhen?\n")
        ...     asked = read_question_list(f"{folder}/asked.txt", [Passage("Bi Sheng, 1040.")])
        >>> [(question.id, question.question) for question in asked]
        [('1', 'Who?'), ('3', 'When?')]
    """
    if not is_question_file(path):
        return _read_lines(path, passages)
    faults: list[DataError] = []
    found = list(read_questions(path, questions_alone=bool(passages), faults=faults))
    if passages:
        questions = [replace(question, passages=tuple(passages)) for question in found]
    else:
        questions = check_lengths(found, path, faults)
    if faults:
        warnings.warn(describe_faults(faults), stacklevel=2)
    return questions


def _read_lines(path: str | PathLike[str], passages: Sequence[Passage]) -> list[Question]:
    if not passages:
        raise UsageError("at least one file of passages is needed. Received: none")
    with open_text(path) as file:
        lines = [(number, line.strip()) for number, line in enumerate(file, 1)]
    questions = [Question(str(n), line, tuple(passages)) for n, line in lines if line]
    if not questions:
        raise DataError("holds no questions", path)
    return questions
