"""The corpus of the small Chinese model: plain texts by source, each once, nothing that is scored.

    python recipes/small_zh_data.py --data ../shared/data --out DIR

Needs opencc-python-reimplemented, which `make setup` installs; 4 minutes on one core. Writes
fudan.jsonl (articles of the 1980s to 2000s), laws.jsonl, poetry.jsonl (Tang poems in Simplified
characters, Song ci) and contexts.jsonl (passages of question sets: Wikipedia, travel, court cases,
lives of poets), a field "text" a line.

Left out are texts that share long stretches with what the reader is scored on, and the contexts
that its recipe keeps for validation.
"""

from __future__ import annotations

import argparse
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path

import reader_sources as sources
from reader_sources import Data, json_lines

LEAST = 20  # characters
WIDE = re.compile("[\uff10-\uff19\uff21-\uff3a\uff41-\uff5a\uff05]")


def documents(data: Data) -> dict[str, Iterator[str]]:
    """Plain texts by source."""
    return {
        "fudan": (clean(row["text"]) for row in json_lines(data.root / "fudan/train.jsonl.xz")),
        "laws": (clean(row["text"]) for row in json_lines(data.root / "laws/laws.jsonl.xz")),
        "poetry": poems(data),
        "contexts": contexts(data),
    }


def clean(text: str) -> str:
    """Plain running text: digits and letters of normal width, no headings, no broken lines."""
    text = re.sub(r"<!--.*?-->|^#.*$", "", text, flags=re.M)
    text = WIDE.sub(lambda match: unicodedata.normalize("NFKC", match[0]), text)
    text = re.sub(r"(?<![A-Za-z])[ \t\u3000]+|[ \t\u3000]+(?![A-Za-z])", "", text)
    lines = [line for line in text.split("\n") if len(line) >= 12]
    return "".join(line if line[-1:] not in "。！？" else line + "\n" for line in lines)


def poems(data: Data) -> Iterator[str]:
    """Title and text of each."""
    for row in json_lines(data.root / "poetry/tang_song.jsonl.xz"):
        text = f"{row['title']}\n{row['text']}"
        yield data.simplify(text) if row["label"] == "tang_shi" else text


def contexts(data: Data) -> Iterator[str]:
    """Passages of the question sets."""
    for questions in (
        sources.cmrc(data, validation=False),
        sources.drcd(data),
        sources.webqa(data),
        sources.cail(data),
    ):
        for question in questions:
            yield from (data.simplify(passage.text) for passage in question.passages)
    for row in json_lines(data.root / "kdconv/triples.jsonl.xz"):
        if row["predicate"] == "Information":
            yield row["object"]
    for row in json_lines(data.root / "poet_biographies/bios.jsonl.xz"):
        yield data.simplify(row["bio"])


def write(path: Path, texts: Iterable[str], held_out: set[int]) -> int:
    """Write each text once; gives how many there are."""
    seen: set[str] = set()
    beside = path.with_suffix(".part")
    with open(beside, "w", encoding="utf-8", newline="\n") as file:
        for text in texts:
            if len(text) < LEAST or text in seen or sources.leaks(text, held_out, 16):
                continue
            seen.add(text)
            file.write(json.dumps({"text": text}, ensure_ascii=False) + "\n")
    beside.rename(path)
    return len(seen)


def make_corpus(root: Path, folder: Path) -> list[Path]:
    """Write the files that are missing; gives all of them."""
    folder.mkdir(parents=True, exist_ok=True)
    data = sources.load(root)
    paths = []
    for name, texts in documents(data).items():
        path = folder / f"{name}.jsonl"
        if not path.exists():
            print(f"{path}: {write(path, texts, data.held_out)} texts", flush=True)
        paths.append(path)
    return paths


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--out", type=Path, default=Path("runs/small_zh/corpus"))
    options = parser.parse_args()
    make_corpus(options.data, options.out)
