"""The data of the first Chinese reader: from public files to questions with passages.

    python recipes/reader_zh_data.py --data ../shared/data --out DIR

Needs opencc-python-reimplemented and rjieba, which `make setup` installs; 6 minutes on one core.
Writes

- train_<source>.jsonl, from which reader_zh.py draws QUESTIONS;
- validation.jsonl, a tenth of CMRC 2018 train split by context, and validation_no_answer.jsonl, 500
  of its questions with a passage of another article;
- webqa_odd.jsonl, webqa_ir_odd.jsonl, cail_test.jsonl: for scores alone;
- vocab.txt, and sources.json with counts, lengths in characters and the licence of every source.

CMRC 2018 dev is for the final score: it is opened for one thing, to leave out of training every
text that shares long stretches with it.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import re
import unicodedata
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import reader_zh_sources as sources
from octavo.reading.question_files import Question, write_questions
from octavo.text.vocabulary import build_vocabulary, save_vocabulary
from reader_zh_cloze import make_cloze
from reader_zh_sources import Data, ask, json_lines

CLOZE_SHARES = {
    "cmrc": 0.40, "drcd": 0.20, "fudan": 0.26, "laws": 0.05, "kdconv": 0.05, "poets": 0.02,
    "webqa": 0.02,
}  # fmt: skip
"""Where the cloze questions come from: texts like those of the score most often."""

VOCABULARY_SIZE = 5500

FOLDERS = "cmrc2018 drcd drcd_train_subset webqa cail2019_rc kdconv poet_biographies chinese_nre"
FOLDERS += " fudan laws"


def documents(data: Data) -> dict[str, list[str]]:
    """Plain texts by source, for cloze questions and for the vocabulary; nothing that is scored."""
    collected = {
        "cmrc": [example.passages[0].text for example in sources.cmrc(data, validation=False)],
        "drcd": [example.passages[0].text for example in sources.drcd(data)],
        "webqa": [example.passages[0].text for example in sources.webqa(data)],
        "fudan": some_texts(data.root / "fudan/train.jsonl.xz"),
        "laws": some_texts(data.root / "laws/laws.jsonl.xz"),
        "kdconv": [
            row["object"]
            for row in json_lines(data.root / "kdconv/triples.jsonl.xz")
            if row["predicate"] == "Information"
        ],
        "poets": [
            data.simplify(row["bio"])
            for row in json_lines(data.root / "poet_biographies/bios.jsonl.xz")
        ],
    }
    return {
        name: [text for text in dict.fromkeys(texts) if not sources.leaks(text, data.held_out, 16)]
        for name, texts in collected.items()
    }


def some_texts(path: Path) -> list[str]:
    """Every third text of a file: enough for the questions drawn from it, three times as fast."""
    return [clean(row["text"]) for row in json_lines(path)[::3]]


WIDE = re.compile("[\uff10-\uff19\uff21-\uff3a\uff41-\uff5a\uff05]")


def clean(text: str) -> str:
    """Plain running text: digits and letters of normal width, no headings, no broken lines."""
    text = re.sub(r"<!--.*?-->|^#.*$", "", text, flags=re.M)
    text = WIDE.sub(lambda match: unicodedata.normalize("NFKC", match[0]), text)
    text = re.sub(r"(?<![A-Za-z])[ \t\u3000]+|[ \t\u3000]+(?![A-Za-z])", "", text)
    lines = [line for line in text.split("\n") if len(line) >= 12]
    return "".join(line if line[-1:] not in "。！？" else line + "\n" for line in lines)


def cloze(
    texts: dict[str, list[str]], count: int, no_answer: float, seed: int
) -> Iterator[Question]:
    """`count` questions made from plain text, in the shares of CLOZE_SHARES."""
    for source, share in CLOZE_SHARES.items():
        made = make_cloze(texts[source], zlib.crc32(f"{seed}{source}".encode()), no_answer)
        for number, item in enumerate(itertools.islice(made, int(count * share))):
            yield ask(f"CLOZE_{source}_{number}", item.question, (item.passage, item.answer))


def other_article(examples: list[Question], count: int) -> Iterator[Question]:
    """Questions with the passage of another article that lacks the answer: nothing to be found."""
    rng = random.Random(5)
    contexts = sorted({example.passages[0].text for example in examples})
    for example in rng.sample(examples, count):
        answer = example.answers[0]
        passage = rng.choice([context for context in contexts if answer not in context])
        yield ask(f"{example.id}_OTHER", example.question, (passage,))


def write(path: Path, questions: Iterable[Question]) -> dict[str, Any]:
    """Writes one line a question; returns counts and length quantiles (characters)."""
    lengths: dict[str, list[int]] = {"question": [], "passage": [], "answer": []}

    def measured() -> Iterator[Question]:
        for question in questions:
            lengths["question"].append(len(question.question))
            lengths["passage"] += (len(passage.text) for passage in question.passages)
            lengths["answer"] += (len(p.answers[0]) for p in question.passages if p.answers)
            yield question

    write_questions(measured(), path)
    return {
        "questions": len(lengths["question"]),
        "passages": len(lengths["passage"]),
        "passages_without_answer": len(lengths["passage"]) - len(lengths["answer"]),
        "characters": {name: quantiles(values) for name, values in lengths.items()},
    }


def quantiles(values: list[int]) -> dict[str, int]:
    ordered = sorted(values)
    top = len(ordered) - 1
    return {f"p{p}": ordered[p * top // 100] for p in (10, 50, 90, 99)} if ordered else {}


def licences(root: Path) -> dict[str, str]:
    """What each folder's SOURCE.txt says, for the model card."""
    return {name: (root / name / "SOURCE.txt").read_text().strip() for name in FOLDERS.split()}


