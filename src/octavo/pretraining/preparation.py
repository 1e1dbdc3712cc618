"""From files to token shards: the vocabulary from counts, then every document encoded once."""

from __future__ import annotations

import hashlib
import json
import os
import sys
import warnings
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from octavo._checks import check_whole
from octavo._files import check_inside, full_disk_named, write_atomic
from octavo._lazy import check_installed
from octavo._locks import hold_folder
from octavo._parallel import run_tasks
from octavo._progress import Progress
from octavo.corpus.encoding import EncodingTask, encode_range
from octavo.corpus.files import STANDARD_INPUT, find_files, layout, make_ranges, unchanged
from octavo.corpus.token_shards import (
    KINDS,
    MANIFEST,
    ShardFile,
    hash_file,
    load_manifest,
    save_manifest,
)
from octavo.corpus.units import check_documents
from octavo.errors import DataError, UsageError
from octavo.pretraining.corpus import VOCABULARY, Corpus
from octavo.pretraining.settings import VOCABULARY_SIZE
from octavo.segmenting.segmenters import find_segmenter
from octavo.text import build_vocabulary, load_vocabulary, save_vocabulary
from octavo.text.vocabulary import smallest_vocabulary
from octavo.training.processes import say_ready, wait_until_ready

if TYPE_CHECKING:
    from octavo.training.devices import Devices

PARTS, SMALLEST_PART, LARGEST_PART = 24, 1 << 20, 1 << 26  # bytes of a part
SHORT = 64  # tokens of half of the documents: a quarter of a row by default
MOST_WORDS = 2_000_000  # different ones that a vocabulary is made from
HASHED = "_blake2b"  # what the name of a hash in the manifest ends with
MARK = ".part.json"  # of a part that is done, until all are


def prepare(
    paths: str | PathLike[str] | Iterable[str | PathLike[str]],
    folder: str | PathLike[str],
    vocabulary: int | str | PathLike[str] | list[str] = VOCABULARY_SIZE,
    *,
    segmenter: str = "jieba",
    lowercase: bool = True,
    field: str | None = None,
    bad_lines: str = "stop",
    documents: str = "lines",
    workers: int = 1,
    memory: str | int = "2GB",
    progress: bool = True,
) -> Corpus:
    r"""Make the token shards of a corpus, or take those that are there.

    A document is a line of a text file, or what `documents` says; a JSON line; or a row
    of CSV or Parquet.
    Documents do not see each other in training: that they are very short is warned of. Called again
    after it was stopped, the function goes on from the parts that are done.

    Args:
        paths: files, folders or patterns; .gz, .bz2, .xz and .zst are unpacked.
        folder: where the shards go; made if it is missing.
        vocabulary: tokens of a vocabulary made from the corpus' word counts; the path of a
            vocab.txt; or the tokens themselves.
        segmenter: cuts words, which are masked together: a name as of `octavo count`; "characters"
            for none.
        lowercase: lower the letters and strip the accents.
        field: the field of JSON lines, or column of CSV or Parquet; "text" by default.
        bad_lines: lines that are not UTF-8: "stop", "skip" or "replace".
        documents: what one document is in a text file: each of its "lines"; its "paragraphs", with
            blank lines between; or, of "files", the whole.
        workers: processes.
        memory: for the buffers of counting.
        progress: show how far it is.

    Raises:
        UsageError: if an argument is impossible.
        DataError: naming file and line, if a file cannot be read; if the folder holds the shards of
            another corpus, or another process makes shards there.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> lines = "长江是中国最长的河流，发源于青藏高原。\n" * 3
        >>> _ = (folder / "text.txt").write_text(lines, "utf-8")
        >>> corpus = prepare(folder / "text.txt", folder / "data", vocabulary=150, progress=False)
        >>> corpus.manifest["documents"], corpus.tokens
        (3, 57)
    """
    files = find_files(paths)
    check_preparation(files, folder, vocabulary, segmenter, lowercase, workers)
    check_documents(documents)
    place = Path(folder)
    cutter = find_segmenter(segmenter)
    size, given = (vocabulary, None) if isinstance(vocabulary, int) else (None, vocabulary)
    options = {
        "vocabulary_size": size,
        f"vocabulary{HASHED}": given and _hash_vocabulary(given),
        f"dictionary{HASHED}": cutter.path and hash_file(cutter.path),
        "lower_case": bool(lowercase),
        "segmenter": segmenter,
        "field": field,
        "bad_lines": bad_lines,
        "documents_as": documents,
    }
    if (place / MANIFEST).exists():
        _check_same(place, files, options)
        corpus = Corpus(place, progress=progress)
        _warn_of_short_documents(corpus, files, documents)
        return corpus
    with hold_folder(place), full_disk_named(place):
        sources = _describe(files, progress)
        about = {**options, "sources": sources}
        key = hashlib.blake2b(json.dumps(about).encode(), digest_size=8).hexdigest()
        tokens = place / VOCABULARY
        if not (place / f"{key}{MARK}").is_file():
            _clear(place)
            if isinstance(vocabulary, int):
                from octavo.counting import count_words  # numba takes a second to load

                counts = count_words(
                    files, segmenter, field=field, bad_lines=bad_lines, top=MOST_WORDS,
                    workers=workers, memory=memory, progress=progress,
                )  # fmt: skip
                words = dict(counts.most_common(len(counts)))
                save_vocabulary(build_vocabulary(words, vocabulary, lowercase), tokens)
            else:
                save_vocabulary(_tokens(vocabulary), tokens)
            _mark(place / f"{key}{MARK}", [], 0)
        ranges = make_ranges(files, PARTS, SMALLEST_PART, LARGEST_PART, documents)
        tasks = [
            EncodingTask(
                file_range, str(place), f"{number:05}", str(tokens), bool(lowercase), segmenter,
                field, bad_lines, documents,
            )
            for number, file_range in enumerate(ranges)
        ]  # fmt: skip
        with unchanged(files):
            shards, bad = _encode(tasks, place, workers, cutter.preload, progress)
        made = {"bad_lines_found": bad, "tokens_blake2b": hash_file(tokens)}
        save_manifest(place, {**about, **made}, shards)
        for mark in place.glob(f"*{MARK}"):
            mark.unlink()
    corpus = Corpus(place, check=False)
    if progress:
        print(
            f"octavo: {corpus.manifest['documents']:,} documents of {corpus.tokens:,} tokens, "
            f"{corpus.unknown():.1%} of them unknown to the vocabulary of "
            f"{len(corpus.tokenizer):,}, in {place}",
            file=sys.stderr,
        )
    _warn_of_short_documents(corpus, files, documents)
    return corpus


