"""`octavo embed similar | map | export | evaluate`: what is done with vectors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

import numpy as np

from octavo._checks import check_whole
from octavo._files import read_text
from octavo._lazy import check_installed
from octavo.cli.arguments import AsJson, check_outputs
from octavo.cli.terminal import printable
from octavo.errors import DataError, UsageError
from octavo.report.pictures import check_picture
from octavo.vectors import KeyedVectors
from octavo.vectors.keyed_vectors import beside_numpy, check_ending

MAP_WORDS, MAP_DOCUMENTS = 400, 5000


def similar(
    source: Path,
    *words: str,
    without: tuple[str, ...] = (),
    top: int = 10,
    as_json: AsJson = False,
) -> None:
    """Show the words that are nearest to words.

    For example:

        octavo embed similar vectors 经济

        octavo embed similar vectors king woman --without man

    Parameters
    ----------
    source
        Where `octavo embed` wrote its vectors; or a file of vectors, .txt, .vec, .bin or .npy.
    words
        One, or several whose mean is taken.
    without
        A word that is taken away; may be given again.
    top
        How many are shown.
    as_json
        Print one JSON object.
    """
    vectors = _open(source)
    try:
        found = vectors.most_similar(words, without, top)
    except KeyError as error:
        raise UsageError(f"{error.args[0]}. Received: {' '.join(words)}") from None
    if as_json:
        print(json.dumps({"similar": found}, ensure_ascii=False))
        return
    for word, cosine in found:
        print(f"{cosine:.3f}  {printable(word)}")


def draw_map(
    source: Path,
    out: Path,
    *,
    kind: Literal["words", "documents"] = "words",
    labels: Path | None = None,
    top: int | None = None,
    seed: int = 0,
) -> None:
    """Draw a map of vectors, on which those that point the same way are near each other.

    For example:

        octavo embed map vectors words.png

        octavo embed map vectors documents.png --kind documents --labels labels.txt

    Parameters
    ----------
    source
        Where `octavo embed` wrote its vectors; or, for words, a file of vectors.
    out
        The picture: .png, .svg or .pdf.
    kind
        Words, with their names; or documents, as points.
    labels
        A file with the label of each vector, one a line: the twenty commonest get colours.
    top
        How many are drawn: the first, that is most frequent, words, 400 by default; of the
        documents so many at random, 5,000 by default.
    seed
        Of what is drawn at random.
    """
    if top is not None:
        check_whole("top", top, 1)
    check_picture(out)
    check_installed("sklearn", extra="evaluate")
    check_outputs([] if labels is None else [str(labels)], out=out)
    from octavo._seeds import make_generator
    from octavo.report.maps import plot_map
    from octavo.vectors import project

    if kind == "documents":
        from octavo.embedding import JoSE

        names, vectors = None, JoSE.load(source).document_vectors_
        drawn = make_generator(seed, "map").permutation(len(vectors))[: top or MAP_DOCUMENTS]
    else:
        words = _open(source)
        drawn = np.arange(len(words))[: top or MAP_WORDS]
        names, vectors = [words.keys[row] for row in drawn], words.vectors
    found = None
    if labels is not None:
        found = _read_labels(labels)
        if len(found) != len(vectors):
            raise DataError(f"{len(found):,} labels of {len(vectors):,} {kind}", labels)
        found = [found[row] for row in drawn]
    plot_map(project(vectors[drawn], seed), out, names, found)
    print(f"drew {len(drawn):,} {kind}: {out}")


def export(
    source: Path, out: Path, kind: Literal["words", "contexts", "documents"] = "words"
) -> None:
    """Write vectors as a file that other tools read.

    For example:

        octavo embed export vectors words.bin

        octavo embed export vectors documents.npy --kind documents

    Parameters
    ----------
    source
        Where `octavo embed` wrote its vectors.
    out
        By its ending: .txt or .vec, word2vec's text; .bin, its binary form; .npy, NumPy's, with the
        names beside it.
    kind
        Which vectors: of the words, of the words as contexts, or of the documents, which are named
        by their numbers from 0.
    """
    ending = check_ending(out, packed=False)
    own = [str(path) for path in (source, *source.glob("*"))]
    beside = beside_numpy(out) if ending == ".npy" else None
    check_outputs(own, out=out, names=beside)
    from octavo.embedding import JoSE

    model = JoSE.load(source)
    if kind == "documents":
        numbers = [str(number) for number in range(len(model.document_vectors_))]
        vectors = KeyedVectors(numbers, model.document_vectors_)
    elif kind == "contexts":
        vectors = KeyedVectors(model.words_.keys, model.context_vectors_)
    else:
        vectors = model.words_
    vectors.save(out)
    print(f"wrote {len(vectors):,} vectors to {out}")


def _read_labels(path: Path) -> list[str]:
    lines = read_text(path).removesuffix("\n").split("\n")
    return [line.removesuffix("\r") for line in lines]


def _open(source: Path) -> KeyedVectors:
    if source.is_file():
        return KeyedVectors.load(source)
    from octavo.embedding import JoSE

    return JoSE.load(source).words_


def evaluate(
    source: Path,
    similarity: tuple[Path, ...] = (),
    analogies: tuple[Path, ...] = (),
    labels: Path | None = None,
    train: int | None = None,
    seed: int = 0,
    as_json: AsJson = False,
) -> None:
    """Measure vectors: words against people's scores, documents against their labels.

    For example:

        octavo embed evaluate vectors --similarity wordsim353.tab --similarity SimLex-999.txt

        octavo embed evaluate vectors --labels labels.txt --train 11314

    Parameters
    ----------
    source
        Where `octavo embed` wrote its vectors; or, for words, a file of vectors.
    similarity
        A file of two words and a score a line, such as WordSim-353, MEN or SimLex-999.
    analogies
        A file of four words a line, "a is to b as c to d".
    labels
        A file with the label of each document, one a line: the documents are clustered, by k-means
        and by spherical k-means, and classified by their three nearest neighbours.
    train
        The first so many documents are the neighbours and the others are classified; by default
        five folds take turns.
    seed
        Of the clusters' first centres.
    as_json
        Print one JSON object.
    """
    if not similarity and not analogies and labels is None:
        raise UsageError("name --similarity, --analogies or --labels. Received: none of them")
    if labels is not None:
        check_installed("sklearn", extra="evaluate")
    from octavo.embedding import evaluation

    found: dict[str, dict[str, float]] = {}
    if similarity or analogies:
        words = _open(source)
        for path in similarity:
            found[str(path)] = evaluation.evaluate_similarity(words, path)._asdict()
        for path in analogies:
            found[str(path)] = evaluation.evaluate_analogies(words, path)._asdict()
    if labels is not None:
        from octavo.embedding import JoSE

        vectors = JoSE.load(source).document_vectors_
        names = _read_labels(labels)
        for name, spherical in (("k-means", False), ("spherical k-means", True)):
            clusters = evaluation.evaluate_clustering(vectors, names, spherical, seed)
            found[name] = clusters._asdict()
        found["neighbours"] = evaluation.evaluate_neighbours(vectors, names, train)._asdict()
    if as_json:
        print(json.dumps(found, ensure_ascii=False))
        return
    for name, scores in found.items():
        shown = (f"{key} {value:,.3f}" if isinstance(value, float) else f"{key} {value:,}"
                 for key, value in scores.items())  # fmt: skip
        print(f"{printable(name)}: {', '.join(shown)}")
