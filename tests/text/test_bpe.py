"""Pieces learned by byte pair encoding, against its definition."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from octavo.text.bpe import learn_pieces, split_letters


def recount_and_merge(words: dict[str, int], number: int) -> list[str]:
    """Byte pair encoding by its definition: count every pair anew before each merge."""
    pieces = {word: split_letters(word) for word in words}
    learned: dict[str, None] = {}
    while len(learned) < number:
        counts: Counter[tuple[str, str]] = Counter()
        for word, parts in pieces.items():
            for n in range(len(parts) - 1):
                counts[parts[n], parts[n + 1]] += words[word]
        if not counts or max(counts.values()) < 2:
            break
        best = min(counts, key=lambda pair: (-counts[pair], pair))
        joined = best[0] + best[1].removeprefix("##")
        learned[joined] = None
        for parts in pieces.values():
            n = 0
            while n < len(parts) - 1:
                if (parts[n], parts[n + 1]) == best:
                    parts[n : n + 2] = [joined]
                n += 1
    return list(learned)


@given(
    st.dictionaries(st.text("ab12", min_size=1, max_size=8), st.integers(1, 9), max_size=12),
    st.integers(0, 20),
)
def test_pieces_equal_merging_by_definition(words: dict[str, int], number: int) -> None:
    assert learn_pieces(words, number) == recount_and_merge(words, number)
