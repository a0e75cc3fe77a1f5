"""Simulates the scheduler: workers that encode ranges, one driver that commits them.

Modelled: each worker takes a range when the driver has committed its last one; ranges take times
that vary; the driver commits one range at a time; nodes fail at random and lose their ranges, and
come back. Not modelled: the network, a disk that all nodes share, and other jobs.
"""

from __future__ import annotations

import heapq
import random
from dataclasses import dataclass

RANGES_PER_WORKER = 40
"""Most ranges of each worker that are simulated; longer jobs go on in the same way."""
VARIATION = 0.2
"""Standard deviation of the time of a range, as a share of it."""
REPLACEMENT_SECONDS = 120.0
"""Until a failed node is replaced."""


@dataclass(frozen=True)
class Job:
    """What is simulated.

    Attributes:
        ranges: number of ranges.
        range_seconds: mean time of a worker for one.
        commit_seconds: time of the driver for one.
        start_seconds: until a worker has loaded the model.
        workers: number of workers.
        node_hours: mean time between failures of a node, in hours.
    """

    ranges: int
    range_seconds: float
    commit_seconds: float
    start_seconds: float
    workers: int
    node_hours: float


@dataclass(frozen=True)
class Simulated:
    """The result of a simulation.

    Attributes:
        seconds: duration of the job.
        efficiency: share of the workers' time that went into ranges that were committed.
        driver: share of the time in which the driver was busy.
        repeated: share of ranges that were encoded again because a node had failed.
    """

    seconds: float
    efficiency: float
    driver: float
    repeated: float


def simulate(job: Job, *, seed: int = 0) -> Simulated:
    """Simulate a job; a long one by its first `RANGES_PER_WORKER` ranges of each worker.

    Args:
        job: what is simulated.
        seed: the same seed gives the same result.
    """
    chance = random.Random(seed)
    simulated = min(job.ranges, RANGES_PER_WORKER * job.workers)
    busy = min(job.workers, simulated)

    def taken(at: float) -> tuple[float, bool]:
        """When a worker that takes a range ends it, and whether its node fails before."""
        duration = max(0.0, chance.gauss(1, VARIATION)) * job.range_seconds
        fails = chance.random() < duration / (job.node_hours * 3600)
        return at + duration * (chance.random() if fails else 1), fails

    events = [taken(job.start_seconds) for _ in range(busy)]
    heapq.heapify(events)
    driver = committing = quarter = 0.0
    repeated, done, left, interval = 0, 0, simulated - busy, 0.0
    while done < simulated:
        at, failed = heapq.heappop(events)
        if failed:
            repeated += 1
            heapq.heappush(events, taken(at + REPLACEMENT_SECONDS + job.start_seconds))
            continue
        driver = max(driver, at) + job.commit_seconds
        committing += job.commit_seconds
        done += 1
        if done == simulated // 4:
            quarter = driver
        if done == 3 * simulated // 4:
            interval = (driver - quarter) / max(1, done - simulated // 4)
        if left:
            left -= 1
            heapq.heappush(events, taken(driver))
    seconds = driver + (job.ranges - simulated) * interval  # the rest goes on in the same way
    useful = job.ranges * job.range_seconds
    return Simulated(
        seconds,
        min(1.0, useful / (seconds * job.workers)),
        committing / driver,
        repeated / simulated,
    )
