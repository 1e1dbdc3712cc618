"""Text to tokens and back: the WordPiece tokenizer and its vocabularies. Loads no Keras."""

from octavo.text.vocabulary import build_vocabulary, load_vocabulary, save_vocabulary
from octavo.text.wordpiece import Encoding, WordPieceTokenizer

__all__ = [
    "Encoding",
    "WordPieceTokenizer",
    "build_vocabulary",
    "load_vocabulary",
    "save_vocabulary",
]
