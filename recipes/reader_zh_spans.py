"""Which stretches of a Chinese sentence can be an answer, and which question word asks for each.

The cutting into words and their classes come from rjieba (`pip install rjieba`); dates, figures
with units, titles in 《》 and names with dots are found by pattern. The question word is read from
the class, from the word before the span (位于: where) and from its last word (大学: which one).
"""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Iterator
from typing import NamedTuple

import rjieba


class Span(NamedTuple):
    """Tokens `first` to `last` (excluded) as an answer, and the question words that fit."""

    first: int
    last: int
    kind: str
    words: tuple[str, ...]


Token = tuple[str, str]  # (word, its class in jieba's letters)

UNITS = (
    "公里|平方公里|平方米|立方米|千米|厘米|毫米|公尺|公顷|公斤|英里|英尺|美元|元|人|名|个|位|部|集|"
    "岁|次|座|所|家|支|种|条|项|场|届|米|吨|亩|分钟|小时|天|年|个月|首|张|万人|亿元|万元|层|卷|级|户|"
    "架|艘|辆|枚|度|克|倍|件|分|球"
)
YEAR = r"(?:\d{2,4}|[一二三四五六七八九〇○零]{4}|[\u4e00-\u9fff]{2}[元一二三四五六七八九十]{1,3})年"
DATE = re.compile(
    rf"(?:公元前?|约)?{YEAR}(?:代|初|末|底|间)?(?:\d{{1,2}}月(?:\d{{1,2}}[日号])?)?(?:[上下]旬)?"
    r"|\d{1,2}月\d{1,2}[日号]|\d{1,2}世纪(?:\d0年代)?(?:初|末|中叶)?"
)
NUMBER = re.compile(
    r"(?:约|近|超过|大约)?(?:\d[\d,.]*|[一二三四五六七八九十百千两]{1,5})"
    rf"[多余几]?[万亿千百]*[多余]?({UNITS})"
)
TITLE = re.compile(r"《[^《》]{1,25}》|“[^“”]{2,20}”|「[^「」]{2,20}」")
STOP = re.compile(r"[，。；：、！？!?;:,（）()\s]")
_HEADS = """
国家 城市 大学 学校 学院 公司 集团 电影 小说 杂志 报纸 乐队 球队 俱乐部 组织 政党 专辑 歌曲
比赛 奖 游戏 民族 语言 地区 省 市 县 镇 乡 区 村 岛 山 河 湖 路 街 州 站 寺 庙 科 属 目 党
军 队 部 局 厅 院 馆 社 报 台 线 机场 医院 法院 政府 部门 机关 委员会 大会 战争 条约 协议
理论 方法 技术 系统 制度 政策 法律 规定 动物 植物 鱼 鸟 恐龙 药 病 症 职务 职位 专业 学位
作品 产品 材料 元素 物质 工程 项目 计划 企业 银行 王朝 朝代 时期 皇帝 将军 教授 总统 主席
导演 演员 歌手 作家
"""
HEADS = tuple(_HEADS.split())
NAMES = ("nr", "ns", "nt", "nz")
REASONS = ("因为", "由于", "因", "为了")
_COUNTRIES = """
中国 美国 英国 法国 德国 日本 俄罗斯 苏联 意大利 西班牙 加拿大 韩国 印度 澳大利亚 波兰 荷兰
瑞典 巴西
"""
COUNTRY = frozenset(_COUNTRIES.split())
_BY_CUE = """
由:谁 什么 哪个人|被:谁 什么|位于:哪里 什么地方 何处|于:哪里 什么地方|在:哪里 什么地方 哪儿
来自:哪里 什么地方|叫:什么 什么名字|称为:什么|担任:什么职务 什么|任:什么职务 什么职位
包括:哪些 什么|有:哪些 什么|至:哪里|到:哪里 什么|从:哪里 什么地方|向:谁 什么|与:谁 什么
"""
BY_CUE = {
    cue: tuple(words.split())
    for cue, words in (row.split(":") for row in _BY_CUE.strip().replace("\n", "|").split("|"))
}
WEIGHTS = {
    "date": 2.0, "number": 1.6, "title": 1.2, "name": 2.2, "noun": 2.2, "object": 3.6,
    "predicate": 0.7, "reason": 2.5, "clause": 0.4,
}  # fmt: skip


