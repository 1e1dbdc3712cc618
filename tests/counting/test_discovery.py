"""Discovered words against obvious loops: information, cut, entropies; planted words; quality.

Covers octavo.counting.candidates, octavo.counting.cutting.
"""

from __future__ import annotations

import gzip
import io
import json
import lzma
import math
import random
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from octavo.counting import count_texts
from octavo.counting.candidates import CHINESE, Sentences, Trie
from octavo.counting.discovery import discover_words
from octavo.counting.surprisal import measure_surprisal
from octavo.errors import DataError, UsageError
from octavo.segmenting.jieba_dictionary import load_lexicon

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "fudan" / "train.jsonl.xz"
RANGES = "".join(f"{chr(first)}-{chr(last)}" for first, last in CHINESE)
texts = st.lists(st.text("甲甲乙乙丙丁𠀀 ，a", max_size=60), min_size=1, max_size=8)


def read_sentences(text):
    return re.findall(f"[{RANGES}]+", text)


def count_slowly(sentences, longest):
    return Counter(
        s[i : i + n]
        for s in sentences
        for n in range(1, longest + 1)
        for i in range(len(s) - n + 1)
    )


def least_information(gram, counts, total):
    """In nats; from the counts of all n-grams."""
    return min(
        math.log(total * counts[gram] / (counts[gram[:i]] * counts[gram[i:]]))
        for i in range(1, len(gram))
    )


def cut_slowly(sentence, kept):
    """Words: between two characters there is a cut unless an n-gram of `kept` covers both."""
    words, last = [], 0
    for i in range(1, len(sentence) + 1):
        covered = any(
            sentence[a:b] in kept for a in range(last, i) for b in range(i + 1, len(sentence) + 1)
        )
        if not covered:
            words.append(sentence[last:i])
            last = i
    return words


def entropy_slowly(word, sentences, side):
    """Of the characters before (0) or after (1) all places of a word; an end is one of its own."""
    neighbours = Counter()
    for number, sentence in enumerate(sentences):
        padded = f"\0{sentence}\0"
        for i in range(1, len(sentence) - len(word) + 2):
            if padded[i : i + len(word)] == word:
                neighbour = padded[i + len(word)] if side else padded[i - 1]
                neighbours[neighbour if neighbour != "\0" else (number, i)] += 1
    places = sum(neighbours.values())
    return -sum(n / places * math.log(n / places) for n in neighbours.values())


def discover_slowly(text, min_count, information, entropy):
    """Rows as of `discover_words`, straight from the definitions."""
    sentences, longest = read_sentences(text), len(information) + 1
    counts = count_slowly(sentences, longest)
    total = sum(map(len, sentences))
    strengths = {
        gram: least_information(gram, counts, total)
        for gram, count in counts.items()
        if count >= min_count and len(gram) > 1
    }
    kept = {g: s for g, s in strengths.items() if s >= information[len(g) - 2]}
    rows = []
    words = Counter(word for sentence in sentences for word in cut_slowly(sentence, kept))
    for word, count in words.items():
        size = min(len(word), longest)
        windows = [word[i : i + size] for i in range(len(word) - size + 1)]
        if len(word) > 1 and count >= min_count and all(window in kept for window in windows):
            freedom = [entropy_slowly(word, sentences, side) for side in (0, 1)]
            if min(freedom) >= entropy:
                rows.append((word, count, min(kept[window] for window in windows), *freedom))
    return sorted(rows, key=lambda row: (-row[1], row[0]))


def read_rows(words):
    table = words.table.drop_columns("surprisal")
    return list(
        zip(
            *table.sort_by([("count", "descending"), ("word", "ascending")]).to_pydict().values(),
            strict=True,
        )
    )


def write(tmp_path, text):
    path = tmp_path / "text.txt"
    path.write_text(text, "utf-8")
    return path


