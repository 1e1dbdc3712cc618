"""Files of questions with their passages and answers, in the layouts people have.

The layout is found from the content, never from the name, and files may be packed (.gz .bz2 .xz
.zst):

- SQuAD, CMRC 2018, DRCD, CAIL:
  `{"data": [{"paragraphs": [{"context": ..., "qas": [{"id", "question", "answers": [{"text"}],
  "is_impossible"}]}]}]}`; `is_impossible` may be true, "true" or absent; no `answer_start` is used.
- the list of bert4keras' reading example:
  `[{"id", "question", "passages": [{"passage", "answer"}]}]`; the answer "" means none.
- WebQA: `{"Q1": {"question", "evidences": {"Q1#00": {"evidence", "answer": [...]}}}}`;
  the answer "no_answer" means none.
- JSON lines, one question a line:
  `{"id", "question", "context", "answers"}` or `{"id", "question", "passages": [...], "answers"}`,
  a passage being a string or `{"passage", "answers"}`. Also accepted as one JSON list.

Answers may be a string, a list of strings, a list of `{"text"}`, or `{"text": [...]}`. What stands
in a passage is decided by its text: of its own answers, or else the question's, those that are
found in it word for word. `write_questions` writes the JSON lines with `passages`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from os import PathLike
from typing import Any, NamedTuple

from octavo._files import open_text, write_atomic
from octavo.errors import DataError

LAYOUTS = "SQuAD's {data}, a list of questions, WebQA's {id: {question, evidences}} or JSON lines"
PASSAGE_KEYS = ("passage", "text", "context", "evidence")
ANSWER_KEYS = ("answers", "answer")
MOST_NAMED = 5  # faults of single questions


@dataclass(frozen=True, slots=True)
class Passage:
    """A text in which an answer may stand.

    Args:
        text: the passage.
        answers: the answers that stand in it word for word; () = none.
        source: where it is from, in any words: shown beside its vote.

    Example:
        >>> Passage("毕昇发明了活字印刷术。", ("毕昇",)).answers
        ('毕昇',)
    """

    text: str
    answers: tuple[str, ...] = ()
    source: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Question:
    """A question, the passages to look in, and the right answers where they are known.

    Args:
        id: its name in the file, or its number there (from 0) when it has none.
        question: the question.
        passages: at least one.
        answers: every accepted wording; () = it cannot be answered from the passages.

    Example:
        >>> passage = Passage("毕昇发明了活字印刷术。", ("毕昇",))
        >>> Question("1", "谁发明了活字印刷术？", (passage,), ("毕昇",)).id
        '1'
    """

    id: str
    question: str
    passages: tuple[Passage, ...]
    answers: tuple[str, ...] = ()


class _Item(NamedTuple):
    """A question as the file has it: where it stands, for messages, and its default id.

    A `_WrongError` as value is what is wrong with a part of the file that holds questions.
    """

    value: Any
    place: str
    id: str
    line: int | None = None


class _WrongError(Exception):
    """The message of a DataError to which the file is still to be added."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


def read_questions(
    path: str | PathLike[str],
    passages_too: bool = False,
    faults: list[DataError] | None = None,
) -> Iterator[Question]:
    r"""Read the questions of a file in any layout of this module; "-" is standard input.

    JSON lines are read one at a time; the other layouts are held in memory whole.

    Args:
        path: the file.
        passages_too: where an object has no question, take its text as the only passage of the
            question "", from its "source" or "title".
        faults: a list that gets an error for every question, line or paragraph that cannot be
            used, which is then left out; None raises the first of them.

    Raises:
        DataError: if the file cannot be read, is in no known layout, holds no question or none
            that can be used, or, without `faults`, if a question lacks its text or passages. Names
            the file and the line or the key.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> faults = []
        >>> with TemporaryDirectory() as folder:
        ...     lines = '{"question": "1+1?", "context": "It is 2.", "answers": ["2", "two"]}\n{}'
        ...     _ = open(f"{folder}/sums", "w").write(lines)
        ...     (question,) = read_questions(f"{folder}/sums", faults=faults)
        >>> question.passages, question.answers, faults[0].line
        ((Passage(text='It is 2.', answers=('2',)),), ('2', 'two'), 2)
    """
    found, first = False, None
    for item in _read_items(path):
        try:
            question = _parse_question(item, passages_too)
        except _WrongError as error:
            fault = DataError(str(error), path, item.line)
            if faults is None:
                raise fault from None
            faults.append(fault)
            first = first or DataError(f"{error}; no question can be used", path, item.line)
        else:
            found = True
            yield question
    if not found:
        raise first or DataError("holds no questions", path)


