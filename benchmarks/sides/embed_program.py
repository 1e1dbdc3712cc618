"""Vectors of words and documents by the program of JoSE's authors, built by hand."""

from __future__ import annotations

import subprocess
from pathlib import Path

from worker import serve


def load() -> dict[str, str]:
    """It tells no version."""
    return {}


def embed(path: str, out: str, threads: int, passes: int, program: str) -> list[int]:
    """From the file to two files of vectors; gives how many words and documents there are."""
    files = {name: f"{out}-{name}.txt" for name in ("word", "doc")}
    options = {"size": 100, "window": 10, "negative": 2, "sample": 1e-3, "min-count": 5}
    options |= {"alpha": 0.04, "margin": 0.15, "iter": passes, "threads": threads, "train": path}
    options |= {f"{name}-output": file for name, file in files.items()}
    words = [word for name, value in options.items() for word in (f"-{name}", str(value))]
    subprocess.run([program, *words], check=True, stdout=subprocess.DEVNULL)
    heads = {}
    for name, file in files.items():
        with Path(file).open(encoding="utf-8") as lines:
            heads[name] = int(next(lines).split()[0])
    return [heads["word"] - 1, heads["doc"]]  # it counts the line end as a word


if __name__ == "__main__":
    serve(load=load, embed=embed)
