"""Files of vectors as gensim writes and reads them."""

from __future__ import annotations

import numpy as np
import pytest

from octavo.vectors import KeyedVectors

gensim = pytest.importorskip("gensim.models", reason="gensim is not installed here")
pytestmark = pytest.mark.peer

WORDS = ["the", "文字", "naïve", "a_b", "😀"]
VECTORS = np.random.default_rng(0).standard_normal((5, 7)).astype(np.float32)


@pytest.mark.parametrize("ending", [".bin", ".txt"])
def test_gensim_reads_what_is_written(tmp_path, ending):
    ours = KeyedVectors(WORDS, VECTORS)
    path = str(tmp_path / f"vectors{ending}")
    ours.save(path)
    theirs = gensim.KeyedVectors.load_word2vec_format(path, binary=ending == ".bin")
    assert theirs.index_to_key == WORDS
    np.testing.assert_array_equal(theirs.vectors, VECTORS)
    for word, other in ours.most_similar("文字", top=3):
        assert theirs.similarity("文字", word) == pytest.approx(other, abs=1e-6)


@pytest.mark.parametrize("ending", [".bin", ".txt"])
def test_what_gensim_writes_is_read(tmp_path, ending):
    theirs = gensim.KeyedVectors(7)
    theirs.add_vectors(WORDS, VECTORS)
    path = str(tmp_path / f"vectors{ending}")
    theirs.save_word2vec_format(path, binary=ending == ".bin")
    ours = KeyedVectors.load(path)
    assert ours.keys == WORDS
    np.testing.assert_allclose(ours.vectors, VECTORS, atol=0 if ending == ".bin" else 1e-7)
