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
from os import PathLike
from typing import Any

from octavo._files import write_atomic
from octavo.errors import DataError
from octavo.reading.question_layouts import (
    PASSAGE_KEYS,
    Item,
    WrongError,
    check_object,
    find_members,
    find_text,
    join_place,
    name_kind,
    read_items,
)

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


def read_questions(
    path: str | PathLike[str],
    passages_too: bool = False,
    questions_alone: bool = False,
    faults: list[DataError] | None = None,
) -> Iterator[Question]:
    r"""Read the questions of a file in any layout of this module; "-" is standard input.

    JSON lines are read one at a time; the other layouts are held in memory whole.

    Args:
        path: the file.
        passages_too: where an object has no question, take its text as the only passage of the
            question "", from its "source" or "title".
        questions_alone: give the questions without passages, whether they have some or not.
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
    for item in read_items(path):
        try:
            question = _parse_question(item, passages_too, questions_alone)
        except WrongError as error:
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


def _parse_question(item: Item, passages_too: bool, questions_alone: bool) -> Question:
    if isinstance(item.value, WrongError):
        raise item.value
    record = check_object(item.value, item.place)
    if passages_too and "question" not in record and any(key in record for key in PASSAGE_KEYS):
        text, title = find_text(record, PASSAGE_KEYS, item.place), record.get("title")
        source = _find_source(record, item.place) or (title if isinstance(title, str) else "")
        return Question(_find_id(record, item), "", (Passage(text, source=source),))
    text = find_text(record, ("question",), item.place)
    if not text.strip():
        raise WrongError(f"{join_place(item.place, 'question')} is empty")
    known = _find_answers(record, item.place)
    if questions_alone:
        return Question(_find_id(record, item), text, (), known or ())
    passages, own = _parse_passages(record, item.place, known)
    answers = tuple(dict.fromkeys(own if known is None else known))
    if str(record.get("is_impossible", False)).lower() == "true":
        answers, passages = (), tuple(replace(passage, answers=()) for passage in passages)
    return Question(_find_id(record, item), text, passages, answers)


def _find_id(record: dict[str, Any], item: Item) -> str:
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
        text = find_text(check_object(value, at), PASSAGE_KEYS, at)
        own = _find_answers(value, at)
        beside += own or ()
        answers = (known or ()) if own is None else own
        standing = tuple(answer for answer in answers if answer in text)
        passages.append(Passage(text, standing, _find_source(value, at)))
    if not any(passage.text.strip() for passage in passages):
        raise WrongError(f"{join_place(place, 'passages')}: there is no passage, or all are empty")
    return tuple(passages), beside


def _find_passages(record: dict[str, Any], place: str) -> Iterable[tuple[Any, str]]:
    if "context" in record:
        if "passages" in record:
            raise WrongError(f"{join_place(place, 'context')} and passages: one of them is wanted")
        return [(record["context"], join_place(place, "context"))]
    if isinstance(record.get("evidences"), dict):
        at = join_place(place, "evidences")
        return [(value, join_place(at, key)) for key, value in record["evidences"].items()]
    return find_members(record, "evidences" if "evidences" in record else "passages", place)


def _find_source(record: dict[str, Any], place: str) -> str:
    source = record.get("source")
    if isinstance(source, dict | list | bool):
        raise WrongError(f"{join_place(place, 'source')} is {name_kind(source)}, expected a string")
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
            raise WrongError(f"{join_place(place, key)} holds {name_kind(text)}, expected strings")
        if text and not (text == "no_answer" and "evidence" in record):
            texts.append(text)
    return tuple(dict.fromkeys(texts))
