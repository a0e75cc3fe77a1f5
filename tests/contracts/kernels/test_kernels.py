"""The native kernels against transformers, in every architecture, pooling and batch."""

from __future__ import annotations

import dataclasses
import shutil
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import likewise
from likewise.checkpoint.config import POOLING_MODES, Pooling, read_config
from likewise.engine.native import NativeRuntime, features, library, network, timing
from likewise.engine.native.sources import LIBRARY
from likewise.engine.openvino.load import load_graph_runtime
from likewise.engine.timing import Choice
from likewise.errors import DamagedFileError, EngineError, InputError, UnsupportedModelError
from likewise.tokenization.token_rows import TokenRows
from likewise.tokenization.tokenizer import read_tokenizer
from tests.contracts.kernels.conftest import needed

Cosine = Callable[[Any, Any], float]
Open = Callable[[Path], Any]


def test_the_library_is_built_where_a_compiler_is() -> None:
    """`make test` builds it; without it the tests below would silently skip."""
    import platform

    if platform.machine() != "x86_64" or not shutil.which("c++"):
        pytest.skip("no x86-64, or no compiler")
    assert library.library() is not None


def test_float32_vectors_are_those_of_sentence_transformers(
    folder: Path, texts: tuple[str, ...], cosine: Cosine, sentence_transformer: Open
) -> None:
    needed("float32")
    model = likewise.load(folder, compute="float32", runtime="native")
    expected = sentence_transformer(folder).encode(list(texts))
    assert cosine(model.encode(texts), expected) > 0.99999
    np.testing.assert_allclose(model.encode(texts), expected, atol=1e-5)


@pytest.mark.parametrize(("compute", "least"), [("bfloat16", 0.9995), ("int8", 0.995)])
def test_coarser_formats_stay_close(
    compute: str, least: float, folder: Path, texts: tuple[str, ...], cosine: Cosine
) -> None:
    needed(compute)
    exact, coarse = (
        likewise.load(folder, compute=name, runtime="native").encode(texts)
        for name in ("float32", compute)
    )
    assert cosine(coarse, exact) > least
    assert not np.array_equal(coarse, exact)


def test_vectors_are_batch_invariant_to_the_bit(
    compute: str, folder: Path, texts: tuple[str, ...]
) -> None:
    model = likewise.load(folder, compute=compute, runtime="native")
    alone = np.stack([model.encode(text) for text in texts])
    np.testing.assert_array_equal(model.encode(texts), alone)
    shuffled = np.random.default_rng(3).permutation(np.repeat(np.arange(len(texts)), 30))
    np.testing.assert_array_equal(model.encode([texts[i] for i in shuffled]), alone[shuffled])


def test_token_states_are_those_of_openvino(
    folder: Path, texts: tuple[str, ...], cosine: Cosine
) -> None:
    needed("float32")
    ours, theirs = (
        likewise.load(folder, compute="float32", runtime=name).token_embeddings(texts)
        for name in ("native", "openvino")
    )
    assert [len(states) for states in ours] == [len(states) for states in theirs]
    assert all(cosine(a, b) > 0.99999 for a, b in zip(ours, theirs, strict=True))


@pytest.mark.parametrize("mode", POOLING_MODES)
@pytest.mark.parametrize("include_prompt", [True, False])
def test_every_pooling_is_that_of_openvino(
    mode: str, include_prompt: bool, bert: Path, texts: tuple[str, ...]
) -> None:
    needed("float32")
    modules = (Pooling((mode, "mean"), include_prompt),)
    config = dataclasses.replace(read_config(bert), modules=modules)
    tokenizer = read_tokenizer(config)
    rows = dataclasses.replace(tokenizer.rows(texts), prompt_tokens=2)
    ours = NativeRuntime(config, "float32").embed(rows)
    assert ours.shape == (len(texts), 256)
    theirs = load_graph_runtime(config, tokenizer, "float32").embed(rows)
    long = rows.lengths > 2  # the pooling of no tokens is undefined
    np.testing.assert_allclose(ours[long], theirs[long], atol=2e-5)


def test_every_text_length_to_100(bert: Path, compute: str) -> None:
    """Covers each remainder of rows, registers and pairs."""
    config = read_config(bert)
    runtime = NativeRuntime(config, compute)
    exact = load_graph_runtime(config, read_tokenizer(config), "float32")
    lengths = np.arange(1, 101)
    ids = np.random.default_rng(5).integers(5, 400, int(lengths.sum())).astype(np.int32)
    rows = TokenRows(ids, lengths, lengths)
    found, expected = runtime.embed(rows), exact.embed(rows)
    cosines = (found * expected).sum(1) / (
        np.linalg.norm(found, axis=1) * np.linalg.norm(expected, axis=1)
    )
    assert cosines.min() > {"float32": 0.99999, "bfloat16": 0.9995, "int8": 0.995}[compute]


