"""Questions made of sentences: a date, an amount or who does it becomes a question word.

Chinese asks in place: “租金为每月八百元” asks “租金为每月多少元？” once the amount is out. So texts
of any kind, such as laws, bring questions of kinds that people wrote few of.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from octavo.reading.baseline import split_sentences
from octavo.reading.question_files import Question
from reader_sources import ask

NUMBER = r"(?:\d[\d,，.．]*|[一二三四五六七八九十百千两兩〇零]+)(?:多|余|餘|几)?[万亿萬億]*"
FEW = ["日", "天", "个月", "年", "岁", "次", "倍", "名", "人", "项", "种", "届"]  # 几 is usual too
LENGTHS = ["公里", "千米", "米", "厘米", "毫米", "平方公里", "平方米", "公顷", "亩"]
OTHERS = ["元", "美元", "吨", "公斤", "克", "小时", "分钟", "度", "家", "座", "所", "户", "%"]
UNITS = sorted([*FEW, *LENGTHS, *OTHERS], key=len, reverse=True)
LOOSE = re.compile(r"[的了对于并其将应当及已也]")  # what a question may do without
MARKER = re.compile(  # of a paragraph
    r"^\s*(?:第[一二三四五六七八九十百零]+[条章节]\s*|[（(][一二三四五六七八九十0-9]+[)）])\s*"
)
SHORTEST, LONGEST = 10, 50  # characters of a question
CONTEXT = 12  # without the answer; of fewer, the clause before is taken too
PASSAGE = (200, 600)


class Kind(NamedTuple):
    """Answers of a kind.

    Args:
        pattern: the answer, as its first group.
        words: gives what may ask for it.
    """

    pattern: re.Pattern[str]
    words: Callable[[re.Match[str]], list[str]]


def date_words(match: re.Match[str]) -> list[str]:
    if match[1].endswith("日"):
        return ["哪一天", "什么时候", "哪年哪月哪日"]
    return ["什么时候", "哪年哪月"] if match[1].endswith("月") else ["哪一年", "哪年", "什么时候"]


def amount_words(match: re.Match[str]) -> list[str]:
    return [f"多少{match[2]}", *([f"几{match[2]}"] if match[2] in FEW else [])]


def range_words(match: re.Match[str]) -> list[str]:
    return [f"多少{match[2]}"]


def share_words(match: re.Match[str]) -> list[str]:
    return ["百分之多少", "多大比例"]


def agent_words(match: re.Match[str]) -> list[str]:
    return ["谁", "什么机构" if len(match[1]) > 4 else "谁"]


DIGIT = "[0-9〇零一二三四五六七八九十]"
UNIT = "|".join(UNITS)
KINDS = (
    Kind(re.compile(rf"({DIGIT}{{4}}年(?:{DIGIT}{{1,3}}月(?:{DIGIT}{{1,3}}日)?)?)"), date_words),
    Kind(re.compile(rf"({NUMBER}({UNIT})以上{NUMBER}(?:{UNIT})以下)"), range_words),
    Kind(
        re.compile(
            rf"(?<![第月上下至到方0-9.一-十百千万萬余])({NUMBER}({UNIT}))(?![年月日0-9]|以[上下])"
        ),
        amount_words,
    ),
    Kind(re.compile(r"(百分之[一二三四五六七八九十百点]+)(?!以)"), share_words),
    Kind(
        re.compile(
            r"(?<=由)([^，。；：由的并]{3,16}?)(?=负责|制定|批准|组织|审批|设计|创作|执导|颁发)"
        ),
        agent_words,
    ),
)
DEFINITION = re.compile(r"所称的?([^，。、]{2,12})，是?指([^。；]{8,80})[。；]")


def make_clozes(name: str, texts: Iterable[str], count: int, seed: int) -> Iterator[Question]:
    """Up to `count` questions, one of a passage at most, from passages in random order."""
    rng = random.Random(seed)
    passages = [passage for text in texts for passage in cut_passages(text)]
    rng.shuffle(passages)
    for passage in passages:
        if count == 0:
            break
        found = list(find_clozes(passage, rng))
        if found:
            question, answer = rng.choice(found)
            yield ask(f"{name}_{count}", question, (passage, answer))
            count -= 1


def cut_passages(text: str) -> list[str]:
    """Paragraphs one after the other until they are long enough."""
    found, parts = [], []
    for paragraph in re.split(r"\s*\n\s*", text):
        if paragraph and not paragraph.startswith(("#", "<!--")):
            parts.append(paragraph)
        if sum(map(len, parts)) >= PASSAGE[0]:
            found.append("\n".join(parts)[: PASSAGE[1]])
            parts = []
    return found


def find_clozes(passage: str, rng: random.Random) -> Iterator[tuple[str, str]]:
    """Questions and answers; an answer stands in the passage once."""
    for sentence in split_sentences(passage):
        for defined in DEFINITION.finditer(sentence):
            yield f"{rng.choice(['什么是', '何谓'])}{defined[1]}？", defined[2]
        for kind in KINDS:
            for match in kind.pattern.finditer(sentence):
                question = make_question(sentence, match, rng.choice(kind.words(match)), rng)
                alone = passage.count(match[1]) == 1 and not match[1].startswith("一")
                if alone and SHORTEST <= len(question) <= LONGEST:
                    yield question, match[1]


def make_question(sentence: str, match: re.Match[str], word: str, rng: random.Random) -> str:
    """The clause of the match with the question word in its place, and some words left out."""
    start, end = match.span(1)
    before = re.split("[，；：:]", sentence[:start])
    after = re.split("[，；：:。！？]", sentence[end:])[0]
    clause = before.pop()
    while before and len(clause) + len(after) < CONTEXT:
        clause = f"{before.pop()}，{clause}"
    clause = MARKER.sub("", clause)
    left, right = (
        LOOSE.sub(lambda found: found[0] if rng.random() < 0.6 else "", part)
        for part in (clause, after)
    )
    return f"{left}{word}{right}".strip("“”（）() ") + "？"
