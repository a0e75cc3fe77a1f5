"""The operation `verify`: progress, its failure, and what has nothing to verify."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from likewise.errors import InputError
from likewise.operations.session import Session
from likewise.operations.verify import VerifyRequest, verify
from tests.operations.stages import Stages


def test_both_number_formats_are_encoded_with_progress(model_folder: Path) -> None:
    stages = Stages()
    request = VerifyRequest(model=str(model_folder), compute="int8")
    result = verify(request, Session(progress=stages))
    assert stages.titles == ["comparing int8 with float32"]
    assert stages.stages[0].total == 2 * result.verification.texts
    stages.check()
    plain = json.loads(json.dumps(result.to_dict(), allow_nan=False))
    assert plain["compute"] == "int8"
    assert plain["passed"] == (result.failure is None)
    assert list(plain["shortfalls"]) == list(result.verification.shortfalls)


def test_a_model_with_one_number_format_has_nothing_to_verify(
    tmp_path: Path, model_folder: Path
) -> None:
    """A table of vectors is float32 whatever is requested."""
    save_file({"embeddings": np.ones((30522, 4), np.float32)}, tmp_path / "model.safetensors")
    shutil.copy(model_folder / "tokenizer.json", tmp_path)
    (tmp_path / "config.json").write_text('{"model_type": "model2vec", "normalize": true}')
    with pytest.raises(InputError, match="always runs in float32"):
        verify(VerifyRequest(model=str(tmp_path)), Session())
