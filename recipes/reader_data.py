"""The data of the bundled reader: from public files to questions with passages.

    python recipes/reader_data.py --data ../shared/data --out DIR

Needs opencc-python-reimplemented, which `make setup` installs; two minutes on one core. Writes

- train.jsonl, shuffled: every source's questions, copies of some in the other Chinese script, and
  questions beside a passage that does not hold the answer: one that is near to them, or their own
  less the sentences of the answer; some whose answer is replaced by unknown words;
  questions made of sentences of laws and of the passages;
- validation_SOURCE.jsonl: a tenth of each source by its context, for choosing and for calibration;
- scored_SOURCE.jsonl: for scores alone;
- sources.json with counts, lengths in characters and the licence of every source.

CMRC 2018 dev is for the final score: it is opened for one thing, to leave out of training every
text that shares long stretches with it.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from opencc import OpenCC

import reader_sources as sources
from octavo.reading.question_files import Question, write_questions
from reader_clozes import make_clozes
from reader_negatives import add_cut_passages, add_near_passages
from reader_sources import Data, ask, is_validation

COUNTS = {"cail": 4_000, "kdconv": 1_500, "nre": 1_500, "webqa_ir": 2_000}  # of more, drawn
COPIES = {"cmrc": 2_500, "drcd": 1_500}  # in the other script
CLOZES = {"laws": 3_000, "cmrc": 1_500, "drcd": 800}  # made of sentences
RARE = {"cmrc": 400, "drcd": 200, "webqa": 200, "nre": 200}  # with an answer no vocabulary has
RARE_LETTERS = (range(0x20000, 0x2A6D7), range(0xA000, 0xA48D), range(0x1F300, 0x1F5FF))
NEAR_SHARE, CUT_SHARE = 0.2, 0.15  # of the questions asked again beside a passage without answer
NEAR = ("cmrc", "drcd", "squad", "webqa")
FOLDERS = "cmrc2018 drcd drcd_train_subset webqa cail2019_rc kdconv chinese_nre squad_dev laws"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    data = sources.load(options.data)
    report: dict[str, Any] = {}

    def keep(name: str, questions: Iterable[Question]) -> None:
        report[name] = write(options.out / f"{name}.jsonl", questions)
        print(name, report[name]["questions"], flush=True)

    for name, questions in scored(data):
        keep(f"scored_{name}", questions)
    training, validation = split(data)
    for name, questions in validation.items():
        keep(f"validation_{name}", questions)
    near = [question for name in NEAR for question in validation[name]]
    keep("validation_near", add_near_passages(near, NEAR_SHARE, seed=2))
    keep("validation_cut", add_cut_passages(near, CUT_SHARE, seed=2))
    keep("train", mix(training, sources.laws(data)))
    summary = {"files": report, "licences": licences(options.data)}
    text = json.dumps(summary, ensure_ascii=False, indent=1)
    (options.out / "sources.json").write_text(text + "\n", encoding="utf-8")


def scored(data: Data) -> Iterator[tuple[str, Iterable[Question]]]:
    """What is scored and never trained on, by name; CMRC dev is read from its own file."""
    yield "drcd", sources.drcd_scored(data)
    yield "squad", sources.squad_scored(data)
    yield "webqa", sources.webqa_odd(data)
    yield "webqa_ir", sources.webqa_retrieved_odd(data)
    yield "cail", sources.cail_test(data)


def split(data: Data) -> tuple[dict[str, list[Question]], dict[str, list[Question]]]:
    """Questions for training and for validation, by source."""
    training: dict[str, list[Question]] = {"cmrc": list(sources.cmrc(data, validation=False))}
    validation = {"cmrc": list(sources.cmrc(data, validation=True))}
    for name in ("drcd", "squad", "webqa", "cail"):
        training[name], validation[name] = [], []
        for question in getattr(sources, name)(data):
            held_out = is_validation(data.simplify(question.passages[0].text))
            (validation if held_out else training)[name].append(question)
    training["kdconv"] = list(sources.kdconv(data))
    training["nre"] = list(sources.related_names(data))
    training["webqa_ir"] = list(one_by_one(sources.webqa_retrieved(data)))
    training["samples"] = list(one_by_one(sources.samples(data)))
    return training, validation


def one_by_one(questions: Iterable[Question]) -> Iterator[Question]:
    """Each passage of a question as a question of its own."""
    for question in questions:
        for number, passage in enumerate(question.passages):
            yield ask(
                f"{question.id}_{number}", question.question, (passage.text, *passage.answers)
            )


def mix(training: dict[str, list[Question]], laws: list[str]) -> list[Question]:
    """The questions of an epoch."""
    mixed: list[Question] = []
    for name, questions in training.items():
        random.Random(1).shuffle(questions)
        mixed += questions[: COUNTS.get(name, len(questions))]
    to_traditional, to_simplified = OpenCC("s2t").convert, OpenCC("t2s").convert
    mixed += copies(training["cmrc"], to_traditional, COPIES["cmrc"])
    mixed += copies(training["drcd"], to_simplified, COPIES["drcd"])
    for name, count in RARE.items():
        mixed += rare_answers(training[name][-4 * count :], count)
    clozes: list[Question] = []
    for name, count in CLOZES.items():
        texts = laws if name == "laws" else dict.fromkeys(passages(training[name]))
        for one in make_clozes(f"CLOZE_{name}", texts, count, seed=5):
            asked = to_traditional(one.question) if name == "drcd" else one.question
            clozes.append(replace(one, question=asked))
    mixed += clozes
    near = [question for name in NEAR for question in training[name]]
    mixed += add_near_passages(near, NEAR_SHARE, seed=1)
    mixed += add_cut_passages(near + clozes, CUT_SHARE, seed=1)
    random.Random(3).shuffle(mixed)
    return mixed


def passages(questions: Iterable[Question]) -> Iterator[str]:
    return (passage.text for question in questions for passage in question.passages)


def copies(
    questions: list[Question], convert: Callable[[str], str], count: int
) -> Iterator[Question]:
    """The first `count` questions in the other script, every third with its passage alone so."""
    for number, question in enumerate(questions[:count]):
        text, answers = question.passages[0].text, question.passages[0].answers
        passage, *converted = (convert(part) for part in (text, *answers))
        # the conversion looks at neighbours: an answer may differ from its place in the text
        if all(answer in passage for answer in converted):
            asked = convert(question.question) if number % 3 else question.question
            yield ask(f"{question.id}_COPY", asked, (passage, *converted))


def rare_answers(questions: list[Question], count: int) -> Iterator[Question]:
    """Questions whose answer is a short Chinese name, written in letters no vocabulary has."""
    rng = random.Random(4)
    short = (one for one in questions if re.fullmatch(r"[一-鿿]{2,6}", "".join(one.answers[:1])))
    for question in itertools.islice(short, count):
        letters = rng.choice(RARE_LETTERS)
        answer = "".join(chr(rng.choice(letters)) for _ in range(rng.randint(1, 3)))
        text = question.passages[0].text.replace(question.answers[0], answer)
        if rng.random() < 0.3:  # another unknown word, which is not the answer
            text = chr(rng.choice(RARE_LETTERS[-1])) + text
        yield ask(f"{question.id}_RARE", question.question, (text, answer))


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


if __name__ == "__main__":
    main()
