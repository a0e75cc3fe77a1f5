"""Texts that a thread encodes right now, so that another thread does not encode them too."""

from __future__ import annotations

import threading
import weakref
from collections import deque
from collections.abc import Iterable
from typing import NamedTuple

from likewise.encoder import Encoder
from likewise.server.batch_queue import Lane, LaneKey
from likewise.server.vector_cache import CachedVector


class RunningTexts:
    """Texts that one thread encodes; others can wait for their vectors."""

    def __init__(self) -> None:
        self._done = threading.Event()
        self._vectors: dict[str, CachedVector] = {}

    def finish(self, vectors: dict[str, CachedVector]) -> None:
        """Give the vectors to who waits; none of them after an error."""
        self._vectors = vectors
        self._done.set()

    def wait(self) -> dict[str, CachedVector]:
        """The vectors, when they are there; empty if the other thread failed."""
        self._done.wait()
        return self._vectors


class Claim:
    """What one batch has to do for its texts.

    Attributes:
        found: vectors that another batch has just computed.
        others: batches that encode some of the texts right now.
        missing: texts to encode in this thread.
        running: what other threads wait for.
    """

    def __init__(self) -> None:
        self.found: dict[str, CachedVector] = {}
        self.others: set[RunningTexts] = set()
        self.missing: list[str] = []
        self.running = RunningTexts()


class _EndedBatch(NamedTuple):
    """Vectors of a batch that has ended.

    They belong to a model, not to its `id`: the next model may get the same one.
    """

    encoder: weakref.ref[Encoder]
    mode: str
    vectors: dict[str, CachedVector]


class InFlight:
    """The texts of the batches that run, and the vectors of those that ended last.

    Safe to use from several threads. A thread that waits for another one has finished its own texts
    before, so two threads never wait for each other.

    Args:
        remembered: number of ended batches whose vectors are found: a text may have arrived while
            it was encoded.
    """

    def __init__(self, remembered: int) -> None:
        self._lock = threading.Lock()
        self._running: dict[tuple[LaneKey, str], RunningTexts] = {}
        self._ended: deque[_EndedBatch] = deque(maxlen=remembered)

    def claim(self, lane: Lane, texts: Iterable[str]) -> Claim:
        """Find out which texts to encode, and mark them as running.

        Args:
            lane: model, prompt and truncation.
            texts: different texts.
        """
        claim = Claim()
        with self._lock:
            ended = [
                each.vectors
                for each in self._ended
                if each.encoder() is lane.encoder and each.mode == lane.mode
            ]
            for text in texts:
                if vectors := next((each for each in ended if text in each), None):
                    claim.found[text] = vectors[text]
                elif running := self._running.get((lane.key, text)):
                    claim.others.add(running)
                else:
                    claim.missing.append(text)
                    self._running[lane.key, text] = claim.running
        return claim

    def finish(self, lane: Lane, claim: Claim, vectors: dict[str, CachedVector]) -> None:
        """Unmark the texts of a claim, and give their vectors to who waits.

        Args:
            lane: as in `claim`.
            claim: from `claim`.
            vectors: of `claim.missing`; empty after an error.
        """
        with self._lock:
            if vectors:
                self._ended.append(_EndedBatch(weakref.ref(lane.encoder), lane.mode, vectors))
            for text in claim.missing:
                del self._running[lane.key, text]
        claim.running.finish(vectors)
