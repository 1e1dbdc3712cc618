"""Text cut into words: Chinese as jieba cuts it, and whatever else has a name."""