@pytest.mark.parametrize("compute", ["bfloat16", "int8"])
def test_tiles_match_registers(
    compute: str,
    folder: Path,
    texts: tuple[str, ...],
    cosine: Cosine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    available = features() or 0
    if not available & library.TILES:
        pytest.skip("this processor has no tiles")
    by_tiles = likewise.load(folder, compute=compute, runtime="native").encode(texts)
    without = available & ~library.TILES
    monkeypatch.setattr(network, "features", lambda: without)
    by_registers = likewise.load(folder, compute=compute, runtime="native").encode(texts)
    assert cosine(by_tiles, by_registers) > 0.9999
    assert not np.array_equal(
        by_tiles, by_registers
    )  # another summation order, so other kernels ran


def test_int8_needs_no_other_package(bert: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    needed("int8")
    monkeypatch.setitem(sys.modules, "nncf", None)
    assert likewise.load(bert, compute="int8").runtime == "native"


@pytest.mark.parametrize("activation", ["Tanh", "ReLU", "GELU", "SiLU", "Identity"])
def test_modules_after_the_pooling_are_those_of_sentence_transformers(
    bert: Path, tmp_path: Path, texts: tuple[str, ...], sentence_transformer: Open, activation: str
) -> None:
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer import modules

    needed("float32")
    torch.manual_seed(2)
    whole = sentence_transformer(bert)
    parts = [
        *whole,
        modules.Dense(128, 96, activation_function=getattr(torch.nn, activation)()),
        modules.LayerNorm(96),
        modules.Normalize(),
    ]
    SentenceTransformer(modules=parts, device="cpu").save(str(tmp_path / "more"))
    model = likewise.load(tmp_path / "more", compute="float32", runtime="native")
    expected = sentence_transformer(tmp_path / "more").encode(list(texts))
    together = model.encode(texts)
    np.testing.assert_allclose(together, expected, atol=1e-5)
    assert all((model.encode(a) == b).all() for a, b in zip(texts, together, strict=True))


def test_the_runtime_is_reported_and_can_be_chosen(bert: Path, checkpoints: Any) -> None:
    needed("float32")
    assert likewise.load(bert).runtime == "native"
    assert likewise.load(bert, runtime="openvino").runtime == "openvino"
    with pytest.raises(InputError, match="unknown runtime 'onnx'"):
        likewise.load(bert, runtime="onnx")
    with pytest.raises(InputError, match="native does not run on cuda"):
        likewise.load(bert, runtime="native", device="cuda")


def test_unsupported_widths_run_on_openvino(checkpoints: Any, families: dict[str, Any]) -> None:
    narrow = checkpoints.make(families["bert"])
    assert likewise.load(narrow).runtime == "openvino"
    with pytest.raises(UnsupportedModelError, match=r"widths|there are no kernels"):
        likewise.load(narrow, runtime="native")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("LIBRARY", Path("nowhere") / "kernels.so"), "kernels.so was not built"),
        (("sources_hash", lambda: 5), f"{LIBRARY.name} was built from different sources"),
    ],
)
def test_without_the_library_openvino_runs_it(
    bert: Path, monkeypatch: pytest.MonkeyPatch, change: tuple[str, Any], reason: str
) -> None:
    if features() is None:
        pytest.skip("no library here")
    monkeypatch.setattr(library, *change)
    monkeypatch.setattr(library, "_opened", library._opened.__wrapped__)
    model = likewise.load(bert)
    assert model.runtime == "openvino"
    assert f"instead of native kernels (there are no kernels: {reason}" in model.runtime_reason


def test_features_match_proc_cpuinfo() -> None:
    """The features come from CPUID; Linux reads them too."""
    cpuinfo = Path("/proc/cpuinfo")
    if not cpuinfo.exists() or features() is None:
        pytest.skip("no library here, or no /proc/cpuinfo")
    flags = set(cpuinfo.read_text().partition("flags")[2].partition("\n")[0].split())
    base = {"avx512f", "avx512bw", "avx512dq", "avx512vl"} <= flags
    names = ("avx512_vnni", "avx512_bf16", "avx512f", "amx_tile")
    expected = sum(1 << bit for bit, name in enumerate(names) if base & (name in flags))
    assert library.features_with("avx512") == expected
    assert library.features_with("avx2") == (5 if {"avx2", "fma", "f16c"} <= flags else 0)


