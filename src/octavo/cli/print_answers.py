"""Answers and scores on a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from octavo.cli.terminal import printable
from octavo.report.excerpts import cut_at_spans, shorten

if TYPE_CHECKING:
    from octavo.reading.answer import Answer, PassageVote
    from octavo.reading.evaluation import Evaluation
    from octavo.reading.metrics import SogouScores

BAR = 24  # cells of a full vote
AROUND = 40  # characters shown on each side of the answer
MOST_SHOWN = 10  # passages
LOW = 0.01  # a vote of no weight
MOST_PLACES = 3  # of the answer in one passage


def print_question(question: str, first: bool) -> None:
    """Print a question above its answer.

    Args:
        question: the question.
        first: whether nothing is above it, so that no blank line parts it from that.
    """
    _console().print(Text("" if first else "\n").append(printable(question), "underline"))


def print_answer(answer: Answer) -> None:
    """Print the answer in bold, others if asked for, then each passage's vote, highest first, and
    the evidence in it.

    Of more than `MOST_SHOWN` passages only as many, and none without weight.
    """
    console = _console()
    found = Text(printable(answer.text), "bold") if answer.found else Text("no answer", "italic")
    console.print(found.append(f"  {answer.score:.3f}", "not bold dim"))
    for other in answer.candidates[1:]:
        place = "" if other.passage is None else f", passage {other.passage}"
        line = Text("or ", "dim").append(printable(other.text), "not dim")
        console.print(line.append(f"  {other.score:.3f}{place}"))
    shown = ranked = answer.rank()
    if len(ranked) > MOST_SHOWN:
        shown = [one for one in ranked if one[1].vote >= LOW or one[1].spans][:MOST_SHOWN]
    for number, passage in shown:
        console.print()
        console.print(_vote_line(number, passage), soft_wrap=True)
        console.print(_excerpt(passage))
    numbers = {number for number, _ in shown}
    left = [passage for number, passage in ranked if number not in numbers]
    unread = sum(passage.no_answer is None for passage in left)
    said = []
    if len(left) > unread:
        what = "more passages say less" if shown else "passages give no answer"
        said.append(f"{len(left) - unread:,} {what}")
    if unread:
        said.append(f"{unread:,} were not read, as others are nearer to the question")
    if said:
        console.print(Text(f"\n{'; '.join(said)}; --json or --html shows all", "dim"))


def print_evaluation(result: Evaluation) -> None:
    """Print the scores beside those of the nearest sentence."""
    table = Table("score", "reader", "nearest sentence", box=None, pad_edge=False)
    table.add_row("CMRC F1", f"{result.f1:.4f}", f"{result.baseline_f1:.4f}")
    table.add_row("CMRC EM", f"{result.em:.4f}", f"{result.baseline_em:.4f}")
    table.add_row("Sogou Accuracy", f"{result.accuracy:.4f}")
    table.add_row("Sogou Final", f"{result.final:.4f}")
    table.add_row("calibration error", f"{result.calibration_error:.4f}")
    if result.no_answer_questions:
        table.add_row("no answer F1", f"{result.no_answer_f1:.4f}")
        table.add_row("  precision", f"{result.no_answer_precision:.4f}")
        table.add_row("  recall", f"{result.no_answer_recall:.4f}")
    console = _console()
    console.print(table)
    console.print(
        f"{result.questions:,} questions, {result.no_answer_questions:,} without an answer,"
        f" {result.questions_per_second:.2f} questions a second"
    )


def print_epochs(result: Mapping[str, Any]) -> None:
    """Print what `Reader.fit` gave of every epoch: loss, seconds and validation scores."""
    names = list(result["epochs"][0])
    table = Table("epoch", *names, box=None, pad_edge=False)
    for number, record in enumerate([result["start"], *result["epochs"]]):
        if record:
            shown = (f"{record[name]:.4g}" if name in record else "" for name in names)
            table.add_row(str(number) if number else "start", *shown)
    console = _console()
    console.print(table)
    start = result["start"].get("f1")
    if start is not None and all(record["f1"] < start for record in result["epochs"]):
        console.print("no epoch scored as much as the start, whose weights were kept")


def print_sogou_scores(scores: SogouScores) -> None:
    """Print the Sogou tool's three figures."""
    table = Table("score", "value", box=None, pad_edge=False)
    table.add_row("Accuracy", f"{scores.accuracy:.4f}")
    table.add_row("F1", f"{scores.f1:.4f}")
    table.add_row("Final", f"{scores.final:.4f}")
    console = _console()
    console.print(table)
    console.print(f"{scores.questions:,} questions")


def _console() -> Console:
    # Passages are text, not markup: "[bold]" in one of them is shown as it stands.
    return Console(markup=False, highlight=False, emoji=False)


def _vote_line(number: int, passage: PassageVote) -> Text:
    line = Text(f"passage {number}  ")
    source = f"  {printable(passage.source)}" if passage.source else ""
    if passage.no_answer is None:
        text = f"not read: other passages are nearer to the question{source}"
        return line.append(text, "dim")
    filled = round(BAR * min(max(passage.vote, 0.0), 1.0))
    line.append("█" * filled, "cyan").append("░" * (BAR - filled), "dim")
    line.append(f"  {passage.vote:.3f}")
    return line.append(f"  P(no answer) {passage.no_answer:.3f}{source}", "dim")


def _excerpt(passage: PassageVote) -> Text:
    spans, more = passage.spans[:MOST_PLACES], len(passage.spans) - MOST_PLACES
    parts = shorten(cut_at_spans(passage.text, spans), AROUND)
    excerpt = Text(style="" if passage.spans else "dim")
    for text, marked in parts:
        excerpt.append(
            printable(" ".join(text.splitlines()).replace("\t", " ")),
            "bold reverse" if marked else "",
        )
    return excerpt.append(f" (and {more:,} more places)", "dim") if more > 0 else excerpt
