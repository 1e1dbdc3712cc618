"""Every way a command ends: its exit code, and one line on stderr. Covers octavo.cli.errors."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest
from cyclopts import App

from octavo.cli import main
from octavo.errors import DataError, MissingExtraError, PresetError, UsageError


@pytest.fixture
def verb(monkeypatch):
    """Put one verb, `work`, in the place of octavo's; calling it calls what the test sets."""
    app = App(name="octavo", suppress_keyboard_interrupt=main.app.suppress_keyboard_interrupt)
    monkeypatch.setattr(main, "app", app)
    monkeypatch.delenv("OCTAVO_TRACEBACK", raising=False)

    def install(action):
        @app.command(name="work")
        def work(count: int = 1):
            return action()

    return install


def fail_with(error):
    def action():
        raise error

    return action


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (UsageError("k must be positive. Received: 0"), 2, "k must be positive. Received: 0"),
        (MissingExtraError("keras", "neural"), 2, "keras is not installed; run: pip install "),
        (DataError("not JSON", path="a.jsonl", line=7000), 1, "a.jsonl, line 7000: not JSON"),
        (PresetError("no such key\nhere", path="config.json"), 1, "config.json: no such key here"),
        (FileNotFoundError(2, "No such file or directory", "a.txt"), 1, "a.txt: No such file or"),
        (OSError("disk on fire"), 1, "disk on fire"),
        (KeyError("k"), 70, "a mistake of octavo's own, KeyError: 'k' (OCTAVO_TRACEBACK=1"),
        (KeyboardInterrupt(), 130, "interrupted"),
    ],
)
def test_an_error_is_one_line(verb, capsys, error, code, line):
    verb(fail_with(error))
    assert main.run(["work"]) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"octavo: {line}")
    assert err.count("\n") == 1


def test_closed_pipe_is_silent(verb, capsys):
    verb(fail_with(BrokenPipeError()))
    assert main.run(["work"]) == 141
    assert capsys.readouterr() == ("", "")


def test_traceback_when_asked_for(verb, capsys, monkeypatch):
    verb(fail_with(DataError("not JSON")))
    monkeypatch.setenv("OCTAVO_TRACEBACK", "1")
    assert main.run(["work"]) == 1
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize("tokens", [["wrok"], ["work", "--no-such"], ["work", "--count", "many"]])
def test_bad_command_lines(verb, capsys, tokens):
    verb(lambda: None)
    assert main.run(tokens) == 2
    err = capsys.readouterr().err
    assert err.startswith("octavo: ")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("tokens", "near"),
    [
        (["count", "a.txt", "--segmentor", "jieba"], "--segmenter"),
        (["count", "discover", "a.txt", "--min-pmy=3"], "--min-pmi"),
        (["pretrain", "a.txt", "--out", "x", "--learning-rat", "3"], "--learning-rate"),  # flat
        (["pretrain", "a.txt", "--out", "x", "--no-resum"], "--no-resume"),
        (["read", "ask", "哪年？", "a.txt", "--htlm", "x.html"], "--html"),
        (["read", "evaluate", "a.json", "--beems", "3"], "--beams"),
        (["read", "train", "a.json", "--out", "x", "--epoch", "3"], "--epochs"),
        (["launch", "--procesess", "2", "--", "pretrain"], "--processes"),
        (["read", "--hlep"], "--help"),
        (["--versoin"], "--version"),
    ],
)
def test_a_mistyped_option_is_answered_with_the_one_that_is_near(tokens, near, capsys):
    assert main.run(tokens) == 2
    typed = next(t for t in tokens if t.startswith("--") and t not in ("--out",)).partition("=")[0]
    said = f"octavo: no such option, did you mean {near}? Received: {typed}\n"
    assert capsys.readouterr().err == said


def test_where_nothing_is_near_help_and_files_are_named(capsys):
    for tokens in (["count", "a.txt", "--xyz"], ["read", "evaluate", "a.json", "--xyz"]):
        assert main.run(tokens) == 2
        said = "no such option; --help lists them (a file would be ./--xyz). Received: --xyz\n"
        assert capsys.readouterr().err == f"octavo: {said}"


def test_a_mistyped_verb_is_answered_with_the_one_that_is_near(capsys):
    for tokens, near in ((["coutn", "a.txt"], "count"), (["read", "asc", "a.txt"], "ask")):
        assert main.run(tokens) == 2
        assert f'Did you mean "{near}"?' in capsys.readouterr().err


@pytest.mark.parametrize(("result", "code"), [(None, 0), (0, 0), (3, 3), ("text", 0)])
def test_what_a_verb_returns(verb, result, code):
    verb(lambda: result)
    assert main.run(["work"]) == code


@pytest.mark.parametrize(("status", "code"), [(None, 0), (0, 0), (5, 5), ("gone wrong", 1)])
def test_a_verb_that_ends_the_process(verb, status, code):
    verb(fail_with(SystemExit(status)))
    assert main.run(["work"]) == code