def prepare_once(
    devices: Devices, folder: str | PathLike[str], make: Callable[[], Corpus]
) -> Corpus:
    """Prepare in the first process of several; the others wait for it and open what it made.

    Args:
        devices: what `octavo.training.devices.find_devices` gives: it says what process this is.
        folder: the folder of the token shards.
        make: calls `prepare`, or opens the `Corpus` and so compares its checksums, which the other
            processes leave to the first.

    Example:
        >>> from octavo.training.devices import Devices
        >>> prepare_once(Devices(None), "data", lambda: prepare("missing.txt", "data"))
        Traceback (most recent call last):
        ...
        octavo.errors.DataError: missing.txt: no such file or folder
    """
    if not devices.first:
        wait_until_ready(folder)
        return Corpus(folder, check=False)
    corpus = make()
    if devices.processes > 1:
        say_ready(folder)
    return corpus


def check_preparation(
    files: Iterable[str],
    folder: str | PathLike[str],
    vocabulary: int | str | PathLike[str] | list[str],
    segmenter: str,
    lowercase: bool,
    workers: int,
) -> None:
    """Find out what is impossible before anything is read; the arguments are those of `prepare`.

    Raises:
        UsageError: naming the argument.
        DataError: if a dictionary cannot be read, or the folder cannot be written.
        MissingExtraError: if a package is not installed that counts words or reads Parquet.

    Example:
        >>> check_preparation(["news.txt"], "data", 8000, "whitespace", lowercase=True, workers=2)
    """
    check_whole("workers", workers, 1)
    if isinstance(vocabulary, int):
        check_whole("vocabulary", vocabulary, smallest_vocabulary(lowercase))
        if STANDARD_INPUT in files:
            raise UsageError(
                "standard input is read once, so it needs a vocabulary. Received: "
                f"paths=-, vocabulary={vocabulary}"
            )
        check_installed("numba", extra="count")
    if isinstance(vocabulary, int) or any(layout(path) == "parquet" for path in files):
        check_installed("pyarrow", extra="count")
    find_segmenter(segmenter)
    if not Path(folder, MANIFEST).exists():  # else they are taken as they are
        check_inside(folder)


def _warn_of_short_documents(corpus: Corpus, files: list[str], documents: str) -> None:
    """Say that documents of text files are so short that hardly anything stands beside a word."""
    longer = {"lines": "paragraphs or files", "paragraphs": "files"}
    if documents not in longer or not any(layout(path) == "text" for path in files):
        return
    lengths = corpus.document_lengths()
    median = int(np.median(lengths))
    if median < SHORT:
        warnings.warn(
            f"documents are short, {median} tokens in the median of {len(lengths):,}, and see "
            f"nothing of each other: where {documents} belong together, prepare them anew with "
            f"--documents {longer[documents]}",
            stacklevel=3,
        )


