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

from octavo._numba import inlined, prefetch, vectorised
from octavo.embedding.tables import Corpus, Draws, Rules, Tables

ONE, TWO, TINY = np.float32(1), np.float32(2), np.float32(1e-12)
STEP = np.uint64(0x9E3779B97F4A7C15)  # of SplitMix64 (Steele, Lea and Flood 2014)
MIX_1, MIX_2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
S27, S30, S31, S32 = np.uint64(27), np.uint64(30), np.uint64(31), np.uint64(32)
LOW = np.uint64(0xFFFFFFFF)
LINE = 16  # numbers of a line of the cache


@inlined
def _mix(bits):
    bits = (bits ^ (bits >> S30)) * MIX_1
    bits = (bits ^ (bits >> S27)) * MIX_2
    return bits ^ (bits >> S31)


@inlined
def _draw(draws, state, words, drawn, number):
    """Negatives, by the alias method (Walker 1977), soon to be looked at; gives the new state."""
    for place in range(number):
        state += STEP
        bits = _mix(state)
        slot = np.int64(((bits >> S32) * np.uint64(len(draws.own))) >> S32)
        negative = np.int64(slot if (bits & LOW) <= draws.own[slot] else draws.others[slot])
        drawn[place] = negative
        for line in range(0, words.shape[1], LINE):
            prefetch(words, negative * words.shape[1] + line)
    return state


@inlined
def _dot(one, row, other, other_row):
    found = np.float32(0)
    for place in range(one.shape[1]):
        found += one[row, place] * other[other_row, place]
    return found


@inlined
def _compare(words, word, anchors, anchor):
    """The product of a word and an anchor, and that of the word and itself: 1 but for rounding."""
    product, square = np.float32(0), np.float32(0)
    for place in range(words.shape[1]):
        u = words[word, place]
        product, square = product + u * anchors[anchor, place], square + u * u
    return product, square


@inlined
def _pull(words, word, drawn, first, anchors, anchor, standing, rate, rules):
    """The hinges of a pair: a word nearer to the anchor, a context or a document, than negatives.

    `standing` is a word that does stand there and is no negative. Gives the sum of the hinges.
    """
    loss = 0.0
    near, square = _compare(words, word, anchors, anchor)
    for place in range(first, first + rules.negatives):
        negative = drawn[place]
        if negative != word and negative != standing:
            far, other_square = _compare(words, negative, anchors, anchor)
            if near - far < rules.margin:
                loss += rules.margin - (near - far)
                near = _move(
                    words, word, negative, anchors, anchor,
                    near, far, square, other_square, rate, rules.factor,
                )  # fmt: skip
                square = ONE
    return loss


@inlined
def _move(words, word, negative, anchors, anchor, near, far, square, other_square, rate, factor):
    """One step of u, u' and v (or d), each as the others were before it; gives the new u.v.

    How long the new vectors would be follows from the products of the old ones.
    """
    rate_u, rate_n, rate_v = rate, rate, rate
    if factor:
        rate_u, rate_n, rate_v = rate * (ONE - near), rate * TWO * far, rate * (ONE - (near - far))
    keep_u, keep_n, keep_v = ONE - rate_u * near, ONE + rate_n * far, ONE - rate_v * (near - far)
    both, anchor_square = np.float32(0), np.float32(0)
    for place in range(words.shape[1]):
        both += words[word, place] * words[negative, place]
        anchor_square += anchors[anchor, place] * anchors[anchor, place]
    between = square + other_square - TWO * both  # |u - u'|^2
    length = _length(keep_u, square, rate_u, anchor_square, near)
    keep_u, rate_u = keep_u / length, rate_u / length
    length = _length(keep_n, other_square, -rate_n, anchor_square, far)
    keep_n, rate_n = keep_n / length, rate_n / length
    length = _length(keep_v, anchor_square, rate_v, between, near - far)
    keep_v, rate_v = keep_v / length, rate_v / length
    near = np.float32(0)
    for place in range(words.shape[1]):
        u, n, v = words[word, place], words[negative, place], anchors[anchor, place]
        new_u, new_v = keep_u * u + rate_u * v, keep_v * v + rate_v * (u - n)
        words[negative, place] = keep_n * n - rate_n * v
        words[word, place], anchors[anchor, place] = new_u, new_v
        near += new_u * new_v
    return near


@inlined
def _length(keep, square, rate, other_square, product):
    """The length of keep * x + rate * y, from x.x, y.y and x.y."""
    return np.sqrt(keep * keep * square + rate * rate * other_square + TWO * keep * rate * product)


@inlined
def _pull_jointly(tables, word, drawn, first, context, document, rate, rules):
    """The joint hinges of a pair and its document."""
    words, contexts, documents = tables
    loss = 0.0
    for place in range(first, first + rules.negatives):
        negative = drawn[place]
        if negative == word or negative == context:  # noqa: SIM109 (for numba)
            continue
        near = _dot(words, word, contexts, context) + _dot(words, word, documents, document)
        far = _dot(words, negative, contexts, context) + _dot(words, negative, documents, document)
        if near - far < rules.margin:
            loss += rules.margin - (near - far)
            _move_jointly(tables, word, negative, context, document, rate, rules.factor)
    return loss


