"""A loader and a damaged file: octavo's own error or a right result, in bounded time and memory.

`python tests/fuzz/cases.py 20000` runs so many cases of all loaders (make fuzz); with a seed and a
loader's name after it, that one again.
"""

from __future__ import annotations

import random
import resource
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from loaders import LOADERS, Loader, reset
from mutations import mutate

from octavo.errors import OctavoError

SECONDS = 20  # of a case; a busy machine takes its time
MEMORY = 1 << 30  # bytes of a case, beyond what there was


class TooLongError(BaseException):
    """What no loader catches."""


@contextmanager
def bounded() -> Iterator[None]:
    """Inside, memory and time are bounded."""

    def stop(*_: Any) -> None:
        raise TooLongError(f"{SECONDS} s are over")

    here = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    before = resource.getrlimit(resource.RLIMIT_AS)
    handler = signal.signal(signal.SIGALRM, stop)
    resource.setrlimit(resource.RLIMIT_AS, (here + MEMORY, before[1]))
    signal.alarm(SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        resource.setrlimit(resource.RLIMIT_AS, before)
        signal.signal(signal.SIGALRM, handler)


class Case:
    """A loader with its example, to be damaged by seeds."""

    def __init__(self, loader: Loader, folder: Path) -> None:
        self.loader, self.good, self.place = loader, folder / "good", folder / "damaged"
        self.good.mkdir()
        loader.make(self.good)
        reset(loader, self.good, self.place)
        with warnings.catch_warnings(action="ignore"):
            self.value = loader.load(self.place)
        self.outcomes = {"error": 0, "result": 0}

    def run(self, seed: int) -> None:
        """Damage a file and load it; AssertionError tells what was not allowed."""
        draw = random.Random(f"{self.loader.name} {seed}")
        reset(self.loader, self.good, self.place)
        paths = sorted(path for name in self.loader.files for path in self.place.glob(name))
        path = draw.choice(paths)
        data = mutate(path.read_bytes(), draw)
        path.write_bytes(data)
        what = f"{self.loader.name}, seed {seed}, {path.name}"
        try:
            with bounded(), warnings.catch_warnings(action="ignore"):
                found = self.loader.load(self.place)
        except OctavoError:
            self.outcomes["error"] += 1
        except BaseException as error:
            raise AssertionError(f"{what}: {type(error).__name__}: {error}") from error
        else:
            assert self.loader.right(found, self.value, data), f"{what}: another result"
            self.outcomes["result"] += 1


def main() -> int:
    """Run many cases, and name what failed."""
    total, failed = int(sys.argv[1]), 0
    seed, name = (sys.argv[2], " ".join(sys.argv[3:])) if len(sys.argv) > 3 else (None, None)
    shares = sum(loader.share for loader in LOADERS)
    for loader in LOADERS:
        if name and loader.name != name:
            continue
        with tempfile.TemporaryDirectory() as folder:
            case, start = Case(loader, Path(folder)), time.monotonic()
            seeds = range(max(1, round(total * loader.share / shares)))
            for one in [int(seed)] if seed else seeds:
                try:
                    case.run(one)
                except AssertionError as error:
                    failed += 1
                    print(f"FAILED {str(error)[:400]}", flush=True)
                    if seed:
                        traceback.print_exc()
            print(f"{loader.name}: {case.outcomes}, {time.monotonic() - start:.1f} s", flush=True)
    print(f"{failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
