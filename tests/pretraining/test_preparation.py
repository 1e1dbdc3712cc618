"""From files to token shards: every document once, in order, whatever the workers and the stops.

Covers octavo.pretraining.corpus.
"""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

from octavo.corpus import token_shards
from octavo.errors import DataError, UsageError
from octavo.pretraining import Corpus, preparation, prepare, prepare_once
from octavo.training.devices import Devices


def documents(corpus):
    for shard in corpus.shards:
        first = 0
        for end in shard.ends.tolist():
            yield (shard.tokens[first:end] & 0x7FFF).tolist()
            first = end


@pytest.fixture
def make(sources, tmp_path):
    """Prepare with other options."""

    def call(folder="data", text=None, **options):
        options = {"segmenter": "whitespace", "progress": False} | options
        vocabulary = options.pop("vocabulary", sources / "vocab.txt")
        return prepare(text or sources / "text.txt", tmp_path / folder, vocabulary, **options)

    return call


def test_shards_hold_every_document_in_order(corpus, sources):
    lines = (sources / "text.txt").read_text("utf-8").splitlines()
    expected = [corpus.tokenizer.encode(line).ids.tolist() for line in lines]
    assert list(documents(corpus)) == expected
    assert corpus.manifest["tokens"] == corpus.tokens == sum(map(len, expected))
    source = corpus.manifest["sources"][0]
    assert source["path"].endswith("text.txt")
    assert len(source["blake2b"]) == 32


@pytest.mark.parametrize("workers", [1, 2])
def test_workers_and_small_shards_change_nothing(corpus, make, monkeypatch, workers):
    monkeypatch.setattr(preparation, "SMALLEST_PART", 1000)
    monkeypatch.setattr(token_shards, "MOST_TOKENS", 500)
    other = make(workers=workers)
    assert len(other.shards) > 10
    assert list(documents(other)) == list(documents(corpus))


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("unit", ["lines", "paragraphs", "files"])
def test_documents_are_what_they_are_said_to_be(make, tmp_path, monkeypatch, unit, workers):
    monkeypatch.setattr(preparation, "SMALLEST_PART", 50)
    paragraphs = [f"w{n % 50} w{n % 49}\nw{n % 47}\n\tw{n % 46} w1" for n in range(99)]
    expected = {
        "lines": [line for paragraph in paragraphs for line in paragraph.split("\n")],
        "paragraphs": paragraphs,
        "files": ["\n\n".join(paragraphs[:60]), "\n \n".join(paragraphs[60:])],
    }
    for name, text in zip("ab", expected["files"], strict=True):
        (tmp_path / "texts").mkdir(exist_ok=True)
        (tmp_path / "texts" / f"{name}.txt").write_text(text, "utf-8")
    corpus = make(text=tmp_path / "texts", documents=unit, workers=workers)
    found = [corpus.tokenizer.encode(text).ids.tolist() for text in expected[unit]]
    assert list(documents(corpus)) == found
    assert corpus.document_lengths().tolist() == [len(ids) for ids in found]
    with pytest.raises(DataError, match=rf"shards with documents_as '{unit}', not '"):
        make(text=tmp_path / "texts", documents="files" if unit == "lines" else "lines")


def test_other_documents_are_refused(make):
    with pytest.raises(UsageError, match="documents must be one of lines, paragraphs, files"):
        make(documents="sentences")


def test_short_documents_of_text_files_are_warned_of(make, tmp_path, recwarn):
    path = tmp_path / "short.txt"
    path.write_text("w1 w2 w3\n\n" * 40 + "w4 w5\n")
    for _ in range(2):  # the second time the shards are there
        with pytest.warns(UserWarning, match="short, 3 tokens in the median of 41") as given:
            make(text=path)
        assert "where lines belong together" in str(given[0].message)
        assert "--documents paragraphs or files" in str(given[0].message)
    with pytest.warns(UserWarning, match="where paragraphs belong .* --documents files$"):
        make(text=path, documents="paragraphs", folder="paragraphs")
    recwarn.clear()
    make(text=path, documents="files", folder="files")  # 122 tokens
    (tmp_path / "rows.jsonl").write_text('{"text": "w1 w2"}\n' * 40)
    make(text=tmp_path / "rows.jsonl", folder="rows")
    (tmp_path / "long.txt").write_text("w1 w2 w3 w4\n" * 9 + ("w1 " * 64 + "\n") * 10)
    make(text=tmp_path / "long.txt", folder="long")
    assert not recwarn.list