@inlined
def _move_jointly(tables, word, negative, context, document, rate, factor):
    """One step of u, u', v and d, each as the others were before it."""
    words, contexts, documents = tables
    uv = ud = nv = nd = un = vd = uu = nn = vv = dd = np.float32(0)
    for place in range(words.shape[1]):
        u, n = words[word, place], words[negative, place]
        v, d = contexts[context, place], documents[document, place]
        uv, ud, nv, nd, un, vd = (
            uv + u * v,
            ud + u * d,
            nv + n * v,
            nd + n * d,
            un + u * n,
            vd + v * d,
        )
        uu, nn, vv, dd = uu + u * u, nn + n * n, vv + v * v, dd + d * d
    rate_u, rate_n, rate_v, rate_d = rate, rate, rate, rate
    between, together = max(uu + nn - TWO * un, TINY), max(vv + dd + TWO * vd, TINY)
    if factor:  # 1 + x.g / |g|
        rate_u *= ONE - (uv + ud) / np.sqrt(together)
        rate_n *= ONE + (nv + nd) / np.sqrt(together)
        rate_v *= ONE - (uv - nv) / np.sqrt(between)
        rate_d *= ONE - (ud - nd) / np.sqrt(between)
    keep_u, keep_n = ONE - rate_u * (uv + ud), ONE + rate_n * (nv + nd)
    keep_v, keep_d = ONE - rate_v * (uv - nv), ONE - rate_d * (ud - nd)
    length = _length(keep_u, uu, rate_u, together, uv + ud)
    keep_u, rate_u = keep_u / length, rate_u / length
    length = _length(keep_n, nn, -rate_n, together, nv + nd)
    keep_n, rate_n = keep_n / length, rate_n / length
    length = _length(keep_v, vv, rate_v, between, uv - nv)
    keep_v, rate_v = keep_v / length, rate_v / length
    length = _length(keep_d, dd, rate_d, between, ud - nd)
    keep_d, rate_d = keep_d / length, rate_d / length
    for place in range(words.shape[1]):
        u, n = words[word, place], words[negative, place]
        v, d = contexts[context, place], documents[document, place]
        words[word, place] = keep_u * u + rate_u * (v + d)
        words[negative, place] = keep_n * n - rate_n * (v + d)
        contexts[context, place] = keep_v * v + rate_v * (u - n)
        documents[document, place] = keep_d * d + rate_d * (u - n)


@vectorised
def train_documents(
    corpus: Corpus,
    tables: Tables,
    draws: Draws,
    rules: Rules,
    number: int,
    first_document: int,
    last_document: int,
    room: np.ndarray,
) -> tuple[float, int]:
    """One pass over some documents; changes the tables.

    What is drawn for a document depends on the seed, the pass and the document alone.

    Args:
        corpus: all documents.
        tables: the vectors.
        draws: what is drawn from.
        rules: what is trained, and how.
        number: of the pass, from 0.
        first_document: the first one.
        last_document: one past the last one.
        room: int32, as long as the longest document and `room_for_draws` together.

    Returns:
        The sum of the hinges, and how many there were.
    """
    words, contexts, documents = tables
    tokens, ends = corpus
    total = ends[-1] * rules.passes
    loss, hinges = 0.0, 0
    for document in range(first_document, last_document):
        begin = ends[document - 1] if document else 0
        state = _mix(rules.seed + _mix(np.uint64(number) * STEP + np.uint64(document)))
        done = (ends[-1] * number + begin) / total
        rate = np.float32(rules.rate + (rules.last_rate - rules.rate) * done)
        length = 0
        for place in range(begin, ends[document]):
            state += STEP
            if _mix(state) >> S32 <= draws.kept[tokens[place]]:
                room[length] = tokens[place]
                length += 1
        drawn = room[length:]
        for place in range(length):
            word = room[place]
            state += STEP
            reach = rules.window - np.int64(_mix(state) % np.uint64(rules.window))
            begin, end = max(0, int(place - reach)), min(length, int(place + reach) + 1)
            pairs = end - begin - rules.joint  # the place itself stands for the document
            drawing = min(pairs, 1) if rules.shared else pairs
            state = _draw(draws, state, words, drawn, rules.negatives * drawing)
            first = 0
            for near in range(begin, end):
                if rules.joint and near != place:
                    loss += _pull_jointly(
                        tables, room[near], drawn, first, word, document, rate, rules
                    )
                elif near != place:
                    loss += _pull(
                        words, room[near], drawn, first, contexts, word, word, rate, rules
                    )
                elif not rules.joint:
                    loss += _pull(words, word, drawn, first, documents, document, word, rate, rules)
                else:
                    continue
                first += 0 if rules.shared else rules.negatives
            hinges += rules.negatives * pairs
    return loss, hinges


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
            state = _mix(state + STEP + np.uint64(tokens[place]))
        for number in range(rules.passes):
            rate = np.float32(rules.rate + (rules.last_rate - rules.rate) * (number / rules.passes))
            for place in range(begin, ends[document]):
                word = tokens[place]
                state += STEP
                if _mix(state) >> S32 > draws.kept[word]:
                    continue
                state = _draw(draws, state, words, drawn, rules.negatives)
                near = _dot(words, word, documents, document)
                for other in range(rules.negatives):
                    negative = drawn[other]
                    if negative == word:
                        continue
                    far = _dot(words, negative, documents, document)
                    if near - far < rules.margin:
                        near = _move_document(
                            words, word, negative, documents, document, near, far, rate, rules
                        )


@inlined
def _move_document(words, word, negative, documents, document, near, far, rate, rules):
    """One step of d alone; gives the new u.d."""
    if rules.factor:
        rate *= ONE - (near - far)
    keep, length = ONE - rate * (near - far), np.float32(0)
    for place in range(words.shape[1]):
        new = keep * documents[document, place] + rate * (
            words[word, place] - words[negative, place]
        )
        documents[document, place] = new
        length += new * new
    length = ONE / np.sqrt(length)
    near = np.float32(0)
    for place in range(words.shape[1]):
        documents[document, place] *= length
        near += words[word, place] * documents[document, place]
    return near
