"""Vectors of words and documents: how good, beside the authors' program, gensim and others.

Size 100, window 10, 2 negatives, 20 passes, words of 5 times or more, one thread (a second one
changes what the program learns); five seeds, each of which puts the documents in another order, so
that the program, which has no seed, has a spread too. Four corpora: 20 Newsgroups, by which the
defaults were chosen; Reuters' R8 and M10, titles, by which it was chosen how documents are placed;
and DBLP, titles, by which nothing was. Beside them: TF-IDF with SVD, and means of the vectors of
tokens that the package wordllama brings, 256 numbers, learned elsewhere from far more English.

    NMI, ARI, purity    as many clusters as classes by k-means, against the classes
    kNN                 macro F1 of the test documents by their three nearest training documents, or
                        of five folds
    WordSim, MEN, SimLex    Spearman of cosines and people's scores, 20 Newsgroups alone

The program (Apache-2.0, C, of yumeng5/Spherical-Text-Embedding) is built by hand and named by
JOSE_OFAST, or else JOSE, in the environment. It takes hours: each score is kept in
scores/embedding_quality.json and not measured again; delete those that a change of octavo's makes
old. `--quick`, which keeps nothing: a seventh of 20 Newsgroups, 5 passes, a seed.
"""

from __future__ import annotations

import json
import lzma
import os
import shutil
import sys
from collections.abc import Sequence
from functools import cache
from itertools import product
from statistics import mean, pstdev
from typing import Any

import numpy as np

from embedding_speed import PUBLISHED, WORD
from harness import FOLDER, Row, Side, progress, run, shared_data, summary
from octavo._files import write_atomic
from octavo.embedding import JoSE
from octavo.embedding.evaluation import (
    evaluate_clustering,
    evaluate_neighbours,
    evaluate_similarity,
)
from octavo.vectors import KeyedVectors
from octavo.vectors.neighbours import unit_rows

KEPT = FOLDER / "scores" / "embedding_quality.json"
SCRATCH = FOLDER.parent / "runs" / "embedding_quality"
NEWS = "20 Newsgroups"
CORPORA = {
    NEWS: ("20news/20news-bydate-train.jsonl.xz", "20news/20news-bydate-test.jsonl.xz"),
    "R8": ("reuters/R8.train.txt.xz", "reuters/R8.test.txt.xz"),
    "M10": ("octis/M10.corpus.tsv.xz",),
    "DBLP": ("octis/DBLP.corpus.tsv.xz",),
}
WORDS = {
    "WordSim": "word_similarity/wordsim353/combined.tab",
    "MEN": "word_similarity/MEN/MEN_dataset_natural_form_full",
    "SimLex": "word_similarity/SimLex-999/SimLex-999.txt",
}
SEEDS, PASSES = 5, 20
PROGRAM, GENSIM, LSA = "the program", "gensim Doc2Vec", "TF-IDF + SVD"
MEANS = "wordllama's means"
AS_PUBLISHED = "as published"
OURS: dict[str, dict[str, Any]] = {
    AS_PUBLISHED: PUBLISHED,
    "as published, no factor": PUBLISHED | {"cosine_factor": False},
    "joint": PUBLISHED | {"objective": "joint"},
    "joint, no factor": PUBLISHED | {"objective": "joint", "cosine_factor": False},
    "defaults, trained documents": {"document_vectors": "trained"},
    "defaults": {},
}


def measure(quick: bool) -> dict[str, Any]:
    """A row a score: octavo's faithful mode against the program; and all others."""
    seeds, passes = (1, 5) if quick else (SEEDS, PASSES)
    program = os.environ.get("JOSE_OFAST") or os.environ.get("JOSE")
    if program is None:
        progress("JOSE_OFAST and JOSE name no program: no row of it")
    kept = {} if quick else read_kept()
    names = [*([PROGRAM] if program else []), GENSIM, LSA, MEANS, *OURS]
    first: list[Row] = []
    others: list[Row] = []
    for corpus in [NEWS] if quick else CORPORA:
        texts, labels, train = read_corpus(corpus, 7 if quick else 1)
        scores: dict[str, list[dict[str, float]]] = {name: [] for name in names}
        for seed, name in product(range(seeds), names):
            cell = f"{corpus}, seed {seed}, {name}"
            if cell not in kept:
                order = np.random.default_rng(seed).permutation(len(texts))
                words, documents = embed(name, [texts[i] for i in order], passes, seed, program)
                found = score_documents(documents[np.argsort(order)], labels, train, seed)
                if corpus == NEWS:
                    found |= score_words(words)
                kept[cell] = {measured: round(score, 5) for measured, score in found.items()}
                if not quick:
                    keep(kept)
            scores[name].append(kept[cell])
            progress(f"  {cell}: {show([kept[cell]])}")
        for name in names:
            progress(f"| {corpus} | {name} | {show(scores[name])} |")
        compared, informing = rows(corpus, scores)
        first, others = first + compared, others + informing
    return summary(
        f"vectors of words and documents after {passes} passes, mean of {seeds} seeds",
        first or others,
        others if first else (),
        unit="octavo's score / the peer's",
        versions={},
    )


def read_kept() -> dict[str, dict[str, float]]:
    """The scores that were measured before, by corpus, seed and row."""
    return json.loads(KEPT.read_text("utf-8")) if KEPT.is_file() else {}


def keep(kept: dict[str, dict[str, float]]) -> None:
    """Write the scores, a line each."""
    lines = ",\n".join(f"{json.dumps(cell)}: {json.dumps(kept[cell])}" for cell in sorted(kept))
    KEPT.parent.mkdir(exist_ok=True)
    with write_atomic(KEPT) as file:
        file.write(f"{{\n{lines}\n}}\n")


