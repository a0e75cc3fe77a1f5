"""`likewise quantize`, `verify` and `bench`, and what `doctor` says of int8."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import likewise as library
from likewise.engine import native
from likewise.engine.openvino import quantize
from likewise.hub.catalog import DEFAULT
from likewise.tokenization.tokenizer import Tokenizer

Run = Callable[..., Any]


def doctor(likewise: Run) -> dict[str, str]:
    printed = {
        check["name"]: check for check in json.loads(likewise("doctor", "--json").stdout)["checks"]
    }
    return dict(printed[f"int8 {DEFAULT}"])


def test_quantize_and_doctor(
    likewise: Run,
    tiny_checkpoint: Callable[..., Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pytest.importorskip("nncf")
    monkeypatch.setattr(native, "supported", frozenset)
    monkeypatch.setenv("LIKEWISE_CACHE", str(tmp_path / "cache"))
    assert doctor(likewise)["detail"] == "not made yet (optional)"
    assert f"likewise quantize {DEFAULT}" in doctor(likewise)["hint"]
    folder = tiny_checkpoint()
    first = likewise("quantize", folder)
    path = Path(first.stdout.strip())
    assert path.is_file()
    assert first.stderr.startswith("note: made (")
    printed = json.loads(likewise("quantize", folder, "--json").stdout)
    size = sum(file.stat().st_size for file in path.parent.iterdir())
    assert printed["path"] == str(path)
    assert (printed["made"], printed["bytes"]) == (False, size)
    assert "found in the cache" in likewise("quantize", folder).stderr
    assert json.loads(likewise("quantize", folder, "--again", "--json").stdout)["made"] is True


def test_doctor_finds_the_graph(
    likewise: Run, encoder_int8: library.Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    if "int8" in native.supported():
        assert doctor(likewise)["detail"].startswith("ready: native kernels")
    monkeypatch.setattr(native, "supported", frozenset)
    assert doctor(likewise)["detail"].startswith("ready: ")
    assert doctor(likewise)["hint"] == ""


def test_verify(likewise: Run, encoder_int8: library.Encoder) -> None:
    plain = likewise("verify")
    assert plain.exit_code == 0
    assert "mean cosine to float32" in plain.stdout
    printed = json.loads(likewise("verify", "--json").stdout)
    assert printed["model"] == DEFAULT
    assert printed["passed"] is True
    assert printed["compute"] == "int8"


def test_verify_refuses_what_falls_short(
    likewise: Run,
    tiny_checkpoint: Callable[..., Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pytest.importorskip("nncf")
    monkeypatch.setenv("LIKEWISE_CACHE", str(tmp_path / "cache"))
    calibration = quantize.calibration_batches

    def padding(tokenizer: Tokenizer, longest: int | None) -> Iterator[dict[str, Any]]:
        batch = next(calibration(tokenizer, longest))
        yield batch | {"token_ids": np.full_like(batch["token_ids"], tokenizer.pad_id)}

    # a graph whose ranges were measured on padding alone
    monkeypatch.setattr(quantize, "calibration_batches", padding)
    monkeypatch.setattr(quantize, "MIN_COSINE", -1.0)
    result = likewise("verify", tiny_checkpoint(), "--json")
    printed = json.loads(result.stdout)
    assert result.exit_code == 1
    assert printed["passed"] is False
    assert any("mean cosine" in reason for reason in printed["shortfalls"])
    assert all(f"error: {reason}" in result.stderr for reason in printed["shortfalls"])
    assert "hint: " in result.stderr


def test_verify_other_number_formats(likewise: Run) -> None:
    result = likewise("verify", "--compute", "float32")
    assert result.exit_code == 2
    assert "'float32' is not one of 'bfloat16', 'int8'" in result.stderr


def test_bench(likewise: Run, tiny_checkpoint: Callable[..., Path]) -> None:
    result = likewise("bench", tiny_checkpoint(), "--compute", "float32")
    header, row = result.stdout.splitlines()
    assert "passage tokens/s" in header
    assert row.startswith("float32  ")


def test_bench_names_what_cannot_be_had(
    likewise: Run, tiny_checkpoint: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "nncf", None)
    result = likewise("bench", tiny_checkpoint(), "--compute", "int8")
    assert result.exit_code == 1
    assert 'hint: pip install "likewise[int8]"' in result.stderr
