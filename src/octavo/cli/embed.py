"""`octavo embed`: vectors of the words and documents of a corpus.

This file is long because each of its verbs explains all its options.
"""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path
from typing import Literal

import numpy as np
from cyclopts import App

from octavo._checks import check_whole
from octavo._files import check_directory, read_text
from octavo._lazy import check_installed, without
from octavo.cli.arguments import (
    AsJson,
    BadLines,
    Input,
    Output,
    Unit,
    check_apart,
    check_outputs,
    find_corpus,
    leave_out,
    say_bad_lines,
)
from octavo.cli.terminal import printable
from octavo.errors import DataError, UsageError
from octavo.report.pictures import check_picture
from octavo.vectors import KeyedVectors
from octavo.vectors.keyed_vectors import check_ending

TRAINING = "training"  # of --out: the folder of a training that is not finished
MAP_WORDS, MAP_DOCUMENTS = 400, 5000

app = App(name="embed", help_format="markdown")


@app.default
def embed(
    *paths: Input,
    out: Path,
    size: int = 100,
    window: int = 5,
    negatives: int = 2,
    passes: int = 10,
    learning_rate: float = 0.04,
    schedule: Literal["linear", "constant"] = "linear",
    margin: float = 0.3,
    sample: float = 1e-3,
    min_count: int = 5,
    objective: Literal["joint", "hinges"] = "joint",
    cosine_factor: bool = False,
    shared_negatives: bool = True,
    document_vectors: Literal["inferred", "trained"] = "inferred",
    segmenter: str = "jieba",
    field: str | None = None,
    lowercase: bool = False,
    nfkc: bool = False,
    bad_lines: BadLines = "stop",
    documents: Unit = "lines",
    workers: int | None = None,
    deterministic: bool = False,
    seed: int = 0,
    save_seconds: float = 60.0,
    plot: Output = None,
    as_json: AsJson = False,
) -> None:
    """Learn vectors of the words and documents of files; the same command goes on where it stopped.

    For example:

        octavo embed news/ --out vectors

        octavo embed papers.jsonl --field abstract --segmenter whitespace --lowercase --out vectors

        octavo embed similar vectors 经济

    Parameters
    ----------
    paths
        Files, folders, patterns in quotes; .gz, .bz2, .xz and .zst are unpacked; - is standard
        input. A line of .jsonl and a row of .parquet is a document; of text, see --documents.
    out
        Folder of the vectors: config.json, vocab.txt, model.safetensors.
    size
        Numbers of a vector.
    window
        How many words on each side of a word are near it, at most.
    negatives
        How many words are drawn against each pair.
    passes
        Over the corpus.
    learning_rate
        At the first word.
    schedule
        linear, the rate falls to 0; constant, it stays.
    margin
        By how much a pair is to be nearer than a drawn one, as cosines.
    sample
        The share of all words above which a frequent word loses places, 0 for never.
    min_count
        The least count of a word that gets a vector.
    objective
        joint, the hinge of the paper; hinges, those of its authors' program.
    cosine_factor
        Make steps longer, the more a vector points away from where it is drawn, as the paper does.
    shared_negatives
        Draw negatives once for all pairs of a place, which is faster.
    document_vectors
        inferred from the trained words; or trained with them, as the paper has it.
    segmenter
        jieba (Chinese words), jieba:DICT.txt (with words of your own), whitespace, characters,
        regex:PATTERN, wordpiece:VOCAB.txt, or module:function of your own.
    field
        The field of JSON lines, or the column of Parquet, that holds the text: "text" by default.
    lowercase
        Put the text into lower case first.
    nfkc
        Bring the text into Unicode's form NFKC first.
    bad_lines
        Lines that are not UTF-8: stop with an error, skip them, or replace what cannot be read.
    documents
        What one document is in a text file: each of its lines; its paragraphs, with blank lines
        between; or, with "files", all of it.
    workers
        Threads that train; all cores by default.
    deterministic
        The same vectors every time: one thread trains.
    seed
        Of all that is drawn.
    save_seconds
        How often the training is saved; a kill loses so much.
    plot
        Draw the loss of each pass: .png, .svg or .pdf.
    as_json
        Print one JSON object.
    """
    for module in ("numba", "safetensors"):
        check_installed(module, extra="embed")
    files = leave_out(find_corpus(paths, field, documents), out)
    check_outputs(paths, plot=plot)
    check_apart(files, plot=plot)
    check_directory(out, parents=True)
    if out.is_dir() and any(path.name != TRAINING for path in out.iterdir()):
        raise DataError("holds other files, expected a new folder or that of a stopped run", out)
    with without("scipy"):  # which numba imports where it is installed, for linear algebra
        from octavo.embedding import JoSE
        from octavo.embedding.training import load_kernels

        load_kernels()
    started = time.monotonic()
    model = JoSE(
        size, window=window, negatives=negatives, passes=passes, learning_rate=learning_rate,
        schedule=schedule, margin=margin, sample=sample, min_count=min_count, objective=objective,
        cosine_factor=cosine_factor, shared_negatives=shared_negatives,
        document_vectors=document_vectors, segmenter=segmenter, lowercase=lowercase, nfkc=nfkc,
        workers=workers, deterministic=deterministic, seed=seed,
    )  # fmt: skip
    model.fit_files(
        files, field=field, bad_lines=bad_lines, documents=documents, folder=out / TRAINING,
        save_seconds=save_seconds,
    )  # fmt: skip
    model.save(out)
    shutil.rmtree(out / TRAINING)
    say_bad_lines(model.bad_lines_, bad_lines)
    found = {
        "words": len(model.words_), "documents": len(model.document_vectors_), "size": size,
        "tokens": int(model.counts_.sum()), "loss": model.losses_[-1],
        "seconds": round(time.monotonic() - started, 1), "out": str(out),
    }  # fmt: skip
    if plot is not None:
        from octavo.report.losses import plot_losses

        plot_losses(model.losses_, plot)
        found["plot"] = str(plot)
    if as_json:
        print(json.dumps(found))
    else:
        print(
            f"wrote vectors of {found['words']:,} words, {found['documents']:,} documents to {out}"
        )


@app.command
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


@app.command(name="map")
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


@app.command
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
    check_ending(out)
    check_outputs([], out=out)
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
    return read_text(path).removesuffix("\n").split("\n")


def _open(source: Path) -> KeyedVectors:
    if source.is_file():
        return KeyedVectors.load(source)
    from octavo.embedding import JoSE

    return JoSE.load(source).words_


@app.command
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
