"""What the documents say is so: their commands exist, their tables and links are right."""

from __future__ import annotations

import os
import pydoc
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from octavo.cli.main import app

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "octavo"
PICTURE = "docs/eight-leaves.svg"
READMES = ("README.md", "README.zh.md")
DOCUMENTS = sorted(
    path.relative_to(ROOT).as_posix()
    for folder, pattern in ((ROOT, "*.md"), (ROOT / "docs", "**/*.md"))
    for path in folder.glob(pattern)
)
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.M | re.S)
LEAVES = {
    "reading", "adversarial", "optimizers", "embedding",
    "pretraining", "denoising", "counting", "community",
}  # fmt: skip


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def find_commands(text: str) -> list[list[str]]:
    """The `octavo` and `make` commands of the shell blocks, as words, pipes cut apart."""
    commands = []
    shell = [body for language, body in FENCE.findall(text) if language in ("", "sh", "console")]
    for block in shell:
        for line in block.replace("\\\n", " ").splitlines():
            lexer = shlex.shlex(line.removeprefix("$ "), posix=True, punctuation_chars="|&;<>")
            lexer.whitespace_split = True
            command: list[str] = []
            for word in [*lexer, ";"]:
                if set(word) <= set("|&;<>"):
                    commands.append(command)
                    command = []
                elif command or not re.fullmatch(r"\w+=\S*", word):
                    command.append(word.removeprefix(".venv/bin/"))
    return [command for command in commands if command[:1] in (["octavo"], ["make"])]


CASES = [
    pytest.param(command, id=f"{name}: {shlex.join(command)}")
    for name in DOCUMENTS
    for command in find_commands(read(name))
]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_blocks_are_of_languages_that_are_checked(name):
    languages = {language for language, _ in FENCE.findall(read(name))}
    assert languages <= {"", "sh", "console", "python", "json", "text"}


READ = "assert (answer.text, answer.passages[1].spans) == ('蔡伦', ((7, 9),))"
COUNTED = "assert (counts.documents, table.num_rows) == (15, len(counts)) and len(counts) > 20"
AVERAGED = "assert {'model.keras', 'averaged.keras'} <= set(os.listdir())"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("README.md", f"{READ}; {COUNTED}"),
        ("docs/reading.md", READ),
        ("docs/optimizers.md", f"import os; {AVERAGED}"),
        ("docs/pretraining.md", "assert result['steps'] == 20 and result['validation']"),
        ("docs/community.md", "assert model.labels_.tolist() == [0] * 6 + [1] * 6"),
        ("docs/counting.md", "assert (counts.documents, table.num_rows) == (15, len(words))"),
    ],
)
def test_the_python_of_the_guides_runs(name, shown, tmp_path):
    blocks = [body for language, body in FENCE.findall(read(name)) if language == "python"]
    assert blocks
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    (tmp_path / "news").symlink_to(ROOT / "examples" / "texts")
    done = subprocess.run(
        [sys.executable, "-c", "\n".join([*blocks, shown])],
        cwd=tmp_path, env={k: v for k, v in os.environ.items() if k != "KERAS_BACKEND"},
        capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_the_demo_answers_its_questions_and_most_of_thirty():
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "examples/demo.sh"], cwd=ROOT, env={**os.environ, "PATH": path},
        capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "三百六十一个交叉点" in done.stdout
    assert "runs/thirty.html" in done.stdout
    scores = dict(re.findall(r"^ *(CMRC EM|recall) +(\S+)", done.stdout, re.M))
    assert float(scores["CMRC EM"]) >= 24 / 30
    assert float(scores["recall"]) == 1.0  # of three questions without an answer


def test_commands_are_found():
    text = "```sh\nzcat a.gz | octavo read ask q - # why\nKERAS_BACKEND=torch make test\nls\n```\n"
    assert find_commands(text) == [["octavo", "read", "ask", "q", "-"], ["make", "test"]]
    assert {"make", "octavo"} <= {case.values[0][0] for case in CASES}


