"""What the benchmarks of collections run in processes of their own, to see their memory and time.

`python -m benchmarks.indexing TASK {"argument": …}` prints JSON.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

import likewise
from benchmarks import texts
from benchmarks.environments import ROOT, variables
from likewise import vectors
from likewise.collections import sync
from likewise.collections.index_files import index_files
from likewise.collections.open_collection import open_collection
from likewise.collections.schema import restored
from likewise.progress import Progress
from likewise.tokenization import token_stream

MODEL = "all-MiniLM-L6-v2"
QUERIES = 1000
NEIGHBOURS = 10


def bare(data: str, count: int, compute: str) -> dict[str, Any]:
    """Seconds to encode sentences, and nothing else."""
    some = texts.sentences(Path(data), count)
    model = likewise.load(MODEL, compute=compute)
    model.encode(some[:2000])
    started = time.perf_counter()
    for _ in model.encode_stream(some):
        pass
    return {"seconds": time.perf_counter() - started, "peak": peak()}


def index(file: str, store: str, compute: str) -> dict[str, Any]:
    """Seconds to index a file from beginning to end, files, both indexes and measuring included."""
    model = likewise.load(MODEL, compute=compute)
    model.encode(texts.sentences(texts.DATA, 2000))
    started = time.perf_counter()
    result = index_files([file], "speed", model, store=store)
    return {
        "seconds": time.perf_counter() - started,
        "until_written": result.encoding_seconds,
        "passages": result.chunks,
        "kind": result.index.kind,
        "told_recall": result.index.recall,
        "peak": peak(),
    }


def search(data: str, store: str, compute: str, mode: str) -> dict[str, Any]:
    """Times of searches beyond encoding, and their recall against an exact search.

    Queries are short sentences from outside the collection.
    """
    model = likewise.load(MODEL, compute=compute)
    collection = open_collection("speed", store=store, model=model)
    queries = documents_sentences(Path(data), QUERIES)
    encoded = model.encode_query(queries)
    for query in queries[:20]:
        collection.search(query, NEIGHBOURS, mode=mode)
    both, alone = [], []
    hits = []
    for query in queries:
        started = time.perf_counter()
        found = collection.search(query, NEIGHBOURS, mode=mode)
        middle = time.perf_counter()
        model.encode_query(query)
        both.append(middle - started)
        alone.append(time.perf_counter() - middle)
        hits.append([hit.score for hit in found])
    beyond = np.maximum(np.array(both) - np.array(alone), 0) * 1000
    seen = peak()  # before the exact search, which is the benchmark's own
    recall = None
    if mode == "semantic":
        every = restored(collection._table.to_arrow()["vector"])
        exact = vectors.top_k(vectors.cosine(encoded, every), NEIGHBOURS).scores[:, -1]
        near = [np.sum(np.array(row) >= last - 1e-5) for row, last in zip(hits, exact, strict=True)]
        recall = float(np.mean(np.minimum(near, NEIGHBOURS)) / NEIGHBOURS)
    return {
        "p50": float(np.percentile(beyond, 50)),
        "p99": float(np.percentile(beyond, 99)),
        "recall": recall,
        "queries": len(queries),
        "peak": seen,
    }


def documents_sentences(data: Path, count: int) -> list[str]:
    """First sentences of documents, which are not among the sentences that are indexed."""
    found = (text.partition(". ")[0][:200] for text in texts.documents(data, 4 * count))
    return [text for text in dict.fromkeys(found) if len(text.split()) > 3][:count]


def told(file: str, store: str, compute: str, commit_rows: int) -> dict[str, Any]:
    """Index a file, and say what has been written as it is; for whoever kills this process.

    Windows of texts and commits are of `commit_rows`, so that a short build has many of them.
    """
    token_stream.BATCH_TEXTS = sync.COMMIT_ROWS = commit_rows

    class Printed(Progress):
        def message(self, text: str) -> None:
            print(text, flush=True)

    model = likewise.load(MODEL, compute=compute)
    print("loaded", flush=True)
    result = index_files([file], "killed", model, store=store, progress=Printed())
    return {"finished": result.chunks}


def peak() -> float:
    """The most memory this process has had, MiB."""
    status = Path("/proc/self/status").read_text("utf-8")
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def start(task: str, **arguments: Any) -> subprocess.Popen[str]:
    """Begin a task in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.indexing", task, json.dumps(arguments)]
    return subprocess.Popen(
        command, cwd=ROOT, env=variables(), stdout=subprocess.PIPE, encoding="utf-8"
    )


def done(task: str, **arguments: Any) -> dict[str, Any]:
    """What a task found.

    Raises:
        RuntimeError: its process failed.
    """
    with start(task, **arguments) as process:
        said = process.communicate()[0]
    if process.returncode:
        raise RuntimeError(f"{task} ended with {process.returncode}")
    found: dict[str, Any] = json.loads(said.splitlines()[-1])
    return found


TASKS = {"bare": bare, "index": index, "search": search, "told": told}

if __name__ == "__main__":
    print(json.dumps(TASKS[sys.argv[1]](**json.loads(sys.argv[2]))), flush=True)