def _encode(
    tasks: list[EncodingTask],
    folder: Path,
    workers: int,
    preload: Sequence[str],
    progress: bool,
) -> tuple[list[ShardFile], int]:
    """Encode what is not done yet; gives all shards in order, and the lines that were not UTF-8."""
    done: dict[int, tuple[list[ShardFile], int]] = {}
    for number, task in enumerate(tasks):
        mark = folder / f"{task.name}{MARK}"
        if mark.is_file():
            with suppress(ValueError, KeyError, TypeError, RecursionError):  # else encoded again
                kept = json.loads(mark.read_text("utf-8"))
                done[number] = [ShardFile(**shard) for shard in kept["shards"]], kept["bad_lines"]
    todo = [number for number in range(len(tasks)) if number not in done]
    size = sum(task.file_range.size for task in tasks)
    with Progress(size, "encoding", progress, in_bytes=True) as bar:
        bar.skip(sum(tasks[number].file_range.size for number in done))
        loaded = ["octavo.corpus.encoding", *preload]
        results = run_tasks(encode_range, [tasks[n] for n in todo], workers, preload=loaded)
        for place, result in results:
            task = tasks[todo[place]]
            done[todo[place]] = result
            _mark(folder / f"{task.name}{MARK}", *result)
            bar.advance(task.file_range.size)
    shards = [shard for number in sorted(done) for shard in done[number][0]]
    return shards, sum(bad for _, bad in done.values())


def _mark(path: Path, shards: list[ShardFile], bad_lines: int) -> None:
    with write_atomic(path) as file:
        json.dump({"shards": [asdict(shard) for shard in shards], "bad_lines": bad_lines}, file)


def _clear(folder: Path) -> None:
    """Remove what another corpus, or a run of other options, left unfinished."""
    for kind in (MARK, *(f".{kind}.npy" for kind in KINDS)):
        for file in folder.glob(f"*{kind}"):
            file.unlink()


def _describe(files: list[str], progress: bool) -> list[dict[str, Any]]:
    """The sources as the manifest names them: path, size, time and a hash of the bytes."""
    stated = {path: os.stat(path) for path in files if path != STANDARD_INPUT}
    sources: list[dict[str, Any]] = []
    size = sum(status.st_size for status in stated.values())
    with Progress(size, "looking at the files", progress, in_bytes=True) as bar:
        for path in files:
            if path == STANDARD_INPUT:
                sources.append({"path": path})
                continue
            status = stated[path]
            sources.append(
                {
                    "path": os.path.abspath(path),
                    "size": status.st_size,
                    "changed": status.st_mtime_ns,
                    "blake2b": hash_file(path),
                }
            )
            bar.advance(status.st_size)
    return sources


def _tokens(vocabulary: str | PathLike[str] | list[str]) -> list[str]:
    return vocabulary if isinstance(vocabulary, list) else load_vocabulary(vocabulary)


def _hash_vocabulary(vocabulary: str | PathLike[str] | list[str]) -> str:
    """That of the file; of tokens, that of the file they would make."""
    if not isinstance(vocabulary, list):
        return hash_file(vocabulary)
    lines = "".join(f"{token}\n" for token in vocabulary)
    return hashlib.blake2b(lines.encode(), digest_size=16).hexdigest()


def _check_same(folder: Path, files: list[str], options: dict[str, Any]) -> None:
    """Refuse shards of another corpus; a file that was only copied or touched is the same."""
    manifest = load_manifest(folder)
    hint = "name another folder, or remove this one"
    for name, value in options.items():
        if manifest.get(name) != value:
            if name.endswith(HASHED):
                other = name.removesuffix(HASHED)
                raise DataError(f"holds token shards of another {other}; {hint}", folder)
            raise DataError(
                f"holds token shards with {name} {manifest.get(name)!r}, not {value!r}; {hint}",
                folder,
            )
    try:
        known = {source["path"]: source for source in manifest["sources"]}
    except (KeyError, TypeError):
        raise DataError("damaged: it does not say what it was made of", folder / MANIFEST) from None
    for path in files:
        source = known.pop(os.path.abspath(path) if path != STANDARD_INPUT else path, None)
        if source is None:
            raise DataError(f"holds token shards without {path}; {hint}", folder)
        if path == STANDARD_INPUT:
            continue
        status = os.stat(path)
        same = (status.st_size, status.st_mtime_ns) == (source.get("size"), source.get("changed"))
        if not same and hash_file(path) != source.get("blake2b"):
            raise DataError(f"{path} has changed since; {hint}", folder)
    if known:
        raise DataError(f"holds token shards of {next(iter(known))} too; {hint}", folder)