@pytest.mark.parametrize("command", CASES)
def test_command_exists(command, tmp_path, monkeypatch):
    tool, *words = command
    if tool == "make":
        targets = set(re.findall(r"^([a-z-]+):", read("Makefile"), re.M))
        assert set(words) <= targets
    else:
        # Parses as the program does, and raises on an unknown verb or option; runs nothing.
        monkeypatch.chdir(tmp_path)
        (tmp_path / "small.toml").touch()  # settings, which are read with the options
        app.parse_args(words, print_error=False, exit_on_error=False)


def test_make_alone_lists_every_command():
    listed = subprocess.run(["make", "-s"], cwd=ROOT, capture_output=True, text=True, check=True)
    wanted = {"setup", "demo", "test", "check", "bench", "peers", "lock", "help"}
    wanted |= {"test-peers", "test-backends", "test-orders", "fuzz", "kills"}
    assert sorted(line.split()[1] for line in listed.stdout.splitlines()) == sorted(wanted)
    assert all(len(line.split()) > 3 for line in listed.stdout.splitlines())


@pytest.mark.parametrize("name", READMES)
def test_leaf_table_has_eight_rows(name):
    rows = re.findall(r"^\| ([a-z]+) \|.*kexue\.fm/archives/\d+.*\| (.+) \|$", read(name), re.M)
    assert {leaf for leaf, _ in rows} == LEAVES
    assert len(rows) == len(LEAVES)
    for leaf, status in rows:
        written = (SOURCE / leaf).is_dir()
        assert (status in ("planned", "计划中")) is not written, leaf


def test_each_leaf_that_stands_has_its_guide():
    index = read("docs/index.md")
    written = [leaf for leaf in LEAVES if (SOURCE / leaf).is_dir()]
    assert len(written) >= 4
    assert not [leaf for leaf in written if f"]({leaf}.md)" not in index]


def test_the_picture_draws_planned_leaves_lighter():
    drawn = re.findall(r'<g( class="planned")?><text class="name"[^>]*>([a-z]+)<', read(PICTURE))
    verbs = {
        "count": "counting",
        "embed": "embedding",
        "community": "community",
        "pretrain": "pretraining",
        "read": "reading",
    }
    planned = {verbs.get(name, name): bool(lighter) for lighter, name in drawn}
    assert planned == {leaf: not (SOURCE / leaf).is_dir() for leaf in LEAVES}
    assert read(PICTURE).count('class="done edge"') == sum(not some for some in planned.values())


def test_the_table_of_folders_is_whole():
    rows = dict(re.findall(r"^\| `(.+?)` \| (.+) \|$", read("docs/index.md"), re.M))
    packages = {f"src/octavo/{path.parent.name}" for path in SOURCE.glob("*/__init__.py")}
    assert {row for row in rows if row.startswith("src/")} == packages | {"src/octavo/*.py"}
    modules = {path.stem for path in SOURCE.glob("*.py") if not path.stem.startswith("__")}
    assert set(re.findall(r"`(\w+)`", rows["src/octavo/*.py"])) == modules
    assert not [row for row in rows if "*" not in row and not (ROOT / row).is_dir()]


@pytest.mark.parametrize("name", ["CONTRIBUTING.md", "docs/index.md"])
def test_paths_in_the_text_are_there(name):
    paths = re.findall(r"`([\w.-]+/[\w./-]+)`", read(name))
    places = re.compile(r"LEAF|MODULE|VERB|P/")  # which the reader fills in
    assert len(paths) > 5
    assert not [path for path in paths if not places.search(path) and not (ROOT / path).exists()]


@pytest.mark.parametrize("name", [name for name in DOCUMENTS if name != "CONTRIBUTING.md"])
def test_names_in_the_text_are_there(name):
    names = set(re.findall(r"`(octavo(?:\.\w+)+)", read(name)))
    assert not [dotted for dotted in names if pydoc.locate(dotted) is None]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_links_to_files_lead_somewhere(name):
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", read(name))
    assert not [link for link in links if not ((ROOT / name).parent / link).exists()]


def test_benchmark_tables_are_up_to_date():
    script = ROOT / "benchmarks" / "readme_table.py"
    done = subprocess.run([sys.executable, str(script), "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_lock_holds_no_addresses():
    lines = read("requirements.lock").splitlines()
    assert lines
    assert all(re.match(r"[a-z0-9._-]+==[\w.+!-]+( ; .+)?$", line) for line in lines)
