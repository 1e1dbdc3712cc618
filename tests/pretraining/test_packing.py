"""Nothing is lost or doubled by cutting and packing, and little is padding."""

from __future__ import annotations

import hypothesis.strategies as st
import numpy as np
from hypothesis import given

from octavo.corpus.token_shards import ShardWriter, TokenShard
from octavo.pretraining.packing import (
    CLOSES,
    ENDS,
    LEAST,
    PAUSES,
    cut_documents,
    make_rows,
    pack_fragments,
)

END, PAUSE, QUOTE = 5, 6, 7
MARKS = np.zeros(2**15, np.uint8)
MARKS[[END, PAUSE, QUOTE]] = ENDS, PAUSES, CLOSES


def make_shard(folder, texts):
    writer = ShardWriter(folder, "00000", vocabulary_size=100)
    for text in texts:
        writer.add(np.array(text), begins=np.ones(len(text), bool))
    return TokenShard(folder, writer.close()[0])


@given(
    texts=st.lists(st.lists(st.integers(5, 30), min_size=1, max_size=90), min_size=1, max_size=9),
    room=st.integers(14, 40),
    data=st.data(),
)
def test_pieces_cover_the_documents_that_are_kept(tmp_path_factory, texts, room, data):
    shard = make_shard(tmp_path_factory.mktemp("shards"), texts)
    keep = np.array(data.draw(st.lists(st.booleans(), min_size=len(texts), max_size=len(texts))))
    starts, lengths = cut_documents(shard, keep, room, MARKS)
    assert (lengths <= room).all()
    assert (lengths >= LEAST).all()
    covered = np.zeros(len(shard.tokens), int)
    for start, length in zip(starts, lengths, strict=True):
        covered[start : start + length] += 1
    begin = 0
    for text, kept in zip(texts, keep, strict=True):
        part = covered[begin : begin + len(text)]
        begin += len(text)
        assert part.max(initial=0) <= int(kept)
        if kept:  # what is left out is the end of a document, too short for a fragment
            missing = np.flatnonzero(part == 0)
            assert len(missing) < LEAST
            assert not len(missing) or missing[-1] == len(text) - 1


def test_a_document_is_cut_after_a_sentence_or_else_a_pause(tmp_path):
    words = [9] * 18
    near = [*words, END, QUOTE, 9, *words]  # the sentence ends just before the row does
    far = [*[9] * 12, END, 9, 9, 9, PAUSE, 9, 9, 9, 9, *words]
    none = [9] * 40
    shard = make_shard(tmp_path, [near, far, none])
    starts, lengths = cut_documents(shard, np.ones(3, bool), 21, MARKS)
    fragments = sorted(zip(starts.tolist(), lengths.tolist(), strict=True))
    second = len(near)
    assert next(length for start, length in fragments if start < second) == 20
    assert next(length for start, length in fragments if start >= second) == 17
    assert next(length for start, length in fragments if start >= second + len(far)) == 21


@given(
    lengths=st.lists(st.integers(1, 32), min_size=1, max_size=200),
    capacity=st.integers(32, 64),
)
def test_every_piece_is_in_one_row_that_holds_it(lengths, capacity):
    lengths = np.array(lengths)
    fragments, firsts = pack_fragments(lengths, capacity)
    assert sorted(fragments.tolist()) == list(range(len(lengths)))
    sizes = np.add.reduceat(lengths[fragments], firsts[:-1])
    assert (sizes <= capacity).all()
    assert (firsts[0], firsts[-1]) == (0, len(lengths))
    assert (2 * sizes <= capacity).sum() <= 1  # two such rows would have been one


def test_rows_of_short_documents_are_nearly_full(tmp_path):
    random = np.random.default_rng(0)
    texts = [[9] * int(n) for n in random.integers(10, 60, 2000)]
    shard = make_shard(tmp_path, texts)
    rows = make_rows([shard], [np.ones(2000, bool)], length=128, specials=2, marks=MARKS)
    assert rows.tokens == sum(map(len, texts))
    assert (rows.tokens + 2 * len(rows.length)) / (len(rows) * 128) > 0.98
