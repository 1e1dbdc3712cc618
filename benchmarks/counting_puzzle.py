"""What a token costs as the dictionary grows, with and without batching: the article's puzzle.

Su Jianlin (kexue.fm/archives/7031) counted with one dict in 20 minutes and, still in one process,
with a small dict for every 1,000 texts in 8; he reads that a dict gets slower as it grows. Here
every way of counting takes the same 3 million tokens, 400 a text, from dictionaries of a thousand
to millions of words, alone on one core, and all counts must be equal before a time counts.

Streams: words drawn at random, all equally often, the worst case for caches; and Chinese text (the
Fudan corpus cut by rjieba): its words, its pairs and triples of neighbouring words, and parts of it
read again and again. Every different token is spelled as three made-up characters, so that cutting
and hashing cost the same everywhere and only the dictionary differs.

Two more figures say why. "sorted" is the one dict on the same tokens in sorted order: all the work,
and hardly a cache miss. "cut" is cutting the texts into tokens and nothing else; every other figure
includes it, and octavo's includes reading the file and sorting the result by count and token. "top
level" is the one dict outside of a function.

A row is a stream, its ratio the one dict's time over octavo's; `nanoseconds` holds every way's cost
of a token. No row has a target. A full run draws docs/counting-puzzle.png; `--quick`: 300,000
tokens, four streams, the picture under runs/. No peer.
"""

from __future__ import annotations

import json
import lzma
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import puzzle_picture
from harness import (
    FOLDER,
    MissingError,
    Row,
    Side,
    Times,
    alternate,
    check_equal,
    progress,
    run,
    shared_data,
    summary,
)

TOKENS = 3_000_000
TEXT = 400  # tokens
SIZES = (1_000, 4_000, 16_000, 64_000, 256_000, 1_000_000, 8_000_000)
WAYS = ("one dict", "small dicts", "smaller dicts", "Counter", "Arrow", "octavo")
CACHE = FOLDER.parent / "runs" / "counting_puzzle"
SPELLING = 200  # characters at each of a token's three places
ROUNDS = 2


class Stream(NamedTuple):
    """Tokens as numbers, int32 (tokens,)."""

    kind: str  # "random" or "text"
    name: str
    tokens: Any


def measure(quick: bool) -> dict[str, Any]:
    """A row a stream, and the picture."""
    rows, versions = [], {}
    for stream in _streams(quick):
        progress(f"{stream.kind}: {stream.name}")
        rows.append(_measure_stream(stream, versions))
        progress(f"  {rows[-1].details['distinct']:,} different, {rows[-1].details['nanoseconds']}")
    text = [row for row in rows if row.details["kind"] == "text"]
    random = [row for row in rows if row.details["kind"] == "random"]
    claim = (
        f"counting {len(stream.tokens) / 1e6:g} million tokens of Chinese text on 1 core: "
        "one Python dict / octavo"
    )
    figures = summary(claim, text, random, unit="dict's seconds / octavo's", versions=versions)
    folder = CACHE if quick else FOLDER.parent / "docs"
    puzzle_picture.draw(figures["rows"], folder / "counting-puzzle.png")
    return figures


