"""The folder of a run: what may be in it, its states, and the model put there at the end."""

from __future__ import annotations

import os
from os import PathLike
from typing import TYPE_CHECKING

from octavo._files import check_directory
from octavo._lazy import check_installed
from octavo.errors import DataError
from octavo.training.run_files import write_files
from octavo.training.states import States

if TYPE_CHECKING:
    from octavo.text import WordPieceTokenizer
    from octavo.transformer import Transformer

CHECKPOINTS = "checkpoints"


class RunFolder:
    """A run's folder.

    Args:
        path: where it is; made when something is written.
        resume: whether a run that is there goes on.

    Attributes:
        states: the files of its states.

    Raises:
        DataError: if it is no folder, the working directory or cannot be written.
        MissingExtraError: if safetensors is not installed.

    Example:
        >>> import tempfile
        >>> RunFolder(tempfile.mkdtemp()).states.paths()
        []
    """

    def __init__(self, path: str | PathLike[str], resume: bool = True) -> None:
        check_installed("safetensors", extra="neural")  # which writes states and model
        self.path = check_directory(path, parents=True)
        self.states = States(self.path / CHECKPOINTS, resume=resume)

    def check(self, data: str | PathLike[str]) -> None:
        """Refuse a folder of other things, and a run that is not to go on.

        Args:
            data: the folder of the token shards, which may lie inside.

        Raises:
            DataError: if it is one of these.
        """
        states = self.states.paths()
        if states and not self.states.resume:
            raise DataError("holds a run already; name another folder, or resume it", self.path)
        inside = os.path.relpath(os.path.realpath(data), self.path).split(os.sep)[0]
        known = {CHECKPOINTS, "data", inside}
        names = {path.name for path in self.path.iterdir()} if self.path.is_dir() else set()
        if not states and any(not name.startswith(".") for name in names - known):
            raise DataError("holds other files; name a new folder", self.path)

    def write_model(self, model: Transformer, tokenizer: WordPieceTokenizer) -> None:
        """Put the files of a preset into the folder, each whole or not at all."""
        from octavo.transformer.presets import write_preset  # it loads Keras

        with write_files(self.path) as beside:
            write_preset(beside, model, tokenizer)
