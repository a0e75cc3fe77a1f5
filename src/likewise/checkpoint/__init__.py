"""The files of a checkpoint: configuration, weights, fingerprint."""