@given(
    texts,
    st.integers(1, 4),
    st.lists(st.sampled_from([-1.01, -0.31, 0.11, 0.71, 9.0]), min_size=1, max_size=4),
    st.sampled_from([0.0, 0.31, 0.77]),
)
@example(["甲乙丙丁甲乙丙丁", "甲乙丙丁甲乙丙丁甲"], 1, [-1.01, -1.01], 0.0)  # longer than n-grams
@example(["丁丙丙丙"], 1, [-1.01, 0.11], 0.0)  # joined, but its last window is not kept
@example(["甲乙丙", "甲乙丙"], 2, [-1.01, 9.0], 0.0)  # joined, but not kept itself
def test_words_are_those_of_the_definitions(
    tmp_path_factory, texts, min_count, information, entropy
):
    text = "\n".join([*texts, "甲乙"])
    path = write(tmp_path_factory.mktemp("corpus"), text)
    words = discover_words(
        path, min_count=min_count, min_pmi=information, min_entropy=entropy, progress=False
    )
    found, expected = read_rows(words), discover_slowly(text, min_count, information, entropy)
    assert [row[:2] for row in found] == [row[:2] for row in expected]
    for row, known in zip(found, expected, strict=True):
        assert row[2:] == pytest.approx(known[2:], abs=2e-9)
    assert words.characters == sum(map(len, read_sentences(text)))


def test_some_of_these_words_are_longer_than_n_grams():
    rows = discover_slowly("甲乙丙丁，甲乙丙丁", 2, [-9.0, -9.0], 0.0)
    assert [row[:2] for row in rows] == [("甲乙丙丁", 2)]


@given(texts, st.integers(1, 3))
def test_the_trie_has_the_n_grams_that_count_texts_counts(texts, min_count):
    sentences = Sentences(io.BytesIO(), progress=False)
    for text in texts:
        sentences.add(text)
    trie = Trie(sentences.counts, min_count)
    while 0 < trie.longest < 5 and trie.grow(sentences, min_count):
        pass
    spelled = [""]
    for parent, character in zip(trie.parents[1:], trie.characters[1:], strict=True):
        spelled.append(spelled[parent] + chr(character))
    assert [spelled[suffix] for suffix in trie.suffixes] == [gram[1:] for gram in spelled]
    counts = count_texts(read_sentences("\n".join(texts)), "characters", ngrams=5).most_common()
    frequent = {gram: count for gram, count in counts if count >= min_count}
    assert dict(zip(spelled[1:], trie.counts[1:].tolist(), strict=True)) == frequent


def plant(words, lines=3000):
    """Lines of random characters, each word among them about 75 times."""
    drawn = random.Random(3)
    characters = [chr(0x3400 + n) for n in range(400)]
    weights = [*[6] * len(characters), *[2] * len(words)]
    return ["".join(drawn.choices([*characters, *words], weights, k=30)) for _ in range(lines)]


def test_planted_words_are_found(tmp_path):
    planted = {"蝴蝶", "葡萄牙", "乌鲁木齐", "呼和浩特市", "布宜诺斯艾利斯"}
    lines = plant(sorted(planted))
    words = discover_words(write(tmp_path, "\n".join(lines)), min_count=40, progress=False)
    expected = Counter({word: "\n".join(lines).count(word) for word in planted})
    assert dict(words.most_common()) == pytest.approx(dict(expected), rel=0.05)


def test_letters_and_digits_are_no_part_of_words(tmp_path):
    lines = plant(["卡拉OK", "T恤", "蝴 蝶", "蝴蝶"])
    words = discover_words(write(tmp_path, "\n".join(lines)), min_count=40, progress=False)
    assert sorted(word for word, _ in words.most_common()) == ["卡拉", "蝴蝶"]


def test_entropy_leaves_out_what_one_character_always_follows(tmp_path):
    lines = [re.sub("(蝴蝶|.)", lambda m: m[0] + "的" * (len(m[0]) > 1 or m[0] < "\u3440"), line)
             for line in plant(["蝴蝶", "葡萄牙"])]  # fmt: skip
    path = write(tmp_path, "\n".join(lines))

    def find(entropy):
        words = discover_words(
            path, min_count=40, min_entropy=entropy, progress=False
        ).most_common()
        return sorted(word for word, _ in words)

    assert find(0) == ["葡萄牙", "蝴蝶"]
    assert find(1) == ["葡萄牙"]


