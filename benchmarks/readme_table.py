"""Write what benchmarks/results/*.json hold into the READMEs and docs/benchmarks.md.

    python benchmarks/readme_table.py

The READMEs get one line a benchmark, its first figure; docs/benchmarks.md gets every row. The text
between the two marks `<!-- benchmarks -->` and `<!-- /benchmarks -->` is made anew; with no results
there is nothing between them, not even a heading. `--check` writes nothing and ends with 1 if a
document is out of date.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results"
WHOLE = "docs/benchmarks.md"
BEGIN, END = "<!-- benchmarks -->", "<!-- /benchmarks -->"

# file: (heading and what the figures mean, header of the table)
LANGUAGES = {
    "README.md": (
        "## Benchmarks\n\nEach figure is another tool's time over octavo's, measured side by side"
        " in one run:\nabove 1, octavo is faster. All rows:"
        " [docs/benchmarks.md](docs/benchmarks.md). `make bench` measures them again.",
        "| claim | measured | target | script |",
    ),
    "README.zh.md": (
        "## 性能\n\n每个数字都是其他工具所用时间与 octavo 所用时间之比，在同一次运行中测得："
        "大于 1 表示 octavo 更快。\n全部数字见 [docs/benchmarks.md](docs/benchmarks.md)；"
        "`make bench` 可以重新测量。",
        "| 内容 | 实测 | 目标 | 脚本 |",
    ),
    WHOLE: (
        "Each figure is another tool's time over octavo's, measured side by side in one run; where"
        " the claim says so,\nits memory or another measure. A row without a target is for"
        " information.",
        "| claim | measured | target | script |",
    ),
}


def read_results(folder: Path = RESULTS) -> dict[str, dict[str, Any]]:
    """The figures of every benchmark that has been run in full, by the script's name."""
    paths = sorted(folder.glob("*.json"))
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in paths}


def make_block(
    results: dict[str, dict[str, Any]],
    introduction: str,
    header: str,
    folder: str = "benchmarks",
    whole: bool = True,
) -> str:
    """What stands between the marks, without them; "" when there are no results.

    Args:
        results: figures by the script's name.
        introduction: stands before the table.
        header: of the table.
        folder: of the scripts, as links see it.
        whole: every row, not the first figure alone.
    """
    if not results:
        return ""
    lines = [introduction, "", header, "|---" * 4 + "|"]
    for name, figures in results.items():
        script = f"[{name}.py]({folder}/{name}.py)"
        lines.append(_make_line(figures["claim"], figures, script))
        if whole:
            lines += [_make_line(f"– {row['name']}", row, "") for row in figures["rows"]]
    return "\n".join(lines) + "\n"


def replace_block(text: str, block: str) -> str:
    """`text` with `block` between the marks.

    Raises:
        ValueError: if the marks are not there, once each and in order.
    """
    before, begin, rest = text.partition(BEGIN)
    between, end, after = rest.partition(END)
    if not begin or not end or BEGIN in between + after or END in before + after:
        raise ValueError(f"expected {BEGIN} and then {END}, once each")
    return f"{before}{BEGIN}\n{block}{END}{after}"


def _make_line(name: str, figures: dict[str, Any], script: str) -> str:
    target = "" if figures["target"] is None else f"{figures['target']:g}x"
    cells = (name.replace("|", "\\|"), f"{figures['ratio']:.3g}x", target, script)
    return "| " + " | ".join(cells) + " |"


def main(arguments: Sequence[str] | None = None) -> int:
    """Bring the documents up to date, or say which are not."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing, end with 1 if stale")
    check = parser.parse_args(arguments).check
    results, stale = read_results(), []
    for name, wording in LANGUAGES.items():
        path = ROOT / name
        old = path.read_text(encoding="utf-8")
        whole = name == WHOLE
        folder = "../benchmarks" if whole else "benchmarks"
        new = replace_block(old, make_block(results, *wording, folder, whole))
        if new != old:
            stale.append(name)
            if not check:
                path.write_text(new, encoding="utf-8")
    if check and stale:
        print(f"out of date: {', '.join(stale)}; run benchmarks/readme_table.py", file=sys.stderr)
    return int(check and bool(stale))


if __name__ == "__main__":
    sys.exit(main())