def test_missing_extra_met_while_a_verb_is_imported(monkeypatch, tmp_path, capsys):
    (tmp_path / "needy_verb.py").write_text(
        "from octavo._lazy import require\nrequire('no_such_package', extra='plot')\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    app = App(name="octavo")
    app.command("needy_verb:app", name="needy")
    monkeypatch.setattr(main, "app", app)
    assert main.run(["needy"]) == 2
    assert "[plot]" in capsys.readouterr().err


def octavo(code: str, **options) -> subprocess.Popen[bytes]:
    """A fresh process that runs `code` as a verb's body and ends as the command does."""
    program = (
        "import sys, os, time\nfrom cyclopts import App\nfrom octavo.cli import main\n"
        "quiet = main.app.suppress_keyboard_interrupt\n"
        "main.app = App(name='octavo', suppress_keyboard_interrupt=quiet)\n"
        f"@main.app.default\ndef work():\n    {code}\n"
        "sys.argv = ['octavo']\nmain.main()\n"
    )
    command = [sys.executable, "-c", program]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)


def test_output_is_utf8_in_any_locale():
    environment = {**os.environ, "PYTHONIOENCODING": "latin-1", "PYTHONUTF8": "0"}
    process = octavo(r"print('茶', '\udcff')", env=environment)
    out, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    assert out.decode("utf-8").split() == ["茶", "\\udcff"]


def test_reader_of_stdout_goes_away():
    process = octavo("[print('x' * 1000, flush=True) for _ in range(10**5)]")
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr.read() == b""
    assert process.wait(timeout=120) == 141


@pytest.mark.skipif(os.name == "nt", reason="signals are POSIX's")
@pytest.mark.parametrize(
    ("kind", "code", "said"),
    [
        (signal.SIGINT, 130, b"octavo: interrupted\n"),
        (signal.SIGTERM, 143, b"octavo: ended by SIGTERM\n"),
        (signal.SIGHUP, 129, b"octavo: ended by SIGHUP\n"),
    ],
)
def test_interrupt_from_the_keyboard_or_a_signal(kind, code, said):
    # a shell in the background ignores SIGINT, and its children with it
    listen = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    process = octavo(listen + "print('ready', flush=True); time.sleep(100)")
    assert process.stdout.readline() == b"ready\n"
    process.send_signal(kind)
    _, err = process.communicate(timeout=120)
    assert process.returncode == code
    assert err == said


@pytest.mark.skipif(os.name == "nt", reason="signals are POSIX's")
def test_an_interrupt_lost_in_a_callback_is_heard():
    listen = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    lost = "one = type('one', (), {'__del__': press}); "
    press = "press = lambda self: signal.raise_signal(signal.SIGINT); "
    process = octavo(listen + press + lost + "one(); time.sleep(100)")
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (130, b"octavo: interrupted\n")


@pytest.mark.skipif(os.name == "nt", reason="signals are POSIX's")
def test_an_interrupt_while_the_command_loads_is_one_line(tmp_path):
    (tmp_path / "cyclopts.py").write_text(
        "print('loading', flush=True)\nimport time; time.sleep(99)"
    )
    path = os.pathsep.join([str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])])
    listen = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    program = listen + "from octavo.__main__ import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", program], env={**os.environ, "PYTHONPATH": path},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout.readline() == b"loading\n"
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (130, b"octavo: interrupted\n")


@pytest.mark.parametrize(
    ("redirection", "code", "line"),
    [
        ("<&-", 1, "octavo: -: cannot be read: Bad file descriptor\n"),
        (">&-", 1, "octavo: standard output is closed; > /dev/null leaves it out\n"),
        ("<&- >&-", 1, "octavo: standard output is closed; > /dev/null leaves it out\n"),
        ("<&- >&- 2>&-", 1, ""),
    ],
)
@pytest.mark.skipif(os.name == "nt", reason="shells are POSIX's")
def test_closed_streams_are_one_line(redirection, code, line):
    pytest.importorskip("numba")
    command = f'exec "{sys.executable}" -m octavo count - --segmenter whitespace {redirection}'
    done = subprocess.run(["sh", "-c", command], stderr=subprocess.PIPE, text=True)
    assert (done.returncode, done.stderr) == (code, line)


@pytest.mark.skipif(os.name == "nt", reason="shells are POSIX's")
def test_no_file_takes_the_number_of_a_closed_stream(tmp_path):
    code = "import os; from octavo.cli import main; main._replace_closed_streams(); "
    code += "file = os.open('opened', os.O_CREAT | os.O_WRONLY); os.write(2, b'lost'); "
    code += "assert file > 2 and os.path.getsize('opened') == 0"
    command = f'exec "{sys.executable}" -c "{code}" <&- 2>&-'
    assert subprocess.run(["sh", "-c", command], cwd=tmp_path).returncode == 0