def test_every_layout_gives_the_same(tmp_path):
    lines = plant(["蝴蝶"])
    text = "\n".join(lines)
    rows = [{"id": 1, "body": line} for line in lines]
    for name in "abcd":
        (tmp_path / name).mkdir()
    write(tmp_path / "a", text)
    (tmp_path / "b" / "text.gz").write_bytes(gzip.compress(text.encode()))
    (tmp_path / "c" / "text.jsonl").write_text("\n".join(map(json.dumps, rows)))
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "d" / "text.parquet")
    found = [
        discover_words(folder, field="body", progress=False)
        for folder in sorted(tmp_path.iterdir())
    ]
    assert len(found) == 4
    assert all(words.table.equals(found[0].table) for words in found)
    assert "蝴蝶" in dict(found[0].most_common())


def test_the_least_count_grows_with_the_corpus(tmp_path):
    path = write(tmp_path, "\n".join(["甲乙丙丁" * 5] * 100))
    assert discover_words(path, progress=False).min_count == 4
    path = write(tmp_path, "\n".join(["甲乙丙丁" * 5] * 50_000))
    assert discover_words(path, progress=False).min_count == 10


def test_new_words_are_not_in_the_dictionary(tmp_path):
    pytest.importorskip("jieba")
    path = write(tmp_path, "\n".join(plant(["蝴蝶", "蝶蛾"])))
    options = {"min_count": 40, "progress": False}
    words = [word for word, _ in discover_words(path, **options).most_common()]
    assert [word in load_lexicon().words for word in sorted(words)] == [True, False]
    assert dict(discover_words(path, new_only=True, **options).most_common()).keys() == {"蝶蛾"}


def test_words_come_by_surprisal_and_keep_their_counts(tmp_path):
    path = write(tmp_path, "\n".join(plant(["这也", "酶蛾"])))
    words = discover_words(path, min_count=40, progress=False)
    rows = words.table.to_pylist()
    assert [row["word"] for row in rows] == ["酶蛾", "这也"]
    values = measure_surprisal(["酶蛾", "这也"], load_lexicon())
    assert [row["surprisal"] for row in rows] == values.tolist()
    counts = {row["word"]: row["count"] for row in rows}
    assert words.most_common() == sorted(counts.items(), key=lambda pair: -pair[1])
    assert words.most_common(1) == words.most_common()[:1]


def test_bad_lines_are_counted(tmp_path):
    path = tmp_path / "text.txt"
    path.write_bytes("北京\n".encode() + b"\xff\n" + "北京".encode())
    words = discover_words(path, min_count=1, bad_lines="skip", progress=False)
    assert (words.bad_lines, words.characters) == (1, 4)
    with pytest.raises(DataError, match="line 2"):
        discover_words(path, progress=False)


@pytest.mark.parametrize(
    "options",
    [
        {"min_count": 0}, {"min_count": True}, {"min_count": 2.5}, {"min_pmi": ()},
        {"min_pmi": [1] * 8}, {"min_pmi": [math.inf]}, {"min_entropy": -1},
        {"min_entropy": math.nan}, {"bad_lines": "no"}, {"memory": "1KB"},
    ],
)  # fmt: skip
def test_impossible_arguments(tmp_path, options):
    path = write(tmp_path, "北京")
    with pytest.raises(UsageError, match=r"Received: "):
        discover_words(path, progress=False, **options)


@pytest.mark.skipif(not DATA.exists(), reason="needs ../shared/data/fudan")
def test_more_of_the_words_are_in_a_dictionary_than_of_frequent_n_grams(tmp_path):
    pytest.importorskip("jieba")
    with lzma.open(DATA, "rt") as file:
        text = "\n".join(
            json.loads(line)["text"] for line, _ in zip(file, range(500), strict=False)
        )
    words = discover_words(write(tmp_path, text), progress=False).most_common()
    known = set(load_lexicon().words)
    counts = count_slowly(read_sentences(text), 4).most_common()
    share, plain = (
        np.mean([w in known for w in [w for w, _ in rows if len(w) > 2][:500]])
        for rows in (words, counts)
    )
    assert share > 0.35
    assert share > 2 * plain
