"""Duplicate finders, one process each: `python -m benchmarks.finders NAME FOLDER THRESHOLD`.

`FOLDER` contains `texts.json`; `likewise` encodes them and writes `vectors.npy` for the others.
The kept rows and the seconds are written to `NAME.json`.
"""

from __future__ import annotations

import importlib.metadata
import json
import resource
import shutil
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any


def likewise(texts: list[str], folder: Path, threshold: float) -> dict[str, Any]:
    """Encode in memory, then to disk as `likewise dedupe` does, then find duplicates."""
    import likewise as library
    from likewise.analysis.dedup.dedupe import dedupe
    from likewise.analysis.embedded_corpus import embed_records
    from likewise.data.records import Record

    model = library.load()
    model.encode(texts[:200])
    started = time.perf_counter()
    for _ in model.encode_stream(texts):
        pass
    in_memory = time.perf_counter() - started
    started = time.perf_counter()
    corpus = embed_records(model, [Record(text) for text in texts])
    to_disk = time.perf_counter() - started
    started = time.perf_counter()
    found = dedupe(corpus, threshold)
    seconds = time.perf_counter() - started
    shutil.copyfile(corpus.folder / "vectors.npy", folder / "vectors.npy")
    return {
        "encoding": in_memory,
        "encoding to disk": to_disk,
        "seconds": seconds,
        "kept": found.kept,
        "neighbor recall": found.recall,
    }


def semhash(texts: list[str], folder: Path, threshold: float) -> dict[str, Any]:
    """SemHash as documented, on precomputed vectors."""
    import numpy as np
    from semhash import SemHash

    class NoModel:
        """SemHash requires a model; with precomputed vectors it is never called."""

        def encode(self, inputs: Any, **_: Any) -> Any:
            raise NotImplementedError

    vectors = np.load(folder / "vectors.npy")
    rows = [{"text": text, "row": str(row)} for row, text in enumerate(texts)]
    started = time.perf_counter()
    made = SemHash.from_embeddings(vectors, rows, NoModel(), columns=["text"])
    found = made.self_deduplicate(threshold=threshold)
    seconds = time.perf_counter() - started
    return {"seconds": seconds, "kept": sorted(int(record["row"]) for record in found.selected)}


FINDERS: Mapping[str, Callable[[list[str], Path, float], dict[str, Any]]] = MappingProxyType(
    {"likewise": likewise, "semhash": semhash}
)
ENVIRONMENT: Mapping[str, str] = MappingProxyType({"likewise": "project", "semhash": "semhash"})
"""Environment of each finder."""


def main() -> None:
    """Run the finder named on the command line."""
    name, folder, threshold = sys.argv[1], Path(sys.argv[2]), float(sys.argv[3])
    texts = json.loads((folder / "texts.json").read_text("utf-8"))
    result = FINDERS[name](texts, folder, threshold)
    result["peak"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    result["version"] = importlib.metadata.version(name)
    (folder / f"{name}.json").write_text(json.dumps(result), "utf-8")


if __name__ == "__main__":
    main()