def annotated(data: Data) -> Iterator[tuple[str, Iterable[Question]]]:
    """The files made from questions and facts that people wrote, by name."""
    validation = list(sources.cmrc(data, validation=True))
    yield "validation", validation
    yield "validation_no_answer", other_article(validation, 500)
    yield "webqa_odd", sources.webqa_odd(data)
    yield "webqa_ir_odd", sources.webqa_retrieved_odd(data)
    yield "cail_test", sources.cail_test(data)
    yield "train_cmrc", sources.cmrc(data, validation=False)
    yield "train_drcd", sources.drcd(data)
    yield "train_webqa", sources.webqa(data)
    yield "train_webqa_ir", sources.webqa_retrieved(data)
    yield "train_samples", sources.samples(data)
    yield "train_cail", sources.cail(data)
    yield "train_kdconv", sources.kdconv(data)
    yield "train_nre", sources.related_names(data)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    shared = Path(__file__).resolve().parents[2] / "shared" / "data"
    parser.add_argument("--data", type=Path, default=shared, help="folder of the sources")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--cloze", type=int, default=200_000, help="number of cloze questions")
    parser.add_argument("--no-answer", type=float, default=0.12, help="share of cloze without one")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    data = sources.load(options.data)
    report = {}
    for name, examples in annotated(data):
        report[name] = write(options.out / f"{name}.jsonl", examples)
        print(name, report[name]["questions"], flush=True)
    texts = documents(data)
    made = cloze(texts, options.cloze, options.no_answer, options.seed)
    report["train_cloze"] = write(options.out / "train_cloze.jsonl", made)
    print("train_cloze", report["train_cloze"]["questions"], flush=True)
    vocabulary = build_vocabulary(
        [*texts["cmrc"], *texts["drcd"]], VOCABULARY_SIZE, piece_share=0.05
    )
    save_vocabulary(vocabulary, options.out / "vocab.txt")
    summary = {"files": report, "licences": licences(options.data)}
    text = json.dumps(summary, ensure_ascii=False, indent=1)
    (options.out / "sources.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
