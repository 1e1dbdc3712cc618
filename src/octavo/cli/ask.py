"""`octavo read ask`: one question, many, or as many as a person likes, asked of passages."""

from __future__ import annotations

import glob
import os
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from octavo.cli.arguments import (
    AsJson,
    Given,
    Input,
    Output,
    Preset,
    Unit,
    check_apart,
    check_inputs,
    check_outputs,
)
from octavo.cli.readers import Mode, check_counts, load_reader, print_json, say_written
from octavo.errors import DataError, UsageError

if TYPE_CHECKING:
    from octavo.reading.answer import Answer
    from octavo.reading.question_files import Passage

PROMPT = "\nquestion: "
FILE_NAME = re.compile(r"[^\s?？]+\.(txt|jsonl?|tsv|csv|md)(\.(gz|bz2|xz|zst))?")


def ask(
    question: Given = None,
    /,
    *passages: Input,
    questions: Given = None,
    preset: Preset = None,
    mode: Mode = "extractive",
    beams: int | None = None,
    top_k: int = 1,
    documents: Unit = "paragraphs",
    as_json: AsJson = False,
    html: Output = None,
) -> None:
    """Answer questions from passages.

    For example:

        octavo read ask 故宫在哪一年建成？ palaces.txt

        zcat news.txt.gz | octavo read ask "谁获得了冠军？" - --html answer.html

        octavo read ask 故宫在哪一年建成？ notes/ "books/*.txt" --preset my-reader --json

        octavo read ask --questions asked.txt notes/

        octavo read ask notes/

    Parameters
    ----------
    question
        The question. Without one, where all that is given are files, they are asked for on the
        terminal, one after the other, until an empty line or Ctrl-D.
    passages
        Files, folders, patterns in quotes. Of text, every document is a passage, see --documents;
        of .json and .jsonl files of questions or of passages all passages are taken; .gz, .bz2, .xz
        and .zst are unpacked; - is standard input.
    questions
        A file of questions in place of one: text with a question a line, or a question file, whose
        questions are asked of its own passages where no others are given.
    preset
        A reader's folder, or hf://owner/name. Default: the bundled one, which reads Chinese and
        English.
    mode
        extractive: the answer is a span of a passage. generative: it is written freely.
    beams
        Answers followed at once. Default: the reader's own setting.
    top_k
        Answers shown at most, none of which overlaps another; of other ones the place alone.
    documents
        What one document is in a text file: each of its lines; its paragraphs, with blank lines
        between; or, with "files", all of it.
    as_json
        Print a JSON object a question, in a line of its own, instead of text.
    html
        Write a page that shows the answers in their passages.
    """
    asked, paths = _part(question, passages, questions)
    if asked is None and questions is None:
        _check_terminal(paths)
    named = [*paths, *([] if questions is None else [questions])]
    check_counts(beams=beams, top_k=top_k)
    check_inputs(*named)
    check_outputs(named, html=html)
    texts = _read_passages(paths, documents, html) if paths or questions is None else []
    options: dict[str, Any] = {"mode": mode, "top_k": top_k}
    if beams is not None:
        options["beams"] = beams
    if questions is not None:
        results = iter([_answer_list(questions, texts, preset, options)])
    elif asked is not None:
        results = iter([[load_reader(preset).answer(asked, texts, **options)]])
    else:
        results = _answer_person(texts, preset, options)
    shown: list[Answer] = []
    for answers in results:
        _show(answers, as_json, questions is not None)
        shown += answers
        if html is not None:
            _write_page(shown, html)


def _part(
    question: str | None, passages: Sequence[str], questions: str | None
) -> tuple[str | None, list[str]]:
    """The question, None if there is none on the command line, and the paths of the passages."""
    given = [*([] if question is None else [question]), *passages]
    if questions is not None or question is None:
        return None, given
    if all(_is_there(word) for word in given):
        return None, given
    if question.startswith("-"):
        check_inputs(question)
    if not question.strip():
        raise UsageError(f"the question is empty. Received: {question!r}")
    if FILE_NAME.fullmatch(question) and not _is_there(question):  # mistyped, and no question
        raise DataError("no such file or folder", path=question)
    if passages and _is_there(question) and not _is_there(passages[0]):
        raise UsageError(f"the question comes first, then the files. Received: {question}")
    return question, list(passages)


def _is_there(word: str) -> bool:
    """Whether a word of the command line is a file, a folder, a pattern with files, or "-"."""
    return word == "-" or os.path.exists(word) or bool(glob.glob(word))


def _read_passages(paths: Sequence[str], documents: str, html: Path | None) -> list[Passage]:
    from octavo.reading.passage_files import find_passage_files, read_passages

    if html is not None:
        check_apart([file for file in find_passage_files(paths) if os.path.exists(file)], html=html)
    return read_passages(paths, documents)


def _answer_list(
    path: str, texts: Sequence[Passage], preset: str | None, options: dict[str, Any]
) -> list[Answer]:
    from octavo.reading.question_lists import read_question_list

    listed = read_question_list(path, texts)
    return load_reader(preset).answer_many(listed, **options)


def _check_terminal(paths: Sequence[str]) -> None:
    """Refuse to ask for questions where nobody can type them."""
    if not paths:
        raise UsageError("at least one file of passages is needed. Received: none")
    if not sys.stdin.isatty():
        raise UsageError(
            "no question, and no terminal to ask for one: it comes first, then the files, or is in"
            f" a file, --questions FILE. Received: {' '.join(paths)}"
        )
    if "-" in paths:
        raise UsageError("the prompt for questions needs standard input. Received: -")


def _answer_person(
    texts: Sequence[Passage], preset: str | None, options: dict[str, Any]
) -> Iterator[list[Answer]]:
    """One answer after the other to what a person asks, by a reader that stays loaded."""
    reader = load_reader(preset)
    print(f"{len(texts):,} passages; an empty line or Ctrl-D ends", file=sys.stderr)
    for question in _read_prompted():
        try:
            yield [reader.answer(question, texts, **options)]
        except KeyboardInterrupt:  # ends the answer, not the conversation
            print("octavo: interrupted", file=sys.stderr)


def _read_prompted() -> Iterator[str]:
    """The questions typed at the terminal, until an empty line, Ctrl-D or Ctrl-C."""
    with suppress(ImportError):  # Windows has none
        import readline  # noqa: F401  (`input` then lets the line be edited)
    while True:
        try:
            line = _read_line().strip()
        except (EOFError, KeyboardInterrupt):
            print(file=sys.stderr)
            return
        if not line:
            return
        yield line


def _read_line() -> str:
    """A line from the terminal; the prompt does not go where results are written to."""
    if sys.stdout.isatty():
        return input(PROMPT)
    print(PROMPT, end="", file=sys.stderr, flush=True)
    return input()


def _show(answers: Sequence[Answer], as_json: bool, named: bool) -> None:
    """Print answers, each after its question if they are `named`."""
    if as_json:
        for answer in answers:
            print_json(answer.to_dict())
        return
    from octavo.cli.print_answers import print_answer, print_question

    for number, answer in enumerate(answers):
        if named:
            print_question(answer.question, first=not number)
        print_answer(answer)


def _write_page(answers: Sequence[Answer], path: Path) -> None:
    from octavo.report.reading_page import write_reading_page

    write_reading_page(answers, path)
    say_written(path)
