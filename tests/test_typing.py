"""The types of the public methods, as mypy sees them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import likewise

ROOT = Path(__file__).parents[1]


def test_mypy_knows_what_a_model_returns() -> None:
    pytest.importorskip("mypy")
    pytest.importorskip("torch")
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "tests/typing/encode.py"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def test_roles_take_the_arguments_of_encode(encoder: likewise.Encoder) -> None:
    """By place too, as sentence-transformers takes them."""
    expected = encoder.encode("a fox", None, "find: ")
    np.testing.assert_array_equal(encoder.encode_query("a fox", None, "find: "), expected)
    np.testing.assert_array_equal(encoder.encode_document("a fox", None, "find: "), expected)
