"""A program for the tests to kill: migrates a collection and says how far it is."""

from __future__ import annotations

import sys
from typing import cast

import numpy as np

from likewise.collections import sync
from likewise.collections.contract import Model
from likewise.collections.migration import Migration
from likewise.collections.open_collection import open_collection
from likewise.results import Encoded
from tests.collections.killed import Printed, Slow

DIMENSION = 48


class Other(Slow):
    """Another model of random vectors, with more dimensions."""

    name = reference = "other"
    dimension, fingerprint = DIMENSION, "1" * 32

    def _encoded(self, texts: list[str]) -> Encoded:
        drawn = np.random.default_rng(len(texts[0])).standard_normal((len(texts), DIMENSION))
        ones = np.ones(len(texts), np.int64)
        return Encoded(texts, drawn.astype(np.float32), ones, ones)


def other_model() -> Model:
    return cast("Model", Other())


def loaded(name: str, /, *, compute: str) -> Model:
    """Loads either model by its name."""
    return cast("Model", {"slow": Slow, "other": Other}[name]())


if __name__ == "__main__":
    sync.COMMIT_ROWS = 200
    collection = open_collection("c", store=sys.argv[1], loader=loaded)
    migration = Migration(collection, other_model())
    print("opened", flush=True)
    if not migration.pending:
        migration.encode(Printed())
    migration.switch(Printed())
    print("finished", flush=True)
