"""The compiled loops of JoSE: one pass over documents, and the document vectors of new ones.

Source: Meng et al. 2019, "Spherical Text Embedding", arXiv 1911.01196, and the authors' program.

All vectors lie on the unit sphere. A word is trained at every place where it stands, with those
near it and with its document. In the words of the paper u is a centre word, v a context word, d a
document, u' a negative: a centre word that is drawn and does not stand there.

    hinges  max(0, m - u.v + u'.v) for each pair, max(0, m - u.d + u'.d) for each place
    joint   max(0, m - u.v - u.d + u'.v + u'.d) for each pair (eq. 5)

A vector x moves against its gradient g along the sphere (eq. 10):

    x <- normalise(x - rate * factor * (g - (x.g) x)),  factor = 1 + x.g / |g|

The authors' program takes other factors for two of the three vectors, which are those of `hinges`.
"""

from __future__ import annotations

import numpy as np

from octavo._numba import STEP, compiled, inlined, mix, prefetch, vectorised
from octavo.embedding.tables import Corpus, Draws, Rules, Tables

ONE, TWO, TINY = np.float32(1), np.float32(2), np.float32(1e-12)
S32 = np.uint64(32)
LOW = np.uint64(0xFFFFFFFF)
LINE = 16  # numbers of a line of the cache


@inlined
def _draw(draws, state, words, drawn, number):
    """Negatives, by the alias method (Walker 1977), soon to be looked at; gives the new state."""
    for place in range(number):
        state += STEP
        bits = mix(state)
        slot = np.int64(((bits >> S32) * np.uint64(len(draws.own))) >> S32)
        negative = np.int64(slot if (bits & LOW) <= draws.own[slot] else draws.others[slot])
        drawn[place] = negative
        for line in range(0, words.shape[1], LINE):
            prefetch(words, negative * words.shape[1] + line)
    return state


@inlined
def _pull(words, word, drawn, first, anchors, anchor, standing, rate, rules):
    """The hinges of a pair: a word nearer to the anchor, a context or a document, than negatives.

    `standing` is a word that does stand there and is no negative. Gives the sum of the hinges.
    """
    loss = 0.0
    for place in range(first, first + rules.negatives):
        negative = drawn[place]
        if negative == word or negative == standing:  # noqa: SIM109 (for numba)
            continue
        uv = nv = un = uu = nn = vv = np.float32(0)
        for column in range(words.shape[1]):
            u, n, v = words[word, column], words[negative, column], anchors[anchor, column]
            uv, nv, un = uv + u * v, nv + n * v, un + u * n
            uu, nn, vv = uu + u * u, nn + n * n, vv + v * v
        if uv - nv >= rules.margin:
            continue
        loss += rules.margin - (uv - nv)
        rate_u, rate_n, rate_v = rate, rate, rate
        if rules.factor:
            rate_u, rate_n, rate_v = rate * (ONE - uv), rate * TWO * nv, rate * (ONE - (uv - nv))
        keep_u, rate_u = _shorten(ONE - rate_u * uv, uu, rate_u, vv, uv)
        keep_n, rate_n = _shorten(ONE + rate_n * nv, nn, -rate_n, vv, nv)
        keep_v, rate_v = _shorten(ONE - rate_v * (uv - nv), vv, rate_v, uu + nn - TWO * un, uv - nv)
        for column in range(words.shape[1]):
            u, n, v = words[word, column], words[negative, column], anchors[anchor, column]
            words[word, column] = keep_u * u + rate_u * v
            words[negative, column] = keep_n * n + rate_n * v
            anchors[anchor, column] = keep_v * v + rate_v * (u - n)
    return loss


@inlined
def _shorten(keep, square, rate, other_square, product):
    """Both factors of keep * x + rate * y over its length, from x.x, y.y and x.y."""
    length = np.sqrt(
        keep * keep * square + rate * rate * other_square + TWO * keep * rate * product
    )
    return keep / length, rate / length


@inlined
def _pull_jointly(tables, word, drawn, first, context, document, rate, rules):
    """The joint hinges of a pair and its document."""
    words, contexts, documents = tables
    loss = 0.0
    for place in range(first, first + rules.negatives):
        negative = drawn[place]
        if negative == word or negative == context:  # noqa: SIM109 (for numba)
            continue
        ux = nx = un = vd = uu = nn = vv = dd = vx = dx = np.float32(0)
        for column in range(words.shape[1]):
            u, n = words[word, column], words[negative, column]
            v, d = contexts[context, column], documents[document, column]
            ux, nx, un = ux + u * (v + d), nx + n * (v + d), un + u * n
            vx, dx, vd = vx + v * (u - n), dx + d * (u - n), vd + v * d
            uu, nn, vv, dd = uu + u * u, nn + n * n, vv + v * v, dd + d * d
        if ux - nx >= rules.margin:
            continue
        loss += rules.margin - (ux - nx)
        between, together = max(uu + nn - TWO * un, TINY), max(vv + dd + TWO * vd, TINY)
        rate_u, rate_n, rate_v, rate_d = rate, rate, rate, rate
        if rules.factor:  # 1 + x.g / |g|
            rate_u *= ONE - ux / np.sqrt(together)
            rate_n *= ONE + nx / np.sqrt(together)
            rate_v *= ONE - vx / np.sqrt(between)
            rate_d *= ONE - dx / np.sqrt(between)
        keep_u, rate_u = _shorten(ONE - rate_u * ux, uu, rate_u, together, ux)
        keep_n, rate_n = _shorten(ONE + rate_n * nx, nn, -rate_n, together, nx)
        keep_v, rate_v = _shorten(ONE - rate_v * vx, vv, rate_v, between, vx)
        keep_d, rate_d = _shorten(ONE - rate_d * dx, dd, rate_d, between, dx)
        for column in range(words.shape[1]):
            u, n = words[word, column], words[negative, column]
            v, d = contexts[context, column], documents[document, column]
            words[word, column] = keep_u * u + rate_u * (v + d)
            words[negative, column] = keep_n * n + rate_n * (v + d)
            contexts[context, column] = keep_v * v + rate_v * (u - n)
            documents[document, column] = keep_d * d + rate_d * (u - n)
    return loss


