"""The operation `compare`: models from the session, messages, the page and plain values."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from likewise.errors import InputError, RecordError
from likewise.operations.compare import CompareRequest, compare
from likewise.operations.registry import ModelRegistry
from likewise.operations.session import Message, Session
from tests.operations.stages import Stages

HEADER = "sentence1\tsentence2\tscore\n"
PAIRS = (
    "A man is eating food.\tA man eats something.\t4.5\n"
    "Ein Kind läuft über die Straße.\tEin Mädchen überquert die Straße.\t3.5\n"
    "The cat sleeps.\tStocks fell sharply on Monday.\t0\n"
    "It is raining in Paris.\tRain is falling on Paris.\t5\n"
    "She plays the violin.\tHe repairs bicycles.\t0.5\n"
    "The shop opens at nine.\tAt nine the store opens.\t4.8\n"
)


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    path = tmp_path / "pairs.tsv"
    path.write_text(HEADER + PAIRS, encoding="cp1252")
    return path


def request(model: Path, data: Path, **fields: Any) -> CompareRequest:
    return CompareRequest(
        models=(str(model),), on=data, computes="float32",
        report=data.with_name("comparison.html"), **fields,
    )  # fmt: skip


def test_models_come_from_the_session(tiny_checkpoint: Callable[..., Path], pairs: Path) -> None:
    folder, registry = tiny_checkpoint(), ModelRegistry()
    messages: list[Message] = []
    stages = Stages()
    session = Session(models=registry, progress=stages, on_message=messages.append)
    result = compare(request(folder, pairs, encoding="cp1252"), session)
    assert registry.peek(str(folder), "float32") is not None
    assert result.report.read_text(encoding="utf-8").startswith("<!doctype html>")
    codes = [message.code for message in messages]
    assert codes == ["task", *9 * ["scored"], "written"]
    assert [message.detail for message in messages] == [*10 * [True], False]
    stages.check()
    plain = json.loads(json.dumps(result.to_dict(), allow_nan=False))
    assert plain["report"] == str(result.report)
    assert plain["choice"]["model"] == str(folder)
    assert len(plain["results"]) == 9
    assert messages[0].values["data"] == plain["data"]
    for message in messages[1:-1]:  # a row as it is in the result
        [row] = [r for r in plain["results"] if r["candidate"] == message.values["candidate"]]
        for name in ("quality", "cost", "vector_bytes"):
            assert message.values[name] == row[name]
    assert {row["candidate"]["model"] for row in plain["results"]} == {str(folder)}
    assert sum(row["significant"] for row in plain["results"]) < 9


def test_the_encoding_is_the_one_of_the_request(model_folder: Path, pairs: Path) -> None:
    with pytest.raises(RecordError, match="no-such-encoding"):
        compare(request(model_folder, pairs, encoding="no-such-encoding"), Session())


def test_unknown_roles_are_refused(model_folder: Path, pairs: Path) -> None:
    with pytest.raises(InputError, match="role=column"):
        compare(request(model_folder, pairs, columns="left=sentence1"), Session())


def test_a_model_with_fewer_dimensions_is_left_out(
    tiny_checkpoint: Callable[..., Path], pairs: Path
) -> None:
    messages: list[Message] = []
    with pytest.raises(RecordError, match="no model could be run"):
        compare(
            request(tiny_checkpoint(), pairs, encoding="cp1252", dimensions="4096"),
            Session(on_message=messages.append),
        )
    assert [m.code for m in messages] == ["task", "left_out"]
    assert "is left out: its vectors have" in messages[1].text
    assert messages[1].values["reason"] == "dimensions"
