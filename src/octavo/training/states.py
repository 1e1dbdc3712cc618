"""The files in which a run keeps its states: a single one, or the last few."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class States:
    """Where the states of a run are, and whether it goes on from them.

    Args:
        folder: that holds them; made with the first one.
        name: of a file; a `*` in it stands for the updates made, and without one there is a single
            file.
        resume: whether a run goes on from the newest state that is there; else it begins anew, and
            its first state takes the place of all that are there.
        anew: how a person begins another run, for messages.

    Example:
        >>> from tempfile import mkdtemp
        >>> states = States(Path(mkdtemp()))
        >>> states.path(1000).name
        'step-00001000.safetensors'
        >>> states.paths()
        []
    """

    folder: Path
    name: str = "step-*.safetensors"
    resume: bool = True
    anew: str = "name another folder"

    def path(self, step: int) -> Path:
        """The file of the state after so many updates."""
        return self.folder / self.name.replace("*", f"{step:08}")

    def paths(self) -> list[Path]:
        """The files that are there, the newest last."""
        return sorted(self.folder.glob(self.name))

    def keep(self, newest: Path, limit: int) -> None:
        """Remove all but the newest ones.

        Args:
            newest: the file that was written last. Those of later steps are damaged, as the run
                did not go on from them, or of another run: they go too.
            limit: how many are kept, with it.
        """
        paths = self.paths()
        after = paths.index(newest) + 1
        for path in [*paths[: max(after - limit, 0)], *paths[after:]]:
            path.unlink()

    def remove_parts(self) -> None:
        """Remove what killed runs left half written."""
        for path in self.folder.glob(f".{self.name}.*.part"):
            path.unlink(missing_ok=True)