def test_a_stopped_run_goes_on(make, monkeypatch, corpus, tmp_path):
    monkeypatch.setattr(preparation, "SMALLEST_PART", 1000)
    encode, done = preparation.encode_range, []

    def fail_at_third(task):
        if len(done) == 2:
            raise KeyboardInterrupt
        done.append(task.name)
        return encode(task)

    monkeypatch.setattr(preparation, "encode_range", fail_at_third)
    with pytest.raises(KeyboardInterrupt):
        make()
    with pytest.raises(DataError, match="no token shards"):
        Corpus(tmp_path / "data")
    again = []
    monkeypatch.setattr(
        preparation, "encode_range", lambda task: again.append(task.name) or encode(task)
    )
    assert list(documents(make())) == list(documents(corpus))
    assert again
    assert not set(done) & set(again)
    assert not list((tmp_path / "data").glob("*.part.json"))


def test_shards_are_taken_again_if_they_are_the_same(make, sources, tmp_path):
    text = shutil.copy(sources / "text.txt", tmp_path / "text.txt")
    make(text=text)
    written = {path: path.stat().st_mtime_ns for path in (tmp_path / "data").iterdir()}
    (tmp_path / "text.txt").touch()
    make(text=text)
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "data").iterdir()} == written
    with pytest.raises(DataError, match="segmenter 'whitespace', not 'characters'"):
        make(text=text, segmenter="characters")
    shutil.copy(text, tmp_path / "other.txt")
    with pytest.raises(DataError, match=r"holds token shards without .*other\.txt"):
        make(text=[text, tmp_path / "other.txt"])
    with open(text, "a", encoding="utf-8") as file:
        file.write("w1 w2\n")
    with pytest.raises(DataError, match=r"text\.txt has changed since"):
        make(text=text)


def test_another_vocabulary_or_dictionary_is_noticed(make, sources, tmp_path):
    vocabulary = shutil.copy(sources / "vocab.txt", tmp_path / "vocab.txt")
    make(vocabulary=vocabulary)
    shutil.copy(vocabulary, tmp_path / "same.txt")
    make(vocabulary=tmp_path / "same.txt")
    with open(vocabulary, "a", encoding="utf-8") as file:
        file.write("another\n")
    with pytest.raises(DataError, match="token shards of another vocabulary"):
        make(vocabulary=vocabulary)
    inside = tmp_path / "data" / "vocab.txt"
    inside.write_text(inside.read_text("utf-8").replace("w59", "w60"), "utf-8")
    with pytest.raises(DataError, match=r"vocab\.txt: damaged: it is not the vocabulary"):
        Corpus(tmp_path / "data")


def test_what_a_stopped_run_of_another_corpus_left_is_removed(make, tmp_path, sources):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "00077-000.tokens.npy").write_bytes(b"old")
    (tmp_path / "data" / "00077.part.json").write_text('{"shards": [], "bad_lines": 0}')
    make()
    assert not list((tmp_path / "data").glob("00077*"))