def _streams(quick: bool) -> Iterator[Stream]:
    """Text first, so that what is missing is found at once."""
    words = _text_words()
    length = TOKENS // 10 if quick else TOKENS
    words = words[:length]
    if not quick:
        for times in (256, 16):
            part = np.tile(words[: length // times], times)
            yield Stream("text", f"words of text, 1/{times} of it {times} times", part)
    yield Stream("text", "words of text", words)
    pairs = _join(words[:-1], words[1:])
    yield Stream("text", "pairs of words", pairs)
    if not quick:
        yield Stream("text", "triples of words", _join(pairs[:-1], words[2:]))
    generator = np.random.default_rng(0)
    for size in (SIZES[0], SIZES[5]) if quick else SIZES:
        yield Stream("random", f"random among {size:,}", generator.integers(0, size, length))


def _join(first: Any, second: Any) -> Any:
    """Neighbours as one token: numbers of the different pairs."""
    pairs = first.astype(np.int64) * (int(second.max()) + 1) + second
    return np.unique(pairs, return_inverse=True)[1]


def _text_words() -> Any:
    """The corpus' first words, numbered as they come; kept for the next run."""
    path = CACHE / "words.npy"
    if path.is_file():
        return np.load(path)
    try:
        import rjieba
    except ModuleNotFoundError:
        raise MissingError("rjieba is missing: make setup installs it") from None
    corpus = shared_data("fudan/train.jsonl.xz")
    progress(f"cutting {corpus} into words")
    numbers: dict[str, int] = {}
    words: list[int] = []
    with lzma.open(corpus, "rt", encoding="utf-8") as lines:
        for line in lines:
            cut = (word for word in rjieba.cut(json.loads(line)["text"]) if not word.isspace())
            words += [numbers.setdefault(word, len(numbers)) for word in cut]
            if len(words) >= TOKENS:
                break
    CACHE.mkdir(parents=True, exist_ok=True)
    np.save(path, np.array(words[:TOKENS], np.int32))
    return np.load(path)


def _measure_stream(stream: Stream, versions: dict[str, str]) -> Row:
    """All ways in turns, every one in a process of its own."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        as_read, in_order = Path(folder) / "as_read.txt", Path(folder) / "sorted.txt"
        _write(stream.tokens, as_read)
        _write(np.sort(stream.tokens), in_order)
        ways = {way: (way, as_read) for way in (*WAYS, "cut", "top level")}
        ways["sorted"] = ("one dict", in_order)
        sides = {name: stack.enter_context(Side("count_stream.py", threads=1)) for name in ways}
        for name, (way, path) in ways.items():
            versions |= sides[name].call("load", path=str(path), way=way)
        _, times = alternate(sides, "count", ROUNDS, before="forget")
        digests = {name: side.call("digest") for name, side in sides.items() if name != "cut"}
        for name, digest in digests.items():
            check_equal(f"{stream.name}: counts, {name}", digest, digests["octavo"])
        entry = sides["one dict"].call("entry_bytes")
    return _row(stream, times, entry)


def _row(stream: Stream, times: dict[str, Times], entry: float) -> Row:
    """The figures of a stream."""
    tokens = stream.tokens
    counts = -np.sort(-np.bincount(tokens))
    counts = counts[counts > 0]
    batches = np.split(tokens, range(1000 * TEXT, len(tokens), 1000 * TEXT))
    caches = {
        f"L{level}": {
            "bytes": size,
            "entries": round(size / entry),
            # what would never miss if the most frequent words stayed there
            "share_of_tokens": round(float(counts[: round(size / entry)].sum() / len(tokens)), 4),
        }
        for level, size in _cache_sizes().items()
    }
    spent = {name: round(t.median / len(tokens) * 1e9, 1) for name, t in times.items()}
    return Row(
        f"{stream.kind}: {stream.name}" if stream.kind not in stream.name else stream.name,
        round(spent["one dict"] / spent["octavo"], 3),
        None,
        {
            "kind": stream.kind,
            "distinct": len(counts),
            "tokens": len(tokens),
            "nanoseconds": spent,
            "merged_a_token": round(sum(len(np.unique(b)) for b in batches) / len(tokens), 4),
            "entry_bytes": round(entry, 1),
            "caches": caches,
            "rounds": ROUNDS,
        },
    )


def _write(tokens: Any, path: Path) -> None:
    """Spell tokens, TEXT a line."""
    letters = "".join(chr(0x4E00 + i) for i in range(SPELLING)).encode()
    table = np.frombuffer(letters, np.uint8).reshape(SPELLING, 3)
    places = [tokens // SPELLING**2, tokens // SPELLING % SPELLING, tokens % SPELLING]
    spaces = np.full((len(tokens), 1), ord(" "), np.uint8)
    spaces[TEXT - 1 :: TEXT] = spaces[-1] = ord("\n")
    np.hstack([*(table[place] for place in places), spaces]).tofile(path)


def _cache_sizes() -> dict[int, int]:
    """Bytes of the first core's caches by level, where Linux tells them."""
    sizes = {}
    for folder in Path("/sys/devices/system/cpu/cpu0/cache").glob("index*"):
        if (folder / "type").read_text().strip() != "Instruction":
            kilobytes = (folder / "size").read_text().strip().removesuffix("K")
            sizes[int((folder / "level").read_text())] = int(kilobytes) * 1024
    return dict(sorted(sizes.items()))


if __name__ == "__main__":
    sys.exit(run("counting_puzzle", __doc__ or "", measure))
