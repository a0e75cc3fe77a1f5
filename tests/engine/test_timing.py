"""Number formats by timing: the choice itself, its cache, and that both engines go by it."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import likewise
from likewise.engine import native
from likewise.engine.native import timing as native_timing
from likewise.engine.openvino import timing as openvino_timing
from likewise.engine.openvino.bindings import ov
from likewise.engine.processor import processor_identity
from likewise.engine.timing import (
    MAX_RUNS,
    MIN_RUNS,
    Seconds,
    Subject,
    choose,
    in_words,
    measured,
    time_alternately,
)
from tests.conftest import tiny_bert

FORMATS = ("bfloat16", "float32")
SUBJECT = Subject("a subject", "1", FORMATS)
FASTER_FLOAT32 = {"bfloat16": 0.0017, "float32": 0.001}


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache folder; where the timings will be."""
    monkeypatch.setenv("LIKEWISE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "timings"


def needs_bfloat16() -> None:
    if "bfloat16" not in native.supported():
        pytest.skip("the kernels have no bfloat16 on this processor")
    if (native.features() or 0) & native.TILES:
        pytest.skip("attention runs on tiles, whatever was timed")


def pretend(cache: Path, subject: str, seconds: Seconds) -> None:
    """Change what was measured of a subject, as another processor would have it."""
    notes = {path: json.loads(path.read_text()) for path in cache.iterdir()}
    ((path, note),) = ((p, n) for p, n in notes.items() if n["subject"] == subject)
    path.write_text(json.dumps(note | {"seconds": seconds}))


# the choice


@pytest.mark.parametrize(
    ("bfloat16", "float32", "chosen", "reason"),
    [
        (1.0, 1.9, "bfloat16", "measured 1.9x as fast as float32 on this processor"),
        (1.7, 1.0, "float32", "measured 1.7x as fast as bfloat16 on this processor"),
        (1.06, 1.0, "float32", "measured 1.1x as fast as bfloat16 on this processor"),
        (1.04, 1.0, "bfloat16", "measured as fast as float32 on this processor"),
        (1.0, 1.0, "bfloat16", "measured as fast as float32 on this processor"),
    ],
)
def test_the_faster_format_is_chosen_and_on_a_tie_the_preferred(
    bfloat16: float, float32: float, chosen: str, reason: str
) -> None:
    choice = choose({"bfloat16": bfloat16, "float32": float32})
    assert (choice.format, choice.reason) == (chosen, reason)
    assert choice.seconds == {"bfloat16": bfloat16, "float32": float32}


class Clock:
    """A clock that programs set; runs take the times they are given, one after the other."""

    def __init__(self) -> None:
        self.now = 0.0
        self.log: list[str] = []

    def __call__(self) -> float:
        return self.now

    def run(self, name: str, times: list[float]) -> Callable[[], None]:
        left = iter(times)

        def run() -> None:
            self.log.append(name)
            self.now += next(left)

        return run


def test_the_shortest_of_several_runs_in_turn_counts() -> None:
    clock = Clock()
    runs = {
        "a": clock.run("a", [9.0, 2.0, 2.0, 5.0, 2.5]),
        "b": clock.run("b", [1.0, 8.0, 1.0, 9.0, 7.0]),
    }
    assert time_alternately(runs, clock) == {"a": 2.0, "b": 1.0}
    assert clock.log == ["a", "b"] * MIN_RUNS


def test_a_busy_machine_gets_more_turns_but_not_for_ever() -> None:
    clock = Clock()
    noisy = [9.0, 8.0, 7.0, 6.0, 5.0, 1.0, 1.0, *[3.0] * MAX_RUNS]
    assert time_alternately({"a": clock.run("a", noisy)}, clock) == {"a": 1.0}
    assert len(clock.log) == 7
    clock = Clock()
    assert time_alternately({"a": clock.run("a", [2.0**-n for n in range(99)])}, clock)
    assert len(clock.log) == MAX_RUNS


# its cache


class Measure:
    """Returns times, and counts the calls."""

    def __init__(self, seconds: Seconds) -> None:
        self.seconds, self.calls = seconds, 0

    def __call__(self) -> Seconds:
        self.calls += 1
        return self.seconds


def test_what_was_measured_is_not_measured_again(cache: Path) -> None:
    first, second = Measure(FASTER_FLOAT32), Measure({"bfloat16": 1.0, "float32": 2.0})
    assert measured(SUBJECT, first).format == "float32"
    assert measured(SUBJECT, second) == measured(SUBJECT, first)
    assert (first.calls, second.calls) == (1, 0)
    (path,) = cache.iterdir()
    note = json.loads(path.read_text())
    assert note == {"subject": "a subject", "version": "1", "seconds": FASTER_FLOAT32}


def test_another_subject_version_or_processor_is_measured(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    measure = Measure(FASTER_FLOAT32)
    for subject in (SUBJECT, Subject("another", "1", FORMATS), Subject("a subject", "2", FORMATS)):
        measured(subject, measure)
    assert measure.calls == 3
    from likewise.engine import timing

    monkeypatch.setattr(timing, "processor_identity", lambda: ("another processor",))
    measured(SUBJECT, measure)
    assert measure.calls == len(list(cache.iterdir())) == 4


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{", b"\xff\xfe", b"[]", b"null", b"{}", b'{"seconds": 3}', b'{"seconds": {}}',
        b'{"seconds": {"bfloat16": 0.1}}', b'{"seconds": {"bfloat16": 0.1, "float32": "0.2"}}',
        b'{"seconds": {"bfloat16": 0.1, "float32": NaN}}',
        b'{"seconds": {"bfloat16": -0.1, "float32": 0.2}}',
        b'{"seconds": {"bfloat16": 0.0, "float32": 0.2}}',
        b'{"seconds": {"bfloat16": 0.1, "float32": Infinity}}',
    ],
)  # fmt: skip
def test_a_damaged_cache_is_measured_again(cache: Path, content: bytes) -> None:
    measure = Measure(FASTER_FLOAT32)
    measured(SUBJECT, measure)
    (path,) = cache.iterdir()
    path.write_bytes(content)
    assert measured(SUBJECT, measure).format == "float32"
    assert measure.calls == 2
    assert json.loads(path.read_text())["seconds"] == FASTER_FLOAT32


def test_a_cache_that_cannot_be_written_costs_only_the_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("LIKEWISE_CACHE", str(tmp_path / "file" / "below"))
    measure = Measure(FASTER_FLOAT32)
    assert measured(SUBJECT, measure) == measured(SUBJECT, measure)
    assert measure.calls == 2


CPUINFO = """processor\t: 0
vendor_id\t: GenuineIntel
cpu family\t: 6
model name\t: A processor
cpu MHz\t\t: {mhz}
flags\t\t: fpu avx512f{flags}
bogomips\t: {mhz}

processor\t: 1
vendor_id\t: another
"""


def test_a_processor_is_known_by_what_does_not_change(tmp_path: Path) -> None:
    def identity(mhz: int, flags: str = "") -> tuple[str, ...]:
        path = tmp_path / "cpuinfo"
        path.write_text(CPUINFO.format(mhz=mhz, flags=flags))
        return processor_identity(path)

    assert "model name: A processor" in identity(2000)
    assert identity(2000) == identity(3100)
    assert identity(2000) != identity(2000, " amx_tile")
    assert "vendor_id: another" not in identity(2000)
    assert processor_identity(tmp_path / "missing")
    assert processor_identity() == processor_identity()


# the kernels


def test_auto_goes_by_what_is_measured(cache: Path, model_folder: Path) -> None:
    needs_bfloat16()
    seconds = native.network_format().seconds
    assert all(1e-5 < seconds[name] < 0.1 for name in FORMATS)
    chosen = choose(seconds)
    model = likewise.load(model_folder)
    assert model.compute == chosen.format
    assert model.runtime_reason == f"native kernels, {chosen.format}: {chosen.reason}"

    pretend(cache, "native network", FASTER_FLOAT32)
    model = likewise.load(model_folder)
    assert model.compute == "float32"
    reason = "native kernels, float32: measured 1.7x as fast as bfloat16 on this processor"
    assert model.runtime_reason == reason


def test_a_format_that_is_requested_is_not_timed(cache: Path, model_folder: Path) -> None:
    needs_bfloat16()
    for compute in FORMATS:
        model = likewise.load(model_folder, compute=compute)
        assert model.compute == compute
        assert model.runtime_reason == f"native kernels, {compute}: as requested"
    assert not cache.exists()


def test_attention_in_int8_goes_by_what_is_measured(cache: Path, model_folder: Path) -> None:
    needs_bfloat16()
    native.attention_format()
    models = []
    for seconds in (FASTER_FLOAT32, {"bfloat16": 0.001, "float32": 0.0014}):
        pretend(cache, "native int8 attention", seconds)
        models.append(likewise.load(model_folder, compute="int8"))
    exact, coarse = models
    assert exact.runtime_reason == (
        "native kernels, int8: as requested, attention in float32: "
        "measured 1.7x as fast as bfloat16 on this processor"
    )
    assert "attention in bfloat16: measured 1.4x" in coarse.runtime_reason
    # the bits differ, so the fingerprints must
    texts = ["A man is eating food.", "The quick brown fox jumps over the lazy dog."]
    assert not np.array_equal(exact.encode(texts), coarse.encode(texts))
    assert (exact.similarity_pairwise(exact.encode(texts), coarse.encode(texts)) > 0.998).all()
    assert exact.fingerprint != coarse.fingerprint


def test_without_bfloat16_there_is_nothing_to_time(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(native_timing, "supported", lambda: frozenset({"float32", "int8"}))
    for choice in (native.network_format(), native.attention_format()):
        assert choice.format == "float32"
        assert choice.reason == "this processor does not multiply bfloat16 natively"
        assert not choice.seconds
    assert not cache.exists()


# OpenVINO


@pytest.fixture
def has_bfloat16() -> None:
    if not openvino_timing.supports_bfloat16():
        pytest.skip("this processor does not multiply bfloat16")


@pytest.mark.usefixtures("has_bfloat16")
def test_auto_on_openvino_goes_by_what_is_measured(
    cache: Path, tiny_checkpoint: Callable[..., Path]
) -> None:
    folder = tiny_checkpoint(tiny_bert())
    seconds = openvino_timing.network_format().seconds
    assert all(1e-5 < seconds[name] < 0.1 for name in FORMATS)
    pretend(cache, "OpenVINO network", FASTER_FLOAT32)
    model = likewise.load(folder, runtime="openvino")
    assert model.compute == "float32"
    reason = "OpenVINO, float32: measured 1.7x as fast as bfloat16 on this processor"
    assert model.runtime_reason == reason
    assert likewise.load(folder, runtime="openvino", compute="bfloat16").compute == "bfloat16"


@pytest.mark.usefixtures("has_bfloat16")
@pytest.mark.parametrize("compute", ["float32", "bfloat16", "int8"])
def test_what_is_timed_runs_in_the_formats_that_are_meant(compute: str) -> None:
    """Else two equal graphs would be compared."""
    inner = "float32" if compute == "int8" else compute
    settings = {"INFERENCE_PRECISION_HINT": openvino_timing.HINTS[inner]}
    graph = openvino_timing.layer(int8=compute == "int8")
    compiled = ov.Core().compile_model(graph, "CPU", settings)
    infos = [node.get_rt_info() for node in compiled.get_runtime_model().get_ops()]
    products = [i for i in infos if i["layerType"].value == "FullyConnected"]
    known = {"float32": {"f32"}, "bfloat16": {"bf16"}, "int8": {"i8", "u8"}}[compute]
    assert len(products) >= 4
    assert {i["runtimePrecision"].value.lower() for i in products} <= known


@pytest.mark.usefixtures("has_bfloat16")
def test_activations_in_int8_go_by_what_is_measured(
    cache: Path, model_folder: Path, encoder_int8: likewise.Encoder
) -> None:
    graphs = Path(os.environ["LIKEWISE_CACHE"])
    graphs.mkdir()
    made = Path(encoder_int8._runtime._compile._file).parents[1]  # type: ignore[attr-defined]
    (graphs / "int8").symlink_to(made)
    openvino_timing.activation_format()
    models = []
    for seconds in (FASTER_FLOAT32, {"bfloat16": 0.001, "float32": 0.0014}):
        pretend(cache, "OpenVINO int8 activations", seconds)
        models.append(likewise.load(model_folder, compute="int8", runtime="openvino"))
    exact, coarse = models
    assert exact.runtime_reason == (
        "OpenVINO, int8: as requested, activations in float32: "
        "measured 1.7x as fast as bfloat16 on this processor"
    )
    text = "A man is eating food."
    assert not np.array_equal(exact.encode(text), coarse.encode(text))
    assert exact.fingerprint != coarse.fingerprint


# where it runs instead


def test_a_fallback_is_told_with_its_reason(
    tiny_checkpoint: Callable[..., Path], caplog: pytest.LogCaptureFixture
) -> None:
    from transformers import ElectraConfig

    config = ElectraConfig(
        vocab_size=700, embedding_size=32, hidden_size=32, num_hidden_layers=2,
        num_attention_heads=4, intermediate_size=48, max_position_embeddings=128,
    )  # fmt: skip
    with caplog.at_level(logging.INFO, "likewise"):
        model = likewise.load(tiny_checkpoint(config))
    assert model.runtime_reason.startswith("torch on cpu, float32: ")
    for part in ("instead of native kernels (there are no", "instead of OpenVINO (unknown arch"):
        assert part in model.runtime_reason
    (warning,) = (r for r in caplog.records if r.levelno == logging.WARNING)
    assert "torch runs" in warning.getMessage()
    assert "unknown architecture 'electra'" in warning.getMessage()
    logged = [r.getMessage() for r in caplog.records if r.levelno == logging.INFO]
    assert f"{model.name}: {model.runtime_reason}" in logged


def test_unsupported_widths_are_the_reported_reason(
    tiny_checkpoint: Callable[..., Path], caplog: pytest.LogCaptureFixture
) -> None:
    if not native.supported():
        pytest.skip("there are no kernels for this processor")
    with caplog.at_level(logging.INFO, "likewise"):
        model = likewise.load(tiny_checkpoint(), compute="float32")
    assert model.runtime_reason.startswith(
        "OpenVINO, float32: as requested; instead of native kernels (the kernels need widths"
    )
    assert not [r for r in caplog.records if r.levelno > logging.INFO]


def test_times_in_words(cache: Path) -> None:
    times: dict[str, Any] = {"bfloat16": 0.00053, "float32": 0.00102}
    assert in_words(times) == "bfloat16 0.53 ms, float32 1.02 ms"
