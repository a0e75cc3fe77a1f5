"""Two texts compared, token by token where that is requested."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

import likewise
from likewise.evaluation.comparison import compare_tokens
from likewise.operations.session import Session
from likewise.operations.similarity import SimilarityRequest, similarity

A, B = "A man is eating.", "你好 says a man."


def test_tokens_are_compared_where_asked(model_folder: Path, encoder: likewise.Encoder) -> None:
    asked = SimilarityRequest(A, B, tokens=True, model=str(model_folder), compute="float32")
    found = json.loads(json.dumps(similarity(asked, Session()).to_dict()))
    expected = compare_tokens(encoder, A, B)
    as_json = found["token_similarity"]
    assert (as_json["a"], as_json["b"]) == (list(expected.tokens_a), list(expected.tokens_b))
    np.testing.assert_allclose(np.array(as_json["matrix"]), expected.matrix, atol=1e-5)
    assert found["unknown_tokens"] == expected.tokens_b.count("[UNK]")
    plain = similarity(SimilarityRequest(A, B, model=str(model_folder)), Session()).to_dict()
    assert "token_similarity" not in plain


def test_in_a_script_of_no_training_unknown_tokens_are_not_counted(model_folder: Path) -> None:
    found = similarity(SimilarityRequest("你好", "再见"), Session())
    assert found.unknown is None
    assert found.to_dict()["unknown_tokens"] is None
