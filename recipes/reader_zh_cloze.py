"""Questions made from plain Chinese text, without a human: a fifth of the reader's training.

One sentence of a passage gives one question: a span of it becomes the answer, a fitting question
word takes the span's place, and the words around it are thinned, swapped and moved so that a reader
must match rather than copy. Some examples lose the sentence: their answer is "" (the passage holds
none). What this does not do: no syntax tree, so about one question in four reads oddly.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from reader_zh_spans import STOP, Span, Token, cut, draw_span, stop_after


class Cloze(NamedTuple):
    """One question with the passage it is asked of; an empty answer means "not in it"."""

    question: str
    passage: str
    answer: str


SENTENCE = re.compile(r"[^。！？!?；;\n]+[。！？!?；;]*[”」』》）)]*\s*")
TOPIC = re.compile(r"^[《「“]?([^，。（(、：:；》」”\s]{2,14}?)(?:[》」”]|[（(]|是|，|为|位于|系)")
_SYNONYMS = """
位于=在=处于=坐落于 于=在 建立=成立=创建=建 成立=建立=创立 开始=起 逝世=去世=死
去世=逝世=死 出生=生 担任=任=当 因为=由于=因 由于=因为=因 称为=叫=叫做 又称=也叫=别称
被称为=叫作 发现=找到 发表=发布=出 出版=发行=出 发行=出版 制作=做 使用=用 利用=用
获得=得到=获=取得 取得=得到=获得 获=获得 包括=有=包含 拥有=有 主要=主 目前=现在=现 和=与=及
与=和=跟 以及=和 及=和 进行=做 认为=觉得=说 提出=提到 决定=定 参加=加入=参与 加入=参加
创作=写=作 撰写=写 著=写 为=是 是=为 地区=地方 大约=约 约=大约 超过=多于 方面=面 需要=要
可以=能 能够=能 必须=要=应 应当=应该=要=须 不得=不能 规定=规 导致=造成 造成=导致 其中=中
首次=第一次 之后=后 后=之后 之前=前 当时=那时 同时=也 该=这 此=这 属于=是 举行=举办
举办=举行 建成=修成=完成 击败=打败 打败=击败 饰演=演=扮演 主演=演 执导=导演 演唱=唱
分布=生长=生活 分布于=生长在 命名=取名=起名
"""
SYNONYM = {row.split("=")[0]: row.split("=")[1:] for row in _SYNONYMS.split()}


def make_cloze(documents: Sequence[str], seed: int, no_answer: float = 0.12) -> Iterator[Cloze]:
    """Yields questions without end, a document drawn anew for each (long ones more often).

    Args:
        documents: plain texts; the first words of a text are taken for its topic if they recur.
        seed: same seed and documents, same questions.
        no_answer: the fraction whose passage does not hold the answer, 0 to 1.

    Example:
        >>> text = "赵州桥位于河北省赵县，由工匠李春设计。赵州桥建于公元605年，桥长64米。" * 2
        >>> cloze = next(make_cloze([text], seed=1, no_answer=0.0))
        >>> cloze.answer in cloze.passage
        True
    """
    rng = random.Random(seed)
    usable = [text for text in documents if len(text) >= 40]
    cumulative: list[float] = []
    total = 0.0
    for text in usable:
        total += min(len(text), 4000) ** 0.75
        cumulative.append(total)
    while True:
        document = rng.choices(usable, cum_weights=cumulative)[0]
        cloze = one_cloze(document, rng, rng.random() < no_answer)
        if cloze is not None:
            yield cloze


def one_cloze(document: str, rng: random.Random, unanswerable: bool) -> Cloze | None:
    """One question from `document`, or None where the drawn sentence gives none."""
    sentences, chosen = _draw_passage(document, rng)
    sentence = sentences[chosen].rstrip()
    if not 8 <= len(sentence) <= 160 or _mostly_foreign(sentence):
        return None
    tokens = cut(sentence)
    span = draw_span(tokens, rng)
    if span is None:
        return None
    question = ask(tokens, span, topic_of(document), rng)
    answer = "".join(word for word, _ in tokens[slice(*_widen(tokens, span, rng))]).strip(
        "，、；。："
    )
    if not 6 <= len(question) <= 45 or not 1 <= len(answer) <= 60 or answer in question:
        return None
    if not re.search(r"\w", answer):
        return None
    if not unanswerable:
        return Cloze(question, "".join(sentences).strip(), answer)
    passage = _without(document, sentences, chosen, answer, rng)
    return None if passage is None else Cloze(question, passage, "")


def _draw_passage(document: str, rng: random.Random) -> tuple[list[str], int]:
    """Neighbouring sentences of 100 to 400 characters together, and which of them to ask about."""
    start = rng.randrange(max(1, len(document) - 3000)) if len(document) > 3000 else 0
    all_sentences = SENTENCE.findall(document[start : start + 3000])
    if not all_sentences:
        return [""], 0
    first = last = rng.randrange(len(all_sentences))
    chosen, size, limit = first, len(all_sentences[first]), int(100 * 4 ** rng.random())
    while size < limit and (first > 0 or last < len(all_sentences) - 1):
        if first > 0 and (rng.random() < 0.5 or last == len(all_sentences) - 1):
            first -= 1
            size += len(all_sentences[first])
        else:
            last += 1
            size += len(all_sentences[last])
    return all_sentences[first : last + 1], chosen - first


def _mostly_foreign(sentence: str) -> bool:
    chinese = sum("\u4e00" <= letter <= "\u9fff" for letter in sentence)
    return chinese < 0.6 * len(sentence)


def _without(
    document: str, sentences: list[str], chosen: int, answer: str, rng: random.Random
) -> str | None:
    """The passage less its sentence, or (one time in three) another part of the document."""
    rest = sentences[:chosen] + sentences[chosen + 1 :]
    if rng.random() < 0.33:
        rest, _ = _draw_passage(document, rng)
        rest = [other for other in rest if other.strip() != sentences[chosen].strip()]
    passage = "".join(rest).strip()
    return passage if len(passage) >= 30 and answer not in passage else None


def topic_of(document: str) -> str:
    """What the document is about: its first words where they come back later, else ""."""
    match = TOPIC.match(document)
    return match.group(1) if match and document.count(match.group(1)) > 1 else ""


def _widen(tokens: list[Token], span: Span, rng: random.Random) -> tuple[int, int]:
    """The answer as annotators give it: one time in four with the rest of its clause."""
    first, last = span.first, span.last
    if span.kind == "reason" and rng.random() < 0.6:
        return first - 1, last
    if span.kind in ("reason", "clause", "predicate") or rng.random() > 0.35:
        return first, last
    last = stop_after(tokens, last)
    if rng.random() < 0.5:
        while first > 0 and not STOP.match(tokens[first - 1][0]):
            first -= 1
    return first, last


def ask(tokens: list[Token], span: Span, topic: str, rng: random.Random) -> str:
    """A question that the span answers, from the words around it.

    Args:
        tokens: the sentence.
        span: the part asked for.
        topic: what the document is about; put in front where the sentence does not name it.
        rng: source of every choice.
    """
    left, right = (_thin(side, rng) for side in _context(tokens, span, rng))
    answer = "".join(word for word, _ in tokens[span.first : span.last])
    word = rng.choice(span.words)
    if topic and topic not in left + right and topic not in answer and rng.random() < 0.6:
        left = topic + (rng.choice(("的", "", "，")) if len(left) > 1 else "") + left
    question = _arrange(left, word, right, span.kind, rng).strip("，、")
    opening = rng.choice(("请问", "你知道")) if question and rng.random() < 0.05 else ""
    return opening + question + rng.choice(("？", "？", "？", "？", "?", "")) if question else ""


def _arrange(left: str, word: str, right: str, kind: str, rng: random.Random) -> str:
    """The question's three parts in one of the orders people use; "" where too little is left."""
    draw = rng.random()
    if left.endswith("为") and word.startswith("什么"):
        left = left[:-1] + "是"  # 为 + 什么 would read as "why"
    if kind == "reason":
        orders = [f"为什么{left}{right}", f"{left}为什么{right}", f"{left}{right}的原因是什么"]
        return rng.choices(orders, (4, 4, 2))[0]
    plain = f"{left}{word}{right}"
    if kind == "date" and len(right) > 1:
        orders = [
            plain,
            f"{left}是{word}{right}的",
            f"{left}{right}是{word}",
            f"{word}{left}{right}",
        ]
        return rng.choices(orders, (4, 3, 2, 1))[0]
    if kind in ("clause", "predicate"):
        return f"{left}{word}" if len(left) > 1 else ""
    if len(right) > 2 and draw < (0.5 if not left else 0.07):
        return f"{left}{right}的是{word}"
    if not right and draw < 0.1 and left[-1:] not in "是在为于由被":
        return f"{left}的是{word}"
    return plain


