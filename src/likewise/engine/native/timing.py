"""The fastest number formats for the kernels on this processor."""

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
    resolve,
    thread_clock,
    time_alternately,
)
from likewise.errors import EngineError
from likewise.hub.verification import file_hash

FORMATS = ("bfloat16", "float32")
"""The number formats to choose from; on a tie the first wins."""

WIDTH, LAYERS = 128, 4
"""The network for timing the linear layers. A wider one would measure the loading of weights, and
one of fewer layers the allocation of memory."""

SHORT_TEXT = 32
LONG_TEXT = 256
"""Tokens of a text for timing attention, which takes almost no time in short texts."""


def network_format() -> Choice:
    """The number format for `auto`: the faster of bfloat16 and float32."""
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
    encoder = sample(WIDTH, WIDTH // 32, 4 * WIDTH, SHORT_TEXT, layers=LAYERS)
    networks = {name: PackedNetwork(encoder, name, name, SHORT_TEXT) for name in FORMATS}
    return _timed(networks, [SHORT_TEXT, SHORT_TEXT])


def _time_attention() -> Seconds:
    """In a layer so narrow that attention dominates."""
    encoder = sample(64, 2, 64, LONG_TEXT)
    networks = {name: PackedNetwork(encoder, "int8", name, LONG_TEXT) for name in FORMATS}
    return _timed(networks, [LONG_TEXT])


def _timed(networks: Mapping[str, PackedNetwork], lengths: Sequence[int]) -> Seconds:
    """Time on one core, for texts of the given lengths."""
    runs = {name: _run(network, lengths) for name, network in networks.items()}
    return time_alternately(runs, thread_clock())


def _run(network: PackedNetwork, lengths: Sequence[int]) -> Callable[[], None]:
    token_ids = np.zeros(sum(lengths), np.int32)
    text_offsets = np.cumsum([0, *lengths], dtype=np.int64)
    vectors = np.empty((len(lengths), network.hidden_size), np.float32)

    def run() -> None:
        job = binding.JobStruct(
            token_ids=token_ids.ctypes.data,
            text_offsets=text_offsets.ctypes.data,
            text_count=len(lengths),
            pooling_count=1,
            thread_count=1,
            vectors=vectors.ctypes.data,
        )
        if loaded().likewise_run(network.structure, job):
            raise EngineError("not enough memory for the kernels", hint="close other programs")

    return run
