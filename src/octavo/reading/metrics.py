"""Scores of predicted answers against gold ones: pure functions, no files, no Keras.

Three families, each as its own field counts:

- CMRC 2018: exact match and F1 by the longest common run of tokens, best of all annotators;
- the CIPS-SOGOU evaluation tool: accuracy over an expanded list of right answers, F1 over
  characters, and Final, the mean of both;
- no answer: precision, recall and F1 of saying that there is none.

A question without gold answers is one that cannot be answered. Neither CMRC nor the Sogou tool
meets any; here, as in SQuAD 2.0, such a question counts 1 if the prediction is empty, else 0.
All scores are fractions from 0 to 1.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

# CMRC drops exactly these. Its list holds "……" as one entry of two characters, which a test on
# single characters never meets, so the ellipsis stays; ‘ and ASCII , . ( ) are not in it either.
_CMRC_PUNCTUATION = dict.fromkeys(map(ord, "-:_*^/\\~`+=，。：？！“”；’《》·、「」（）－～『』"))
_CMRC_IDEOGRAPH = re.compile("([\u4e00-\u9fa5])")
# Where the Penn Treebank tokenizer cuts English, for the marks that are left by then. Its rarer
# rules (words quoted by ', "wanna") are left out: see tests/reading/test_metrics.py.
_TREEBANK_MARK = re.compile(
    r"""(\.{2,}|[;@#$%&?!()\[\]{}<>"‘„«»–—]|,(?!\d)|(?<=[^.])\.(?=[\])}>"'»\s]*$)"""
    r"""|n't\b|'(?!\w)|'(?:s|m|d|ll|re|ve)\b)"""
)

_OPENING_QUOTE = re.compile(r"(?:^|(?<=[ (\[{<]))\"")

# The tool's list of punctuation (its file `punctuation`), all replaced by blanks.
_SOGOU_PUNCTUATION = dict.fromkeys(
    map(
        ord,
        "`^~<=>|_-,;:!?/.'\"()[]{}@$*\\&#%+…‰※•—‖‘’“”№←↑→↓∴∨∵∶∩∈∑√∞≯≡≮≤≥≈≌⊥⊙⌒□◆◇◎●★☆♀♂¨°·§¤±"
        "\u3000、。〃々〈〉《》「」『』【】〓〔〕〖〗÷×′▲″△∠≠■ˇˉ￣￥＿！＄（），．：；？～﹑￠",
    ),
    " ",
)
_FULL_TO_HALF = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
_ASCII_LOWER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}
_ASCII_BLANKS = " \t\n\r\f\v"
_DROP_BLANKS = dict.fromkeys(map(ord, _ASCII_BLANKS))


@dataclass(frozen=True)
class CmrcScores:
    """Means over questions: exact match and F1, 0-1, and how many questions they rest on."""

    em: float
    f1: float
    questions: int


@dataclass(frozen=True)
class SogouMatch:
    """One question in the Sogou tool: is it right, and the best character F1 with its parts.

    Attributes:
        correct: whether the tool counts the prediction as right.
        f1: the highest character F1 over the accepted answers, 0-1.
        precision: the precision in that F1, 0-1.
        recall: the recall in that F1, 0-1.
        answer: the accepted answer that gave it (the first of equals), None when nothing is shared.
    """

    correct: bool
    f1: float
    precision: float
    recall: float
    answer: str | None


@dataclass(frozen=True)
class SogouScores:
    """Means over questions: Accuracy, F1, Final = (Accuracy + F1) / 2, 0-1."""

    accuracy: float
    f1: float
    final: float
    questions: int


@dataclass(frozen=True)
class NoAnswerScores:
    """How well a reader says that there is no answer; support counts the unanswerable ones."""

    precision: float
    recall: float
    f1: float
    support: int


def cmrc_tokens(text: str) -> list[str]:
    """Tokens that CMRC's F1 compares: each ideograph alone, everything else as English words.

    Example:
        >>> cmrc_tokens("《Dynasty Warriors》第3部，3.5%")
        ['dynasty', 'warriors', '第', '3', '部', '3.5', '%']
    """
    kept = text.lower().strip().translate(_CMRC_PUNCTUATION)
    tokens: list[str] = []
    for index, part in enumerate(_CMRC_IDEOGRAPH.split(kept)):
        if index % 2:  # split() alternates what lies between with what it splits at
            tokens.append(part)
        elif part:
            marked = _OPENING_QUOTE.sub(" `` ", part)
            tokens += _TREEBANK_MARK.sub(r" \1 ", marked).split()
    return tokens


