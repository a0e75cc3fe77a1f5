"""Tasks of the collection benchmarks, each run in its own process to measure memory and time.

`python -m benchmarks.indexing TASK {"argument": …}` prints JSON.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

import likewise
from benchmarks import texts
from benchmarks.environments import ROOT, variables
from likewise import vectors
from likewise.collections import sync
from likewise.collections.contract import Mode
from likewise.collections.index_files import index_files
from likewise.collections.open_collection import open_collection
from likewise.collections.schema import restored
from likewise.progress import Progress
from likewise.tokenization import token_stream

MODEL = "all-MiniLM-L6-v2"
QUERIES = 1000
NEIGHBOURS = 10


def encode(data: str, count: int, compute: str) -> dict[str, Any]:
    """Seconds to encode sentences, without indexing."""
    some = texts.sentences(Path(data), count)
    model = likewise.load(MODEL, compute=compute)
    model.encode(some[:2000])
    started = time.perf_counter()
    for _ in model.encode_stream(some):
        pass
    return {"seconds": time.perf_counter() - started, "peak": peak()}


def index(file: str, store: str, compute: str) -> dict[str, Any]:
    """Seconds to index a file: reading, encoding, both indexes and tuning."""
    model = likewise.load(MODEL, compute=compute)
    model.encode(texts.sentences(texts.DATA, 2000))
    started = time.perf_counter()
    result = index_files([file], "speed", model, store=store)
    return {
        "seconds": time.perf_counter() - started,
        "until_written": result.encoding_seconds,
        "chunks": result.chunks,
        "kind": result.index.kind,
        "estimated_recall": result.index.recall,
        "peak": peak(),
    }


def search(data: str, store: str, compute: str, mode: Mode) -> dict[str, Any]:
    """Search latency without query encoding, and recall against exact search.

    Queries are short sentences that are not in the collection.
    """
    model = likewise.load(MODEL, compute=compute)
    collection = open_collection("speed", store=store, model=model)
    queries = query_sentences(Path(data), QUERIES)
    encoded = model.encode_query(queries)
    for query in queries[:20]:
        collection.search(query, NEIGHBOURS, mode=mode)
    total_seconds, encode_seconds = [], []
    hits = []
    for query in queries:
        started = time.perf_counter()
        found = collection.search(query, NEIGHBOURS, mode=mode)
        found_at = time.perf_counter()
        model.encode_query(query)
        total_seconds.append(found_at - started)
        encode_seconds.append(time.perf_counter() - found_at)
        hits.append([hit.score for hit in found])
    search_ms = np.maximum(np.array(total_seconds) - np.array(encode_seconds), 0) * 1000
    peak_memory = peak()  # before the exact search below
    recall = None
    if mode == "semantic":
        all_vectors = restored(collection._table.to_arrow()["vector"])
        exact = vectors.top_k(vectors.cosine(encoded, all_vectors), NEIGHBOURS).scores[:, -1]
        near = [np.sum(np.array(row) >= last - 1e-5) for row, last in zip(hits, exact, strict=True)]
        recall = float(np.mean(np.minimum(near, NEIGHBOURS)) / NEIGHBOURS)
    return {
        "p50": float(np.percentile(search_ms, 50)),
        "p99": float(np.percentile(search_ms, 99)),
        "recall": recall,
        "queries": len(queries),
        "peak": peak_memory,
    }


def query_sentences(data: Path, count: int) -> list[str]:
    """First sentences of documents; none of them is indexed."""
    found = (text.partition(". ")[0][:200] for text in texts.documents(data, 4 * count))
    return [text for text in dict.fromkeys(found) if len(text.split()) > 3][:count]


def report(file: str, store: str, compute: str, commit_rows: int) -> dict[str, Any]:
    """Index a file and print progress; the durability benchmark kills this process.

    Batches and commits have `commit_rows` rows, so that a short build has many of them.
    """
    token_stream.BATCH_TEXTS = sync.COMMIT_ROWS = commit_rows

    class PrintProgress(Progress):
        def message(self, text: str) -> None:
            print(text, flush=True)

    model = likewise.load(MODEL, compute=compute)
    print("loaded", flush=True)
    result = index_files([file], "killed", model, store=store, progress=PrintProgress())
    return {"finished": result.chunks}


def peak() -> float:
    """Peak resident memory of this process in MiB."""
    status = Path("/proc/self/status").read_text("utf-8")
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def start(task: str, **arguments: Any) -> subprocess.Popen[str]:
    """Start a task in its own process."""
    command = [sys.executable, "-m", "benchmarks.indexing", task, json.dumps(arguments)]
    return subprocess.Popen(
        command, cwd=ROOT, env=variables(), stdout=subprocess.PIPE, encoding="utf-8"
    )


def run_task(task: str, **arguments: Any) -> dict[str, Any]:
    """Run a task in its own process; returns its result.

    Raises:
        RuntimeError: its process failed.
    """
    with start(task, **arguments) as process:
        output = process.communicate()[0]
    if process.returncode:
        raise RuntimeError(f"{task} exited with {process.returncode}")
    found: dict[str, Any] = json.loads(output.splitlines()[-1])
    return found


TASKS: Mapping[str, Callable[..., dict[str, Any]]] = {
    "encode": encode,
    "index": index,
    "search": search,
    "report": report,
}

if __name__ == "__main__":
    print(json.dumps(TASKS[sys.argv[1]](**json.loads(sys.argv[2]))), flush=True)