def cut(sentence: str) -> list[Token]:
    """Words with their classes; dates, figures, titles and dotted names are one token each."""
    tokens: list[Token] = []
    for word, tag in rjieba.tag(sentence):
        if tokens and (word == "·" or tokens[-1][0].endswith("·")):
            tokens[-1] = (tokens[-1][0] + word, "nr")
        else:
            tokens.append((word, tag))
    for pattern, tag in ((DATE, "date"), (TITLE, "title"), (NUMBER, "number")):
        tokens = _merge(tokens, sentence, pattern, tag)
    return tokens


def _merge(tokens: list[Token], sentence: str, pattern: re.Pattern[str], tag: str) -> list[Token]:
    """Tokens with every match of `pattern` as one; a token cut by a match gives up that part.

    A title takes a date that stands in it; a figure that touches a date or a title is none.
    """
    ends = list(itertools.accumulate(len(word) for word, _ in tokens))
    bounds = [(end - len(word), end) for end, (word, _) in zip(ends, tokens, strict=True)]
    taken = [
        bound
        for bound, (_, old) in zip(bounds, tokens, strict=True)
        if old in ("date", "title") and tag != "title"
    ]
    matches = [
        match.span()
        for match in pattern.finditer(sentence)
        if not any(match.start() < end and start < match.end() for start, end in taken)
    ]
    merged: list[Token] = []
    for (start, end), (_, old) in zip(bounds, tokens, strict=True):
        for first, last in matches:
            if first < end and start < last:
                if start < first:
                    merged.append((sentence[start:first], old))
                if start <= first:
                    merged.append((sentence[first:last], tag))
                start = last
        if start < end:
            merged.append((sentence[start:end], old))
    return merged


def draw_span(tokens: list[Token], rng: random.Random) -> Span | None:
    """A random answer: first its kind, by WEIGHTS, then one of the spans of that kind."""
    kinds: dict[str, list[Span]] = {}
    for span in spans(tokens):
        kinds.setdefault(span.kind, []).append(span)
    if not kinds:
        return None
    names = sorted(kinds)
    kind = rng.choices(names, [WEIGHTS[name] for name in names])[0]
    return rng.choice(kinds[kind])


def spans(tokens: list[Token]) -> Iterator[Span]:
    """Every stretch of the sentence that could be an answer."""
    for index, (word, tag) in enumerate(tokens):
        starts = index == 0 or bool(STOP.match(tokens[index - 1][0]))
        if tag == "date":
            yield Span(index, index + 1, "date", _date_words(word))
        elif tag == "number" and (len(word) > 2 or word[0].isdigit()):
            yield Span(index, index + 1, "number", _number_words(word))
        elif tag == "title":
            fits = ("哪部作品", "什么", "哪本书") if word[0] == "《" else ("什么",)
            yield Span(index, index + 1, "title", fits)
        elif tag[:2] in NAMES:
            yield from _name(tokens, index)
        elif tag[0] == "v":
            yield from _after_verb(tokens, index, not starts)
        elif tag == "p" and word in BY_CUE and word not in REASONS:
            yield from _noun_phrase(tokens, index + 1, BY_CUE[word])
        if word in REASONS:
            yield from _to_stop(tokens, index + 1, "reason", ("为什么",))
        if tag[0] in "nabj" and (index == 0 or tokens[index - 1][1][0] not in "nabjv"):
            yield from _noun_phrase(tokens, index)
        if starts and index:
            yield from _to_stop(tokens, index, "clause", ("什么", "怎么样", "如何"))