def rows(corpus: str, scores: dict[str, list[dict[str, float]]]) -> tuple[list[Row], list[Row]]:
    """The faithful mode must not be below the program's mean by more than its spread."""
    first, others = [], []
    base = scores.get(PROGRAM) or scores[GENSIM]
    for measured in base[0]:
        theirs = [found[measured] for found in base]
        for name, all_found in scores.items():
            ours = [found[measured] for found in all_found]
            details = {"mean": round(mean(ours), 4), "spread": round(pstdev(ours), 4)}
            if name == AS_PUBLISHED and PROGRAM in scores:
                ratio = mean(ours) / (mean(theirs) - pstdev(theirs))
                what = f"{corpus}, {measured}, as published / the program's mean less its spread"
                first.append(Row(what, round(ratio, 3), 1.0, details))
            else:
                ratio = mean(ours) / mean(theirs)
                others.append(Row(f"{corpus}, {measured}, {name}", round(ratio, 3), None, details))
    return first, others


def show(found: Sequence[dict[str, float]]) -> str:
    """Means, with the spread where there are several."""
    parts = []
    for measured in found[0]:
        values = [one[measured] for one in found]
        spread = f" ± {pstdev(values):.3f}" if len(values) > 1 else ""
        parts.append(f"{measured} {mean(values):.3f}{spread}")
    return ", ".join(parts)


def embed(
    name: str, texts: list[str], passes: int, seed: int, program: str | None
) -> tuple[KeyedVectors, np.ndarray]:
    """The vectors of words and documents of one row."""
    if name == LSA:
        return embed_lsa(texts, seed)
    shutil.rmtree(SCRATCH, ignore_errors=True)
    SCRATCH.mkdir(parents=True)
    path, out = SCRATCH / "texts.txt", str(SCRATCH / "out")
    path.write_text("".join(f"{text}\n" for text in texts), "utf-8")
    arguments: dict[str, Any] = {"path": str(path), "out": out, "threads": 1, "passes": passes}
    if name == PROGRAM:
        with Side("embed_program.py", threads=1) as side:
            side.call("embed", program=program, **arguments)
        documents = KeyedVectors.load(f"{out}-doc.txt")
        rows_of = [documents.key_to_index[str(number)] for number in range(len(texts))]
        return KeyedVectors.load(f"{out}-word.txt"), documents.vectors[rows_of]
    if name == GENSIM:
        with Side("embed_gensim.py", "gensim", threads=1) as side:
            side.call("embed", seed=seed, **arguments)
            side.call("export", path=out, words=f"{out}.bin", documents=f"{out}.npy")
        return KeyedVectors.load(f"{out}.bin"), np.load(f"{out}.npy")
    if name == MEANS:
        with Side("embed_wordllama.py", "wordllama", threads=1) as side:
            side.call("embed", path=str(path), out=out)
        return KeyedVectors.load(f"{out}-words.npy"), np.load(f"{out}.npy")
    with Side("embed_octavo.py", threads=1) as side:
        side.call("embed", seed=seed, **arguments, **OURS[name])
    model = JoSE.load(out)
    return model.words_, model.document_vectors_


def embed_lsa(texts: list[str], seed: int) -> tuple[KeyedVectors, np.ndarray]:
    """Latent semantic analysis by scikit-learn."""
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(analyzer=str.split, min_df=5, sublinear_tf=True)
    svd = TruncatedSVD(100, random_state=seed)
    documents = svd.fit_transform(vectorizer.fit_transform(texts))
    words = (svd.components_ * svd.singular_values_[:, None]).T
    return KeyedVectors(list(vectorizer.get_feature_names_out()), words), documents


def score_documents(
    documents: np.ndarray, labels: list[str], train: int | None, seed: int
) -> dict[str, float]:
    """All scores of the documents of one row with one seed."""
    documents = unit_rows(documents.astype(np.float32))
    clusters = evaluate_clustering(documents, labels, seed=seed)
    neighbours = evaluate_neighbours(documents, labels, train)
    found = {"NMI": clusters.nmi, "ARI": clusters.ari, "purity": clusters.purity}
    return found | {"kNN": neighbours.f1_macro}


def score_words(words: KeyedVectors) -> dict[str, float]:
    """All scores of the words of one row with one seed."""
    return {
        name: evaluate_similarity(words, shared_data(path)).spearman for name, path in WORDS.items()
    }


@cache
def read_corpus(name: str, every: int) -> tuple[list[str], list[str], int | None]:
    """Texts, words in lower case between spaces; classes; how many of them are for training."""
    texts, labels, counts = [], [], []
    for part in CORPORA[name]:
        with lzma.open(shared_data(part), "rt", encoding="utf-8") as file:
            lines = [line for line in file.read().split("\n") if line][::every]
        if name == NEWS:
            pairs = [(line["label"], line["text"]) for line in map(json.loads, lines)]
        elif name in ("M10", "DBLP"):
            pairs = [(label, text) for text, _, label in (line.split("\t") for line in lines)]
        else:
            pairs = [(label, text) for label, text in (line.split("\t") for line in lines)]
        texts += [" ".join(WORD.findall(text.lower())) for _, text in pairs]
        labels += [label for label, _ in pairs]
        counts.append(len(pairs))
    return texts, labels, counts[0] if len(counts) == 2 else None


if __name__ == "__main__":
    sys.exit(run("embedding_quality", __doc__ or "", measure))