def longest_common_run(first: Sequence[str], second: Sequence[str]) -> int:
    """Length of the longest run of consecutive tokens that stands in both.

    Example:
        >>> longest_common_run("永乐十八年", "在永乐十年")
        3
    """
    positions: dict[str, list[int]] = {}
    for index, token in enumerate(second):
        positions.setdefault(token, []).append(index)
    longest = 0
    # Only matching cells of the usual table are kept: few tokens of a text are equal.
    ending_here: dict[int, int] = {}
    for token in first:
        ending_here = {j: ending_here.get(j - 1, 0) + 1 for j in positions.get(token, ())}
        longest = max(longest, max(ending_here.values(), default=0))
    return longest


def cmrc_exact_match(prediction: str, answers: Sequence[str]) -> float:
    """1.0 if the prediction equals an answer once case and CMRC's punctuation are gone, else 0.0.

    Args:
        prediction: the predicted answer, "" for none.
        answers: the annotators' answers; empty when the question cannot be answered.

    Example:
        >>> cmrc_exact_match("《红楼梦》", ["红楼梦", "石头记"])
        1.0
    """
    if not answers:
        return float(_is_empty(prediction))
    plain = _cmrc_plain(prediction)
    return float(any(plain == _cmrc_plain(answer) for answer in answers))


def is_right(prediction: str, answers: Sequence[str]) -> bool:
    """Whether an answer matches exactly, or none is given where there is none.

    Args:
        prediction: the predicted answer, "" for none.
        answers: the annotators' answers; empty when the question cannot be answered.

    Example:
        >>> is_right("《红楼梦》", ["红楼梦"]), is_right("", ["红楼梦"]), is_right("", [])
        (True, False, True)
    """
    if not prediction.strip():
        return not answers
    return cmrc_exact_match(prediction, answers) == 1


def cmrc_f1(prediction: str, answers: Sequence[str]) -> float:
    """F1 of the longest common run of tokens, the best over the annotators.

    Precision is the run's share of the predicted tokens, recall its share of the answer's.

    Args:
        prediction: the predicted answer, "" for none.
        answers: the annotators' answers; empty when the question cannot be answered.

    Source: Cui et al. 2019, "A Span-Extraction Dataset for Chinese Machine Reading
    Comprehension" (arXiv 1810.07366), and the evaluation script published with it.

    Example:
        >>> round(cmrc_f1("永乐十八年（1420年）", ["1420年"]), 6)  # a run of 2 in 7 tokens and in 2
        0.444444
    """
    if not answers:
        return float(_is_empty(prediction))
    predicted = cmrc_tokens(prediction)
    return max(_run_f1(predicted, cmrc_tokens(answer)) for answer in set(answers))


def cmrc_scores(predictions: Sequence[str], answers: Sequence[Sequence[str]]) -> CmrcScores:
    """CMRC 2018's EM and F1 over questions.

    Args:
        predictions: one predicted answer a question, "" for none.
        answers: each question's gold answers, in the same order.

    Returns:
        The means; zeros when there are no questions.

    Raises:
        ValueError: if the two lengths differ.
    """
    pairs = list(zip(predictions, answers, strict=True))
    return CmrcScores(
        em=_mean(cmrc_exact_match(prediction, gold) for prediction, gold in pairs),
        f1=_mean(cmrc_f1(prediction, gold) for prediction, gold in pairs),
        questions=len(pairs),
    )