def _name(tokens: list[Token], first: int) -> Iterator[Span]:
    """A name by itself: no part of a longer one, not the beginning of a noun (山东 in 山东队)."""
    last = first + 1
    while tokens[first][1] == "ns" and last < len(tokens) and tokens[last][1] == "ns":
        last += 1
    before = tokens[first - 1][1] if first else "x"
    after = tokens[last][1] if last < len(tokens) else "x"
    size = sum(len(word) for word, _ in tokens[first:last])
    listed = "、" in (
        tokens[first - 1][0] if first else "",
        *(word for word, _ in tokens[last : last + 1]),
    )
    if size > 1 and before[:2] not in NAMES and before != "eng" and after[0] != "n" and not listed:
        yield Span(first, last, "name", _name_words(*tokens[last - 1]))


def _after_verb(tokens: list[Token], index: int, has_subject: bool) -> Iterator[Span]:
    """What stands between the verb and the next stop, and the same with the verb."""
    word, first = tokens[index][0], index + 1
    if first < len(tokens) and tokens[first][1] in ("ul", "uz"):
        first += 1
    if first < len(tokens) and tokens[first][1][0] not in "ucvy":
        words = BY_CUE.get(word) or BY_CUE.get(word[-1]) or _head_words(tokens, first)
        yield from _to_stop(tokens, first, "object", words)
    if has_subject:
        yield from _to_stop(
            tokens, index, "predicate", ("做了什么", "怎么样", "有什么特点", "如何")
        )


def _to_stop(tokens: list[Token], first: int, kind: str, words: tuple[str, ...]) -> Iterator[Span]:
    last = stop_after(tokens, first)
    size = sum(len(word) for word, _ in tokens[first:last])
    if (4 if kind in ("clause", "predicate") else 2) <= size <= 40:
        yield Span(first, last, kind, words)


def stop_after(tokens: list[Token], first: int) -> int:
    """Index of the next punctuation mark."""
    while first < len(tokens) and not STOP.match(tokens[first][0]):
        first += 1
    return first


def _noun_phrase(tokens: list[Token], first: int, words: tuple[str, ...] = ()) -> Iterator[Span]:
    """The run of nouns, adjectives and 的 from `first` that ends in a noun; 3 to 20 characters."""
    last = first
    while last < len(tokens) and (
        tokens[last][1][0] in "naj" or tokens[last][1] in ("uj", "eng", "vn")
    ):
        last += 1
    while last > first and tokens[last - 1][1][0] != "n":
        last -= 1
    if 3 <= sum(len(word) for word, _ in tokens[first:last]) <= 20:
        yield Span(first, last, "noun", words or _head_words(tokens[:last], last - 1))


def _head_words(tokens: list[Token], first: int) -> tuple[str, ...]:
    """Question words by the last word before the next stop: 哪个城市 for one that ends in 城市."""
    word, tag = tokens[max(first, stop_after(tokens, first) - 1)]
    if tag[:2] in NAMES:
        return _name_words(word, tag)
    for head in HEADS:
        if word.endswith(head) and len(head) > 1:
            return (f"哪个{head}", f"什么{head}", "什么")
    if tag == "n" and len(word) <= 3:
        return ("什么", f"什么{word}", f"怎样的{word}", f"哪些{word}", "什么")
    return ("什么",)


def _date_words(word: str) -> tuple[str, ...]:
    if word.endswith("年"):
        return ("哪一年", "哪年", "什么时候", "何时")
    return ("什么时候", "何时", "什么时间", "哪一天" if word[-1] in "日号" else "什么时候")


def _number_words(word: str) -> tuple[str, ...]:
    match = NUMBER.fullmatch(word)
    unit = match.group(1) if match else ""
    return (f"多少{unit}", "多少", f"几{unit}" if len(unit) == 1 else f"多少{unit}")


def _name_words(word: str, tag: str) -> tuple[str, ...]:
    if word in COUNTRY or (word.endswith("国") and tag == "ns"):
        return ("哪个国家", "哪国", "哪里")
    for head in HEADS:
        if word.endswith(head) and len(word) > len(head):
            return (f"哪个{head}" if len(head) > 1 else "什么", "哪里" if tag == "ns" else "什么")
    return {"nr": ("谁", "谁", "哪个人"), "ns": ("哪里", "什么地方", "哪个地方")}.get(
        tag[:2], ("什么",)
    )
