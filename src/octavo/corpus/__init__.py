"""Files of a corpus: their documents, read ahead, and the token shards they become."""
