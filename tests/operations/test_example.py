"""Sets of sentences, each compared with each."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import likewise
from likewise.errors import InputError
from likewise.evaluation.examples import EXAMPLES, load_result
from likewise.operations.example import ExampleRequest, example
from likewise.operations.session import Message, Session


def test_built_in_sets_and_own_texts(
    model_folder: Path, encoder: likewise.Encoder, tmp_path: Path
) -> None:
    own = ("A cat sleeps.", "A kitten naps.")
    messages: list[Message] = []
    asked = ExampleRequest(
        ("finance",), texts=own, folder=tmp_path / "results", model=str(model_folder)
    )
    found = example(asked, Session(on_message=messages.append))
    assert [each.result.name for each in found.results] == ["finance", "own"]
    np.testing.assert_allclose(
        found.results[1].result.matrix, encoder.similarity(list(own), list(own)), atol=1e-2
    )
    for each, plain in zip(found.results, found.to_dict()["results"], strict=True):
        assert each.path
        assert plain.pop("path") == str(each.path)
        assert load_result(each.path).to_dict() == plain
    assert [message.code for message in messages] == ["wrote", "wrote"]


def test_nothing_is_saved_unless_asked(model_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "results"
    found = example(ExampleRequest(folder=folder, save=False, model=str(model_folder)), Session())
    assert [each.result.name for each in found.results] == [EXAMPLES[0].name]
    assert found.to_dict()["results"][0]["path"] is None
    assert not folder.exists()


def test_the_list_needs_no_model() -> None:
    found = example(ExampleRequest(list_sets=True, model="/nowhere"), Session())
    listed = json.loads(json.dumps(found.to_dict()))["sets"]
    assert [each["name"] for each in listed] == [each.name for each in EXAMPLES]
    assert listed[0]["texts"] == list(EXAMPLES[0].texts)


def test_a_set_of_one_text_and_an_unknown_set_are_refused(model_folder: Path) -> None:
    with pytest.raises(InputError, match="has 1"):
        example(ExampleRequest(texts=("one",), model=str(model_folder)), Session())
    with pytest.raises(InputError, match="no example named 'gone'"):
        example(ExampleRequest(("gone",), model=str(model_folder)), Session())
