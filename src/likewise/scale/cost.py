"""The cost model: time, bytes and requests of a job over many texts, and what breaks first."""

from __future__ import annotations

import math
from dataclasses import dataclass

from likewise.analysis.embed_ranges import LARGEST_RANGE, range_size
from likewise.scale.machines import Machine
from likewise.scale.simulation import Job, Simulated, simulate

PART = 2**26
"""Bytes of a part of a multipart upload."""
MANIFEST_LINE = 140
"""Bytes of a line of the manifest."""
TASK_BYTES = 600
"""Memory of the driver for a range: its task, its counts and its fragment."""
RECORD_BYTES = 320
"""Memory of the driver for a text of a corpus, in addition to its characters."""
NEIGHBORS = 16
"""Neighbors of a text in the graph of `dedupe`."""
FILES_OF_A_FOLDER = 10**6
"""Fragments in one folder, from which listing and deleting them takes minutes."""


@dataclass(frozen=True)
class Rates:
    """What was measured.

    Attributes:
        texts: texts that one core encodes in a second.
        scan: bytes that the driver reads, hashes and splits in a second.
        commit: seconds for the driver to commit a range.
        products: multiplications and additions of float32 matrices in a second, of one core.
        memory: bytes that one core compares with a query in a second.
        read: texts that one core reads in a second.
        worker: seconds until a worker runs.
        load: seconds until it has loaded the model.
    """

    texts: float
    scan: float
    commit: float
    products: float
    memory: float
    read: float
    worker: float
    load: float


@dataclass(frozen=True)
class Load:
    """What is planned.

    Attributes:
        texts: number of texts.
        text_bytes: mean bytes of a text.
        dimension: of the vectors.
        nodes: number of nodes.
        machine: each of them.
        disk: bytes per second of the shared disk, read or written by one machine.
        node_hours: mean time between failures of a node, in hours.
    """

    texts: int
    text_bytes: float
    dimension: int
    nodes: int
    machine: Machine
    disk: float
    node_hours: float

    @property
    def ranges(self) -> int:
        """Number of ranges."""
        size = self.texts * self.text_bytes
        return max(1, math.ceil(size / range_size(int(size), self.workers)))

    @property
    def workers(self) -> int:
        """Number of workers."""
        return self.nodes * self.machine.processors

    @property
    def vector_bytes(self) -> float:
        """Bytes of all vectors."""
        return 4.0 * self.texts * self.dimension


@dataclass(frozen=True)
class Estimate:
    """What a job takes.

    Attributes:
        split: seconds to split the file, on the driver.
        read: seconds to count its texts, on all nodes.
        encode: seconds to encode it, on all nodes.
        join: seconds to write the output, on the driver.
        simulated: the scheduler.
        requests: of an object store, if the files were on one.
    """

    split: float
    read: float
    encode: float
    join: float
    simulated: Simulated
    requests: int

    @property
    def seconds(self) -> float:
        """The whole job."""
        return self.split + self.read + self.encode + self.join


@dataclass(frozen=True)
class IndexEstimate:
    """An inverted file over all vectors, as the graph of `dedupe` uses it.

    Attributes:
        cells: number of cells.
        build: seconds to train the cells and to assign all vectors, on the driver.
        graph: seconds to compare each vector with the probed cells, on all nodes.
        probes: cells that are probed.
        query: seconds of a query that reads the probed cells, on one core of a node.
    """

    cells: int
    build: float
    graph: float
    probes: int
    query: float


@dataclass(frozen=True)
class Limit:
    """Something that ends to work at a size.

    Attributes:
        what: the thing.
        texts: number of texts at which it breaks; infinite if it does not depend on them.
        consequence: what happens then.
    """

    what: str
    texts: float
    consequence: str


def estimate(load: Load, rates: Rates) -> Estimate:
    """What encoding takes."""
    workers = load.workers
    each = rates.texts * load.machine.cores / load.machine.processors
    per_range = load.texts / load.ranges
    start = rates.worker + rates.load
    job = Job(
        load.ranges, per_range / each, rates.commit, start, workers, load.node_hours,
    )  # fmt: skip
    simulated = simulate(job)
    split = load.texts * load.text_bytes * 2 / rates.scan  # the digest is computed again at the end
    read = rates.worker + load.texts / (rates.read * load.machine.cores * load.nodes)
    join = 2 * load.vector_bytes / load.disk
    requests = 4 * load.ranges + math.ceil(load.vector_bytes / PART)
    return Estimate(split, read, simulated.seconds, join, simulated, requests)


def estimate_index(load: Load, rates: Rates, probes: int) -> IndexEstimate:
    """What an inverted file takes."""
    n, d = load.texts, load.dimension
    cells = max(1, int(2 * math.sqrt(n)))
    training = 3 * 2.0 * 32 * cells * cells * d
    assigning = 2.0 * n * cells * d
    driver = rates.products * load.machine.cores
    compared = 2.0 * n * probes * (n / cells) * d
    graph = compared / (driver * load.nodes)
    read = 4.0 * d * (cells + probes * n / cells)
    return IndexEstimate(cells, (training + assigning) / driver, graph, probes, read / rates.memory)


def limits(load: Load, rates: Rates) -> list[Limit]:
    """What breaks as the number of texts grows, the first one first."""
    memory = load.machine.memory * 2.0**30
    workers = load.workers
    job = estimate(load, rates)
    corpus = RECORD_BYTES + load.text_bytes + 8 * NEIGHBORS + 4.0 * load.dimension
    found = [
        Limit(
            "memory of the driver for the ranges of a file",
            memory / TASK_BYTES * LARGEST_RANGE / load.text_bytes,
            "encode is killed; split the input into several files",
        ),
        Limit(
            "number of fragments in one folder",
            FILES_OF_A_FOLDER * LARGEST_RANGE / load.text_bytes,
            "listing and deleting them takes minutes; split the input into several files",
        ),
        Limit(
            "memory of the driver for a corpus (dedupe, cluster, map)",
            memory / corpus,
            "they are killed; use a machine with more memory for the driver",
        ),
        Limit(
            "32-bit row numbers of the graph (dedupe, cluster, map)",
            2.0**31,
            "they cannot be used",
        ),
    ]
    range_seconds = load.texts / load.ranges / rates.texts
    if workers * rates.commit > range_seconds:
        found.append(Limit("the driver commits ranges slower than workers finish them", 0.0,
                           "more nodes do not make encode faster"))  # fmt: skip
    if job.join + job.split > job.encode:
        found.append(Limit("one machine splits the input and joins the output", 0.0,
                           "that takes longer than encoding; fewer nodes do as well"))  # fmt: skip
    return sorted(found, key=lambda limit: limit.texts)
