"""JoSE in plain NumPy, float64: slow, and as the paper and the authors' program have it.

What is drawn is drawn as octavo draws it, from the same numbers, so that the results can be
compared: SplitMix64 for random bits, the alias method for negatives.
"""

from __future__ import annotations

import numpy as np

MASK = (1 << 64) - 1
STEP = 0x9E3779B97F4A7C15


def mix(bits: int) -> int:
    bits &= MASK
    bits = ((bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    bits = ((bits ^ (bits >> 27)) * 0x94D049BB133111EB) & MASK
    return bits ^ (bits >> 31)


class Bits:
    """Random bits."""

    def __init__(self, state: int) -> None:
        self.state = state & MASK

    def next(self) -> int:
        self.state = (self.state + STEP) & MASK
        return mix(self.state)

    def word(self, draws) -> int:
        bits = self.next()
        slot = ((bits >> 32) * len(draws.own)) >> 32
        return slot if (bits & 0xFFFFFFFF) <= int(draws.own[slot]) else int(draws.others[slot])


def step(x, gradient, rate, factor):
    """Equation (10): along the sphere against the gradient."""
    moved = x - rate * factor * (gradient - (x @ gradient) * x)
    return moved / np.linalg.norm(moved)


def paper_factor(x, gradient, wanted):
    return 1 + x @ gradient / max(np.linalg.norm(gradient), 1e-6) if wanted else 1.0


def hinge(words, u, n, anchors, a, rate, rules):
    """One hinge of the authors' program and its steps; gives the loss."""
    x, y, z = words[u].copy(), words[n].copy(), anchors[a].copy()
    near, far = x @ z, y @ z
    if near - far >= rules.margin:
        return 0.0
    of_u, of_n, of_z = (1 - near, 2 * far, 1 - (near - far)) if rules.factor else (1, 1, 1)
    words[u], words[n] = step(x, -z, rate, of_u), step(y, z, rate, of_n)
    anchors[a] = step(z, y - x, rate, of_z)
    return rules.margin - (near - far)


def joint_hinge(tables, u, n, v, d, rate, rules):
    """Equation (5) and its steps; gives the loss."""
    words, contexts, documents = tables
    x, y, z, w = words[u].copy(), words[n].copy(), contexts[v].copy(), documents[d].copy()
    loss = rules.margin - x @ z - x @ w + y @ z + y @ w
    if loss <= 0:
        return 0.0
    for table, row, old, gradient in (
        (words, u, x, -(z + w)), (words, n, y, z + w),
        (contexts, v, z, y - x), (documents, d, w, y - x),
    ):  # fmt: skip
        table[row] = step(old, gradient, rate, paper_factor(old, gradient, rules.factor))
    return loss


def train(corpus, tables, draws, rules, number, order):
    """One pass over all documents, in place; gives the sum of the hinges."""
    words, contexts, documents = tables
    loss, texts = 0.0, np.split(corpus.tokens, corpus.ends[:-1])
    for visit, d in enumerate(order.tolist()):
        done = (number + visit / len(order)) / rules.passes
        rate = rules.rate + (rules.last_rate - rules.rate) * done
        bits = Bits(mix(int(rules.seed) + mix(number * STEP + d)))
        text = [w for w in texts[d] if bits.next() >> 32 <= int(draws.kept[w])]
        for place, v in enumerate(text):
            reach = rules.window - bits.next() % rules.window
            near = range(max(0, place - reach), min(len(text), place + reach + 1))
            pairs = len(near) - rules.joint  # its place in the row is that of its document
            drawn = [
                [bits.word(draws) for _ in range(rules.negatives)]
                for _ in range(min(pairs, 1) if rules.shared else pairs)
            ]
            negatives = iter(drawn * pairs if rules.shared else drawn)
            for other in near:
                if rules.joint and other == place:
                    continue
                for n in next(negatives):
                    u = text[other]
                    if n in (u, v):
                        continue
                    if other == place:
                        loss += hinge(words, v, n, documents, d, rate, rules)
                    elif rules.joint:
                        loss += joint_hinge(tables, u, n, v, d, rate, rules)
                    else:
                        loss += hinge(words, u, n, contexts, v, rate, rules)
    return loss
