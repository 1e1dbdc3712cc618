"""Training the vectors of a corpus: passes in chunks, on threads, saved between them."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise

import numpy as np

from octavo._interrupts import collect_interrupts, interrupt
from octavo._numba import compiling_said
from octavo._progress import Progress
from octavo._seeds import make_generator
from octavo.embedding.draws import mean_rows
from octavo.embedding.kernels import infer_documents, train_documents
from octavo.embedding.tables import Corpus, Draws, Rules, Tables, room_for_draws
from octavo.vectors.neighbours import unit_rows

SECONDS, PIECES = 0.5, 8  # of a chunk, and its pieces a thread
FIRST_CHUNK = 1 << 15  # tokens


def load_kernels() -> None:
    """Load the compiled loop by a pass over one document without words."""
    tokens = np.zeros(0, np.int32)
    tokens.flags.writeable = False  # as those of a file
    table = np.zeros((1, 1), np.float32)
    bits = np.zeros(1, np.uint32)
    rules = Rules(1, 1, np.float32(1), False, False, False, 1.0, 1.0, 1, np.uint64(0))
    draws = Draws(bits, bits, np.zeros(1, np.int32))
    room = np.empty(room_for_draws(rules), np.int32)
    corpus = Corpus(tokens, np.zeros(1, np.int64))
    order = np.zeros(1, np.int64)
    train_documents(corpus, Tables(table, table, table), draws, rules, 0, order, 0, 1, room)


@dataclass
class Place:
    """How far a training is.

    Args:
        number: of the pass, from 0.
        document: the place of the next one in the order of the pass.
        loss: the sum of the hinges of this pass so far.
        hinges: how many there were.
        losses: the mean hinge of each finished pass.
    """

    number: int = 0
    document: int = 0
    loss: float = 0.0
    hinges: int = 0
    losses: list[float] = field(default_factory=list)


def train(
    corpus: Corpus,
    tables: Tables,
    draws: Draws,
    rules: Rules,
    place: Place,
    workers: int,
    progress: bool = True,
    save: Callable[[], None] | None = None,
    save_seconds: float = 60.0,
) -> None:
    """Go on from a place to the end of the last pass; changes tables and place.

    With one worker the result depends on what is given alone, wherever it was stopped and went on.

    Args:
        corpus: the documents.
        tables: the vectors.
        draws: what is drawn from.
        rules: what is trained, and how.
        place: how far the training is.
        workers: how many threads train, each with documents of its own; they change the words
            without waiting for each other.
        progress: whether to show how many tokens are done.
        save: called every so often and at the end, also when a signal ends it, if it is given.
        save_seconds: how often.

    Raises:
        KeyboardInterrupt: on Ctrl-C, once it is saved.
    """
    tokens = len(corpus.tokens)
    order, bounds = draw_order(corpus, rules, place.number)
    saved, size = time.monotonic(), FIRST_CHUNK * workers

    def work(number: int, piece: tuple[int, int]) -> tuple[float, int]:
        longest = np.diff(bounds[piece[0] : piece[1] + 1]).max()
        room = np.empty(longest + room_for_draws(rules), np.int32)
        return train_documents(corpus, tables, draws, rules, number, order, *piece, room)

    with (
        collect_interrupts() as signals,
        compiling_said(),
        ThreadPoolExecutor(workers) as threads,
        Progress(tokens * rules.passes, "training", progress) as bar,
    ):
        bar.skip(tokens * place.number + int(bounds[place.document]))
        while place.number < rules.passes:
            started = time.monotonic()
            first = place.document
            last = _reach(bounds, first, size)
            pieces = _pieces(bounds, first, last, workers * PIECES if workers > 1 else 1)
            for loss, hinges in threads.map(partial(work, place.number), pieces):
                place.loss += loss
                place.hinges += hinges
            place.document, done = last, int(bounds[last] - bounds[first])
            if last == len(order):
                place.losses.append(place.loss / max(place.hinges, 1))
                place.number, place.document, place.loss, place.hinges = place.number + 1, 0, 0.0, 0
                if place.number < rules.passes:
                    order, bounds = draw_order(corpus, rules, place.number)
            bar.advance(done, f"loss {place.losses[-1]:.4f}" if place.losses else None)
            now = time.monotonic()
            faster = min(SECONDS / max(now - started, 1e-3), 2.0)
            size = min(max(round(size * faster), 1), tokens)
            ended = place.number == rules.passes  # what comes after may be begun again from here
            if save and (signals or ended or now - saved > save_seconds):
                save()
                saved = time.monotonic()
            if signals:
                interrupt(signals)


def draw_order(corpus: Corpus, rules: Rules, number: int) -> tuple[np.ndarray, np.ndarray]:
    """In which order a pass visits the documents, as files are often sorted; by the seed.

    Returns:
        The documents, int64 (documents,), and how many tokens stand before each place of that order
        and after the last, int64 (documents + 1,).
    """
    order = make_generator(int(rules.seed), "order", number).permutation(len(corpus.ends))
    lengths = np.diff(corpus.ends, prepend=0)[order]
    return order, np.concatenate([[0], np.cumsum(lengths)])


def infer(
    corpus: Corpus,
    words: np.ndarray,
    weights: np.ndarray,
    documents: np.ndarray,
    draws: Draws,
    rules: Rules,
    workers: int,
    progress: bool = False,
) -> None:
    """Place documents, the words staying as they are; the result does not depend on the workers.

    A document begins where the mean of its words points, is trained alone, and ends between both.

    Args:
        corpus: the documents.
        words: u, float32 (words, width), of length 1.
        weights: what each word counts for in the mean, float32 (words,).
        documents: where the vectors go, float32 (documents, width).
        draws: what is drawn from.
        rules: what is trained, and how.
        workers: how many threads work, each with documents of its own.
        progress: whether to show how many tokens are done.

    Raises:
        KeyboardInterrupt: on Ctrl-C.
    """
    tokens = len(corpus.tokens)
    bounds = np.concatenate([[0], corpus.ends])
    pieces = _pieces(bounds, 0, len(corpus.ends), max(workers * PIECES, tokens // FIRST_CHUNK))

    def work(piece: tuple[int, int]) -> int:
        rows = slice(*piece)
        documents[rows] = start = mean_rows(corpus, words, weights, *piece)
        infer_documents(corpus, words, documents, draws, rules, *piece)
        documents[rows] = unit_rows(start + documents[rows])
        return int(bounds[piece[1]] - bounds[piece[0]])

    with (
        collect_interrupts() as signals,
        compiling_said(),
        ThreadPoolExecutor(workers) as threads,
        Progress(tokens, "placing documents", progress) as bar,
    ):
        for done in threads.map(work, pieces):
            bar.advance(done)
            if signals:
                threads.shutdown(cancel_futures=True)
                interrupt(signals)


def _reach(bounds: np.ndarray, first: int, size: int) -> int:
    """One past the last document of a chunk of about so many tokens."""
    last = int(np.searchsorted(bounds, bounds[first] + size, "right")) - 1
    return min(max(last, first + 1), len(bounds) - 1)


def _pieces(bounds: np.ndarray, first: int, last: int, number: int) -> list[tuple[int, int]]:
    """Documents in so many pieces of about as many tokens."""
    targets = np.linspace(bounds[first], bounds[last], number + 1)
    cuts = np.searchsorted(bounds[first : last + 1], targets).tolist()
    cuts[0], cuts[-1] = 0, last - first
    return [(first + low, first + high) for low, high in pairwise(cuts) if high > low]
