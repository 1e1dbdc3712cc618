"""Which score puts the terms first among the new words of a corpus: measured on marked words.

    python recipes/new_words.py --data ../shared/data

`new_words_marked.tsv` holds 100 words each that `discover_words(new_only=True)` finds in two
corpora, drawn at random, 20 each of the 50 most frequent, the next 100, 250, 500 and the others,
and marked by one reader: a term is what an index or a dictionary of the subject would have, all
else is a scrap of sentences. The score was chosen by the Fudan corpus; the laws say whether it
holds elsewhere.

Source: octavo's own marks; residual IDF: Church and Gale 1995, "Inverse Document Frequency (IDF): A
Measure of Deviations from Poisson". Three minutes on one core. Average precision, and precision
among the first 20, of 100 words:

    score                            Fudan        laws
    surprisal                        0.931 0.95   0.887 0.85
    surprisal + log(count) / 3       0.930 0.95   0.892 0.90
    mutual information               0.827 0.85   0.769 0.80
    residual IDF                     0.672 0.85   0.770 0.75
    information x entropy            0.614 0.65   0.640 0.60
    count x information x entropy    0.303 0.15   0.397 0.30
    count                            0.225 0.15   0.363 0.20
    TF-IDF                           0.208 0.00   0.400 0.25
"""

from __future__ import annotations

import argparse
import json
import lzma
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from octavo.counting.discovery import discover_words

MARKS = Path(__file__).with_name("new_words_marked.tsv")
CORPORA = {"fudan": "fudan/train.jsonl.xz", "laws": "laws/laws.jsonl.xz"}
FIRST = 20


def freedom(row: dict[str, Any]) -> float:
    """The lesser of the two entropies."""
    return min(row["left_entropy"], row["right_entropy"])


def residual_idf(row: dict[str, Any]) -> float:
    """How many fewer documents have a word than would by chance, as a logarithm."""
    by_chance = 1 - math.exp(-row["occurrences"] / row["all_documents"])
    return math.log(by_chance * row["all_documents"] / row["documents"])


SCORES: dict[str, Callable[[dict[str, Any]], float]] = {
    "surprisal": lambda row: row["surprisal"],
    "surprisal + log(count) / 3": lambda row: row["surprisal"] + math.log(row["count"]) / 3,
    "mutual information": lambda row: row["mutual_information"],
    "residual IDF": residual_idf,
    "information x entropy": lambda row: row["mutual_information"] * freedom(row),
    "count x information x entropy": lambda row: (
        row["count"] * row["mutual_information"] * freedom(row)
    ),
    "count": lambda row: row["count"],
    "TF-IDF": lambda row: row["occurrences"] * math.log(row["all_documents"] / row["documents"]),
}


def average_precision(relevant: Sequence[bool]) -> float:
    """The mean, over what is relevant, of the share of it among all down to there.

    Example:
        >>> average_precision([True, False, True])
        0.8333333333333333
    """
    found = [place for place, is_relevant in enumerate(relevant, 1) if is_relevant]
    return sum(number / place for number, place in enumerate(found, 1)) / len(found)


def read_texts(path: Path) -> Iterator[str]:
    """Each text once."""
    with lzma.open(path, "rt", encoding="utf-8") as lines:
        yield from dict.fromkeys(json.loads(line)["text"] for line in lines)


def read_marks(corpus: str) -> dict[str, bool]:
    """Whether a word of a corpus is a term, by word."""
    rows = (line.split("\t") for line in MARKS.read_text("utf-8").splitlines())
    return {word: is_term == "1" for name, word, is_term in rows if name == corpus}


def measure(path: Path, marks: Mapping[str, bool]) -> dict[str, list[float]]:
    """Average precision and precision among the first, by score."""
    texts = list(read_texts(path))
    with TemporaryDirectory() as folder:
        corpus = Path(folder, "corpus.jsonl")
        corpus.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts), "utf-8")
        found = discover_words(corpus, new_only=True).table.to_pylist()
    rows = [row for row in found if row["word"] in marks]
    for row in rows:
        numbers = [number for text in texts if (number := text.count(row["word"]))]
        row |= {"occurrences": sum(numbers), "documents": len(numbers)}
        row["all_documents"] = len(texts)
    results = {}
    for name, score in SCORES.items():
        ordered = sorted(rows, key=lambda row: (-score(row), row["word"]))
        relevant = [marks[row["word"]] for row in ordered]
        results[name] = [average_precision(relevant), sum(relevant[:FIRST]) / FIRST]
    return results


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="the folder of the corpora")
    data = parser.parse_args().data
    results = [measure(data / path, read_marks(name)) for name, path in CORPORA.items()]
    print(f"{'score':31}", *(f"{name:12}" for name in CORPORA))
    for name in SCORES:
        print(f"{name:31}", "  ".join("{:.3f} {:.2f} ".format(*result[name]) for result in results))


if __name__ == "__main__":
    main()
