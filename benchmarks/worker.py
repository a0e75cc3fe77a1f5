"""Worker process of a contender: `python -m benchmarks.worker NAME`, JSON lines in, JSON lines out.

Requests are objects with a `do`: `load`, `encode`, `each`, `memory`, `stream`. Only the standard
library is imported before `load`, so that memory and startup time are those of the contender.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import itertools
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.contenders import Contender, contender
from benchmarks.environments import environment


class Worker:
    """Loads one contender and answers requests about it."""

    def __init__(self, row: Contender) -> None:
        self.row = row
        self.encode: Any = None

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """The reply to one request."""
        reply: dict[str, Any] = getattr(self, "do_" + request.pop("do"))(**request)
        return reply

    def do_load(self, folder: str | None = None) -> dict[str, Any]:
        """Load the contender; returns seconds and package versions.

        Args:
            folder: a checkpoint other than the bundled one.
        """
        started = time.perf_counter()
        adapter = importlib.import_module(f"benchmarks.adapters.{self.row.adapter}")
        if folder:
            self.encode = adapter.open_folder(Path(folder), self.row.preset)
        else:
            self.encode = adapter.load(environment(self.row.environment).models, self.row.preset)
        seconds = time.perf_counter() - started
        return {
            "seconds": seconds,
            "versions": {name: importlib.metadata.version(name) for name in adapter.PACKAGES},
        }

    def do_encode(self, texts: list[str], save: str | None = None) -> dict[str, Any]:
        """Encode texts in one call; returns seconds. `save` is an .npy path for the vectors."""
        started = time.perf_counter()
        vectors = self.encode(texts)
        seconds = time.perf_counter() - started
        if save:
            import numpy as np

            np.save(save, np.asarray(vectors, dtype=np.float32))
        return {"seconds": seconds, "texts": len(vectors)}

    def do_each(self, texts: list[str]) -> dict[str, Any]:
        """Encode texts one at a time; returns seconds for each."""
        seconds = []
        for text in texts:
            started = time.perf_counter()
            self.encode([text])
            seconds.append(time.perf_counter() - started)
        return {"seconds": seconds}

    def do_memory(self, file: str, count: int) -> dict[str, Any]:
        """Read all texts of a file, encode the first `count`; returns resident and peak MiB."""
        with open(file, encoding="utf-8") as lines:
            texts = [line.rstrip("\n") for line in lines]
        self.encode(texts[:64])
        before = _status("VmRSS")
        started = time.perf_counter()
        vectors = self.encode(texts[:count])
        return {
            "seconds": time.perf_counter() - started,
            "before": before,
            "peak": _status("VmHWM"),
            "output": vectors.nbytes / 2**20,
            "texts": len(vectors),
        }

    def do_stream(self, file: str, count: int) -> dict[str, Any]:
        """Stream the first `count` lines of a file; returns the same fields as `do_memory`."""
        stream = self.encode.__self__.encode_stream
        with open(file, encoding="utf-8") as lines:
            texts = (line.rstrip("\n") for line in lines)
            for _ in stream(itertools.islice(texts, 64)):
                pass
            before = _status("VmRSS")
            started = time.perf_counter()
            done = sum(len(part.vectors) for part in stream(itertools.islice(texts, count)))
        return {
            "seconds": time.perf_counter() - started,
            "before": before,
            "peak": _status("VmHWM"),
            "output": 0.0,
            "texts": done,
        }


def _status(field: str) -> float:
    """A field of Linux's /proc/self/status in MiB."""
    with open("/proc/self/status") as lines:
        for line in lines:
            if line.startswith(field + ":"):
                return int(line.split()[1]) / 1024
    raise KeyError(field)


def main() -> None:
    """Answer requests until standard input ends."""
    # libraries print to stdout, so replies use a duplicate of it
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    if sys.argv[1] == "--prepare":
        adapter = importlib.import_module(f"benchmarks.adapters.{sys.argv[2]}")
        adapter.prepare(Path(sys.argv[3]))
        return
    worker = Worker(contender(sys.argv[1]))
    for line in sys.stdin:
        try:
            reply = worker.answer(json.loads(line))
        except Exception as error:  # the parent decides what a contender's failure means
            reply = {"error": f"{type(error).__name__}: {str(error).strip().splitlines()[0]}"}
        replies.write(json.dumps(reply) + "\n")
        replies.flush()


if __name__ == "__main__":
    main()
