"""What is exported answers alike in the programs that read it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import likewise
from likewise.errors import InputError
from likewise.export import FORMATS, export

TEXTS = ["the quick brown fox", "", "今天 天气 很 好", "fox " * 90]
Make = Callable[..., Path]


@pytest.fixture
def checkpoint(tiny_checkpoint: Make) -> Path:
    """With a module that has its own weights."""
    import torch
    from sentence_transformers.base.modules import Dense

    torch.manual_seed(3)
    return tiny_checkpoint(after=[Dense(32, 20)])


@pytest.mark.parametrize("form", FORMATS)
def test_sentence_transformers_answers_alike(
    form: str, checkpoint: Path, tmp_path: Path, sentence_transformer: Callable[[Path], Any]
) -> None:
    made = export(checkpoint, form, tmp_path / "out")
    expected = likewise.load(checkpoint, compute="float32").encode(TEXTS)
    np.testing.assert_allclose(sentence_transformer(made).encode(TEXTS), expected, atol=1e-5)
    assert likewise.load(made, compute="float32").encode(TEXTS).tolist() == expected.tolist()


def padded(model: likewise.Encoder) -> dict[str, Any]:
    return dict(model.tokenize(TEXTS))


def assert_alike(states: Any, model: likewise.Encoder) -> None:
    for row, expected in zip(states, model.token_embeddings(TEXTS), strict=True):
        np.testing.assert_allclose(row[: len(expected)], expected, atol=1e-5)


def test_onnxruntime_answers_alike(checkpoint: Path, tmp_path: Path) -> None:
    onnxruntime = pytest.importorskip("onnxruntime")
    made = export(checkpoint, "onnx", tmp_path / "out")
    model = likewise.load(checkpoint, compute="float32")
    session = onnxruntime.InferenceSession(made / "onnx" / "model.onnx")
    assert_alike(session.run(["last_hidden_state"], padded(model))[0], model)


def test_onnx_exports_without_warnings(
    checkpoint: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    import logging
    import warnings

    before = logging.getLogger("torch.onnx").level
    capfd.readouterr()
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        export(checkpoint, "onnx", tmp_path / "out")
    assert [str(warning.message) for warning in found] == []
    assert logging.getLogger("torch.onnx").level == before
    said = capfd.readouterr()
    assert "arn" not in said.out + said.err


def test_openvino_answers_alike(checkpoint: Path, tmp_path: Path) -> None:
    import openvino as ov

    made = export(checkpoint, "openvino", tmp_path / "out")
    model = likewise.load(checkpoint, compute="float32")
    path = made / "openvino" / "openvino_model.xml"
    compiled = ov.Core().compile_model(path, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    assert_alike(compiled(padded(model))["last_hidden_state"], model)


def test_pickled_weights_become_safetensors(checkpoint: Path, tmp_path: Path) -> None:
    import torch
    from safetensors.torch import load_file

    expected = likewise.load(checkpoint, compute="float32").encode(TEXTS)
    torch.save(load_file(checkpoint / "model.safetensors"), checkpoint / "pytorch_model.bin")
    (checkpoint / "model.safetensors").unlink()
    made = export(checkpoint, "safetensors", tmp_path / "out")
    assert not list(made.rglob("*.bin"))
    assert likewise.load(made, compute="float32").encode(TEXTS).tolist() == expected.tolist()


def test_what_is_there_stays(checkpoint: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="already exists"):
        export(checkpoint, "safetensors", checkpoint)
    with pytest.raises(InputError, match="unknown format 'gguf'"):
        export(checkpoint, "gguf", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_command(checkpoint: Path, tmp_path: Path) -> None:
    import json

    from typer.testing import CliRunner

    from likewise.cli.main import app

    made = tmp_path / "out"
    run = CliRunner().invoke(
        app, ["export", str(checkpoint), str(made), "--to", "openvino", "--json"]
    )
    assert json.loads(run.stdout) == {"folder": str(made), "format": "openvino"}
    assert (made / "openvino" / "openvino_model.bin").exists()
    again = CliRunner().invoke(app, ["export", str(checkpoint), str(made)])
    assert again.exit_code == 1
    assert "already exists" in again.stderr
