"""Which number format is the fastest on this processor: measured once, then read from the cache.

What a processor's flags promise is not what it delivers: some have instructions for bfloat16 that
take longer than those for float32 do.
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
"""Time of one run, by number format; the format to prefer on a tie comes first."""

NO_BFLOAT16 = "this processor does not multiply bfloat16 natively"

MARGIN = 1.05
"""How many times as fast as the preferred format another one must be to be chosen."""

FEWEST, MOST = 5, 15
"""Runs of each format; the quickest counts, since other programs only ever add to a time."""

AGREEMENT = 1.05
"""How far the two quickest runs of a format may lie apart for its time to be believed."""

_MEASURING = threading.Lock()
_log = logging.getLogger("likewise")


@dataclass(frozen=True)
class Choice:
    """The number format that is used, out of several, and why.

    Attributes:
        format: `bfloat16` or `float32`.
        reason: one line for people.
        seconds: time of one run of each format; empty where there was nothing to measure.
    """

    format: str
    reason: str
    seconds: Seconds = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True)
class Formats:
    """The number formats of a network, and why they are those.

    Attributes:
        network: `float32`, `bfloat16` or `int8`.
        inner: of what stays outside the products of an int8 network; else the same.
        reason: one line for people.
    """

    network: str
    inner: str
    reason: str


@dataclass(frozen=True)
class Subject:
    """What is timed.

    Attributes:
        name: of the engine and the part of it, such as `native network`.
        version: of the engine; another version is timed again.
        formats: the number formats, the one to prefer on a tie first.
    """

    name: str
    version: str
    formats: tuple[str, ...]


def choose(seconds: Seconds) -> Choice:
    """The fastest format; the first one unless another is clearly faster.

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
    compute: str, network: Callable[[], Choice], inner: Callable[[], Choice], part: str
) -> Formats:
    """The number formats for a compute.

    Args:
        compute: `auto`, `float32`, `bfloat16` or `int8`.
        network: chooses for `auto`.
        inner: chooses for the part of an int8 network that is not one of its products.
        part: what that part is called.
    """
    if compute == "auto":
        choice = network()
        return Formats(choice.format, choice.format, f"{choice.format}: {choice.reason}")
    if compute == "int8":
        choice = inner()
        reason = f"int8: as requested, {part} in {choice.format}: {choice.reason}"
        return Formats("int8", choice.format, reason)
    return Formats(compute, compute, f"{compute}: as requested")


def measured(subject: Subject, measure: Callable[[], Seconds]) -> Choice:
    """The choice for this processor, out of the cache or by measuring.

    A cache that is damaged or cannot be written costs only the time of measuring again.

    Args:
        subject: what is timed.
        measure: times every format of the subject.
    """
    path = _path(subject)
    with _MEASURING:  # two timings at once would measure each other
        seconds = _read(path, subject.formats)
        if seconds is None:
            found = measure()
            seconds = {name: found[name] for name in subject.formats}
            _log.info("timed the %s: %s", subject.name, in_words(seconds))
            _write(path, subject, seconds)
    return choose(seconds)


def time_alternately(
    runs: Mapping[str, Callable[[], object]], clock: Callable[[], float] = time.perf_counter
) -> Seconds:
    """The shortest time of each, in seconds.

    They take turns, so that all meet the same disturbance, until the two quickest runs of each
    agree; on a busy machine that takes more turns.

    Args:
        runs: what to time, by name.
        clock: gives seconds.
    """
    found: dict[str, list[float]] = {name: [] for name in runs}
    for turn in range(MOST):
        for name, run in runs.items():
            started = clock()
            run()
            found[name].append(clock() - started)
        if turn + 1 >= FEWEST and all(map(_agree, found.values())):
            break
    return {name: min(times) for name, times in found.items()}


def own_clock() -> Callable[[], float]:
    """The time that this thread has run, where the system counts it finely enough."""
    fine = time.get_clock_info("thread_time").resolution < 1e-6
    return time.thread_time if fine else time.perf_counter


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
    """What an earlier call has measured; None where that is missing or damaged."""
    try:
        found = json.loads(path.read_bytes())["seconds"]
        seconds = {name: found[name] for name in formats}
    except (OSError, ValueError, LookupError, TypeError):
        return None
    sound = all(type(value) is float and 0 < value < math.inf for value in seconds.values())
    return seconds if sound else None


def _write(path: Path, subject: Subject, seconds: Seconds) -> None:
    note = {"subject": subject.name, "version": subject.version, "seconds": seconds}
    with contextlib.suppress(OSError, OutputError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic(path) as file:
            file.write(json.dumps(note, indent=1).encode())
