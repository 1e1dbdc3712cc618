"""Which options let text be counted as the bytes it is."""

from __future__ import annotations

from octavo.counting.options import Options


def keeps_bytes(segmenter, **options):
    options = Options(segmenter, **options)
    return options.keep_bytes(options.check())


def test_functions_of_a_module_are_not_counted_in_threads(tmp_path, monkeypatch):
    (tmp_path / "whitespace.py").write_text("split = str.split")
    (tmp_path / "words.txt").write_text("自定义词\n", "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert not keeps_bytes("whitespace:split")
    assert not keeps_bytes("jieba", lowercase=True)
    assert keeps_bytes(f"jieba:{tmp_path / 'words.txt'}")
    assert keeps_bytes("whitespace")
    assert not keeps_bytes("characters", nfkc=True)
    assert not keeps_bytes(str.split)
