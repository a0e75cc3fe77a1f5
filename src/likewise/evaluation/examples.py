"""Example tests: compare every sentence of a set with every other, and save the results."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from likewise.atomic import atomic
from likewise.errors import InputError, OutputError, RecordError
from likewise.evaluation.sentences import EXAMPLES, Example

if TYPE_CHECKING:
    from likewise.encoder import Encoder

__all__ = [
    "EXAMPLES",
    "Example",
    "ExampleResult",
    "SavedResult",
    "SavedResults",
    "find_example",
    "list_results",
    "load_result",
    "run_example",
]


@dataclass(frozen=True, eq=False)
class ExampleResult:
    """The similarities of all texts of a set.

    Attributes:
        name: of the set.
        timestamp: start of the test, ISO 8601 with time zone.
        model: the name the model was loaded by.
        fingerprint: of the model.
        compute: number format of the network.
        texts: n sentences.
        matrix: their similarities by the model's own measure, float32 `[n, n]`.
        seconds: time to encode and compare them.
    """

    name: str
    timestamp: str
    model: str
    fingerprint: str
    compute: str
    texts: tuple[str, ...]
    matrix: NDArray[np.float32]
    seconds: float

    def to_dict(self) -> dict[str, Any]:
        """All attributes as plain lists and numbers, for JSON."""
        return {
            "name": self.name,
            "timestamp": self.timestamp,
            "model": self.model,
            "fingerprint": self.fingerprint,
            "compute": self.compute,
            "seconds": round(self.seconds, 6),
            "texts": list(self.texts),
            "matrix": [[float(f"{score:.9g}") for score in row] for row in self.matrix.tolist()],
        }

    def save(self, folder: str | Path = "results") -> Path:
        """Write `test_YYYYmmdd_HHMMSS.json` into a folder, which is created if it does not exist.

        If the name is taken, a number is appended.

        Raises:
            OutputError: the file cannot be written.
        """
        path = _reserve_name(Path(folder), datetime.fromisoformat(self.timestamp))
        try:
            with atomic(path) as file:
                document = json.dumps(self.to_dict(), ensure_ascii=False, indent=1)
                file.write(document.encode() + b"\n")
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return path


@dataclass(frozen=True)
class SavedResult:
    """A result and its file."""

    path: Path
    result: ExampleResult


@dataclass(frozen=True)
class SavedResults:
    """The results in a folder.

    Attributes:
        results: newest first.
        damaged: names of the files that cannot be read.
    """

    results: tuple[SavedResult, ...]
    damaged: tuple[str, ...]


def find_example(name: str) -> Example:
    """Find a built-in set by its name.

    Raises:
        InputError: no set has this name.
    """
    for example in EXAMPLES:
        if example.name == name:
            return example
    raise InputError(
        f"no example named {name!r}", hint="one of " + ", ".join(e.name for e in EXAMPLES)
    )


def run_example(
    encoder: Encoder, texts: Sequence[str] | None = None, name: str = "own"
) -> ExampleResult:
    """Compare every text with every other.

    Args:
        encoder: a loaded model.
        texts: the sentences; when not given, those of the built-in set `name`.
        name: of the set.

    Raises:
        InputError: fewer than two texts, or an unknown built-in set.
        TextError: a text cannot be encoded.
    """
    chosen = find_example(name).texts if texts is None else tuple(texts)
    if len(chosen) < 2:
        raise InputError(
            f"an example test needs at least two texts, and {name} has {len(chosen)}",
            hint="give more texts",
        )
    started = time.perf_counter()
    vectors = encoder.encode(list(chosen))
    matrix = encoder.similarity(vectors, vectors)
    return ExampleResult(
        name=name,
        timestamp=datetime.now().astimezone().isoformat(timespec="milliseconds"),
        model=encoder.name,
        fingerprint=encoder.fingerprint,
        compute=encoder.compute,
        texts=chosen,
        matrix=matrix,
        seconds=time.perf_counter() - started,
    )


def load_result(path: str | Path) -> ExampleResult:
    """Read a saved result.

    Raises:
        RecordError: the file is missing, damaged, or not a result.
    """
    try:
        plain = json.loads(Path(path).read_bytes())
        if not isinstance(plain, Mapping):
            raise TypeError("not an object")
        datetime.fromisoformat(plain["timestamp"])
        texts = tuple(str(text) for text in plain["texts"])
        matrix = np.array(plain["matrix"], dtype=np.float32)
        if matrix.shape != (len(texts), len(texts)):
            raise ValueError(f"{len(texts)} texts and a matrix of shape {matrix.shape}")
        fields = {key: str(plain[key]) for key in _TEXT_FIELDS}
        return ExampleResult(**fields, texts=texts, matrix=matrix, seconds=float(plain["seconds"]))
    except FileNotFoundError as error:
        raise RecordError(f"no such file: {path}", hint="check the path") from error
    except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise RecordError(
            f"{path} is not a result of an example test: {error}", hint="run the test again"
        ) from error


def list_results(folder: str | Path = "results") -> SavedResults:
    """The results in a folder, newest first; empty if the folder does not exist."""
    results: list[SavedResult] = []
    damaged: list[str] = []
    for path in sorted(Path(folder).glob("test_*.json")):
        try:
            if path.stat().st_size:  # another process has reserved the name of an empty file
                results.append(SavedResult(path, load_result(path)))
        except (RecordError, FileNotFoundError):
            damaged.append(path.name)
    results.sort(key=_time, reverse=True)
    return SavedResults(tuple(results), tuple(damaged))


_TEXT_FIELDS = ("name", "timestamp", "model", "fingerprint", "compute")


def _time(saved: SavedResult) -> float:
    return datetime.fromisoformat(saved.result.timestamp).timestamp()


def _reserve_name(folder: Path, moment: datetime) -> Path:
    """Reserve a free name by creating an empty file."""
    stem = f"test_{moment:%Y%m%d_%H%M%S}"
    number = 1
    try:
        folder.mkdir(parents=True, exist_ok=True)
        while True:
            path = folder / (f"{stem}.json" if number == 1 else f"{stem}_{number}.json")
            with suppress(FileExistsError):
                path.touch(exist_ok=False)
                return path
            number += 1
    except OSError as error:
        raise OutputError(
            f"cannot write to {folder}: {error.strerror or error}",
            hint="choose a writable folder",
        ) from error
