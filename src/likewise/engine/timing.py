"""The fastest number format on this processor: measured once, then read from the cache.

A processor's feature flags do not show its speed: on some, bfloat16 instructions are slower than
float32 instructions.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import math
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from likewise.atomic import atomic
from likewise.cache import cache_folder
from likewise.engine.processor import processor_identity
from likewise.errors import OutputError

Seconds = Mapping[str, float]
"""Time of one run by number format, the preferred format first."""

NO_BFLOAT16 = "this processor does not multiply bfloat16 natively"

MARGIN = 1.05
"""Speedup over the preferred format from which another format is chosen."""

MIN_RUNS, MAX_RUNS = 5, 15
"""Runs of each format. The fastest run counts: other programs can only slow a run down."""

AGREEMENT = 1.05
"""Maximum ratio of the two fastest runs of a format for its time to be accepted."""

_MEASURING = threading.Lock()
_log = logging.getLogger("likewise")


@dataclass(frozen=True)
class Choice:
    """The chosen number format, and why.

    Attributes:
        format: `bfloat16` or `float32`.
        reason: one line for people.
        seconds: time of one run of each format; empty if nothing was measured.
    """

    format: str
    reason: str
    seconds: Seconds = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True)
class Formats:
    """The number formats of a network, and why they were chosen.

    Attributes:
        network: `float32`, `bfloat16` or `int8`.
        unquantized: of the unquantized operations of an int8 network; else the same as `network`.
        reason: one line for people.
    """

    network: str
    unquantized: str
    reason: str


@dataclass(frozen=True)
class Subject:
    """What is timed.

    Attributes:
        name: the engine and the operation, such as `native network`.
        version: of the engine; a new version is timed again.
        formats: the number formats, the preferred one first.
    """

    name: str
    version: str
    formats: tuple[str, ...]


def choose(seconds: Seconds) -> Choice:
    """The fastest format; the first one unless another is faster by `MARGIN`.

    Args:
        seconds: time of one run of at least two formats.
    """
    preferred = next(iter(seconds))
    best = min(seconds, key=seconds.__getitem__)
    chosen = best if seconds[preferred] > MARGIN * seconds[best] else preferred
    other = min((name for name in seconds if name != chosen), key=seconds.__getitem__)
    ratio = seconds[other] / seconds[chosen]
    how = f"{ratio:.1f}x as fast" if ratio > MARGIN else "as fast"
    return Choice(chosen, f"measured {how} as {other} on this processor", seconds)


def resolve(
    compute: str, network: Callable[[], Choice], unquantized: Callable[[], Choice], part: str
) -> Formats:
    """The number formats for a compute.

    Args:
        compute: `auto`, `float32`, `bfloat16` or `int8`.
        network: chooses the format for `auto`.
        unquantized: chooses the format of the unquantized operations of an int8 network.
        part: name of these operations, for people.
    """
    if compute == "auto":
        choice = network()
        return Formats(choice.format, choice.format, f"{choice.format}: {choice.reason}")
    if compute == "int8":
        choice = unquantized()
        reason = f"int8: as requested, {part} in {choice.format}: {choice.reason}"
        return Formats("int8", choice.format, reason)
    return Formats(compute, compute, f"{compute}: as requested")


def measured(subject: Subject, measure: Callable[[], Seconds]) -> Choice:
    """The choice for this processor, from the cache or measured.

    If the cache is damaged or not writable, the formats are measured again.

    Args:
        subject: what is timed.
        measure: times every format of the subject.
    """
    path = _path(subject)
    with _MEASURING:  # concurrent timings would slow each other down
        seconds = _read(path, subject.formats)
        if seconds is None:
            times = measure()
            seconds = {name: times[name] for name in subject.formats}
            _log.info("timed the %s: %s", subject.name, in_words(seconds))
            _write(path, subject, seconds)
    return choose(seconds)


def time_alternately(
    runs: Mapping[str, Callable[[], object]], clock: Callable[[], float] = time.perf_counter
) -> Seconds:
    """The shortest time of each, in seconds.

    The runs alternate, so that other programs affect all of them alike, until the two fastest runs
    of each agree; a busy machine needs more rounds.

    Args:
        runs: what to time, by name.
        clock: gives seconds.
    """
    found: dict[str, list[float]] = {name: [] for name in runs}
    for turn in range(MAX_RUNS):
        for name, run in runs.items():
            started = clock()
            run()
            found[name].append(clock() - started)
        if turn + 1 >= MIN_RUNS and all(map(_agree, found.values())):
            break
    return {name: min(times) for name, times in found.items()}


def thread_clock() -> Callable[[], float]:
    """A clock of this thread's CPU time where its resolution suffices, else of the elapsed time."""
    precise = time.get_clock_info("thread_time").resolution < 1e-6
    return time.thread_time if precise else time.perf_counter


def _agree(times: list[float]) -> bool:
    first, second, *_ = sorted(times)
    return second <= AGREEMENT * first


def in_words(seconds: Seconds) -> str:
    """Times for people, such as `bfloat16 0.53 ms, float32 1.02 ms`."""
    return ", ".join(f"{name} {1e3 * value:.2f} ms" for name, value in seconds.items())


def _path(subject: Subject) -> Path:
    parts = (processor_identity(), subject.name, subject.version, subject.formats)
    key = hashlib.sha256(repr(parts).encode()).hexdigest()[:32]
    return cache_folder() / "timings" / f"{key}.json"


def _read(path: Path, formats: tuple[str, ...]) -> Seconds | None:
    """The cached times; None if they are missing or damaged."""
    try:
        found = json.loads(path.read_bytes())["seconds"]
        seconds = {name: found[name] for name in formats}
    except (OSError, ValueError, LookupError, TypeError):
        return None
    valid = all(type(value) is float and 0 < value < math.inf for value in seconds.values())
    return seconds if valid else None


def _write(path: Path, subject: Subject, seconds: Seconds) -> None:
    note = {"subject": subject.name, "version": subject.version, "seconds": seconds}
    with contextlib.suppress(OSError, OutputError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic(path) as file:
            file.write(json.dumps(note, indent=1).encode())
