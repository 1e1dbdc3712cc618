"""What `octavo --install-completion` writes, asked as a shell asks it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from octavo.cli.main import run

pytest.importorskip("numpy")


@pytest.fixture
def home(tmp_path, monkeypatch):
    """An empty home, and a working directory with one file."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name in ("ZSH", "ZSH_CUSTOM", "ZSH_VERSION", "BASH_VERSION", "FISH_VERSION", "SHELL"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "home").mkdir()
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "news.txt").touch()
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "home"


@pytest.mark.skipif(shutil.which("bash") is None, reason="asks bash")
@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("cou", {"count"}),
        ("read cal", {"calibrate"}),
        ("count --segm", {"--segmenter"}),
        ("pretrain --learn", {"--learning-rate"}),
        ("count --bad-lines s", {"stop", "skip"}),
        ("count ne", {"news.txt"}),
        ("read ask 哪年？ ne", {"news.txt"}),
        ("read train --validation ne", {"news.txt"}),
        ("read ask --preset ne", {"news.txt"}),
        ("pretrain ne", {"news.txt"}),
        ("read evaluate --out ne", {"news.txt"}),
    ],
)
def test_bash_completes_verbs_options_and_files(words, wanted, home, capsys):
    assert run(["--install-completion", "--shell", "bash"]) == 0
    path = home / ".local/share/bash-completion/completions/octavo"
    assert capsys.readouterr().out.startswith(f"wrote {path}; ")
    asked = f"COMP_WORDS=(octavo {words}); COMP_CWORD=$(( ${{#COMP_WORDS[@]}} - 1 )); _octavo"
    script = f". ~/.bashrc; {asked}; printf '%s\\n' \"${{COMPREPLY[@]}}\""
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) == wanted


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_have_a_file_of_their_own(shell, home, capsys):
    assert run(["--install-completion", "--shell", shell]) == 0
    path = capsys.readouterr().out.split(";")[0].removeprefix("wrote ")
    assert path.startswith(str(home))
    assert "segmenter" in Path(path).read_text("utf-8")


def test_a_shell_that_is_not_known_is_one_line(home, capsys, monkeypatch):
    monkeypatch.setenv("PATH", "")  # no ps, which would name what has started this
    assert run(["--install-completion"]) == 2
    assert capsys.readouterr().err == (
        "octavo: the shell is not known: --shell bash, zsh, fish or powershell. "
        "Received: no --shell\n"
    )
    assert not list(home.iterdir())
