"""The hub of checkpoints: catalogue, lookup, download, cache and verification."""
