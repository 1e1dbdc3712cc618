"""The public files behind the bundled reader, as questions with passages.

One function a source: it knows the file's layout, what is kept for scores and what is left out.
Traditional Chinese stays as it is; it is turned into Simplified only to see whether a text of one
set stands in another, and for copies of questions in the other script.
"""

from __future__ import annotations

import itertools
import json
import lzma
import random
import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from octavo.reading.question_files import Passage, Question
from reader_templates import TEMPLATES

try:
    from opencc import OpenCC
except ImportError as error:
    raise SystemExit(
        "texts are compared in Simplified characters here: pip install opencc-python-reimplemented"
    ) from error

SCORED_ARTICLES = 10  # of SQuAD dev


class Data(NamedTuple):
    """The folder of sources and what must stay out of training."""

    root: Path
    simplify: Callable[[str], str]
    held_out: set[int]  # hashes of the 16-character pieces of the scored texts, Simplified


def ask(name: str, question: str, *passages: tuple[str, ...]) -> Question:
    """A question; each passage is its text and the answers in it; "" counts as none."""
    made = tuple(Passage(text, tuple(filter(None, answers))) for text, *answers in passages)
    answers = dict.fromkeys(answer for passage in made for answer in passage.answers)
    return Question(name, question.strip(), made, tuple(answers))


def json_file(path: Path) -> Any:
    return json.loads(lzma.decompress(path.read_bytes()))


def json_lines(path: Path) -> list[Any]:
    text = lzma.decompress(path.read_bytes()).decode()
    return [json.loads(line) for line in text.split("\n") if line]


def pieces(text: str, size: int = 16, step: int = 1) -> Iterator[int]:
    """Hashes of the text's pieces of `size` letters, punctuation left out."""
    letters = re.sub(r"\W", "", text)
    for start in range(0, len(letters) - size + 1, step):
        yield zlib.crc32(letters[start : start + size].encode())


def leaks(text: str, held_out: set[int], step: int = 1) -> bool:
    """Whether a twentieth of `text` (and two pieces at least) stands in a held-out text.

    With `step` 16 every copy of 31 letters is still seen, 16 times as fast.
    """
    found = [piece in held_out for piece in pieces(text, step=step)]
    return sum(found) >= 2 and sum(found) > 0.05 * len(found)


def is_validation(context: str) -> bool:
    """One context in ten, by its letters alone: the same ones in every run and on every machine."""
    return zlib.crc32(re.sub(r"\W", "", context).encode()) % 10 == 0


def paragraphs(file: Any) -> Iterator[dict[str, Any]]:
    for article in file["data"]:
        yield from article["paragraphs"]


def cmrc_training(data: Data) -> Iterator[Question]:
    """Questions of CMRC 2018 train but for the validation contexts."""
    return cmrc(data, validation=False)


def cmrc(data: Data, validation: bool) -> Iterator[Question]:
    """Questions of CMRC 2018 train: the validation contexts or the others."""
    for paragraph in paragraphs(json_file(data.root / "cmrc2018/train.json.xz")):
        context = paragraph["context"]
        if is_validation(context) != validation or (
            not validation and leaks(context, data.held_out)
        ):
            continue
        for item in paragraph["qas"]:
            answer = item["answers"][0]["text"].strip()
            if answer in context:
                yield ask(item["id"], item["question"], (context, answer))


def drcd(data: Data) -> Iterator[Question]:
    """The part of DRCD's training set at hand, and its dev set but for what is scored."""
    scored = {question.passages[0].text for question in drcd_scored(data)}
    for item in json_lines(data.root / "drcd_train_subset/train.jsonl.xz"):
        yield from _drcd(item["paragraph_id"], item, item["context"], data)
    for paragraph in paragraphs(json_file(data.root / "drcd/DRCD_dev.json.xz")):
        for item in paragraph["qas"]:
            if paragraph["context"].strip() not in scored:
                yield from _drcd(item["id"], item, paragraph["context"], data)


def _drcd(name: str, item: dict[str, Any], context: str, data: Data) -> Iterator[Question]:
    answer = item["answers"][0]["text"].strip()
    if answer in context and not leaks(data.simplify(context), data.held_out):
        yield ask(f"DRCD_{name}", item["question"], (context.strip(), answer))


def drcd_scored(data: Data) -> Iterator[Question]:
    """The first thousand questions of DRCD dev."""
    return itertools.islice(_annotated(json_file(data.root / "drcd/DRCD_dev.json.xz")), 1000)


