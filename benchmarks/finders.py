"""Who finds duplicates: `python -m benchmarks.finders NAME FOLDER THRESHOLD`, a process each.

`FOLDER` holds `texts.json`; `likewise` encodes them and leaves `vectors.npy` there for the others.
What is kept, and how long it took, is written to `NAME.json`.
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
    """Encode, once bare and once as `likewise dedupe` does it, then find duplicates."""
    import likewise as library
    from likewise.analysis.dedup.dedupe import dedupe
    from likewise.analysis.embedded_corpus import embed_records
    from likewise.data.records import Record

    model = library.load()
    model.encode(texts[:200])
    started = time.perf_counter()
    for _ in model.encode_stream(texts):
        pass
    bare = time.perf_counter() - started
    started = time.perf_counter()
    corpus = embed_records(model, [Record(text) for text in texts])
    prepared = time.perf_counter() - started
    started = time.perf_counter()
    found = dedupe(corpus, threshold)
    seconds = time.perf_counter() - started
    shutil.copyfile(corpus.folder / "vectors.npy", folder / "vectors.npy")
    return {
        "encoding": bare,
        "prepared": prepared,
        "seconds": seconds,
        "kept": found.kept,
        "recall of neighbours": found.recall,
    }


def semhash(texts: list[str], folder: Path, threshold: float) -> dict[str, Any]:
    """SemHash as its documentation has it, on vectors that are there already."""
    import numpy as np
    from semhash import SemHash

    class NoModel:
        """Never asked, since there are vectors."""

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
"""In which environment each runs."""


def main() -> None:
    """Run one of them."""
    name, folder, threshold = sys.argv[1], Path(sys.argv[2]), float(sys.argv[3])
    texts = json.loads((folder / "texts.json").read_text("utf-8"))
    result = FINDERS[name](texts, folder, threshold)
    result["peak"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    result["version"] = importlib.metadata.version(name)
    (folder / f"{name}.json").write_text(json.dumps(result), "utf-8")


if __name__ == "__main__":
    main()
