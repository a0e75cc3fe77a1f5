"""Which number formats the kernels are the fastest in on this processor."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from likewise.engine.native import binding
from likewise.engine.native.library import TILES, features, loaded, supported
from likewise.engine.native.network import PackedNetwork
from likewise.engine.native.sources import LIBRARY
from likewise.engine.sample import sample
from likewise.engine.timing import (
    NO_BFLOAT16,
    Choice,
    Formats,
    Seconds,
    Subject,
    measured,
    own_clock,
    resolve,
    time_alternately,
)
from likewise.errors import EngineError
from likewise.hub.verification import file_hash

FORMATS = ("bfloat16", "float32")
"""The number formats between which is chosen; on a tie the first."""

WIDTH, LAYERS = 128, 4
"""Of the network that is timed as a whole; in a wider one loading its weights would take the time,
in one of fewer layers the memory that every run asks the system for."""

TEXT = 32
DOCUMENT = 256
"""Tokens of a text where attention is timed: in short ones it takes next to no time."""


def network_format() -> Choice:
    """The number format that `auto` takes: the faster one of bfloat16 and float32."""
    if "bfloat16" not in supported():
        return Choice("float32", NO_BFLOAT16)
    return measured(_subject("native network"), _time_networks)


def attention_format() -> Choice:
    """The number format of attention in an int8 network."""
    if "bfloat16" not in supported():
        return Choice("float32", NO_BFLOAT16)
    if (features() or 0) & TILES:
        return Choice("bfloat16", "it runs on this processor's tiles (AMX)")
    return measured(_subject("native int8 attention"), _time_attention)


def formats(compute: str) -> Formats:
    """The number formats for a compute: `auto`, `float32`, `bfloat16` or `int8`."""
    return resolve(compute, network_format, attention_format, "attention")


def _subject(name: str) -> Subject:
    return Subject(name, file_hash(LIBRARY)[:16], FORMATS)


def _time_networks() -> Seconds:
    stack = sample(WIDTH, WIDTH // 32, 4 * WIDTH, TEXT, layers=LAYERS)
    networks = {name: PackedNetwork(stack, name, name, TEXT) for name in FORMATS}
    return _timed(networks, [TEXT, TEXT])


def _time_attention() -> Seconds:
    """In a layer so narrow that it does little else."""
    stack = sample(64, 2, 64, DOCUMENT)
    networks = {name: PackedNetwork(stack, "int8", name, DOCUMENT) for name in FORMATS}
    return _timed(networks, [DOCUMENT])


def _timed(networks: Mapping[str, PackedNetwork], lengths: Sequence[int]) -> Seconds:
    """Time on one core, on texts of so many tokens each."""
    runs = {name: _run(network, lengths) for name, network in networks.items()}
    return time_alternately(runs, own_clock())


def _run(network: PackedNetwork, lengths: Sequence[int]) -> Callable[[], None]:
    token_ids = np.zeros(sum(lengths), np.int32)
    starts = np.cumsum([0, *lengths], dtype=np.int64)
    vectors = np.empty((len(lengths), network.hidden), np.float32)

    def run() -> None:
        job = binding.JobStruct(
            token_ids=token_ids.ctypes.data,
            starts=starts.ctypes.data,
            texts=len(lengths),
            pooling=1,
            threads=1,
            vectors=vectors.ctypes.data,
        )
        if loaded().likewise_run(network.structure, job):
            raise EngineError("no memory for the kernels", hint="close other programs")

    return run
