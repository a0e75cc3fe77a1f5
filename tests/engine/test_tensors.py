"""Names of tensors as training programs save them; what is missing or misshapen is named."""

from __future__ import annotations

import numpy as np
import pytest

from likewise.engine.tensors import Tensors
from likewise.errors import DamagedFileError

ONES = np.ones(3, np.float32)
NAME = "encoder.layer.0.output.LayerNorm.weight"


@pytest.mark.parametrize(
    "saved",
    [
        NAME,
        f"bert.{NAME}",
        f"module.{NAME}",
        f"module.bert.{NAME}",
        f"_orig_mod.{NAME}",
        f"module._orig_mod.{NAME}",
        f"0.auto_model.{NAME}",
        f"model.0.auto_model.{NAME}",
        f"0.model.{NAME}",
        NAME.replace("weight", "gamma"),
        f"module.bert.{NAME.replace('weight', 'gamma')}",
    ],
)
def test_names_as_programs_save_them(saved: str) -> None:
    # with a head beside it, which has other names
    tensors = Tensors({saved: ONES, "classifier.weight": 2 * ONES}, ("bert.",))
    assert NAME in tensors
    np.testing.assert_array_equal(tensors(NAME, (3,)), ONES)
    assert tensors.rows(NAME) == 3


@pytest.mark.parametrize("end", ["weight", "bias"])
@pytest.mark.parametrize("norm", ["LayerNorm", "embeddings.LayerNorm", "emb_ln"])
def test_old_names_of_normalisations(norm: str, end: str) -> None:
    old = {"weight": "gamma", "bias": "beta"}
    tensors = Tensors({f"{norm}.{old['weight']}": ONES, f"{norm}.{old['bias']}": 2 * ONES})
    np.testing.assert_array_equal(tensors(f"{norm}.{end}", (3,)), ONES * (1 + (end == "bias")))


def test_the_name_itself_comes_first() -> None:
    weights = {f"model.{NAME}": ONES, NAME.replace("weight", "gamma"): ONES, NAME: 2 * ONES}
    np.testing.assert_array_equal(Tensors(weights)(NAME, (3,)), 2 * ONES)


def test_what_is_missing_or_misshapen_is_named() -> None:
    tensors = Tensors({"other.gamma": ONES, NAME: ONES})
    assert "other.weight" not in tensors  # only what is called LayerNorm has two names
    for ask in (lambda: tensors("other.weight", (3,)), lambda: tensors.rows("other.weight")):
        with pytest.raises(DamagedFileError, match=r"lack the tensor 'other\.weight'"):
            ask()
    with pytest.raises(DamagedFileError, match=r"shape \[3\], expected \[4\]"):
        tensors(NAME, (4,))
