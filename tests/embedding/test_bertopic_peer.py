"""JoSE in a pipeline as the embedding model of BERTopic."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("bertopic", reason="BERTopic is not installed here")
pytest.importorskip("numba")

from bertopic import BERTopic
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline

from octavo.embedding import JoSE
from two_themes import make_texts

pytestmark = pytest.mark.peer


def test_themes_become_topics():
    texts = make_texts(400)
    model = JoSE(16, min_count=2, sample=0, segmenter="whitespace", deterministic=True)
    topics = BERTopic(
        embedding_model=make_pipeline(model),
        umap_model=PCA(3, random_state=0),
        hdbscan_model=KMeans(2, n_init=10, random_state=0),
    )
    found, _ = topics.fit_transform(texts)
    first = np.array(found) == found[0]
    assert max(np.mean(first[::2]), np.mean(first[1::2])) > 0.95
    assert min(np.mean(first[::2]), np.mean(first[1::2])) < 0.05
    again, _ = topics.transform(texts[:50])
    assert np.mean(np.array(again) == np.array(found[:50])) > 0.9
