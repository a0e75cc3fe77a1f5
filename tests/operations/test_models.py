"""Listing, downloading, exporting, quantizing and timing models."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import likewise
from likewise.errors import CheckpointError, InputError, ModelNotFoundError
from likewise.hub.catalog import CATALOG, DEFAULT
from likewise.operations.bench import BenchRequest, bench
from likewise.operations.download import DownloadRequest, download
from likewise.operations.export import ExportRequest, export
from likewise.operations.models import (
    ModelsAddRequest,
    ModelsRemoveRequest,
    ModelsRequest,
    models,
    models_add,
    models_rm,
)
from likewise.operations.quantize import QuantizeRequest, quantize
from likewise.operations.session import CancellationToken, CancelledError, Session

Make = Callable[..., Path]


def test_every_model_of_the_catalogue_is_listed_once(
    model_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = models(ModelsRequest(), Session())
    rows = json.loads(json.dumps(result.to_dict()))["models"]
    assert [row["name"] for row in rows] == [entry.name for entry in CATALOG]
    assert {row["name"]: row["folder"] for row in rows}[DEFAULT] == str(model_folder)
    assert [entry.name for entry in result.available] == [
        row["name"] for row in rows if row["source"] is None
    ]


def test_only_models_of_the_cache_are_removed() -> None:
    with pytest.raises(ModelNotFoundError) as caught:
        models_rm(ModelsRemoveRequest(DEFAULT), Session())
    assert "outside the cache" in caught.value.hint


def test_an_added_model_is_found_by_its_name(
    tiny_checkpoint: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIKEWISE_MODELS", str(tmp_path / "models"))
    folder, session = tiny_checkpoint(), Session()
    added = models_add(ModelsAddRequest(folder, "mine"), session).to_dict()
    assert (added["name"], added["source"], added["dimension"]) == ("mine", "models", 32)
    listed = [row["name"] for row in models(ModelsRequest(), session).to_dict()["models"]]
    assert listed[0] == "mine"
    expected = likewise.load(folder, compute="float32").encode("the fox")
    model = session.models.get("mine", "float32")
    np.testing.assert_array_equal(model.encode("the fox"), expected)
    for name, message in (
        ("mine", "already"),
        (DEFAULT, "already"),
        ("../a", "cannot be called"),
    ):
        with pytest.raises(InputError, match=message):
            models_add(ModelsAddRequest(folder, name), session)
    with pytest.raises(CheckpointError):
        models_add(ModelsAddRequest(tmp_path, "empty"), session)
    assert [path.name for path in (tmp_path / "models").iterdir()] == ["mine"]
    assert models_rm(ModelsRemoveRequest("mine"), session).freed == added["size"]
    with pytest.raises(ModelNotFoundError):
        session.models.get("mine", "float32")  # it is not cached either


def test_a_model_that_is_here_is_not_downloaded(model_folder: Path, recorded: Any) -> None:
    result = download(DownloadRequest(DEFAULT), recorded.session)
    assert result.to_dict() == {
        "name": DEFAULT, "folder": str(model_folder), "source": "bundled", "commit": None,
    }  # fmt: skip
    assert recorded.codes == ["installed"]
    assert not recorded.stages


@pytest.mark.parametrize("to", ["safetensors", "openvino"])
def test_export(to: Any, tiny_checkpoint: Make, tmp_path: Path, recorded: Any) -> None:
    folder = tiny_checkpoint()
    result = export(ExportRequest(str(folder), tmp_path / "out", to), recorded.session)
    assert result.to_dict() == {"folder": str(tmp_path / "out"), "format": to}
    assert [stage.title for stage in recorded.stages] == [f"writing {to}"]
    exported, original = (
        likewise.load(place, compute="float32").encode("the fox")
        for place in (result.folder, folder)
    )
    np.testing.assert_array_equal(exported, original)


def test_quantize(
    tiny_checkpoint: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, recorded: Any
) -> None:
    pytest.importorskip("nncf")
    monkeypatch.setenv("LIKEWISE_CACHE", str(tmp_path / "cache"))
    folder = tiny_checkpoint()
    made = quantize(QuantizeRequest(str(folder)), recorded.session)
    found = quantize(QuantizeRequest(str(folder)), recorded.session)
    assert [stage.title for stage in recorded.stages] == [
        f"making the int8 graph of {folder.name} (only this once)"
    ]
    assert recorded.codes == ["quantized", "quantized_before"]
    assert (made.made, found.made, found.path) == (True, False, made.path)
    size = sum(file.stat().st_size for file in made.path.parent.iterdir())
    assert found.to_dict()["bytes"] == size


def test_bench(tiny_checkpoint: Make, recorded: Any) -> None:
    request = BenchRequest(str(tiny_checkpoint()), ("float32",))
    as_json = json.loads(json.dumps(bench(request, recorded.session).to_dict()))
    (row,) = as_json["computes"]
    assert (row["compute"], as_json["model"]) == ("float32", request.model)
    assert as_json["cores"] >= 1
    assert row["sentences"]["texts"] > 0
    # passages are as long as this model reads, and every token of them is counted once
    assert 32 < row["passages"]["tokens"] / row["passages"]["texts"] <= 64
    assert 0 < row["query_p50"] <= row["query_p95"]
    assert 0 < row["share"] < 1
    (stage,) = recorded.stages
    assert (stage.title, stage.total, stage.done) == ("timing float32", 5, 5)
    assert stage.unit == "measurements"


def test_bench_of_an_unknown_number_format(tiny_checkpoint: Make) -> None:
    compute: Any = "float7"
    with pytest.raises(InputError, match="unknown compute 'float7'"):
        bench(BenchRequest(str(tiny_checkpoint()), (compute,)), Session())


def test_bench_can_be_cancelled(tiny_checkpoint: Make) -> None:
    cancel = CancellationToken()
    cancel.cancel()
    with pytest.raises(CancelledError):
        bench(BenchRequest(str(tiny_checkpoint()), ("float32",)), Session(cancel=cancel))