def describe_faults(faults: Sequence[DataError]) -> str:
    """How many questions are left out, and what is wrong with the first `MOST_NAMED` of them.

    Args:
        faults: at least one, as `read_questions` gives them.

    Example:
        >>> describe_faults([DataError("[3].question is empty", "dev.json")])
        '1 question is left out: dev.json: [3].question is empty'
    """
    named = "; ".join(str(fault) for fault in faults[:MOST_NAMED])
    what = "question is" if len(faults) == 1 else "questions are"
    more = "; ..." if len(faults) > MOST_NAMED else ""
    return f"{len(faults):,} {what} left out: {named}{more}"


def write_questions(questions: Iterable[Question], path: str | PathLike[str]) -> None:
    """Write questions as JSON lines that `read_questions` reads back equal.

    Raises:
        DataError: if the file cannot be created.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> asked = [Question("1", "谁？", (Passage("毕昇。", ("毕昇",)),), ("毕昇",))]
        >>> with TemporaryDirectory() as folder:
        ...     write_questions(asked, f"{folder}/questions.jsonl")
        ...     list(read_questions(f"{folder}/questions.jsonl")) == asked
        True
    """
    with write_atomic(path) as file:
        for question in questions:
            record = {
                "id": question.id,
                "question": question.question,
                "answers": question.answers,
                "passages": [_to_record(passage) for passage in question.passages],
            }
            file.write(to_json(record) + "\n")


def _to_record(passage: Passage) -> dict[str, Any]:
    record: dict[str, Any] = {"passage": passage.text, "answers": passage.answers}
    return {**record, "source": passage.source} if passage.source else record


def to_json(record: dict[str, Any]) -> str:
    r"""One line of JSON, readable where UTF-8 can hold it.

    Example:
        >>> to_json({"a": "北"}), to_json({"a": "\ud83d"})
        ('{"a": "北"}', '{"a": "\\ud83d"}')
    """
    line = json.dumps(record, ensure_ascii=False)
    try:
        line.encode()
    except UnicodeEncodeError:  # half of a surrogate pair: only an escape can hold it
        return json.dumps(record)
    return line


def _read_items(path: str | PathLike[str]) -> Iterator[_Item]:
    """The questions of a file as they stand there; what is wrong with all of it is an error."""
    with open_text(path) as file:
        numbered = ((n, line) for n, line in enumerate(file, 1) if line.strip())
        first = next(numbered, None)
        if first is None:
            raise DataError("is empty, expected questions", path)
        lines = chain([first], numbered)
        if _is_json_line(first[1]):
            yield from _read_lines(lines)
            return
        numbers, parts = zip(*lines, strict=True)
        try:
            yield from _find_items(_load("".join(parts), numbers))
        except _WrongError as error:
            raise DataError(str(error), path, error.line) from None


def _is_json_line(line: str) -> bool:
    """Whether the first line is a question by itself, so that the file is JSON lines."""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict) and "data" not in value and not _is_webqa(value)


