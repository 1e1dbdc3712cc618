"""The tables of figures in the documents."""

import importlib.util
from pathlib import Path

import pytest

PATH = Path(__file__).resolve().parents[2] / "benchmarks" / "readme_table.py"
SPEC = importlib.util.spec_from_file_location("readme_table", PATH)
readme_table = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(readme_table)

FIGURES = {
    "claim": "decoding | all",
    "ratio": 31.4159,
    "target": 25.0,
    "rows": [{"name": "one beam", "ratio": 40, "target": None}],
}
TEXT = "above\n<!-- benchmarks -->\nold\n<!-- /benchmarks -->\nbelow\n"


def test_every_figure_is_one_line():
    block = readme_table.make_block(
        {"reading_decode": FIGURES}, "## Benchmarks", "| a | b | c | d |"
    )
    assert block.splitlines()[2:] == [
        "| a | b | c | d |",
        "|---|---|---|---|",
        "| decoding \\| all | 31.4x | 25x | [reading_decode.py](benchmarks/reading_decode.py) |",
        "| – one beam | 40x |  |  |",
    ]


def test_a_readme_has_the_first_figure_of_each():
    block = readme_table.make_block(
        {"reading_decode": FIGURES}, "## Benchmarks", "| a | b | c | d |", "x", whole=False
    )
    assert block.splitlines()[4:] == [
        "| decoding \\| all | 31.4x | 25x | [reading_decode.py](x/reading_decode.py) |",
    ]


def test_only_what_stands_between_the_marks_changes():
    assert readme_table.replace_block(TEXT, "new\n") == TEXT.replace("old", "new")
    assert readme_table.replace_block(TEXT, "") == TEXT.replace("old\n", "")


def test_no_results_leave_nothing():
    assert readme_table.make_block({}, "## Benchmarks", "| a | b | c | d |") == ""


@pytest.mark.parametrize("text", ["", TEXT * 2, "<!-- /benchmarks --><!-- benchmarks -->"])
def test_marks_must_stand_once_each(text):
    with pytest.raises(ValueError, match="once each"):
        readme_table.replace_block(text, "new\n")
