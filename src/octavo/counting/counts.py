"""What was counted, and the files it is written to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

import pyarrow as pa

from octavo._files import full_disk_named, write_atomic
from octavo.errors import UsageError

ROWS = 1 << 16  # written at once
ENDINGS = (".tsv", ".parquet", ".txt")


@dataclass(frozen=True)
class Counts:
    """Tokens by count, the most frequent first, equal counts by token.

    Args:
        table: columns token (large_string), count and documents (int64); of a file, mapped into
            memory, if it is large.
        tokens: how many tokens were counted, those that are not in the table included.
        types: how many different ones there were, in the table or not.
        documents: how many documents they were in.
        bad_lines: lines that were not UTF-8, and were left out or mended.
        error: any count may be too low by so much, and so often may a token have occurred that is
            not in the table; 0 unless the counts are approximate.

    Example:
        >>> from octavo.counting import count_texts
        >>> counts = count_texts(["to be or not to be"], segmenter="whitespace")
        >>> counts.most_common(2), counts.tokens
        ([('be', 2), ('to', 2)], 6)
    """

    table: pa.Table
    tokens: int
    types: int
    documents: int
    bad_lines: int = 0
    error: int = 0

    def __len__(self) -> int:
        return int(self.table.num_rows)

    def most_common(self, most: int | None = None) -> list[tuple[str, int]]:
        """The first tokens and their counts; of equal counts the smaller token first."""
        first = self.table.slice(0, most)
        pairs = zip(first["token"].to_pylist(), first["count"].to_pylist(), strict=True)
        return list(pairs)

    def write(self, path: str | PathLike[str]) -> None:
        r"""Write them as a table, or as a vocabulary.

        Args:
            path: .tsv, a header and then token, count, documents (a tab, line end or backslash in a
                token is written as \t, \n, \r, \\); .parquet; or .txt, one token a line (line ends
                and tabs as there). "-" is a TSV on standard output.

        Raises:
            UsageError: if the path has another ending.
            DataError: if the file cannot be created.
        """
        write_table(self.table, path, "counts", _make_lines)


def _make_lines(table: pa.Table, numbers: bool) -> Iterator[bytes]:
    from octavo.counting.rows import TokenRows  # compiled

    for batch in table.to_batches(max_chunksize=ROWS):
        yield TokenRows.from_batch(batch).to_text(numbers)


def write_table(
    table: pa.Table,
    path: str | PathLike[str],
    what: str,
    make_lines: Callable[[pa.Table, bool], Iterable[bytes]],
) -> None:
    """Write a table by its path's ending, whole or not at all.

    Args:
        table: a table whose first column holds words.
        path: .tsv (a header, then the columns), .parquet, or .txt (the words); "-" is a TSV on
            standard output.
        what: what the table holds, for messages.
        make_lines: gives the lines of a table, with all its columns or with words alone.

    Raises:
        UsageError: if the path has another ending.
        DataError: if the file cannot be created.
    """
    check_ending(path, what)
    ending = ".tsv" if str(path) == "-" else Path(path).suffix
    with full_disk_named(path), write_atomic(path, binary=True) as file:
        if ending == ".parquet":
            import pyarrow.parquet as pq

            pq.write_table(table, file, compression="zstd")
            return
        if ending == ".tsv":
            file.write(("\t".join(table.column_names) + "\n").encode())
        file.writelines(make_lines(table, ending == ".tsv"))


def check_ending(path: str | PathLike[str], what: str = "counts") -> None:
    """Raise UsageError unless `write_table` knows the ending.

    Example:
        >>> check_ending("counts.csv")
        Traceback (most recent call last):
        ...
        octavo.errors.UsageError: counts are written as .tsv, .parquet or .txt. Received: counts.csv
    """
    if str(path) != "-" and Path(path).suffix not in ENDINGS:
        raise UsageError(f"{what} are written as .tsv, .parquet or .txt. Received: {path}")
