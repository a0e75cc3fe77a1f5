"""Plan a job over many texts: time, bytes, requests, and what breaks first."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import numpy as np

from likewise.analysis.neighbors.ivf import recall_by_cells
from likewise.data.records import read_records
from likewise.errors import InputError, RecordError
from likewise.operations.contract import Field, ModelRequest
from likewise.operations.session import Session
from likewise.scale.calibration import STEPS, calibrate, sample_texts
from likewise.scale.cost import (
    MANIFEST_LINE,
    Estimate,
    IndexEstimate,
    Limit,
    Load,
    Rates,
    estimate,
    estimate_index,
    limits,
)
from likewise.scale.machines import Machine, machine_named
from likewise.vectors import Matrix, normalize
from likewise.wording import counted

CELLS = (1, 2, 4, 8, 16, 32, 64)
"""Numbers of cells whose recall is measured."""
SAMPLE = 100_000
"""Most vectors on which it is measured, and most texts that a sample is drawn from."""
TEXTS = 1024
"""Texts by which the rate is measured."""
LETTERS = 6.0
"""Mean bytes of a word with its space."""


@dataclass(frozen=True, kw_only=True)
class PlanRequest(ModelRequest):
    """A number of texts, and the machines that encode them."""

    texts: Annotated[float, Field("Number of texts, such as 1e9.", minimum=1, maximum=1e13)]
    nodes: Annotated[int, Field("Number of machines.", minimum=1, maximum=100_000)] = 1
    machine: Annotated[
        str, Field("An EC2 type such as c7i.4xlarge, or cores and GiB such as 16x64.")
    ] = "c7i.4xlarge"
    words: Annotated[int, Field("Mean number of words of a text.", minimum=1, maximum=10_000)] = 15
    sample: Annotated[
        Path | None,
        Field("A file of such texts: their length and rate, in place of --words.", local=True),
    ] = None
    rate: Annotated[
        float | None,
        Field("Texts that one core encodes in a second; measured here if not given.", minimum=0.01),
    ] = None
    probes: Annotated[int, Field("Cells that a query reads.", minimum=1, maximum=100_000)] = 16
    vectors: Annotated[
        Path | None,
        Field("A .npy file of such vectors, to measure the recall by cells read.", local=True),
    ] = None
    disk: Annotated[float, Field("MB/s of the shared disk, for one machine.", minimum=1)] = 1000.0
    failures: Annotated[float, Field("Mean hours between failures of a machine.", minimum=0.01)] = (
        720.0
    )
    price: Annotated[
        float | None, Field("Price of a machine for an hour, in any currency.", minimum=0)
    ] = None


@dataclass(frozen=True)
class PlanResult:
    """What a job takes.

    Attributes:
        model: name of the model.
        machine: each of the machines.
        load: what was planned.
        rates: what was measured.
        job: encoding.
        index: an inverted file over the vectors.
        limits: what breaks as the number of texts grows.
        cost: price of all machines for the time of encoding; None without a price.
        recall: share of the nearest ten that are found, by the number of cells that are read, as
            measured on the given vectors; empty without them.
    """

    model: str
    machine: Machine
    load: Load
    rates: Rates
    job: Estimate
    index: IndexEstimate
    limits: tuple[Limit, ...]
    cost: float | None
    recall: dict[int, float]

    @property
    def broken(self) -> list[Limit]:
        """The limits that these texts exceed."""
        return [limit for limit in self.limits if limit.texts < self.load.texts]

    def to_dict(self) -> dict[str, Any]:
        """The result as plain values.

        Keys: `model`, `texts`, `nodes`, `machine`, `rates`, `seconds` (`split`, `read`, `encode`,
        `join`, `total`), `efficiency` and `driver` (of the simulated scheduler, 0 to 1), `bytes`
        (`input`, `vectors`, `manifest`), `ranges`, `requests`, `index` (`cells`, `build`, `graph`,
        `probes`, `query`; seconds), `limits` (each with `what`, `texts`, `consequence`,
        `exceeded`), `cost`, `recall` (by the number of cells).
        """
        load, job = self.load, self.job
        return {
            "model": self.model,
            "texts": load.texts,
            "nodes": load.nodes,
            "machine": asdict(self.machine),
            "rates": asdict(self.rates),
            "seconds": {
                "split": job.split, "read": job.read, "encode": job.encode, "join": job.join,
                "total": job.seconds,
            },
            "efficiency": job.simulated.efficiency,
            "driver": job.simulated.driver,
            "bytes": {
                "input": load.texts * load.text_bytes,
                "vectors": load.vector_bytes,
                "manifest": load.ranges * MANIFEST_LINE,
            },
            "ranges": load.ranges,
            "requests": job.requests,
            "index": asdict(self.index),
            "limits": [
                asdict(limit) | {"exceeded": limit.texts < load.texts} for limit in self.limits
            ],
            "cost": self.cost,
            "recall": {str(cells): share for cells, share in self.recall.items()},
        }  # fmt: skip


def _sample(path: Path) -> list[str]:
    """Some texts of a file, from all of its first ones.

    Raises:
        RecordError: it cannot be read.
        InputError: it has no text.
    """
    texts = [record.text for record in islice(read_records(path), SAMPLE)]
    if not texts:
        raise InputError(f"{path} holds no text", hint="give a file with texts like the job's")
    return texts[:: max(1, len(texts) // TEXTS)][:TEXTS]


def _recall(path: Path) -> dict[int, float]:
    """The recall by cells of vectors in a file.

    Raises:
        RecordError: it cannot be read.
        InputError: it holds too few vectors, or something else.
    """
    vectors = _loaded(path)[:SAMPLE]
    if vectors.ndim != 2 or len(vectors) < 100:
        raise InputError(
            f"{path} does not hold 100 vectors or more", hint="make some with likewise encode"
        )
    curve = recall_by_cells(normalize(np.asarray(vectors, np.float32)), 10)
    return {cells: float(curve[cells - 1]) for cells in CELLS if cells <= len(curve)}


def _loaded(path: Path) -> Matrix:
    try:
        loaded: Matrix = np.load(path, mmap_mode="r")
    except (OSError, ValueError) as error:
        raise RecordError(f"cannot read {path}: {error}", hint="give a .npy file") from error
    return loaded


def plan(request: PlanRequest, session: Session) -> PlanResult:
    """Estimate what encoding and indexing many texts takes, from rates measured on this machine.

    The rates are those of one core here; a machine of another kind has others. The scheduler is
    simulated; see `likewise.scale.simulation`.

    Raises:
        InputError: an unknown machine, or no text in the sample.
        RecordError: the sample or the vectors cannot be read.
        CheckpointError: the model cannot be used.
    """
    machine = machine_named(request.machine)
    if not request.texts < float("inf"):
        raise InputError("the number of texts is not finite", hint="give a number such as 1e9")
    encoder = session.encoder(request)
    texts = _sample(request.sample) if request.sample else sample_texts(TEXTS, request.words)
    size = request.words * LETTERS
    if request.sample:
        size = sum(len(text.encode()) + 1 for text in texts) / len(texts)
    with session.progress(STEPS, title="measuring this machine", unit="rates") as progress:
        rates = calibrate(encoder, texts, progress, request.rate)
    load = Load(
        int(request.texts), size, encoder.dimension, request.nodes, machine,
        request.disk * 1e6, request.failures,
    )  # fmt: skip
    job = estimate(load, rates)
    found = PlanResult(
        encoder.name, machine, load, rates, job, estimate_index(load, rates, request.probes),
        tuple(limits(load, rates)),
        None if request.price is None else request.price * request.nodes * job.seconds / 3600,
        _recall(request.vectors) if request.vectors else {},
    )  # fmt: skip
    for limit in found.broken:
        session.message("limit", f"{limit.what}: {limit.consequence}", texts=limit.texts)
    if not found.broken:
        session.message("limits", f"nothing breaks at {counted(load.texts, 'text')}")
    return found