def sogou_match(prediction: str, answers: Sequence[str]) -> SogouMatch:
    """One prediction against its accepted answers, as the Sogou evaluation tool counts.

    Right means: without width, case, punctuation and blanks it is one of the accepted answers, or
    it lists the same parts as the first of them in another order. F1 is over characters with
    multiplicity, the best over the accepted answers.

    Args:
        prediction: the predicted answer, "" for none.
        answers: the standard answer first, then every other accepted one; empty when the question
            cannot be answered.

    Source: the evaluation tool of CIPS-SOGOU 2018 (SogouQA), its description and definition.

    Example:
        >>> sogou_match("二十四小时。", ["24小时", "二十四小时"]).correct
        True
        >>> round(sogou_match("二十四小时", ["24小时"]).f1, 6)
        0.444444
    """
    prediction = prediction.strip(_ASCII_BLANKS)
    if not answers or not prediction:
        right = float(not answers and not prediction)
        return SogouMatch(bool(right), right, right, right, None)
    plain = _sogou_plain(prediction)
    accepted = {answer for alias in answers for answer in (alias, _sogou_plain(alias))}
    correct = plain in accepted or _sogou_parts(prediction) == _sogou_parts(answers[0])
    best = SogouMatch(correct, 0.0, 0.0, 0.0, None)
    for alias in answers:
        precision, recall = _character_overlap(plain, _sogou_plain(alias))
        f1 = _harmonic_mean(precision, recall)
        if f1 > best.f1:
            best = SogouMatch(correct, f1, precision, recall, alias)
    return best


def sogou_scores(
    predictions: Mapping[str, str], answers: Mapping[str, Sequence[str]]
) -> SogouScores:
    """The Sogou tool's Accuracy, F1 and Final over the questions that were predicted.

    Args:
        predictions: question id -> predicted answer.
        answers: question id -> accepted answers, the standard one first. May hold more ids: like
            the tool, the means are over the predictions.

    Returns:
        The means; zeros when there are no predictions.

    Raises:
        KeyError: if a predicted id has no entry in `answers`.

    Example:
        >>> sogou_scores({"1": "北京", "2": "上海"}, {"1": ["北京市", "北京"], "2": ["天津"]}).final
        0.5
    """
    matches = [sogou_match(text, answers[identifier]) for identifier, text in predictions.items()]
    accuracy = _mean(float(match.correct) for match in matches)
    f1 = _mean(match.f1 for match in matches)
    return SogouScores(accuracy, f1, (accuracy + f1) / 2, len(matches))


def no_answer_scores(predicted: Sequence[bool], gold: Sequence[bool]) -> NoAnswerScores:
    """Precision, recall and F1 of saying "no answer".

    A ratio with nothing to count is 1.0: never saying it has precision 1, and where every
    question can be answered recall is 1. So a file without unanswerable questions, none of which
    was called so, scores 1.0 throughout; saying it wrongly there gives precision and F1 of 0.

    Args:
        predicted: for each question, whether the reader gave no answer.
        gold: for each question, whether it has none.

    Raises:
        ValueError: if the two lengths differ.

    Example:
        >>> no_answer_scores([True, True, False], [True, False, False])
        NoAnswerScores(precision=0.5, recall=1.0, f1=0.6666666666666666, support=1)
    """
    hits = sum(said and true for said, true in zip(predicted, gold, strict=True))
    precision = hits / sum(predicted) if any(predicted) else 1.0
    recall = hits / sum(gold) if any(gold) else 1.0
    return NoAnswerScores(precision, recall, _harmonic_mean(precision, recall), sum(gold))


def _is_empty(text: str) -> bool:
    return not text.strip()


def _mean(values: Iterable[float]) -> float:
    numbers = list(values)
    return sum(numbers) / len(numbers) if numbers else 0.0


def _harmonic_mean(first: float, second: float) -> float:
    return 2 * first * second / (first + second) if first + second else 0.0


def _cmrc_plain(text: str) -> str:
    return text.lower().strip().translate(_CMRC_PUNCTUATION)


def _run_f1(predicted: Sequence[str], answer: Sequence[str]) -> float:
    run = longest_common_run(predicted, answer)
    return _harmonic_mean(run / len(predicted), run / len(answer)) if run else 0.0


def _sogou_plain(text: str) -> str:
    # The tool handles bytes, so only ASCII letters and ASCII blanks are touched.
    half_width = text.translate(_FULL_TO_HALF).translate(_ASCII_LOWER)
    return half_width.translate(_SOGOU_PUNCTUATION).translate(_DROP_BLANKS)


def _sogou_parts(text: str) -> set[str]:
    return {_sogou_plain(part) for part in text.translate(_SOGOU_PUNCTUATION).split(" ")}


def _character_overlap(predicted: str, answer: str) -> tuple[float, float]:
    """Precision and recall of the characters in common, counted with multiplicity."""
    common = (Counter(predicted) & Counter(answer)).total()
    return (common / len(predicted), common / len(answer)) if common else (0.0, 0.0)