def _context(
    tokens: list[Token], span: Span, rng: random.Random
) -> tuple[list[Token], list[Token]]:
    """The words kept left and right of the span: its clause, more of it when that is short."""
    first, last = span.first - (span.kind == "reason"), span.last
    reach = span.kind in ("reason", "clause")
    left = _grow(tokens[:first][::-1], 5 + int(14 * rng.random()), 4, reach)[::-1]
    size = sum(len(word) for word, _ in left)
    right = _grow(tokens[last:], 4 + int(14 * rng.random()), 4 if size < 4 else 1, reach)
    return left, right


def _grow(tokens: list[Token], room: int, least: int, reach: bool) -> list[Token]:
    """Words from the span outwards, up to `room` characters.

    A stop ends it, unless fewer than `least` characters were found (with `reach`, half of `room`).
    """
    kept: list[Token] = []
    size = 0
    for word, tag in tokens:
        if STOP.match(word) and size >= (room / 2 if reach else least - 1):
            break
        if size + len(word) > room + 6 or word in "。！？；（）()":
            break
        kept.append((word, tag))
        size += len(word)
    return kept


def _thin(tokens: list[Token], rng: random.Random) -> str:
    """The words as text, some left out, some replaced by another word for the same."""
    rate = rng.choice((0.0, 0.05, 0.1, 0.25))
    kept = []
    for word, tag in tokens:
        drop = rate * (3.0 if tag[0] in "udcyex" else 1.0)
        if rng.random() < drop:
            continue
        if word in SYNONYM and rng.random() < 0.4:
            word = rng.choice(SYNONYM[word])
        elif len(word) > 2 and rng.random() < rate:
            word = rng.choice((word[:2], word[-2:], word[:-1]))
        kept.append(word)
    return "".join(kept).strip("，、：；")
