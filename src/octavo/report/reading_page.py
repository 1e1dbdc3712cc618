"""The page of a reader's answers: question, answer, and the passages it rests on.

A passage that supports the answer shows it marked in place, with its vote as a bar. A passage
that holds no answer stays one quiet line until it is opened. Long passages are cut to what
surrounds the marks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from os import PathLike
from typing import Any, Protocol

from octavo._files import write_atomic
from octavo.report.excerpts import MarkedText, cut_at_spans, shorten
from octavo.report.page import escape_text, language_attribute, render_page

SHOWN_WHOLE = 700  # characters: longer passages are cut to excerpts
KEPT_WHOLE = 20_000  # characters: passages up to here can be opened
AROUND = 100  # characters kept on each side of a mark
FIRST_LINE = 60  # characters of a passage without answer

STYLE = """
article{background:var(--sheet);border:1px solid var(--line);border-radius:.75rem;
padding:1.4rem 1.5rem 1.1rem;margin:1.25rem 0;content-visibility:auto;
contain-intrinsic-size:auto 30rem}
h2{font-size:1rem;font-weight:500;color:var(--soft);margin:0;line-height:1.5}
.answer{font-size:1.6rem;font-weight:650;line-height:1.35;margin:.15rem 0 .1rem}
.answer.none{color:var(--soft);font-weight:400;font-style:italic}
.answer,.text,h2,summary,.expected{overflow-wrap:anywhere}
.expected{margin:.15rem 0;font-size:.9rem}
section{border-top:1px solid var(--line);margin-top:1rem;padding-top:.8rem;break-inside:avoid}
section+.quiet,.quiet+section{margin-top:.7rem}
.vote{display:flex;align-items:center;gap:.75rem;font-size:.85rem;color:var(--soft);
font-variant-numeric:tabular-nums}
.vote span{overflow-wrap:anywhere}
.bar{flex:1 0 6rem;height:.5rem;border-radius:.25rem;background:var(--track);overflow:hidden}
.bar i{display:block;height:100%;width:var(--share);background:var(--accent);border-radius:.25rem}
.text{white-space:pre-wrap;margin:.45rem 0 .2rem}
mark{background:var(--mark);color:var(--mark-ink);border-radius:.2rem;padding:.05em .15em;
-webkit-box-decoration-break:clone;box-decoration-break:clone}
details{font-size:.85rem;color:var(--soft)}
details .text{font-size:.9rem}
summary{cursor:pointer}
.quiet{border-top:1px solid var(--line);margin-top:.7rem;padding-top:.55rem}
.quiet>summary{white-space:nowrap;overflow:hidden;text-overflow:ellipsis}
dl{display:grid;grid-template-columns:repeat(auto-fit,minmax(8.5rem,1fr));gap:.75rem;margin:1rem 0}
dl div{background:var(--sheet);border:1px solid var(--line);border-radius:.75rem;
padding:.6rem .9rem}
dt{color:var(--soft);font-size:.8rem}
dd{margin:0;font-size:1.25rem;font-weight:600;font-variant-numeric:tabular-nums}
@media(max-width:32rem){article{padding:1.1rem 1rem .9rem;margin-left:-.5rem;margin-right:-.5rem}
.answer{font-size:1.35rem}}
@media print{article{content-visibility:visible;border:0;border-top:1px solid var(--line);
border-radius:0;padding:1rem 0}}
"""


class HasToDict(Protocol):
    """An answer as `octavo.reading.Answer` is one; this package does not import it."""

    def to_dict(self) -> dict[str, Any]:
        """Keys question, text, score, passages; of these text, vote, no_answer, voted, spans.

        A passage's `number`, if it has one, is shown in place of its rank.
        """


AnswerLike = HasToDict | Mapping[str, Any]


def write_reading_page(
    answers: Iterable[AnswerLike],
    path: str | PathLike[str],
    expected: Sequence[Sequence[str]] | None = None,
    figures: Mapping[str, str] | None = None,
) -> None:
    """Write `render_reading_page` to a file, whole or not at all.

    Raises:
        DataError: if the file cannot be written.
    """
    page = render_reading_page(answers, expected, figures)
    with write_atomic(path) as file:
        file.write(page)


def render_reading_page(
    answers: Iterable[AnswerLike],
    expected: Sequence[Sequence[str]] | None = None,
    figures: Mapping[str, str] | None = None,
) -> str:
    """One HTML document that shows answers with their evidence.

    Args:
        answers: `octavo.reading.Answer` objects, or dicts as their `to_dict` gives.
        expected: the gold answers of each question, shown beside the answer.
        figures: name -> value as it is to be shown, a row of figures on top.

    Raises:
        ValueError: if `expected` has not one entry an answer.

    Example:
        >>> passage = {"text": "1+1=2.", "vote": 0.9, "no_answer": 0.1, "voted": True}
        >>> passage["spans"] = [[4, 5]]
        >>> answer = {"question": "1+1?", "answer": "2", "score": 0.9, "passages": [passage]}
        >>> "1+1=<mark>2</mark>." in render_reading_page([answer])
        True
    """
    records = [_to_record(answer) for answer in answers]
    gold = [None] * len(records) if expected is None else expected
    articles = [_render_answer(one, right) for one, right in zip(records, gold, strict=True)]
    answered = sum(bool(record["answer"]) for record in records)
    subtitle = f"{_count(len(records), 'question')}, {answered:,} answered"
    body = _render_figures(figures) + "\n".join(articles)
    return render_page("Answers and their evidence", subtitle, body, STYLE)


def _to_record(answer: AnswerLike) -> Mapping[str, Any]:
    return answer if isinstance(answer, Mapping) else answer.to_dict()


def _render_figures(figures: Mapping[str, str] | None) -> str:
    if not figures:
        return ""
    tiles = (
        f"<div><dt>{escape_text(name)}</dt><dd>{escape_text(value)}</dd></div>"
        for name, value in figures.items()
    )
    return f"<dl>{''.join(tiles)}</dl>\n"


def _render_answer(answer: Mapping[str, Any], expected: Sequence[str] | None) -> str:
    question, text = answer["question"], answer["answer"]
    shown = (
        f'<p class="answer"{language_attribute(text)}>{escape_text(text)}</p>'
        if text
        else '<p class="answer none">no answer</p>'
    )
    numbered = enumerate(answer["passages"], 1)
    passages = (_render_passage(passage.get("number", n), passage) for n, passage in numbered)
    return (
        f"<article>\n<h2{language_attribute(question)}>{escape_text(question)}</h2>\n{shown}\n"
        f"{_render_expected(expected)}"
        f'<p class="soft" style="margin:0">score {answer["score"]:.3f}</p>\n'
        f"{''.join(passages)}</article>"
    )


def _render_expected(expected: Sequence[str] | None) -> str:
    if expected is None:
        return ""
    wordings = list(dict.fromkeys(expected))
    listed = " / ".join(
        f"<span{language_attribute(text)}>{escape_text(text)}</span>" for text in wordings
    )
    return f'<p class="expected">expected: {listed or "no answer"}</p>\n'


def _render_passage(number: int, passage: Mapping[str, Any]) -> str:
    parts = cut_at_spans(passage["text"], passage["spans"])
    if not passage["spans"] and not passage["voted"]:
        return _render_quiet(number, passage)
    vote = _render_vote(_name(number, passage), passage["vote"])
    return f"<section>\n{vote}\n{_render_text(passage['text'], parts)}</section>\n"


def _name(number: int, passage: Mapping[str, Any]) -> str:
    source = passage.get("source")
    return f"passage {number}{f', {escape_text(source)}' if source else ''}"


def _render_vote(name: str, vote: float) -> str:
    share = 100 * min(max(vote, 0.0), 1.0)
    return (
        f'<div class="vote"><span>{name}</span><span class="bar" role="img"'
        f' aria-label="vote {vote:.3f}" style="--share:{share:.1f}%"><i></i></span>'
        f'<span aria-hidden="true">{vote:.3f}</span></div>'
    )


def _render_text(text: str, parts: Sequence[MarkedText]) -> str:
    language = language_attribute(text)
    if len(text) <= SHOWN_WHOLE:
        return f'<p class="text"{language}>{_render_marked(parts)}</p>\n'
    excerpt = f'<p class="text"{language}>{_render_marked(shorten(parts, AROUND))}</p>\n'
    if len(text) > KEPT_WHOLE:
        return f'{excerpt}<p class="soft">an excerpt of {len(text):,} characters</p>\n'
    return (
        f"{excerpt}<details><summary>the whole passage, {len(text):,} characters</summary>"
        f'<p class="text"{language}>{_render_marked(parts)}</p></details>\n'
    )


def _render_quiet(number: int, passage: Mapping[str, Any]) -> str:
    text = passage["text"]
    language = language_attribute(text)
    line = escape_text(" ".join(text[: 2 * FIRST_LINE].split())[:FIRST_LINE])
    share = passage["no_answer"]
    what = "was not read" if share is None else f"holds no answer ({share:.3f})"
    cut = f'<p class="soft">the first {KEPT_WHOLE:,} of {len(text):,} characters</p>'
    return (
        f'<details class="quiet"><summary>{_name(number, passage)} {what}: '
        f"<span{language}>{line}</span></summary>"
        f'<p class="text"{language}>{escape_text(text[:KEPT_WHOLE])}</p>'
        f"{cut if len(text) > KEPT_WHOLE else ''}</details>\n"
    )


def _render_marked(parts: Sequence[MarkedText]) -> str:
    return "".join(
        f"<mark>{escape_text(text)}</mark>" if marked else escape_text(text)
        for text, marked in parts
    )


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
