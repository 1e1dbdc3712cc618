"""How questions stand in a file: the layouts people have, and the names of places in them.

JSON lines are taken one at a time, the other layouts whole. What is wrong with a single question,
a line or a part of a file is found here and told where the question is parsed; what is wrong with
all of a file is an error at once.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from os import PathLike
from typing import Any, NamedTuple

from octavo._files import open_text
from octavo.errors import DataError

LAYOUTS = (
    "SQuAD's {data}, a list of questions or paragraphs, WebQA's {id: {question, evidences}} or "
    "JSON lines"
)
OTHER_NAMES = {"query_text": "question", "query_id": "id", "qid": "id"}  # CMRC's own, and MRQA's
PASSAGE_KEYS = ("passage", "text", "context", "evidence")


class Item(NamedTuple):
    """A question as the file has it: where it stands, for messages, and its default id.

    A `WrongError` as value is what is wrong with a part of the file that holds questions.
    """

    value: Any
    place: str
    id: str
    line: int | None = None


class WrongError(Exception):
    """The message of a DataError to which the file is still to be added."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


def read_items(path: str | PathLike[str]) -> Iterator[Item]:
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
        except WrongError as error:
            raise DataError(str(error), path, error.line) from None


def _is_json_line(line: str) -> bool:
    """Whether the first line is a question by itself, so that the file is JSON lines."""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return False
    if not isinstance(value, dict) or "data" in value:
        return False
    return _is_header(value) or not _is_webqa(value)


def _is_header(value: Any) -> bool:
    """Whether this is the first line of MRQA's files."""
    return isinstance(value, dict) and value.keys() == {"header"}


def _is_webqa(value: dict[str, Any]) -> bool:
    """Whether the members of an object are questions, but for faulty ones."""
    members = value.values()
    if all(isinstance(member, dict) for member in members):
        return True
    asked = any(isinstance(member, dict) and "question" in member for member in members)
    return asked and not value.keys() & {"question", *PASSAGE_KEYS}


def _read_lines(lines: Iterable[tuple[int, str]]) -> Iterator[Item]:
    for count, (number, line) in enumerate(lines):
        try:
            value = _load(line, [number])
        except WrongError as error:
            value = error
        if count or not _is_header(value):
            yield from _find_asked(Item(value, "", str(count), number))


def _find_asked(item: Item) -> Iterator[Item]:
    """The questions of a paragraph, or the question itself."""
    if not isinstance(item.value, dict) or "qas" not in item.value:
        yield item
        return
    asked = _up_to_fault(_find_paragraph(item.value, item.place), item.place)
    for number, one in enumerate(asked):
        yield one._replace(id=f"{item.id}_{number}", line=item.line)


def _load(text: str, numbers: Sequence[int]) -> Any:
    """A value of JSON; `numbers` are those of its lines in the file."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        what = f"{error.msg.removesuffix(' at')}, column {error.colno}"
        if numbers[0] == 1 and not text.lstrip().startswith(("{", "[")):
            what += "; a file of questions begins with { or ["
        line = numbers[min(error.lineno, len(numbers)) - 1]  # blank lines were left out
        raise WrongError(f"not valid JSON: {what}", line) from None
    except (ValueError, RecursionError):  # a number of thousands of digits, brackets too deep
        raise WrongError("not valid JSON: a value is too large", numbers[0]) from None


def _find_items(value: Any) -> Iterator[Item]:
    """The questions of a whole JSON value, by its layout."""
    if isinstance(value, list):
        for n, item in enumerate(value):
            yield from _find_asked(Item(item, f"[{n}]", str(n)))
    elif isinstance(value, dict) and "data" in value:
        yield from _find_squad(value)
    elif isinstance(value, dict) and _is_webqa(value):
        yield from (Item(item, key, key) for key, item in value.items())
    else:
        found = f"the keys {', '.join(value)[:80]}" if isinstance(value, dict) else repr(value)[:80]
        raise WrongError(f"no known layout of questions: expected {LAYOUTS}, found {found}")


def _find_squad(value: dict[str, Any]) -> Iterator[Item]:
    count = 0
    for article, place in find_members(value, "data", ""):
        for item in _up_to_fault(_find_article(article, place), place):
            yield item._replace(id=str(count))
            count += 1


def _find_article(article: Any, place: str) -> Iterator[Item]:
    for paragraph, at in find_members(article, "paragraphs", place):
        yield from _up_to_fault(_find_paragraph(paragraph, at), at)


def _find_paragraph(paragraph: Any, place: str) -> Iterator[Item]:
    context = find_text(paragraph, ("context", "context_text"), place)
    for item, at in find_members(paragraph, "qas", place):
        value = item
        if isinstance(item, dict):
            named = {OTHER_NAMES[key]: item[key] for key in OTHER_NAMES.keys() & item.keys()}
            source = item.get("source") or paragraph.get("source")
            value = {**named, **item, "context": context, "source": source}
        yield Item(value, at, "")


def _up_to_fault(items: Iterator[Item], place: str) -> Iterator[Item]:
    """The questions of a part of a file; what is wrong with the part stands as one of them."""
    try:
        yield from items
    except WrongError as error:
        yield Item(error, place, "")


def find_members(parent: Any, key: str, place: str) -> Iterator[tuple[Any, str]]:
    """The members of the list under a key, with the place of each.

    Raises:
        WrongError: if there is no list.

    Example:
        >>> list(find_members({"qas": ["a"]}, "qas", "data[0]"))
        [('a', 'data[0].qas[0]')]
    """
    items, place = _member(parent, key, place)
    if not isinstance(items, list):
        raise WrongError(f"{place} is {name_kind(items)}, expected a list")
    yield from ((item, f"{place}[{n}]") for n, item in enumerate(items))


def find_text(record: Any, keys: tuple[str, ...], place: str) -> str:
    """The string under the first of `keys` that is there.

    Raises:
        WrongError: if there is none, or no string.

    Example:
        >>> find_text({"passage": "north"}, PASSAGE_KEYS, "[3]")
        'north'
    """
    present = next((key for key in keys if key in check_object(record, place)), keys[0])
    value, place = _member(record, present, place)
    if not isinstance(value, str):
        raise WrongError(f"{place} is {name_kind(value)}, expected a string")
    return value


def _member(record: Any, key: str, place: str) -> tuple[Any, str]:
    at = join_place(place, key)
    if key not in check_object(record, place):
        raise WrongError(f"{at} missing")
    return record[key], at


def check_object(value: Any, place: str) -> dict[str, Any]:
    """The value, if it is an object.

    Raises:
        WrongError: if it is something else.
    """
    if not isinstance(value, dict):
        raise WrongError(f"{place or 'the line'} is {name_kind(value)}, expected an object")
    return value


def join_place(place: str, key: str) -> str:
    """The place of what stands under a key.

    Example:
        >>> join_place("data[0]", "question"), join_place("", "question")
        ('data[0].question', 'question')
    """
    return f"{place}.{key}" if place else key


def name_kind(value: Any) -> str:
    """What JSON calls a value.

    Example:
        >>> name_kind(None), name_kind([3])
        ('null', 'a list')
    """
    names = {dict: "an object", list: "a list", str: "a string", bool: "true or false"}
    return "null" if value is None else names.get(type(value), "a number")
