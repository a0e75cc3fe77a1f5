"""Jobs over files as functions of the package."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

import likewise
from likewise.operations.session import Message, Session

LINES = ("Where is my parcel?", "where is my PARCEL?", "Where is my parcel now?", "It rains.")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "questions.csv"
    path.write_text("\n".join(["text", *LINES]) + "\n")
    return path


def test_dedupe(source: Path, model_folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "likewise"):
        found = likewise.dedupe(source, threshold=0.8, model=str(model_folder))
    assert found.texts == ["Where is my parcel now?", "It rains."]
    assert "column 'text'" in caplog.text
    assert not list(source.parent.glob("clean*"))
    exact = found.rethreshold(1.5).write(source.with_name("clean.csv"))
    assert len(exact.duplicates.removed) == 1
    assert source.with_name("clean.csv").read_text().splitlines() == ["text", *exact.texts]


def test_a_session_is_shared(source: Path, model_folder: Path) -> None:
    messages: list[Message] = []
    session = Session(on_message=messages.append)
    files: list[str | Path] = [source, str(source)]
    found = likewise.dedupe(files, percentile=99, model=str(model_folder), session=session)
    assert found.duplicates.threshold > 0.5
    assert session.models.peek(str(model_folder)) is not None
    assert "duplicates" in [message.code for message in messages]
    leaked = likewise.dedupe(source, against=source, model=str(model_folder), session=session)
    assert len(leaked.duplicates.removed) == len(LINES)


def test_cluster(source: Path, model_folder: Path) -> None:
    subjects = ("a cat sleeps", "a cat purrs", "cats like milk", "stocks fell", "shares fell")
    source.write_text("\n".join(["text", *subjects, "the stock market fell"]) + "\n")
    found = likewise.cluster(source, clusters=2, runs=0, model=str(model_folder))
    assert [topic.size for topic in found.clusters.topics] == [3, 3]
    named = found.relabel({0: "first"}).write(source.with_name("clustered.csv"))
    assert "first" in source.with_name("clustered.csv").read_text()
    assert named.to_dict()["topics"][0]["name"] == "first"
