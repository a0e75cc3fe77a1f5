"""One suite over all runtimes: our own graph, the checkpoint's ONNX graph, torch, static."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import likewise
from likewise.checkpoint.config import read_config
from likewise.engine.contract import Runtime
from likewise.engine.openvino.quantize import find_quantized
from likewise.engine.openvino.runtime import OpenVinoRuntime, read_graph
from likewise.engine.runtimes import load_runtime
from likewise.engine.static import StaticRuntime
from likewise.engine.torch import TorchRuntime
from likewise.errors import DamagedFileError, InputError, UnsupportedModelError
from likewise.export import export
from likewise.tokenization.tokenizer import read_tokenizer

Open = Callable[[Path], Any]
Cosine = Callable[[Any, Any], float]
KINDS = ("graph", "onnx", "torch", "static")


@pytest.fixture(scope="session")
def folders(checkpoints: Any, families: dict[str, Any], tmp_path_factory: Any) -> dict[str, Path]:
    """A checkpoint for each kind of runtime; the first three hold the same network."""
    root, plain = tmp_path_factory.mktemp("runtimes"), checkpoints.make(families["bert"])
    onnx, static = root / "onnx", root / "static"
    export(plain, "onnx", onnx)
    (onnx / "model.safetensors").unlink()
    write_static(static, families["bert"].tokenizer())
    return {"graph": plain, "onnx": onnx, "torch": plain, "static": static}


def write_static(folder: Path, tokenizer: Any) -> None:
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer import modules

    torch.manual_seed(5)
    parts = [
        modules.StaticEmbedding(tokenizer, embedding_dim=24),
        modules.Dense(24, 16, activation_function=torch.nn.GELU()),
        modules.Normalize(),
    ]
    SentenceTransformer(modules=list[torch.nn.Module](parts), device="cpu").save(str(folder))


def test_an_activation_that_is_not_known_is_named(folders: dict[str, Path], tmp_path: Path) -> None:
    shutil.copytree(folders["static"], tmp_path / "odd")
    (settings,) = (tmp_path / "odd").glob("*_Dense/config.json")
    settings.write_text(settings.read_text().replace("activation.GELU", "activation.Softsign"))
    with pytest.raises(UnsupportedModelError, match="unknown activation 'Softsign'") as caught:
        likewise.load(tmp_path / "odd")
    assert "gelu" in caught.value.hint


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def runtime(kind: str, folder: Path) -> Runtime:
    config = read_config(folder)
    tokenizer = read_tokenizer(config)
    if kind == "torch":
        return TorchRuntime(config, pad_id=tokenizer.pad_id, compute="float32", device="cpu")
    return load_runtime(config, tokenizer, compute="float32", device="cpu")


@pytest.fixture
def ready(kind: str, folders: dict[str, Path]) -> Runtime:
    return runtime(kind, folders[kind])


@pytest.fixture
def rows(kind: str, folders: dict[str, Path], texts: tuple[str, ...]) -> Any:
    return read_tokenizer(read_config(folders[kind])).rows(texts)


def test_the_kind_is_the_one_meant(kind: str, ready: Runtime) -> None:
    classes = {"torch": TorchRuntime, "static": StaticRuntime}
    assert isinstance(ready, classes.get(kind, OpenVinoRuntime))
    assert ready.recipe.startswith("onnx") == (kind == "onnx")
    assert (ready.compute, ready.device) == ("float32", "cpu")


def test_vectors_are_those_of_sentence_transformers(  # noqa: PLR0917
    kind: str,
    ready: Runtime,
    rows: Any,
    folders: dict[str, Path],
    texts: tuple[str, ...],
    sentence_transformer: Open,
) -> None:
    found = ready.embed(rows)
    assert found.dtype == np.float32
    assert found.shape == (len(texts), ready.dimension)
    reference = sentence_transformer(folders["graph" if kind == "onnx" else kind])
    np.testing.assert_allclose(found, reference.encode(list(texts)), atol=1e-5)


def test_progress_counts_every_text_once(ready: Runtime, rows: Any) -> None:
    reported: list[int] = []
    ready.embed(rows, reported.append)
    assert sum(reported) == len(rows)


def test_one_state_a_token(ready: Runtime, rows: Any) -> None:
    states = ready.token_states(rows)
    assert [len(s) for s in states] == rows.lengths.tolist()
    assert len({s.shape[1] for s in states}) == 1


def test_nothing_in_nothing_out(ready: Runtime, kind: str, folders: dict[str, Path]) -> None:
    empty = read_tokenizer(read_config(folders[kind])).rows([])
    assert ready.embed(empty).shape == (0, ready.dimension)
    assert ready.token_states(empty) == []


@pytest.mark.parametrize("compute", ["bfloat16", "float16"])
def test_torch_in_half_the_bits(
    compute: str, folders: dict[str, Path], texts: tuple[str, ...], cosine: Cosine
) -> None:
    config = read_config(folders["torch"])
    tokenizer = read_tokenizer(config)
    half = TorchRuntime(config, pad_id=tokenizer.pad_id, compute=compute, device="cpu")
    exact = likewise.load(folders["graph"], compute="float32").encode(texts)
    assert cosine(half.embed(tokenizer.rows(texts)), exact) > 0.999
    assert half.recipe == f"torch {compute}"


def test_a_family_unknown_here_goes_to_torch(
    tiny_checkpoint: Callable[..., Path], sentence_transformer: Open, texts: tuple[str, ...]
) -> None:
    from transformers import ElectraConfig

    config = ElectraConfig(
        vocab_size=700, embedding_size=32, hidden_size=32, num_hidden_layers=2,
        num_attention_heads=4, intermediate_size=48, max_position_embeddings=128,
    )  # fmt: skip
    folder = tiny_checkpoint(config, pooling=("cls", "max", "weightedmean", "lasttoken"))
    model = likewise.load(folder)
    assert model._runtime.recipe == "torch float32"
    expected = sentence_transformer(folder).encode(list(texts))
    np.testing.assert_allclose(model.encode(texts), expected, atol=1e-5)


def test_code_of_a_checkpoint_is_never_run(
    checkpoints: Any, families: dict[str, Any], tmp_path: Path
) -> None:
    """GTE v1.5 as it was released: without asking on the terminal, and with what to do instead."""
    folder = tmp_path / "new"
    shutil.copytree(checkpoints.make(families["gte"]), folder)
    (folder / "modeling.py").write_text("raise SystemExit('it was run')")
    code = {"AutoConfig": "modeling.NewConfig", "AutoModel": "modeling.NewModel"}
    config = json.loads((folder / "config.json").read_text())
    config |= {"model_type": "new", "auto_map": code}
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(UnsupportedModelError, match="model type 'new'") as caught:
        likewise.load(folder)
    for way in ("model_type 'gte'", "onnx/model.onnx"):
        assert way in caught.value.hint


def test_without_torch_the_error_names_the_three_ways(
    checkpoints: Any, families: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    folder = tmp_path / "unknown"
    shutil.copytree(checkpoints.make(families["bert"]), folder)
    config = json.loads((folder / "config.json").read_text()) | {"model_type": "electra"}
    (folder / "config.json").write_text(json.dumps(config))
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(UnsupportedModelError) as caught:
        likewise.load(folder)
    assert "'electra'" in caught.value.message
    for way in ("architecture", "onnx/model.onnx", "torch"):
        assert way in caught.value.hint


def test_what_cannot_be_is_refused(folders: dict[str, Path]) -> None:
    with pytest.raises(InputError, match="torch finds no mps"):
        likewise.load(folders["graph"], device="mps")
    with pytest.raises(InputError, match="float16 is for GPUs"):
        likewise.load(folders["graph"], compute="float16")


def test_int8_of_an_onnx_graph(
    folders: dict[str, Path], texts: tuple[str, ...], cosine: Cosine
) -> None:
    """NNCF takes the checkpoint's own graph; the second load finds what the first has made."""
    pytest.importorskip("nncf")
    exact = likewise.load(folders["onnx"], compute="float32")
    coarse = likewise.load(folders["onnx"], compute="int8")
    assert coarse.compute == "int8"
    assert coarse._runtime.recipe.startswith("onnx int8")
    assert cosine(coarse.encode(texts), exact.encode(texts)) > 0.97
    assert not np.array_equal(coarse.encode(texts), exact.encode(texts))
    graph = find_quantized(exact.config)
    assert graph is not None
    types = {op.get_element_type().to_string() for op in read_graph(graph).get_ordered_ops()
             if op.get_type_name() == "Constant"}  # fmt: skip
    assert "i8" in types
    before = graph.stat().st_mtime_ns
    again = likewise.load(folders["onnx"], compute="int8")
    np.testing.assert_array_equal(again.encode(texts), coarse.encode(texts))
    assert graph.stat().st_mtime_ns == before