def squad(data: Data) -> Iterator[Question]:
    """SQuAD 1.1 dev but for the last ten articles by title."""
    return _annotated({"data": _by_title(data)[:-SCORED_ARTICLES]})


def squad_scored(data: Data) -> Iterator[Question]:
    """The last ten articles of SQuAD 1.1 dev by title."""
    return _annotated({"data": _by_title(data)[-SCORED_ARTICLES:]})


def _by_title(data: Data) -> list[Any]:
    articles = json_file(data.root / "squad_dev/dev-v1.1.json.xz")["data"]
    return sorted(articles, key=lambda article: article["title"])


def _annotated(file: Any) -> Iterator[Question]:
    """Questions of a file in SQuAD's layout with all their answers."""
    for paragraph in paragraphs(file):
        for item in paragraph["qas"]:
            answers = dict.fromkeys(answer["text"].strip() for answer in item["answers"])
            yield ask(item["id"], item["question"], (paragraph["context"].strip(), *answers))


def is_odd(name: str) -> bool:
    """Whether the number at the end of a WebQA id is odd: those questions are for scores."""
    return int(name.rsplit("_", 1)[1]) % 2 == 1


def _webqa_annotated(data: Data) -> Iterator[Question]:
    for name, item in json_file(data.root / "webqa/me_test.ann.json.xz").items():
        for evidence in item["evidences"].values():
            passage = evidence["evidence"].strip()
            answers = (text for text in evidence["answer"] if text in passage)
            yield ask(name, item["question"], (passage, *answers))


def _webqa_retrieved(data: Data) -> Iterator[Question]:
    for item in json_lines(data.root / "webqa/test_file_example.ir200.jsonl.xz"):
        golden = {"".join(answer) for e in item["evidences"] for answer in e["golden_answers"]}
        passages = []
        for evidence in item["evidences"]:
            passage = "".join(evidence["evidence_tokens"]).strip()
            answer = next((text for text in sorted(golden, key=len)[::-1] if text in passage), "")
            if not answer or evidence["type"] == "positive":  # else the letters, not the fact
                passages.append((passage, answer))
        yield ask(item["q_key"], "".join(item["question_tokens"]), *passages)


def webqa(data: Data) -> Iterator[Question]:
    """Annotated WebQA questions with one passage each, even numbers, none that is scored."""
    return _not_scored(_webqa_annotated(data), data)


def webqa_odd(data: Data) -> Iterator[Question]:
    """Annotated WebQA questions with odd numbers, for scores."""
    return (example for example in _webqa_annotated(data) if is_odd(example.id))


def webqa_retrieved(data: Data) -> Iterator[Question]:
    """WebQA questions with up to 20 retrieved passages, some without an answer; even numbers."""
    return _not_scored(_webqa_retrieved(data), data)


def webqa_retrieved_odd(data: Data) -> Iterator[Question]:
    """WebQA questions with up to 20 retrieved passages and odd numbers, for scores."""
    return (example for example in _webqa_retrieved(data) if is_odd(example.id))


def _not_scored(examples: Iterable[Question], data: Data) -> Iterator[Question]:
    """The examples less those whose number is odd, or whose question or passage is scored.

    WebQA asks some questions twice, under an odd and an even number.
    """
    scored = [*webqa_odd(data), *webqa_retrieved_odd(data)]
    questions = {ask_key(example.question) for example in scored}
    texts = {passage.text for example in scored for passage in example.passages}
    for example in examples:
        if example.id.startswith("Q_") and is_odd(example.id):
            continue
        passages = tuple(passage for passage in example.passages if passage.text not in texts)
        if passages and ask_key(example.question) not in questions:
            yield replace(example, passages=passages)


def ask_key(question: str) -> str:
    return re.sub(r"\W", "", question)


def laws(data: Data) -> list[str]:
    """Texts of laws, for questions made of their sentences."""
    return [item["text"] for item in json_lines(data.root / "laws/laws.jsonl.xz")]


def samples(data: Data) -> Iterator[Question]:
    """The heads of WebQA and SogouQA in the article's own layout."""
    return _not_scored(_samples(data), data)


def _samples(data: Data) -> Iterator[Question]:
    for name in ("WebQA_sample", "SogouQA_sample"):
        for item in json_file(data.root / f"webqa/{name}.json.xz"):
            passages = tuple(
                (passage["passage"], passage["answer"])
                for passage in item["passages"]
                if passage["passage"] and passage["answer"] in passage["passage"]
            )
            if item.get("question"):
                yield ask(f"{name}_{item['id']}", item["question"], *passages)