def _is_webqa(value: dict[str, Any]) -> bool:
    """Whether the members of an object are questions, but for faulty ones."""
    members = value.values()
    if all(isinstance(member, dict) for member in members):
        return True
    asked = any(isinstance(member, dict) and "question" in member for member in members)
    return asked and not value.keys() & {"question", *PASSAGE_KEYS}


def _read_lines(lines: Iterable[tuple[int, str]]) -> Iterator[_Item]:
    for count, (number, line) in enumerate(lines):
        try:
            value = _load(line, [number])
        except _WrongError as error:
            value = error
        yield _Item(value, "", str(count), number)


def _load(text: str, numbers: Sequence[int]) -> Any:
    """A value of JSON; `numbers` are those of its lines in the file."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        what = f"{error.msg.removesuffix(' at')}, column {error.colno}"
        line = numbers[min(error.lineno, len(numbers)) - 1]  # blank lines were left out
        raise _WrongError(f"not valid JSON: {what}", line) from None
    except (ValueError, RecursionError):  # a number of thousands of digits, brackets too deep
        raise _WrongError("not valid JSON: a value is too large", numbers[0]) from None


def _find_items(value: Any) -> Iterator[_Item]:
    """The questions of a whole JSON value, by its layout."""
    if isinstance(value, list):
        yield from (_Item(item, f"[{n}]", str(n)) for n, item in enumerate(value))
    elif isinstance(value, dict) and "data" in value:
        yield from _find_squad(value)
    elif isinstance(value, dict) and _is_webqa(value):
        yield from (_Item(item, key, key) for key, item in value.items())
    else:
        found = f"the keys {', '.join(value)[:80]}" if isinstance(value, dict) else repr(value)[:80]
        raise _WrongError(f"no known layout of questions: expected {LAYOUTS}, found {found}")


def _find_squad(value: dict[str, Any]) -> Iterator[_Item]:
    count = 0
    for article, place in _each(value, "data", ""):
        for item in _up_to_fault(_find_article(article, place), place):
            yield item._replace(id=str(count))
            count += 1


def _find_article(article: Any, place: str) -> Iterator[_Item]:
    for paragraph, at in _each(article, "paragraphs", place):
        yield from _up_to_fault(_find_paragraph(paragraph, at), at)


def _find_paragraph(paragraph: Any, place: str) -> Iterator[_Item]:
    context = _text(paragraph, ("context",), place)
    for item, at in _each(paragraph, "qas", place):
        value = item
        if isinstance(item, dict):
            source = item.get("source") or paragraph.get("source")
            value = {**item, "context": context, "source": source}
        yield _Item(value, at, "")


def _up_to_fault(items: Iterator[_Item], place: str) -> Iterator[_Item]:
    """The questions of a part of a file; what is wrong with the part stands as one of them."""
    try:
        yield from items
    except _WrongError as error:
        yield _Item(error, place, "")


def _each(parent: Any, key: str, place: str) -> Iterator[tuple[Any, str]]:
    """The members of a list with the place of each."""
    items, place = _member(parent, key, place)
    if not isinstance(items, list):
        raise _WrongError(f"{place} is {_kind(items)}, expected a list")
    yield from ((item, f"{place}[{n}]") for n, item in enumerate(items))


def _parse_question(item: _Item, passages_too: bool) -> Question:
    if isinstance(item.value, _WrongError):
        raise item.value
    record = _mapping(item.value, item.place)
    if passages_too and "question" not in record and any(key in record for key in PASSAGE_KEYS):
        text, title = _text(record, PASSAGE_KEYS, item.place), record.get("title")
        source = _find_source(record, item.place) or (title if isinstance(title, str) else "")
        return Question(_find_id(record, item), "", (Passage(text, source=source),))
    text = _text(record, ("question",), item.place)
    if not text.strip():
        raise _WrongError(f"{_join(item.place, 'question')} is empty")
    known = _find_answers(record, item.place)
    passages, own = _parse_passages(record, item.place, known)
    answers = tuple(dict.fromkeys(own if known is None else known))
    if str(record.get("is_impossible", False)).lower() == "true":
        answers, passages = (), tuple(replace(passage, answers=()) for passage in passages)
    return Question(_find_id(record, item), text, passages, answers)


def _find_id(record: dict[str, Any], item: _Item) -> str:
    return item.id if record.get("id") is None else str(record["id"])


def _parse_passages(
    record: dict[str, Any], place: str, known: tuple[str, ...] | None
) -> tuple[tuple[Passage, ...], list[str]]:
    """The passages of a question, and the answers that stand beside them in the file."""
    passages: list[Passage] = []
    beside: list[str] = []
    for value, at in _find_passages(record, place):
        if isinstance(value, str):
            value = {"passage": value}
            if isinstance(source := record.get("source"), str) and "context" in record:
                value["source"] = source
        text = _text(_mapping(value, at), PASSAGE_KEYS, at)
        own = _find_answers(value, at)
        beside += own or ()
        answers = (known or ()) if own is None else own
        standing = tuple(answer for answer in answers if answer in text)
        passages.append(Passage(text, standing, _find_source(value, at)))
    if not any(passage.text.strip() for passage in passages):
        raise _WrongError(f"{_join(place, 'passages')}: there is no passage, or all are empty")
    return tuple(passages), beside


def _find_passages(record: dict[str, Any], place: str) -> Iterable[tuple[Any, str]]:
    if "context" in record:
        if "passages" in record:
            raise _WrongError(f"{_join(place, 'context')} and passages: one of them is wanted")
        return [(record["context"], _join(place, "context"))]
    if isinstance(record.get("evidences"), dict):
        at = _join(place, "evidences")
        return [(value, _join(at, key)) for key, value in record["evidences"].items()]
    return _each(record, "evidences" if "evidences" in record else "passages", place)


def _find_source(record: dict[str, Any], place: str) -> str:
    source = record.get("source")
    if isinstance(source, dict | list | bool):
        raise _WrongError(f"{_join(place, 'source')} is {_kind(source)}, expected a string")
    return "" if source is None else str(source)


def _find_answers(record: dict[str, Any], place: str) -> tuple[str, ...] | None:
    """The answers under any of their keys, without empty and repeated ones; None = no such key."""
    present = [key for key in ANSWER_KEYS if record.get(key) is not None]
    key = next((key for key in present if record[key]), present[0] if present else None)
    if key is None:
        return None
    value = record[key]
    if isinstance(value, dict):
        value = value.get("text", [])
    texts: list[str] = []
    for item in value if isinstance(value, list | tuple) else [value]:
        text = item.get("text") if isinstance(item, dict) else item
        if text is not None and not isinstance(text, str):
            raise _WrongError(f"{_join(place, key)} holds {_kind(text)}, expected strings")
        if text and not (text == "no_answer" and "evidence" in record):
            texts.append(text)
    return tuple(dict.fromkeys(texts))


def _text(record: Any, keys: tuple[str, ...], place: str) -> str:
    """The string under the first of `keys` that is there."""
    present = next((key for key in keys if key in _mapping(record, place)), keys[0])
    value, place = _member(record, present, place)
    if not isinstance(value, str):
        raise _WrongError(f"{place} is {_kind(value)}, expected a string")
    return value


def _member(record: Any, key: str, place: str) -> tuple[Any, str]:
    at = _join(place, key)
    if key not in _mapping(record, place):
        raise _WrongError(f"{at} missing")
    return record[key], at


def _mapping(value: Any, place: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _WrongError(f"{place or 'the line'} is {_kind(value)}, expected an object")
    return value


def _join(place: str, key: str) -> str:
    return f"{place}.{key}" if place else key


def _kind(value: Any) -> str:
    names = {dict: "an object", list: "a list", str: "a string", bool: "true or false"}
    return "null" if value is None else names.get(type(value), "a number")