def test_int8_where_torch_alone_can_run_it(tiny_checkpoint: Callable[..., Path]) -> None:
    from transformers import ElectraConfig

    config = ElectraConfig(
        vocab_size=700, hidden_size=32, num_hidden_layers=1, num_attention_heads=4,
        intermediate_size=48,
    )  # fmt: skip
    folder = tiny_checkpoint(config)
    with pytest.raises(InputError, match="int8 needs a built graph or an ONNX graph"):
        likewise.load(folder, compute="int8")


def test_parameters_are_counted_in_every_kind_of_file(folders: dict[str, Path]) -> None:
    ours = likewise.load(folders["graph"]).parameters
    onnx = likewise.load(folders["onnx"]).parameters  # without the pooler, which no vector needs
    assert 0.95 * ours < onnx <= ours


def test_model2vec_folders_load(
    families: dict[str, Any], tmp_path: Path, texts: tuple[str, ...]
) -> None:
    from safetensors.numpy import save_file

    tokenizer = families["bert"].tokenizer()
    chance = np.random.default_rng(1)
    size = tokenizer.get_vocab_size()
    table = chance.normal(size=(50, 16)).astype(np.float16)
    mapping, weights = chance.integers(0, 50, size), chance.random(size)
    save_file(
        {"embeddings": table, "mapping": mapping, "weights": weights},
        tmp_path / "model.safetensors",
    )
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    config = {"model_type": "model2vec", "normalize": True, "hidden_dim": 16}
    (tmp_path / "config.json").write_text(json.dumps(config))
    model = likewise.load(tmp_path)
    for text in texts:
        ids = tokenizer.encode(text, add_special_tokens=False).ids
        by_hand = (table[mapping[ids]].astype(float) * weights[ids][:, None]).sum(0)
        by_hand /= max(np.linalg.norm(by_hand), 1e-12)
        np.testing.assert_allclose(model.encode(text), by_hand, atol=1e-5)


