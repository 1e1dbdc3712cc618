"""`octavo community` as it is typed."""

from __future__ import annotations

import json

import pytest

pytest.importorskip("numba", reason="octavo[graph] is not installed")

from octavo.cli.main import run

LINKS = "anna bert\nanna carl\nbert carl\ncarl dora\ndora emil\ndora fred\nemil fred\n"


@pytest.fixture
def links(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "links.txt").write_text(LINKS)
    return tmp_path


def test_modules_are_shown_with_their_most_visited_nodes(links, capsys):
    assert run(["community", "links.txt"]) == 0
    first, second, last = capsys.readouterr().out.splitlines()
    assert first == "0  50.0% of steps, 3 nodes: carl anna bert"
    assert second == "1  50.0% of steps, 3 nodes: dora emil fred"
    assert last.startswith("2 modules of 6 nodes: 2.3207 bits a step, 2.5567 without modules")


def test_modules_are_written_and_told_as_json(links, capsys):
    assert run(["community", "links.txt", "--out", "modules.csv", "--json", "--trials", "3"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["nodes"], facts["modules"], len(facts["trials"])) == (6, 2, 3)
    assert facts["codelength"] == pytest.approx(2.3207, abs=1e-4)
    rows = (links / "modules.csv").read_text().splitlines()
    assert [row.split(",")[:2] for row in rows[1:3]] == [["anna", "0"], ["bert", "0"]]


def test_links_may_have_a_direction(links, capsys):
    assert run(["community", "links.txt", "--flow", "directed", "--json"]) == 0
    directed = json.loads(capsys.readouterr().out)["one_level_codelength"]
    assert directed != pytest.approx(2.5567, abs=1e-3)


@pytest.mark.parametrize(
    ("tokens", "code", "message"),
    [
        (["links.txt", "--out", "modules.txt"], 2, "modules are written to .tsv"),
        (["links.txt", "--markov-time", "0"], 2, "markov_time must be a number above 0"),
        (["none.txt"], 1, "none.txt"),
        (["bad.txt"], 1, "bad.txt, line 2: the weight 'x' is no number"),
        (["empty.txt"], 1, "empty.txt: has no links"),
    ],
)
def test_what_is_wrong_is_one_line(tokens, code, message, links, capsys):
    (links / "bad.txt").write_text("a b\na b x\n")
    (links / "empty.txt").write_text("# nothing\n")
    assert run(["community", *tokens]) == code
    errors = capsys.readouterr().err.splitlines()
    assert len(errors) == 1
    assert message in errors[0]