@vectorised
def train_documents(
    corpus: Corpus,
    tables: Tables,
    draws: Draws,
    rules: Rules,
    number: int,
    order: np.ndarray,
    first: int,
    last: int,
    room: np.ndarray,
) -> tuple[float, int]:
    """A piece of one pass over the documents; changes the tables.

    What is drawn for a document depends on the seed, the pass and the document alone.

    Args:
        corpus: all documents.
        tables: the vectors.
        draws: what is drawn from.
        rules: what is trained, and how.
        number: of the pass, from 0.
        order: the documents in the order of the pass, int64 (documents,).
        first: the first place of the piece in the order.
        last: one past its last place.
        room: int32, as long as the longest document and `room_for_draws` together.

    Returns:
        The sum of the hinges, and how many there were.
    """
    words, contexts, documents = tables
    tokens, ends = corpus
    loss, hinges = 0.0, 0
    for visit in range(first, last):
        document = order[visit]
        begin = ends[document - 1] if document else 0
        state = mix(rules.seed + mix(np.uint64(number) * STEP + np.uint64(document)))
        done = (number + visit / len(order)) / rules.passes
        rate = np.float32(rules.rate + (rules.last_rate - rules.rate) * done)
        length = 0
        for place in range(begin, ends[document]):
            state += STEP
            if mix(state) >> S32 <= draws.kept[tokens[place]]:
                room[length] = tokens[place]
                length += 1
        drawn = room[length:]
        for place in range(length):
            word = room[place]
            state += STEP
            reach = rules.window - np.int64(mix(state) % np.uint64(rules.window))
            begin, end = max(0, int(place - reach)), min(length, int(place + reach) + 1)
            pairs = end - begin - rules.joint  # the place itself stands for the document
            drawing = min(pairs, 1) if rules.shared else pairs
            state = _draw(draws, state, words, drawn, rules.negatives * drawing)
            slot = 0
            for near in range(begin, end):
                if rules.joint and near != place:
                    loss += _pull_jointly(
                        tables, room[near], drawn, slot, word, document, rate, rules
                    )
                elif near != place:
                    loss += _pull(words, room[near], drawn, slot, contexts, word, word, rate, rules)
                elif not rules.joint:
                    loss += _pull(words, word, drawn, slot, documents, document, word, rate, rules)
                else:
                    continue
                slot += 0 if rules.shared else rules.negatives
            hinges += rules.negatives * pairs
    return loss, hinges


@compiled
def count_documents(corpus: Corpus, words: int) -> np.ndarray:
    """How many documents have each word, int64 (words,)."""
    tokens, ends = corpus
    counts, seen = np.zeros(words, np.int64), np.full(words, -1)
    begin = 0
    for document in range(len(ends)):
        for place in range(begin, ends[document]):
            word = tokens[place]
            counts[word] += seen[word] != document
            seen[word] = document
        begin = ends[document]
    return counts


@vectorised
def infer_documents(
    corpus: Corpus,
    words: np.ndarray,
    documents: np.ndarray,
    draws: Draws,
    rules: Rules,
    first: int,
    last: int,
) -> None:
    """Train the vectors of documents alone, the words staying as they are; all passes.

    What is drawn for a document depends on the seed and its words alone.

    Args:
        corpus: the documents.
        words: u, float32 (words, width), of length 1.
        documents: d, float32 (documents, width), of length 1 at first; changed.
        draws: what is drawn from.
        rules: what is trained, and how.
        first: the first document.
        last: one past the last document.
    """
    tokens, ends = corpus
    drawn = np.empty(rules.negatives, np.int32)
    for document in range(first, last):
        begin = ends[document - 1] if document else 0
        state = rules.seed
        for place in range(begin, ends[document]):
            state = mix(state + STEP + np.uint64(tokens[place]))
        for number in range(rules.passes):
            rate = np.float32(rules.rate + (rules.last_rate - rules.rate) * (number / rules.passes))
            for place in range(begin, ends[document]):
                word = tokens[place]
                state += STEP
                if mix(state) >> S32 > draws.kept[word]:
                    continue
                state = _draw(draws, state, words, drawn, rules.negatives)
                for other in range(rules.negatives):
                    if drawn[other] != word:
                        _move_document(words, word, drawn[other], documents, document, rate, rules)


@inlined
def _move_document(words, word, negative, documents, document, rate, rules):
    """The hinge of a word and a document, and its step of the document alone."""
    ud = nd = un = uu = nn = dd = np.float32(0)
    for column in range(words.shape[1]):
        u, n, d = words[word, column], words[negative, column], documents[document, column]
        ud, nd, un = ud + u * d, nd + n * d, un + u * n
        uu, nn, dd = uu + u * u, nn + n * n, dd + d * d
    apart = ud - nd
    if apart < rules.margin:
        if rules.factor:
            length = np.sqrt(uu + nn - TWO * un) if rules.joint else ONE
            rate *= ONE - apart / max(length, TINY)
        keep, rate = _shorten(ONE - rate * apart, dd, rate, uu + nn - TWO * un, apart)
        for column in range(words.shape[1]):
            d = documents[document, column]
            documents[document, column] = keep * d + rate * (
                words[word, column] - words[negative, column]
            )