@pytest.mark.parametrize("modes", [("mean",), ("cls", "max"), ("weightedmean", "lasttoken")])
@pytest.mark.parametrize("kind", ["graph", "torch"])
def test_a_prompt_can_be_left_out_of_the_pooling(
    kind: str,
    modes: tuple[str, ...],
    tiny_checkpoint: Callable[..., Path],
    sentence_transformer: Open,
    texts: tuple[str, ...],
) -> None:
    folder = tiny_checkpoint(pooling=modes)
    path = folder / "1_Pooling" / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"include_prompt": False}))
    model, reference = likewise.load(folder, compute="float32"), sentence_transformer(folder)
    if kind == "torch":
        model._runtime = runtime("torch", folder)
    plain = [text for text in texts if text]
    for prompt in ("query: the fox ", None):
        expected = reference.encode(plain, prompt=prompt)
        np.testing.assert_allclose(model.encode(plain, prompt=prompt), expected, atol=1e-5)
    assert np.abs(expected - reference.encode(plain, prompt="query: the fox ")).max() > 0.01


def test_nan_in_an_onnx_graph(folders: dict[str, Path], tmp_path: Path) -> None:
    from safetensors.numpy import load_file

    folder = tmp_path / "damaged"
    shutil.copytree(folders["onnx"], folder)
    tensors = load_file(folders["graph"] / "model.safetensors")
    bias = next(t for name, t in tensors.items() if name.endswith("layer.1.output.dense.bias"))
    file = next(p for p in folder.rglob("*.onnx*") if bias.tobytes() in p.read_bytes())
    spoilt = bias.copy()
    spoilt[3] = np.nan
    file.write_bytes(file.read_bytes().replace(bias.tobytes(), spoilt.tobytes()))
    with pytest.raises(DamagedFileError, match=r"the tensor '.+' in .*\.onnx contains NaN"):
        likewise.load(folder, compute="float32")


def test_nan_in_a_static_table(folders: dict[str, Path], tmp_path: Path) -> None:
    from safetensors.numpy import load_file, save_file

    folder = tmp_path / "damaged"
    shutil.copytree(folders["static"], folder)
    file = next(p for p in folder.rglob("*.safetensors") if "embedding.weight" in load_file(p))
    tensors = load_file(file)
    tensors["embedding.weight"][7, 3] = np.inf
    save_file(tensors, file)
    with pytest.raises(DamagedFileError, match=r"'embedding\.weight' in .*model\.safetensors"):
        likewise.load(folder)
