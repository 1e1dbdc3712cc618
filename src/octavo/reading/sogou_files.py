"""The two tab-separated files of the CIPS-SOGOU evaluation tool, read, scored and written.

Accepted answers: id, standard answer, every accepted answer with "|" between them.
Predictions: id, predicted answer. What the tool writes adds to each prediction: right or not,
F1, precision, recall, and the accepted answer of that F1.

Source: the evaluation tool of CIPS-SOGOU 2018 (SogouQA), its description.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from os import PathLike

from octavo._files import open_text, write_atomic
from octavo.errors import DataError
from octavo.reading.metrics import sogou_match


def read_accepted_answers(path: str | PathLike[str]) -> dict[str, tuple[str, ...]]:
    """Question id -> accepted answers, the standard one first.

    Raises:
        DataError: if the file cannot be read, a line has not three fields or an id comes twice;
            names the line.
    """
    accepted: dict[str, tuple[str, ...]] = {}
    rows = _read_rows(path, ("id", "answer", "accepted answers"))
    for number, (identifier, standard, expanded) in enumerate(rows, 1):
        if identifier in accepted:
            raise DataError(f"question id {identifier} comes a second time", path, number)
        others = [alias for alias in expanded.split("|") if alias != standard]
        accepted[identifier] = (standard, *others)
    return accepted


def read_predictions(path: str | PathLike[str]) -> dict[str, str]:
    """Question id -> predicted answer, in the file's order.

    Raises:
        DataError: if the file cannot be read or is empty, a line has not two fields or an id comes
            twice.
    """
    predictions: dict[str, str] = {}
    for number, (identifier, text) in enumerate(_read_rows(path, ("id", "answer")), 1):
        if identifier in predictions:
            raise DataError(f"question id {identifier} comes a second time", path, number)
        predictions[identifier] = text
    if not predictions:
        raise DataError("is empty, expected predictions", path)
    return predictions


def check_ids(
    predictions: Mapping[str, str],
    accepted: Mapping[str, Sequence[str]],
    path: str | PathLike[str],
) -> None:
    """Make sure that every prediction can be scored.

    Args:
        predictions: question id -> predicted answer.
        accepted: question id -> accepted answers.
        path: the file of the predictions, for the message.

    Raises:
        DataError: naming the first id without accepted answers.
    """
    unknown = next((identifier for identifier in predictions if identifier not in accepted), None)
    if unknown is not None:
        raise DataError(f"question id {unknown} has no accepted answers", path)


def write_matches(
    path: str | PathLike[str],
    predictions: Mapping[str, str],
    accepted: Mapping[str, Sequence[str]],
) -> None:
    """Write one line a prediction, in the seven columns of the tool.

    Raises:
        DataError: if the file cannot be written.
        KeyError: if a predicted id has no accepted answers.
    """
    with write_atomic(path) as file:
        for identifier, text in predictions.items():
            match = sogou_match(text, accepted[identifier])
            figures = f"{match.f1:.6f}\t{match.precision:.6f}\t{match.recall:.6f}"
            file.write(f"{identifier}\t{text}\t{match.correct:d}\t{figures}\t{match.answer}\n")


def _read_rows(path: str | PathLike[str], fields: Sequence[str]) -> Iterator[list[str]]:
    with open_text(path) as file:
        for number, line in enumerate(file, 1):
            row = line.rstrip("\r\n").split("\t")
            if len(row) != len(fields):
                expected = ", ".join(fields)
                raise DataError(
                    f"expected {len(fields)} fields with tabs between them ({expected}),"
                    f" found {len(row)}",
                    path,
                    number,
                )
            yield row
