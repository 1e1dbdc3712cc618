"""Text in: tokenizers, vocabularies and readers of question files. Loads no Keras."""

from octavo.text.wordpiece import Encoding, WordPieceTokenizer

__all__ = ["Encoding", "WordPieceTokenizer"]