def test_int8_takes_avx2_where_avx512_lacks_vnni(monkeypatch: pytest.MonkeyPatch) -> None:
    if features() is None:
        pytest.skip("no library here")
    monkeypatch.delenv(library.INSTRUCTIONS_VARIABLE, raising=False)
    bits = {library.INSTRUCTIONS["avx512"]: 4, library.INSTRUCTIONS["avx2"]: 5}
    monkeypatch.setattr(library, "_features", lambda _, code: bits[code])
    assert library.instructions("float32") == "avx512"
    assert library.instructions("int8") == "avx2"
    assert library.supported() == {"float32", "int8"}
    monkeypatch.setenv(library.INSTRUCTIONS_VARIABLE, "avx512")
    assert library.instructions("int8") == "avx512"
    assert library.supported() == {"float32"}


def test_both_instruction_sets_give_nearly_the_same_vectors(
    folder: Path, texts: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    for compute, least in (("float32", 0.999999), ("int8", 0.9995)):
        vectors = []
        for name in library.INSTRUCTIONS:
            monkeypatch.setenv(library.INSTRUCTIONS_VARIABLE, name)
            needed(compute)
            monkeypatch.setattr(network, "features", lambda c: (features(c) or 0) & ~library.TILES)
            monkeypatch.setattr(timing, "attention_format", lambda: Choice("float32", "the same"))
            runtime = NativeRuntime(read_config(folder), compute)
            vectors.append(runtime.embed(read_tokenizer(read_config(folder)).rows(texts)))
        lengths = [np.linalg.norm(each, axis=1) for each in vectors]
        cosines = (vectors[0] * vectors[1]).sum(axis=1) / np.maximum(lengths[0] * lengths[1], 1e-9)
        assert cosines.min() > least


def test_an_unknown_instruction_set_is_refused(bert: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    needed("float32")
    monkeypatch.setenv(library.INSTRUCTIONS_VARIABLE, "sse2")
    with pytest.raises(InputError, match="LIKEWISE_INSTRUCTIONS is 'sse2'") as caught:
        likewise.load(bert)
    assert caught.value.hint == "one of avx512, avx2"


def test_token_ids_out_of_range_are_refused(bert: Path) -> None:
    """The kernels would read past the end of the tables."""
    needed("float32")
    runtime = NativeRuntime(read_config(bert), "float32")
    for ids, message in (([1, 10**6], "a token id is 1000000"), ([1, -1], "a token id")):
        with pytest.raises(EngineError, match=message):
            runtime.embed(TokenRows(np.array(ids, np.int32), np.array([2]), np.array([2])))
    many = np.full(5000, 7, np.int32)
    with pytest.raises(EngineError, match="a text's length is 5000"):
        runtime.embed(TokenRows(many, np.array([5000]), np.array([5000])))


def test_a_missing_field_and_a_missing_tensor_are_named(
    bert: Path, tmp_path: Path, change_json: Callable[..., None]
) -> None:
    import json

    needed("float32")
    folder = tmp_path / "damaged"
    shutil.copytree(bert, folder)
    path = folder / "config.json"
    fields = json.loads(path.read_text())
    del fields["intermediate_size"]
    path.write_text(json.dumps(fields))
    with pytest.raises(DamagedFileError, match="lacks the field 'intermediate_size'"):
        likewise.load(folder)


def test_concurrent_encoding_from_several_threads(
    bert: Path, compute: str, texts: tuple[str, ...]
) -> None:
    model = likewise.load(bert, compute=compute, runtime="native")
    many = list(texts) * 20
    expected = model.encode(many)
    found: list[NDArray[np.float32]] = []
    threads = [threading.Thread(target=lambda: found.append(model.encode(many))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert all(np.array_equal(one, expected) for one in found)


@pytest.mark.parametrize("mode", POOLING_MODES)
def test_texts_without_tokens(mode: str, bert: Path, compute: str) -> None:
    """All of them empty, or some among others."""
    config = dataclasses.replace(read_config(bert), modules=(Pooling((mode,)),))
    runtime = NativeRuntime(config, compute)
    lengths = np.array([0, 0])
    vectors = runtime.embed(TokenRows(np.empty(0, np.int32), lengths, lengths))
    mixed_lengths = np.array([0, 3, 0])
    mixed = runtime.embed(TokenRows(np.array([5, 6, 7], np.int32), mixed_lengths, mixed_lengths))
    assert vectors.shape == (2, 128)
    assert np.isfinite(mixed).all()
    np.testing.assert_array_equal(mixed[[0, 2]], vectors)
    states = runtime.token_states(TokenRows(np.empty(0, np.int32), lengths, lengths))
    assert [state.shape for state in states] == [(0, 128), (0, 128)]