def cail(data: Data) -> Iterator[Question]:
    """Judicial questions for training; yes/no ones are left out, unanswerable ones are kept."""
    scored = {example.passages[0].text for example in cail_test(data)}
    return (item for item in _cail(data, "dev") if item.passages[0].text not in scored)


def cail_test(data: Data) -> Iterator[Question]:
    """The same for scores."""
    return _cail(data, "test")


def _cail(data: Data, split: str) -> Iterator[Question]:
    for paragraph in paragraphs(json_file(data.root / f"cail2019_rc/{split}_ground_truth.json.xz")):
        for item in paragraph["qas"]:
            context, answers = paragraph["context"], []
            if item["is_impossible"] != "true":
                texts = Counter(answer["text"].strip() for answer in item["answers"])
                answers = [text for text, _ in texts.most_common() if text and text in context]
                if not answers:
                    continue
            yield ask(f"CAIL_{split}_{item['id']}", item["question"], (context, *answers))


def bare_name(subject: str) -> str:
    return re.sub(r"[（(].*?[）)]", "", subject).strip("《》 ")


def template(predicate: str, subject: str, rng: random.Random) -> str:
    return rng.choice(TEMPLATES[predicate]).format(s=subject)


def kdconv(data: Data) -> Iterator[Question]:
    """Facts of films, music and places, two ways of asking each."""
    rng = random.Random(1)
    for number, row in enumerate(json_lines(data.root / "kdconv/triples_with_passage.jsonl.xz")):
        if row["predicate"] not in TEMPLATES or leaks(row["context"], data.held_out):
            continue
        asked = {template(row["predicate"], bare_name(row["subject"]), rng) for _ in range(2)}
        for copy, question in enumerate(sorted(asked)):
            yield ask(f"KD_{number}_{copy}", question, (row["context"], row["object"]))


def related_names(data: Data) -> Iterator[Question]:
    """Two related names in a sentence, among other sentences of the same file."""
    rng = random.Random(4)
    place = re.compile(r"[里中上下边旁内外前后市县村镇山岛省国]$")
    for name in ("finre", "sanwen"):
        rows = json_lines(data.root / f"chinese_nre/{name}_train.jsonl.xz")
        texts = sorted({row["text"] for row in rows})
        pairs = Counter((row["text"], row["head"], row["relation"]) for row in rows)
        for number, row in enumerate(rows):
            head, tail, relation, text = (row[key] for key in ("head", "tail", "relation", "text"))
            if relation not in TEMPLATES or pairs[text, head, relation] > 1:
                continue
            if head in tail or tail in head or "<N>" in head + tail:
                continue
            if relation == "Located" and (not place.search(tail) or place.search(head)):
                continue
            others = [rng.choice(texts) for _ in range(rng.randrange(4))]
            others.insert(rng.randrange(len(others) + 1), text)
            question = template(relation, head, rng)
            passage = _fill_numbers("".join(others), rng)
            yield ask(f"NRE_{name}_{number}", question, (passage, tail))


def _fill_numbers(text: str, rng: random.Random) -> str:
    """The file writes <N> for every number: years and other figures at random in their place."""
    text = re.sub(
        r"<N>(?=年<N>月|年[的,，以公底初])", lambda _: str(rng.randrange(1998, 2019)), text
    )
    return re.sub(r"<N>", lambda _: str(rng.randrange(1, 100)), text)


def load(root: Path) -> Data:
    simplify = OpenCC("t2s").convert
    data = Data(root, simplify, set())
    scored = (
        *(
            paragraph["context"]
            for paragraph in paragraphs(json_file(root / "cmrc2018/dev.json.xz"))
        ),
        *(simplify(text) for text in {q.passages[0].text for q in drcd_scored(data)}),
    )
    for text in scored:
        data.held_out.update(pieces(text))
    return data


def plain_texts(data: Data) -> Iterator[str]:
    """Chinese and English running texts, none that is scored, to count words in."""
    for source in (cmrc_training, drcd, squad, webqa, cail):
        yield from dict.fromkeys(question.passages[0].text for question in source(data))
    for name in ("20news/20news-bydate-train", "fudan/train"):
        for row in json_lines(data.root / f"{name}.jsonl.xz")[::5]:
            yield row["text"]
