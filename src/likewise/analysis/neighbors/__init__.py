"""The kNN graph of a corpus."""
