"""The folder of finished parts beside an output: when it stays, and when it goes."""

from __future__ import annotations

import random

import pytest

from octavo.counting import count_words
from octavo.counting.parts import Part, parts_beside, save_part
from octavo.errors import DataError, UsageError


@pytest.fixture
def out(tmp_path):
    return tmp_path / "counts.tsv"


def stop_with(error, out, finished, resume=False):
    """Be stopped by an error, when one part is finished or none."""
    with parts_beside(out, resume) as folder:
        if finished:
            save_part(folder / f"{0:016}.json", Part(1, 2, 0, ()))
        raise error


def test_parts_go_when_all_is_done(out, tmp_path):
    with parts_beside(out) as folder:
        assert folder.is_dir()
        save_part(folder / f"{0:016}.json", Part(1, 2, 0, ()))
    assert list(tmp_path.iterdir()) == []


def test_finished_parts_stay_where_a_run_is_stopped(out, capsys):
    with pytest.raises(KeyboardInterrupt, match=r"--resume goes on from .*counts\.tsv\.parts"):
        stop_with(KeyboardInterrupt(), out, finished=True)
    with pytest.raises(UsageError, match=r"holds parts of a run that was stopped.*Received: --out"):
        stop_with(DataError("damaged"), out, finished=True)
    with pytest.raises(DataError, match="damaged"):
        stop_with(DataError("damaged"), out, finished=True, resume=True)
    assert "--resume goes on from what is in" in capsys.readouterr().err


@pytest.mark.parametrize("error", [KeyboardInterrupt, DataError("damaged")])
def test_nothing_stays_where_nothing_is_finished(out, error, tmp_path, capsys):
    with pytest.raises((KeyboardInterrupt, DataError)) as caught:
        stop_with(error, out, finished=False)
    assert "resume" not in str(caught.value) + capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_parts_of_other_documents_are_counted_anew(tmp_path):
    (tmp_path / "a.txt").write_text("a b\nc\n\nd\n")
    for documents, number in ("lines", 4), ("paragraphs", 2), ("files", 1), ("lines", 4):
        counts = count_words(
            tmp_path / "a.txt", "whitespace", documents=documents, folder=tmp_path / "parts",
            progress=False,
        )  # fmt: skip
        assert counts.documents == number


def test_a_part_with_a_flipped_bit_is_counted_again(tmp_path):
    for number in range(3):
        (tmp_path / f"{number}.txt").write_text(f"a b c{number} d\n" * 50, "utf-8")
    options = {"segmenter": "whitespace", "progress": False, "folder": tmp_path / "parts"}
    files = [tmp_path / f"{number}.txt" for number in range(3)]
    expected = count_words(files, **options).most_common()
    draw = random.Random(0)
    for _ in range(15):
        path = draw.choice(sorted(options["folder"].iterdir()))
        data = bytearray(path.read_bytes())
        data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
        path.write_bytes(data)
        assert count_words(files, **options).most_common() == expected
