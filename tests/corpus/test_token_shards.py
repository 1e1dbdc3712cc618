"""Documents in, the same documents out; and what is wrong with a folder is said, file by file."""

from __future__ import annotations

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from octavo.corpus import token_shards
from octavo.corpus.token_shards import (
    ShardWriter,
    TokenShard,
    check_shards,
    load_manifest,
    save_manifest,
    shard_path,
    word_flag,
)
from octavo.errors import DataError

documents = st.lists(
    st.lists(st.tuples(st.integers(0, 49_999), st.booleans()), max_size=30), max_size=12
)


def write(folder, texts, vocabulary_size):
    writer = ShardWriter(folder, "00000", vocabulary_size)
    for text in texts:
        ids = np.array([number for number, _ in text], np.int64)
        writer.add(ids, np.array([begins for _, begins in text], bool))
    return writer.close()


def read(folder, files):
    for file in files:
        shard = TokenShard(folder, file)
        flag = word_flag(shard.tokens.dtype)
        first = 0
        for end in shard.ends.tolist():
            tokens = shard.tokens[first:end]
            ids, begins = (tokens & ~flag).tolist(), (tokens < flag).tolist()
            yield list(zip(ids, begins, strict=True))
            first = end


@given(texts=documents, room=st.integers(1, 50), size=st.sampled_from([30_000, 50_000]))
def test_documents_come_back_from_shards_of_any_size(tmp_path_factory, texts, room, size):
    folder = tmp_path_factory.mktemp("shards")
    texts = [[(number % size, begins) for number, begins in text] for text in texts]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(token_shards, "MOST_TOKENS", room)
        files = write(folder, texts, size)
    assert list(read(folder, files)) == [text for text in texts if text]
    assert all(file.tokens <= room or file.documents == 1 for file in files)
    save_manifest(folder, {"segmenter": "characters"}, files)
    manifest = load_manifest(folder)
    assert manifest["shards"] == files
    assert manifest["tokens"] == sum(map(len, texts))
    check_shards(folder, files)


def test_equal_documents_have_equal_hashes_whatever_their_words(tmp_path):
    files = write(tmp_path, [[(7, True), (8, True)], [(7, True), (8, False)], [(8, True)]], 100)
    hashes = TokenShard(tmp_path, files[0]).hashes.tolist()
    assert hashes[0] == hashes[1] != hashes[2]


@pytest.fixture
def folder(tmp_path):
    files = write(tmp_path, [[(7, True), (8, False)] * 50, [(9, True)]], 100)
    save_manifest(tmp_path, {}, files)
    return tmp_path


@pytest.mark.parametrize("kind", ["tokens", "documents"])
def test_a_missing_shard_is_named(folder, kind):
    files = load_manifest(folder)["shards"]
    shard_path(folder, "00000-000", kind).unlink()
    for look in (lambda: check_shards(folder, files), lambda: TokenShard(folder, files[0])):
        with pytest.raises(DataError, match=rf"00000-000\.{kind}\.npy: cannot be read: No such"):
            look()


@pytest.mark.parametrize("kind", ["tokens", "documents"])
def test_a_changed_byte_is_found(folder, kind):
    path = shard_path(folder, "00000-000", kind)
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(DataError, match=rf"00000-000\.{kind}\.npy: damaged: its checksum"):
        check_shards(folder, load_manifest(folder)["shards"])


@pytest.mark.parametrize("keep", [0, 20, 150])
def test_a_shard_cut_short_is_named(folder, keep):
    path = shard_path(folder, "00000-000", "tokens")
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(DataError, match=r"tokens\.npy: damaged or cut short"):
        TokenShard(folder, load_manifest(folder)["shards"][0])


SHARD = '{"name": "00000-000", "tokens": %s, "documents": 1, "crc32": {"tokens": 1}}'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "damaged: not the manifest"),
        ("[]", "damaged: not the manifest"),
        ('{"format": 1, "shards": [{}]}', "damaged: not the manifest"),
        (f'{{"format": 1, "shards": [{SHARD % "1e9"}]}}', "damaged: not the manifest"),
        (f'{{"format": 1, "shards": [{SHARD.replace("crc32", "crc") % 1}]}}', "damaged: not"),
        ('{"format": 2, "shards": []}', "token shards of format 2, not 1"),
        (None, "no token shards: No such file"),
    ],
)
def test_a_manifest_that_is_none_is_named(tmp_path, text, message):
    if text is not None:
        (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(DataError, match=message):
        load_manifest(tmp_path)
