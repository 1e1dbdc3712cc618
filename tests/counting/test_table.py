"""The compiled table against a loop over str.split and a Counter.

Covers octavo.counting.kernels, octavo.counting.entries, octavo.counting.segments.
"""

from __future__ import annotations

import random
from collections import Counter
from unittest import mock

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from octavo._numba import HASH_FACTOR
from octavo.counting import kernels
from octavo.counting.rows import TokenRows
from octavo.counting.segments import cut_lines, join_texts
from octavo.counting.table import TokenTable
from octavo.segmenting.splitting import split_characters, split_separated, split_words

SPACES = "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2005\u200a\u2028\u2029\u202f\u205f\u3000"
# Characters whose bytes are like those of white space, and others.
NEAR = "ab\x00!京\u2027\u2030\u200b\u3001\u1681\u205e\xa1\u0100𠀀😀"
texts = st.lists(st.text(st.sampled_from(SPACES + NEAR * 2), max_size=40), max_size=12)


def count_slowly(token_lists, longest, joiner):
    """{n-gram: (count, documents)} by the obvious loop."""
    counts, documents = Counter(), Counter()
    for tokens in token_lists:
        grams = [
            joiner.join(tokens[start : start + length])
            for start in range(len(tokens))
            for length in range(1, longest + 1)
            if start + length <= len(tokens)
        ]
        counts.update(grams)
        documents.update(set(grams))
    return {gram: (counts[gram], documents[gram]) for gram in counts}


def found(table):
    columns = table.to_arrow().to_pydict()
    assert len(set(columns["token"])) == len(columns["token"]) == len(table)
    pairs = zip(columns["count"], columns["documents"], strict=True)
    return dict(zip(columns["token"], pairs, strict=True))


@given(texts, st.integers(1, 6))
@example([SPACES + "a"] * 2, 2)
def test_words_are_those_of_str_split(texts, longest):
    table = TokenTable(longest)
    for text in texts:  # one by one, and all at once
        table.add(join_texts([text]), split_words)
    table.add(join_texts(texts), split_words)
    assert found(table) == count_slowly([text.split() for text in texts] * 2, longest, " ")
    assert table.total == sum(count for count, _ in found(table).values())


@given(texts, st.integers(1, 6))
def test_characters_are_those_that_are_no_space(texts, longest):
    table = TokenTable(longest, joiner="")
    table.add(join_texts(texts), split_characters)
    expected = count_slowly([list("".join(text.split())) for text in texts], longest, "")
    assert found(table) == expected


@given(
    st.lists(
        st.lists(st.text(st.sampled_from("a b京\n\u3000\u3001"), min_size=1), max_size=9),
        max_size=9,
    )
)
def test_separated_tokens_are_taken_unless_they_are_white_space(token_lists):
    table = TokenTable()
    table.add(join_texts("\x1f".join(tokens) for tokens in token_lists), split_separated)
    words = [[token for token in tokens if not token.isspace()] for tokens in token_lists]
    assert found(table) == count_slowly(words, 1, " ")


@pytest.mark.parametrize("length", [1, 7, 8, 9, 15, 16, 17, 100])
def test_tokens_that_differ_in_one_byte_are_two(length):
    token = "x" * length
    others = [token[:place] + "y" + token[place + 1 :] for place in range(length)]
    table = TokenTable()
    table.add(join_texts([" ".join([token, *others, token[:-1], token + "x", token])]), split_words)
    expected = {token: (2, 1), **dict.fromkeys([*others, token + "x"], (1, 1))}
    assert found(table) == expected | ({token[:-1]: (1, 1)} if length > 1 else {})


def test_a_table_grows_by_entries_and_by_bytes():
    chance = random.Random(0)
    lists = [[str(chance.randrange(10**6)) for _ in range(500)] for _ in range(60)]
    lists += [["long" * chance.randrange(1, 3000)] for _ in range(40)]
    table = TokenTable(2)
    table.add(join_texts(" ".join(tokens) for tokens in lists), split_words)
    assert found(table) == count_slowly(lists, 2, " ")
    assert len(table) > 50_000


@given(st.lists(st.text(st.sampled_from("a b\r京")), min_size=1))
def test_lines_are_documents(lines):
    table = TokenTable()
    segments = cut_lines("\n".join(lines).encode())
    table.add(segments, split_words)
    last_is_empty = lines[-1] == ""
    assert len(segments.bounds) - 1 == len(lines) - last_is_empty
    assert found(table) == count_slowly([line.split() for line in lines], 1, " ")


@given(texts, st.integers(1, 3))
def test_a_table_that_is_emptied_in_between_counts_the_same(texts, longest):
    whole, parts = TokenTable(longest), []

    def write(table):
        parts.append(table.to_arrow())
        table.clear()

    with (
        mock.patch("octavo.counting.table.SMALLEST", 4),
        mock.patch("octavo.counting.table.SLICE", 2),
    ):
        small = TokenTable(longest, " ", 1, write)
        small.add(join_texts(texts), split_words)
    whole.add(join_texts(texts), split_words)
    total = TokenTable()
    for part in [*parts, small.to_arrow()]:
        total.add_rows(TokenRows.from_table(part))
    assert found(total) == found(whole)


def test_document_numbers_begin_again_before_they_run_out():
    table = TokenTable()
    table.add(join_texts(["a b", "a"]), split_words)
    table._state[kernels.DOCUMENT] = (1 << 32) - 3
    for _ in range(3):
        table.add(join_texts(["a a", "c"]), split_words)
    assert found(table) == {"a": (8, 5), "b": (1, 1), "c": (3, 3)}
    assert table._state[kernels.DOCUMENT] < 10


@given(texts)
def test_a_bucket_depends_on_the_token_alone(texts):
    """Whatever else is in the table and however the token came to be, it has its bucket."""
    buckets = {}
    for longest, split in ((1, split_separated), (3, split_words)):
        table = TokenTable(longest)
        grams = count_slowly([text.split() for text in texts], 3, " ")
        given = ["\x1f".join(grams)] if longest == 1 else texts
        table.add(join_texts(given), split)
        order, begins = table.order()
        tokens = table.rows(order).to_batch().column(0).to_pylist()
        numbers = np.repeat(np.arange(len(begins) - 1), np.diff(begins)).tolist()
        assert len(tokens) == len(numbers) == begins[-1]
        buckets[longest] = dict(zip(tokens, numbers, strict=True))
    assert buckets[1] == buckets[3]


def colliding(count):
    """Tokens of eight bytes whose hash without a seed begins with the same 32 bits."""
    whole = 1 << 64
    second, factor = int(kernels.SECOND_FACTOR), int(HASH_FACTOR)
    for low in range(count):
        mixed = (7 << 32 | low) * pow(second, -1, whole) % whole
        mixed ^= mixed >> 32
        yield ((mixed * pow(factor, -1, whole)) ^ (8 * second)) % whole


def longest_run(table):
    """How many slots in a row are taken."""
    free = np.flatnonzero(table._slots == -1)
    return int(np.diff(free, prepend=-1).max()) - 1


def test_words_made_to_collide_do_not():
    count = 3000
    text = np.fromiter(colliding(count), np.uint64, count).view(np.uint8)
    ones = np.ones(count, np.int64)
    rows = TokenRows(text, np.arange(0, 8 * count + 1, 8), ones, ones)
    table, open_one = TokenTable(), TokenTable()
    open_one._state[kernels.SEED] = 0
    for one in (table, open_one):
        one.add_rows(rows)
        assert len(one) == one.total == count
    assert longest_run(open_one) >= count
    assert longest_run(table) < 300