def test_of_several_processes_the_first_prepares(make, corpus, tmp_path, monkeypatch):
    first = prepare_once(Devices(None, 0, 2), tmp_path / "data", make)
    with monkeypatch.context() as patch:  # what the first has compared is not compared again
        patch.setattr("octavo.pretraining.corpus.check_shards", lambda *_: pytest.fail("compared"))
        other = prepare_once(Devices(None, 1, 2), tmp_path / "data", lambda: pytest.fail("made"))
    assert list(documents(other)) == list(documents(first)) == list(documents(corpus))
    make()
    assert len(list((tmp_path / "data").glob(".ready-*"))) == 1
    prepare_once(Devices(None), tmp_path / "one", lambda: make(folder="one"))
    assert not list((tmp_path / "one").glob(".ready-*"))


def test_a_vocabulary_is_made_from_counts(make, tmp_path):
    pytest.importorskip("numba")
    pytest.importorskip("jieba")
    text = tmp_path / "zh.txt"
    text.write_text("长江是中国最长的河流，发源于青藏高原。\n建成于1420年。\n" * 9, "utf-8")
    corpus = make(text=text, vocabulary=160, segmenter="jieba")
    assert set("长江中国，。") < set(corpus.tokenizer.vocabulary)
    assert "1420" in corpus.tokenizer.vocabulary
    begins = corpus.shards[0].tokens[:18] < 0x8000
    assert begins.tolist()[:5] == [True, False, True, True, False]  # 长江|是|中国


def test_equal_documents_are_trained_on_once_and_never_held_out_too(make, tmp_path):
    lines = [f"w{n} w{n + 1} w{n + 2}" for n in range(50)] * 3
    (tmp_path / "twice.txt").write_text("\n".join(lines), "utf-8")
    corpus = make(text=tmp_path / "twice.txt")
    training, held_out = (np.concatenate(part) for part in corpus.split(0.3, seed=1))
    assert (training.sum() + held_out.sum(), (training & held_out).sum()) == (50, 0)
    assert 5 < held_out.sum() < 25
    assert [np.concatenate(corpus.split(share)[1]).sum() for share in (0.0, 1e-9)] == [0, 1]
    again = np.concatenate(corpus.split(0.3, seed=2)[1])
    assert (again != held_out).any()


def test_bad_input_is_named(make, tmp_path, monkeypatch):
    (tmp_path / "bad.jsonl").write_text('{"text": "w1"}\n{"body": 1}\n', "utf-8")
    (tmp_path / "empty.txt").write_text("\n\n", "utf-8")
    with pytest.raises(DataError, match=r"bad\.jsonl, line 2: no text in field"):
        make(text=tmp_path / "bad.jsonl", folder="a")
    with pytest.raises(DataError, match="no document has a token"):
        make(text=tmp_path / "empty.txt", folder="b")
    with pytest.raises(
        UsageError, match=r"vocabulary must be a whole number of 109 or more\. Received"
    ):
        make(vocabulary=50, folder="e")
    with pytest.raises(UsageError, match="standard input is read once"):
        make(text="-", vocabulary=200, folder="c")


def test_a_damaged_shard_is_named_before_anything_is_trained(make, tmp_path):
    make()
    path = next((tmp_path / "data").glob("*.tokens.npy"))
    data = bytearray(path.read_bytes())
    data[-3] ^= 255
    path.write_bytes(data)
    with pytest.raises(DataError, match=rf"{path.name}: damaged"):
        Corpus(tmp_path / "data")
    manifest = json.loads((tmp_path / "data" / "manifest.json").read_text())
    assert manifest["documents"] == 150


def test_a_manifest_that_lacks_what_is_asked_is_damaged(make, tmp_path):
    make("out")
    path = tmp_path / "out" / "manifest.json"
    whole = json.loads(path.read_text())
    for key in ("lower_case", "tokens_blake2b"):
        path.write_text(json.dumps({name: whole[name] for name in whole if name != key}))
        with pytest.raises(DataError, match=rf"manifest\.json: damaged: it lacks {key}"):
            Corpus(tmp_path / "out")
    for sources in (3, [3], [{}]):
        path.write_text(json.dumps({**whole, "sources": sources}))
        with pytest.raises(DataError, match=r"manifest\.json: damaged: it does not say what it"):
            make("out")
