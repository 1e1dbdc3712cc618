"""The folder of a training: the encoded corpus and the last state, from which it goes on.

run.json         what is trained: parameters, files
corpus/          the encoded corpus, see `octavo.embedding.corpus`
state/           words.npy, contexts.npy, documents.npy, float32; state.json, with checksums
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from octavo._files import find_left, full_disk_named, write_atomic, write_directory
from octavo.corpus.files import file_state
from octavo.corpus.token_shards import check_files, checksum_file
from octavo.embedding.corpus import MANIFEST, EncodedCorpus, load_corpus
from octavo.embedding.saving import plain_types
from octavo.embedding.tables import Tables
from octavo.embedding.training import Place
from octavo.errors import DataError
from octavo.segmenting.segmenters import describe_segmenter, find_segmenter

ABOUT, STATE = "run.json", "state.json"


def describe_run(params: dict[str, Any], files: Sequence[str]) -> dict[str, Any]:
    """What must be the same for a stopped training to go on.

    Args:
        params: those of `JoSE`, and how files are read.
        files: what is read, of which another size or time is noticed.
    """
    own = find_segmenter(params["segmenter"]).path
    files = [*files, str(own)] if own else files
    same = {name: value for name, value in params.items() if name != "workers"}
    return plain_types(same) | {
        "segmenter": describe_segmenter(params["segmenter"]),
        "files": {path: file_state(path) for path in files},
    }


class Run:
    """A folder of a training.

    Args:
        folder: made, if it is not there.
        about: what is trained, in JSON types; that of a stopped training must be the same.

    Raises:
        DataError: if it is the folder of another training, or damaged.
    """

    def __init__(self, folder: str | PathLike[str], about: dict[str, Any]) -> None:
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / ABOUT
        if path.exists() and (self.folder / "corpus" / MANIFEST).exists():
            self._compare(path, json.loads(json.dumps(about)))
        elif not path.exists() and any(self.folder.iterdir()):
            raise DataError(
                "holds other files, expected a new folder or that of a stopped training", folder
            )
        else:  # nothing was finished with other parameters
            with write_atomic(path) as file:
                file.write(json.dumps(about, indent=1) + "\n")

    @staticmethod
    def _compare(path: Path, about: dict[str, Any]) -> None:
        try:
            before = dict(json.loads(path.read_text("utf-8")))
        except (OSError, ValueError, TypeError, RecursionError):
            raise DataError("damaged: it does not say what is trained", path) from None
        for name in sorted({*before, *about}):
            if before.get(name) != about.get(name):
                what = "other files" if name == "files" else f"another {name}"
                both = f" ({before.get(name)!r}, now {about.get(name)!r})"
                raise DataError(
                    f"a stopped training with {what} is in this folder"
                    f"{both if len(both) < 200 else ''}; go on with the same, or name another "
                    "folder",
                    path.parent,
                )

    def corpus(self, encode: Callable[[Path], EncodedCorpus]) -> EncodedCorpus:
        """The encoded corpus; encoded now, if it was not finished before."""
        folder = self.folder / "corpus"
        if (folder / MANIFEST).exists():
            return load_corpus(folder)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        return encode(folder)

    def save(self, tables: Tables, place: Place) -> None:
        """Keep how far the training is."""
        with full_disk_named(self.folder), write_directory(self.folder / "state") as folder:
            for name, table in tables._asdict().items():
                np.save(folder / f"{name}.npy", table)
            checksums = {name: checksum_file(folder / f"{name}.npy") for name in tables._fields}
            text = json.dumps({"place": asdict(place), "crc32": checksums})
            (folder / STATE).write_text(text + "\n", "utf-8")

    def load(self) -> tuple[Tables, Place] | None:
        """What was saved last; None if nothing was.

        Raises:
            DataError: if it is damaged.
        """
        folder = self.folder / "state"
        if not folder.exists():
            left = find_left(folder)  # by a process that was killed while it saved
            if left is None:
                return None
            folder = left
        try:
            state = json.loads((folder / STATE).read_text("utf-8"))
            place, checksums = Place(**state["place"]), state["crc32"]
            check_files(folder, {f"{name}.npy": checksums[name] for name in Tables._fields})
            tables = [np.load(folder / f"{name}.npy") for name in Tables._fields]
        except (OSError, ValueError, TypeError, KeyError) as error:
            if isinstance(error, DataError):
                raise
            raise DataError("damaged: no state of a training", folder) from None
        return Tables(*tables), place
