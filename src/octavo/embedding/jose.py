"""JoSE: words and documents as directions, learned together."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from os import PathLike
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from octavo._checks import check_number
from octavo._estimators import Estimator
from octavo._locks import hold_folder
from octavo._seeds import make_generator
from octavo.corpus.files import find_files
from octavo.embedding.corpus import EncodedCorpus, encode_files, encode_texts
from octavo.embedding.draws import information, make_draws, random_rows
from octavo.embedding.encoding import Options, encode_known
from octavo.embedding.kernels import count_documents
from octavo.embedding.parameters import check_parameters, make_rules
from octavo.embedding.runs import Run, describe_run
from octavo.embedding.saving import load_model, plain_types, save_model
from octavo.embedding.tables import Corpus, Tables
from octavo.embedding.training import Place, infer, train
from octavo.errors import DataError, UsageError
from octavo.segmenting.protocol import SegmenterLike
from octavo.vectors import KeyedVectors
from octavo.vectors.neighbours import unit_rows


class JoSE(Estimator):
    """Vectors of words and of documents on one sphere, from texts.

    It follows scikit-learn's habits: `get_params`, `set_params`, results end in "_", and it works
    in a Pipeline.

    Args:
        size: of the vectors.
        window: how many words on each side of a word are near it, at most.
        negatives: how many words are drawn against each pair.
        passes: over the corpus.
        learning_rate: at the first word.
        schedule: "linear", the rate falls to 0 with the words done; "constant", it stays.
        margin: by how much a pair is to be nearer than a drawn one, above 0; with the objective
            "joint" in the sum of two cosines, else in one.
        sample: the share of all words above which a frequent word loses places, 0 for never.
        min_count: the least count of a word that gets a vector.
        objective: "joint", the hinge of the paper; "hinges", those of the authors' program.
        cosine_factor: whether the step of a vector is longer, the more it points away from where
            it is drawn (the paper's 1 - cos), or not.
        shared_negatives: whether all pairs of a place have the same negatives.
        document_vectors: "inferred", those that `transform` gives; "trained", as the paper and the
            program have them: those that the words were trained with, in which short documents stay
            near where chance put them.
        segmenter: cuts texts into words, as for `octavo.counting.count_words`.
        lowercase: whether texts are lower-cased first.
        nfkc: whether texts are brought into Unicode's form NFKC first.
        workers: threads that train, and processes that cut files into words; None for all cores.
        deterministic: whether the vectors are the same every time, whatever the workers: one thread
            trains then.
        seed: of all that is drawn.

    Attributes:
        words_: the words and their vectors, `octavo.vectors.KeyedVectors`.
        word_vectors_: u, float32 (words, size), of length 1.
        context_vectors_: v, float32 (words, size), of length 1.
        document_vectors_: d, float32 (documents, size), of length 1; zeros for a document without
            known words.
        vocabulary_: the row of each word.
        counts_: how often each word stands, int64 (words,).
        document_counts_: how many documents have each word, int64 (words,).
        documents_: how many documents there were.
        losses_: the mean hinge of each pass.
        bad_lines_: how many lines of files were not UTF-8, and were left out or mended.

    Source: Meng et al. 2019, "Spherical Text Embedding", arXiv 1911.01196; Su Jianlin,
    kexue.fm/archives/7063.

    Example:
        >>> texts = ["the cat sat", "the dog sat", "a cat and a dog"] * 20
        >>> model = JoSE(size=8, min_count=1, segmenter="whitespace", deterministic=True)
        >>> model.fit(texts, progress=False).document_vectors_.shape
        (60, 8)
        >>> model.transform(["a dog sat"]).shape
        (1, 8)
    """

    word_vectors_: np.ndarray
    context_vectors_: np.ndarray
    document_vectors_: np.ndarray
    counts_: np.ndarray
    document_counts_: np.ndarray
    documents_: int
    vocabulary_: dict[str, int]
    losses_: list[float]
    bad_lines_: int = 0

    def __init__(
        self,
        size: int = 100,
        *,
        window: int = 5,
        negatives: int = 2,
        passes: int = 10,
        learning_rate: float = 0.04,
        schedule: str = "linear",
        margin: float = 0.3,
        sample: float = 1e-3,
        min_count: int = 5,
        objective: str = "joint",
        cosine_factor: bool = False,
        shared_negatives: bool = True,
        document_vectors: str = "inferred",
        segmenter: SegmenterLike = "jieba",
        lowercase: bool = False,
        nfkc: bool = False,
        workers: int | None = None,
        deterministic: bool = False,
        seed: int = 0,
    ) -> None:
        self.size = size
        self.window = window
        self.negatives = negatives
        self.passes = passes
        self.learning_rate = learning_rate
        self.schedule = schedule
        self.margin = margin
        self.sample = sample
        self.min_count = min_count
        self.objective = objective
        self.cosine_factor = cosine_factor
        self.shared_negatives = shared_negatives
        self.document_vectors = document_vectors
        self.segmenter = segmenter
        self.lowercase = lowercase
        self.nfkc = nfkc
        self.workers = workers
        self.deterministic = deterministic
        self.seed = seed

    def fit(self, documents: Iterable[str], y: object = None, progress: bool = True) -> JoSE:
        """Learn the vectors of the words and documents of texts.

        Args:
            documents: the texts, each a document; read once.
            y: not used; scikit-learn's pipelines give it.
            progress: whether to show how far it is.

        Raises:
            UsageError: if a parameter is impossible, or one text was given instead of several.
            DataError: if there is nothing to learn from, a document is no text, or the segmenter
                failed.
        """
        check_parameters(self)
        with TemporaryDirectory(prefix="octavo-embed-") as folder:
            return self._train(self._encode(documents, folder), progress)

    def partial_fit(
        self, documents: Iterable[str], y: object = None, progress: bool = True
    ) -> JoSE:
        """Go on with more texts: from the vectors of the words, with new words and documents.

        `document_vectors_` are those of the new documents; the counts are those of all texts.

        Args:
            documents: the new texts, each a document.
            y: not used.
            progress: whether to show how far it is.
        """
        if not hasattr(self, "words_"):
            return self.fit(documents, y, progress)
        check_parameters(self)
        if self.size != self.word_vectors_.shape[1]:
            raise UsageError(
                f"vectors of size {self.word_vectors_.shape[1]} are there; call fit for others. "
                f"Received: size={self.size}"
            )
        with TemporaryDirectory(prefix="octavo-embed-") as folder:
            return self._train(
                self._encode(documents, folder, self.words_.keys), progress, go_on=True
            )

    def fit_files(
        self,
        paths: str | PathLike[str] | Iterable[str | PathLike[str]],
        *,
        field: str | None = None,
        bad_lines: str = "stop",
        documents: str = "lines",
        folder: str | PathLike[str] | None = None,
        save_seconds: float = 60.0,
        progress: bool = True,
    ) -> JoSE:
        """Learn the vectors of the words and documents of files, which need not fit in memory.

        Args:
            paths: files, folders, patterns, or "-", as for `octavo.counting.count_words`.
            field: the field of JSON lines or column of CSV or Parquet, "text" by default.
            bad_lines: what becomes of lines that are not UTF-8: "stop", "skip" or "replace".
            documents: what one document is in a text file: "lines", "paragraphs" or "files".
            folder: where the encoded corpus and the state of the training are kept: called again
                with this folder, the same files and parameters, a stopped training goes on. A
                temporary one by default.
            save_seconds: how often the state is saved.
            progress: whether to show how far it is.

        Raises:
            UsageError: if a parameter is impossible.
            DataError: naming file and line, if a file cannot be read or is not UTF-8; if there is
                nothing to learn from; if the folder is that of another training, or in use.
        """
        check_parameters(self)
        check_number("save_seconds", save_seconds, least=0)
        files = find_files(paths)

        def encode(place: Path) -> EncodedCorpus:
            return encode_files(
                files,
                place,
                self._options(),
                self.min_count,
                field=field,
                bad_lines=bad_lines,
                documents=documents,
                workers=self._workers(),
                progress=progress,
            )

        if folder is None:
            with TemporaryDirectory(prefix="octavo-embed-") as temporary:
                return self._train(encode(Path(temporary)), progress)
        reading = {"field": field, "bad_lines": bad_lines, "documents": documents}
        about = describe_run(self.get_params() | reading, files)
        with hold_folder(folder):
            run = Run(folder, about)
            return self._train(run.corpus(encode), progress, run, save_seconds)

    def fit_transform(
        self, documents: Iterable[str], y: object = None, progress: bool = True
    ) -> np.ndarray:
        """Like `fit`; gives the documents' vectors, float32 (documents, size)."""
        return self.fit(documents, y, progress).document_vectors_

    def transform(self, documents: Iterable[str]) -> np.ndarray:
        """The vectors of documents, the words staying as they are.

        The same text has the same vector every time, whatever is beside it.

        Args:
            documents: the texts, each a document.

        Returns:
            float32 (documents, size), of length 1; zeros for a document without known words.

        Raises:
            UsageError: if nothing was learned before, or one text was given instead of several.
            DataError: if a document is no text, or the segmenter failed.
        """
        self._check_fitted()
        texts = _several(documents)
        corpus = Corpus(*encode_known(texts, self._options(), self.vocabulary_))
        vectors = np.zeros((len(corpus.ends), self.word_vectors_.shape[1]), np.float32)
        weights = information(self.document_counts_, self.documents_)
        draws = make_draws(self.counts_, self.sample)
        rules, workers = make_rules(self), self._workers()
        infer(corpus, self.word_vectors_, weights, vectors, draws, rules, workers)
        return vectors

    def get_feature_names_out(self, input_features: object = None) -> np.ndarray:
        """The names of a vector's numbers, as scikit-learn's tables have them."""
        self._check_fitted()
        return np.array([f"jose{n}" for n in range(self.word_vectors_.shape[1])], object)

    def save(self, folder: str | PathLike[str]) -> None:
        """Write the model into a folder: config.json, vocab.txt and model.safetensors.

        Raises:
            UsageError: if nothing was learned, or the segmenter is a function, not a name.
            DataError: if it cannot be written.
            MissingExtraError: if safetensors is not installed.
        """
        self._check_fitted()
        if not isinstance(self.segmenter, str):
            raise UsageError(
                "only a segmenter with a name (module:function) can be saved. "
                f"Received: segmenter={self.segmenter!r}"
            )
        arrays = {
            "words": self.word_vectors_, "contexts": self.context_vectors_,
            "documents": self.document_vectors_, "counts": self.counts_,
            "document_counts": self.document_counts_, "seen": np.array([self.documents_]),
            "losses": np.array(self.losses_),
        }  # fmt: skip
        save_model(folder, plain_types(self.get_params()), self.words_.keys, arrays)

    @classmethod
    def load(cls, folder: str | PathLike[str]) -> JoSE:
        """Read a folder that `save` wrote.

        Raises:
            DataError: naming the file, if one is missing, damaged or belongs to others.
            MissingExtraError: if safetensors is not installed.
        """
        params, words, arrays = load_model(folder)
        try:
            model = cls(**params)
            check_parameters(model)
        except (TypeError, UsageError) as error:
            raise DataError(f"parameters that octavo does not have: {error}", folder) from None
        model._keep(words, arrays)
        return model

    def _check_fitted(self) -> None:
        if not hasattr(self, "words_"):
            raise UsageError("there are no vectors yet: call fit first. Received: JoSE as made")

    def _options(self) -> Options:
        return Options(self.segmenter, self.lowercase, self.nfkc)

    def _workers(self) -> int:
        return self.workers or os.cpu_count() or 1

    def _encode(
        self, documents: Iterable[str], folder: str, known: Sequence[str] = ()
    ) -> EncodedCorpus:
        texts = _several(documents)
        return encode_texts(texts, Path(folder), self._options(), self.min_count, known)

    def _train(
        self,
        encoded: EncodedCorpus,
        progress: bool,
        run: Run | None = None,
        save_seconds: float = 60.0,
        go_on: bool = False,
    ) -> JoSE:
        """Train on an encoded corpus; to go on is to begin with the vectors that are there."""
        tables, place = (run and run.load()) or (self._make_tables(encoded, go_on), Place())
        corpus = Corpus(encoded.tokens, encoded.ends)
        counts, seen = encoded.counts.copy(), len(corpus.ends)
        document_counts = count_documents(corpus, len(counts))
        if go_on:
            counts[: len(self.counts_)] += self.counts_
            document_counts[: len(self.counts_)] += self.document_counts_
            seen += self.documents_
        threads = 1 if self.deterministic else self._workers()
        save = partial(run.save, tables, place) if run else None
        draws = make_draws(counts, self.sample)
        rules = make_rules(self)
        train(corpus, tables, draws, rules, place, threads, progress, save, save_seconds)
        words, documents = unit_rows(tables.words), tables.documents
        if self.document_vectors == "inferred":
            weights = information(document_counts, seen)
            infer(corpus, words, weights, documents, draws, rules, self._workers(), progress)
        else:
            documents = unit_rows(documents)
        arrays = {
            "words": words, "contexts": unit_rows(tables.contexts), "documents": documents,
            "counts": counts, "document_counts": document_counts, "seen": np.array([seen]),
            "losses": np.array(place.losses),
        }  # fmt: skip
        self._keep(encoded.words, arrays)
        self.bad_lines_ = encoded.bad_lines
        return self

    def _make_tables(self, encoded: EncodedCorpus, go_on: bool) -> Tables:
        """The first vectors: random, but for words that are known, to go on."""
        generator = make_generator(self.seed, "vectors")
        words, contexts = (random_rows(len(encoded.words), self.size, generator) for _ in range(2))
        documents = random_rows(len(encoded.ends), self.size, generator)
        documents[np.diff(encoded.ends, prepend=0) == 0] = 0
        if go_on:
            words[: len(self.words_)] = self.word_vectors_
            contexts[: len(self.words_)] = self.context_vectors_
        return Tables(words, contexts, documents)

    def _keep(self, words: Sequence[str], arrays: Mapping[str, np.ndarray]) -> None:
        """What was learned, by the names of `saving`, as attributes."""
        self.word_vectors_, self.context_vectors_ = arrays["words"], arrays["contexts"]
        self.document_vectors_ = arrays["documents"]
        self.words_ = KeyedVectors(words, self.word_vectors_)
        self.vocabulary_, self.counts_ = self.words_.key_to_index, arrays["counts"]
        self.document_counts_ = arrays["document_counts"]
        self.documents_ = int(arrays["seen"][0])
        self.losses_ = arrays["losses"].tolist()


def _several(documents: Iterable[str]) -> Iterable[str]:
    if isinstance(documents, str):
        raise UsageError(f"documents must be several; one is [text]. Received: {documents[:50]!r}")
    if hasattr(documents, "columns"):
        raise UsageError("documents must be texts. Received: a table; give one of its columns")
    return documents
